"""Conversations drawn for a format of the tables."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable

from chatwright.verify import selection as trying
from chatwright.verify.case import Case
from chatwright.verify.reduce import reduced
from chatwright.verify.run import REDUCING
from chatwright.verify.selection import Clock
from chatwright.verify.shape import Shape

from .format import Format

#: `CHATWRIGHT_DEEP=5000` draws so many conversations per format, others every time.
DEEP = int(os.environ.get("CHATWRIGHT_DEEP", "0"))
#: How many are drawn of a format otherwise, the same every time, and how many of them a law is asked of.
DRAWN, ASKED = 50, 15


#: By shape: what is drawn depends on nothing else.
_drawn: dict[str, tuple[Case, ...]] = {}


def corpus(fmt: Format) -> tuple[Case, ...]:
    """The conversations that are drawn for a format. Its tests share them, and those of formats of its shape do."""
    shape = repr([getattr(fmt, field) for field in Shape.__struct_fields__] + [fmt.name] * bool(DEEP))
    if shape not in _drawn:
        if DEEP:
            _drawn.clear()
        _drawn[shape] = _draw(fmt)
    return _drawn[shape]


def _draw(fmt: Format) -> tuple[Case, ...]:
    found: list[Case] = []

    def keep(case: Case) -> bool:
        found.append(case)
        return False

    trying.drawn(fmt, random.randrange(2**32) if DEEP else 0, DEEP or DRAWN, keep)
    return tuple(found)


def check(fmt: Format, complaints: Callable[[Format, Case], Iterable[str]], count: int = ASKED) -> None:
    """Fails with the first drawn case that there are complaints of, made small; at most so many are asked."""
    for case in corpus(fmt)[: None if DEEP else count]:
        if list(complaints(fmt, case)):
            small = reduced(case, lambda smaller: bool(list(complaints(fmt, smaller))), Clock(REDUCING).over)
            raise AssertionError(f"{small}\n" + "\n".join(complaints(fmt, small)))
