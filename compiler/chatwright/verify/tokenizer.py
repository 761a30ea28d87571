"""Compares a spec with a tokenizer: its control tokens, its stops, and the ids of conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chatwright.runtime.errors import ChatwrightError
from chatwright.spec import Spec
from chatwright.verify.case import Case
from chatwright.verify.comparison import Ways
from chatwright.verify.scenarios import ALL
from chatwright.verify.verdict import Note

Ids = Callable[[str], Sequence[int]]


def notes(ways: Ways, tokenizer: Any) -> Iterator[Note]:
    """Notes on tokens that the tokenizer does not have, on stops that differ from the tokenizer's, and on ids that
    differ from its ids for the original's text."""
    spec = ways.spec
    try:
        bound = spec.bind(tokenizer, content_specials="parse", **ways.ours)
    except ChatwrightError as error:
        yield Note("tokens", str(error), fails=True)
        return
    eos = getattr(tokenizer, "eos_token", None)
    if isinstance(eos, str) and eos not in spec.stops:
        yield Note("tokens", f"the tokenizer ends texts with {eos!r}, which is not a stop token of the spec")
    for name, case in _cases(spec):
        text = ways.wanted(case)
        if not isinstance(text, str) or ways.emitted(case) != text:
            continue
        want = list(_ids(tokenizer)(text))
        got = list(bound.render(case.messages, tools=case.tools, add_generation_prompt=case.prompt).ids)
        if want != got:
            at = next((i for i, (a, b) in enumerate(zip(want, got, strict=False)) if a != b), min(len(want), len(got)))
            yield Note("tokens", f"scenario {name}: {_at(want, got, at)}", fails=True)
            return


def _cases(spec: Spec) -> Iterator[tuple[str, Case]]:
    for scenario in ALL:
        if not scenario.options:
            yield scenario.name, Case(scenario.messages, scenario.tools, True)


def _ids(tokenizer: Any) -> Ids:
    """The ids of a text, without added tokens."""
    if hasattr(tokenizer, "apply_chat_template"):
        return lambda text: list(tokenizer(text, add_special_tokens=False)["input_ids"])
    return lambda text: list(tokenizer.encode(text, add_special_tokens=False).ids)


def _at(want: list[int], got: list[int], at: int) -> str:
    return f"token {at}: the tokenizer gives {want[at : at + 5]} for the original's text, ours {got[at : at + 5]}"
