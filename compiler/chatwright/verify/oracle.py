"""Renders any chat template with transformers itself, as the reference.

A template is rendered through `apply_chat_template(tokenize=False)` of a real (empty) fast
tokenizer. So the code that users run also drops keys with the value None and fills the aliases
of reasoning. If the template fails, the result is a `Refusal`.
"""

from __future__ import annotations

import datetime
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import jinja2
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast, tokenization_utils_base
from transformers.utils import chat_template_utils

from chatwright.runtime import options
from chatwright.verify.case import Case, Outcome, Refusal

#: The date for every rendering.
TODAY = datetime.date(2031, 2, 3)


class FrozenClock(datetime.datetime):
    """A clock that always shows the same time."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> FrozenClock:
        return cls(TODAY.year, TODAY.month, TODAY.day, 12, 0, 0, tzinfo=tz)


@cache
def empty_tokenizer(bos: str | None, eos: str | None) -> PreTrainedTokenizerFast:
    """A tokenizer without a vocabulary, with these special tokens: enough to render templates."""
    special = {"bos_token": bos, "eos_token": eos}
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel({"?": 0}, unk_token="?")),
        **{name: token for name, token in special.items() if token is not None},
    )


class Mutated(Exception):
    """A renderer changed its input."""


@contextmanager
def untouched(case: Case) -> Iterator[Case]:
    """A copy for a renderer, which must leave it unchanged: values, types, order of keys."""
    handed = copied(case)
    before = pickle.dumps(handed)
    yield handed
    if pickle.dumps(handed) != before:
        raise Mutated(f"{case} became {handed}")


def copied(case: Case) -> Case:
    """A copy that shares nothing with the case. (Pickling is ten times as fast as `copy.deepcopy`.)"""
    found: Case = pickle.loads(pickle.dumps(case))
    return found


@contextmanager
def frozen_clock() -> Iterator[None]:
    """Makes `strftime_now` of transformers, and the dates of an emitter without a given value, return TODAY."""
    places = (vars(chat_template_utils), vars(options))
    clocks = [names["datetime"] for names in places]
    for names in places:
        names["datetime"] = FrozenClock
    try:
        yield
    finally:
        for names, clock in zip(places, clocks, strict=True):
            names["datetime"] = clock


def render(source: str, case: Case, bos: str | None = None, eos: str | None = None) -> Outcome:
    """The text of `source` for `case` through transformers, with a tokenizer that has these special tokens."""
    tokenizer = empty_tokenizer(bos, eos)
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


def marked(
    source: str, case: Case, bos: str | None = None, eos: str | None = None
) -> tuple[Outcome, list[tuple[int, int]]]:
    """The text of `source` for `case`, and its generation blocks: the first and the end character of each."""
    found: list[tuple[int, int]] = []
    plain = tokenization_utils_base.render_jinja_template

    def recording(**keywords: Any) -> tuple[list[str], list[Any]]:
        texts, blocks = plain(**{**keywords, "return_assistant_tokens_mask": True})
        found.extend(blocks[0])
        return texts, blocks

    tokenization_utils_base.render_jinja_template = recording
    try:
        return render(source, case, bos, eos), found
    finally:
        tokenization_utils_base.render_jinja_template = plain


class _Recorder:
    """Replaces a compiled template and records the variables that transformers passes to it."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    def render(self, **variables: Any) -> str:
        self.seen = variables
        return ""


def variables(case: Case, bos: str | None = None, eos: str | None = None) -> dict[str, Any]:
    """All variables that a template receives for `case`, to render it with another engine."""
    given = copied(case)
    recorder, compile_template = _Recorder(), chat_template_utils._compile_jinja_template
    chat_template_utils._compile_jinja_template = lambda source: recorder
    try:
        empty_tokenizer(bos, eos).apply_chat_template(
            given.messages, chat_template="{}", tokenize=False, **given.keywords()
        )
    finally:
        chat_template_utils._compile_jinja_template = compile_template
    return recorder.seen
