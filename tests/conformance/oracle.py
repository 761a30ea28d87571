"""The judge, asked for a format of the tables: its templates, and the special tokens of its model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatwright.verify import oracle
from chatwright.verify.case import Case, Outcome, Refusal
from chatwright.verify.oracle import TODAY, Mutated, frozen_clock, untouched
from chatwright.verify.originals import packaged as original

from .format import Format
from .kept import kept

__all__ = [
    "TODAY",
    "Case",
    "Mutated",
    "Outcome",
    "Refusal",
    "accepted",
    "expected",
    "frozen_clock",
    "marked",
    "original",
    "render",
    "untouched",
    "variables",
]


def render(source: str, fmt: Format, case: Case) -> Outcome:
    """What `source` prints for `case` in the hands of transformers."""
    return oracle.render(source, case, fmt.bos, fmt.eos)


@kept
def marked(fmt: Format, case: Case, source: str) -> tuple[Outcome, list[tuple[int, int]]]:
    """What `source` prints for `case`, and where in it its generation blocks stand: characters from, to."""
    return oracle.marked(source, case, fmt.bos, fmt.eos)


def variables(fmt: Format, case: Case) -> dict[str, Any]:
    """All variables that a template sees for `case`, for rendering it by another engine."""
    return oracle.variables(case, fmt.bos, fmt.eos)


@kept
def expected(fmt: Format, case: Case, template: str | None = None) -> Outcome:
    """What the model's own template prints for `case`, or another of its templates."""
    return render(original(template or fmt.template), fmt, fmt.posed(case))


def accepted(outcomes: Sequence[Outcome]) -> float:
    """The share of outcomes that are text."""
    return sum(isinstance(outcome, str) for outcome in outcomes) / len(outcomes)
