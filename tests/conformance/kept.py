"""Keeps what a renderer gave for a case, so that the laws of a format, which ask of the same cases, render them once.

conftest.py orders the tests by format; the answers of a few formats are kept at a time.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from chatwright.verify.case import Case

from .format import Format

#: The number of formats whose answers are kept: the format of the tests that run now, and those compared with it.
FORMATS = 3

_More = ParamSpec("_More")
_Answer = TypeVar("_Answer")
_Ask = Callable[Concatenate[Format, Case, _More], _Answer]


@lru_cache(maxsize=FORMATS)
def _answers(name: str) -> dict[Any, Any]:
    return {}


def kept(ask: _Ask[_More, _Answer]) -> _Ask[_More, _Answer]:
    """The same function, which asks once for each format and case.

    Its arguments are a format of the tables, a case, and more that can be hashed; its answer is not to be changed.
    An error is not kept.
    """

    @wraps(ask)
    def asked(fmt: Format, case: Case, *more: _More.args, **named: _More.kwargs) -> _Answer:
        found, key = _answers(fmt.name), (ask, _written(case), more, *named.items())
        if key not in found:
            found[key] = ask(fmt, case, *more, **named)
        answer: _Answer = found[key]
        return answer

    return asked


def _written(case: Case) -> bytes:
    """A case as bytes: the same ones just for the same values of the same types in the same order.

    Version 2 of the format, the last without references: with them, equal values that are one object in one case and
    two in another would be written in two ways.
    """
    return marshal.dumps((case.messages, case.tools, case.prompt, case.options), 2)
