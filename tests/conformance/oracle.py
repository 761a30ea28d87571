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
    """The text that transformers renders from `source` for `case`."""
    return oracle.render(source, case, fmt.bos, fmt.eos)


@kept
def marked(fmt: Format, case: Case, source: str) -> tuple[Outcome, list[tuple[int, int]]]:
    """The text that `source` prints for `case`, and the generation blocks in it: characters from, to."""
    return oracle.marked(source, case, fmt.bos, fmt.eos)


def variables(fmt: Format, case: Case) -> dict[str, Any]:
    """All variables that a template gets for `case`, to render it with another engine."""
    return oracle.variables(case, fmt.bos, fmt.eos)


@kept
def expected(fmt: Format, case: Case, template: str | None = None) -> Outcome:
    """The text of the model's own template for `case`, or of another template of it."""
    return render(original(template or fmt.template), fmt, fmt.posed(case))


def accepted(outcomes: Sequence[Outcome]) -> float:
    """The share of outcomes that are text."""
    return sum(isinstance(outcome, str) for outcome in outcomes) / len(outcomes)
