"""White space at the edges of fields."""

from __future__ import annotations

import re

from chatwright.completion.openers import AHEAD


def without(space: str, pres: tuple[str, ...]) -> str:
    """White space without the part of it, from its end, that belongs to the next marker."""
    for pre in sorted(pres, key=len, reverse=True):
        there = next((pre[start:] for start in range(len(pre)) if space.endswith(pre[start:])), "")
        if there:
            return space[: len(space) - len(there)]
    return space


def chars_of(chars: str) -> re.Pattern[str]:
    found = _CHARS.get(chars)
    if found is None:
        found = _CHARS[chars] = re.compile(f"[{re.escape(chars)}]*")
    return found


_CHARS: dict[str, re.Pattern[str]] = {}
SPACE = re.compile(rf"\s{{0,{AHEAD}}}")
