"""What is judged: the emitter and the Jinja template of a shipped spec, and how they differ from the judge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import chatwright
from chatwright.completion.parser import Parser
from chatwright.verify.case import same
from chatwright.verify.differing import difference

from . import deviations
from .format import Format
from .kept import kept
from .oracle import Case, Outcome, Refusal, expected, frozen_clock, render, untouched


@cache
def spec(name: str) -> Any:
    return chatwright.load(name)


@cache
def jinja(name: str) -> str:
    text = spec(name).jinja()
    assert isinstance(text, str)
    return text


def parser_of(name: str, options: Mapping[str, Any]) -> Parser:
    """The parser of a format with some options, kept for a while: making it takes longer than reading a turn."""
    return _parser_of(name, json.dumps(options))


@lru_cache(maxsize=64)
def _parser_of(name: str, options: str) -> Parser:
    found: Parser = spec(name).parser(**json.loads(options))
    return found


@kept
def emitted(fmt: Format, case: Case) -> Outcome:
    """What the emitter prints. Only chatwright's own errors are refusals; any other one is a bug."""
    compiled = spec(fmt.name)
    with untouched(case) as given, frozen_clock():
        try:
            text = compiled.text(given.messages, **given.keywords(), **fmt.ours)
        except chatwright.ChatwrightError as error:
            return Refusal(type(error).__name__, str(error))
    assert isinstance(text, str)
    return text


@kept
def segmented(fmt: Format, case: Case) -> list[Any]:
    """The emitter's segments, for a case that it does not refuse."""
    with untouched(case) as given, frozen_clock():
        segments = spec(fmt.name).segments(given.messages, **given.keywords(), **fmt.ours)
    return list(segments)


@kept
def templated(fmt: Format, case: Case) -> Outcome:
    """What our Jinja template prints through transformers."""
    return render(jinja(fmt.name), fmt, case)


def wanted(fmt: Format, case: Case) -> Outcome:
    """What both of ours must give: the original's text, or a refusal where one is declared."""
    deviation = deviations.of(fmt, case)
    if deviation is not None:
        return Refusal("Deviation", deviation.name)
    return expected(fmt, case)


def complaints(fmt: Format, case: Case) -> list[str]:
    """How the emitter and our template differ from what is wanted: nothing, if all is well."""
    want = wanted(fmt, case)
    ours = {"emitter": emitted(fmt, case), "jinja": templated(fmt, case)}
    if deviations.outside(case) and all(isinstance(got, Refusal) for got in ours.values()):
        return []
    return [f"{fmt.name} {name}: {case}\n{difference(want, got)}" for name, got in ours.items() if not same(want, got)]
