"""Makes a case smaller while a condition holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from chatwright.verify.case import Case

#: Keys with names as values; without them, a person could not understand a conversation.
NAMES = {"role", "type"}

Holds = Callable[[Case], bool]


def reduced(case: Case, holds: Holds, enough: Callable[[], bool]) -> Case:
    """The smallest case found with `holds` true, starting from a case for which it is. Stops when `enough` is true."""
    improved = True
    while improved:
        improved = False
        for smaller in _smaller_cases(case):
            if enough():
                return case
            if holds(smaller):
                case, improved = smaller, True
                break
    return case


def _smaller_cases(case: Case) -> Iterator[Case]:
    if case.tools is not None:
        yield msgspec.structs.replace(case, tools=None)
    for field in ("messages", "options", "tools", "prompt"):
        for smaller in _smaller(getattr(case, field)):
            if smaller or field != "messages":
                yield msgspec.structs.replace(case, **{field: smaller})


def _smaller(value: Any) -> Iterator[Any]:
    """Smaller values: the smallest first."""
    if isinstance(value, list):
        yield from _shorter(value)
        for index, item in enumerate(value):
            for smaller in _smaller(item):
                yield [*value[:index], smaller, *value[index + 1 :]]
    elif isinstance(value, dict):
        for key in [key for key in value if key not in NAMES]:
            yield {other: item for other, item in value.items() if other != key}
        for key, item in value.items():
            if key not in NAMES:
                for smaller in _smaller(item):
                    yield {**value, key: smaller}
    elif isinstance(value, str):
        yield from _shorter_text(value)
    elif value is True:
        yield False
    elif isinstance(value, int | float) and not isinstance(value, bool) and value not in (0, 1):
        yield 1


def _shorter(items: list[Any]) -> Iterator[list[Any]]:
    size = len(items)
    while size:
        for start in range(0, len(items), size):
            yield [*items[:start], *items[start + size :]]
        size //= 2


def _shorter_text(text: str) -> Iterator[str]:
    """An empty text, one letter, then texts without some pieces; each is shorter, or as long and simpler."""
    if not text:
        return
    yield ""
    if len(text) > 1:
        yield "a"
        size = len(text) // 2
        while size:
            for start in range(0, len(text), size):
                if len(text) > size:
                    yield text[:start] + text[start + size :]
            size //= 2
