"""Every expression of the language on both back ends: the table in expressions.txt is what the compiler makes."""

from __future__ import annotations

import re

import pytest

from chatwright.ir import expressions
from chatwright.ir.walk import all_expressions, walk
from chatwright.spec import format_of
from chatwright.syntax import vocabulary

from .table import FILE, PLACES, Row, made, read, spec_of, written

ROWS = read()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.place}: {row.text}")
def test_both_back_ends_write_the_row_and_give_one_value(row: Row, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--bless"):
        assert made(row) == row


def test_both_back_ends_agree_on_every_row() -> None:
    assert [(row.place, row.text, row.outcomes) for row in ROWS if "≠" in row.outcomes] == []


def test_the_table_is_written_as_it_is_read(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--bless"):
        FILE.write_text(written([made(row) for row in ROWS]), encoding="utf-8")
    assert written(read()) == FILE.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_table_has_a_row_for_each_word_and_each_kind_of_expression() -> None:
    assert len(ROWS) >= 150
    words = {word for row in ROWS for word in re.findall(r"\w+", f"{row.text} {PLACES[row.place]}")}
    asked = [
        *vocabulary.FILTERS,
        *vocabulary.FUNCTIONS,
        *vocabulary.MARK_TESTS,
        *vocabulary.POSITIONS,
        *vocabulary.COUNTS,
        *vocabulary.MESSAGE_NAMES,
        *vocabulary.TURN_NAMES,
        *vocabulary.CONVERSATION_NAMES,
        *vocabulary.TYPE_TESTS,
        *vocabulary.STATE_TESTS,
    ]
    assert sorted(set(asked) - words) == []
    kinds = {kind.__name__ for kind in vars(expressions).values() if isinstance(kind, type) and _is_leaf(kind)}
    assert sorted(kinds - {type(expr).__name__ for row in ROWS for expr in _expressions(row)}) == []


def _is_leaf(kind: type) -> bool:
    return issubclass(kind, expressions.Expr) and kind is not expressions.Expr


def _expressions(row: Row) -> list[expressions.Expr]:
    program = format_of(spec_of(row)).compiled.program
    bodies = [program.head.body, *(turn.body for turn in program.turns), *(part.body for part in program.parts)]
    bodies += [rule.body for rule in program.rules]
    conditions = [mark.where for mark in program.marks if mark.where is not None]
    conditions += [refusal.when for refusal in program.refusals]
    return [expr for body in bodies for expr in all_expressions(body)] + [e for c in conditions for e in walk(c)]
