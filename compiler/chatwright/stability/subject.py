"""A format under given options, with its bodies made plain: the subject of every question about stability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from chatwright.analysis.views import fresh, sampling_turn
from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE
from chatwright.ir.walk import all_expressions, walk
from chatwright.stability.equivalence import plain
from chatwright.stability.lookahead import (
    OTHER,
    Moment,
    as_written,
    at_moment,
    growing_rules,
    looks_ahead,
    replaced,
    with_options,
)

MODEL = "assistant"


class Subject:
    """A program under options, with its bodies made plain once.

    `values`: the values of the settled options; conditions on other options stay open.
    """

    def __init__(self, program: ir.Program, values: Mapping[str, Any]) -> None:
        self.program = program
        self.growing = growing_rules(program)
        self.sampler = sampling_turn(program)
        self.takes_all = program.head.takes if program.head.which == "all" else ()

        def change(expr: ir.Expr) -> ir.Expr:
            return with_options(expr, values)

        self.head = plain(program.head.body, change)
        self.bodies = {turn: plain(turn.body, change) for turn in program.turns}
        self.kept = {turn: looks_ahead(body) for turn, body in self.bodies.items()}
        self.written: ir.Body = ()
        self.history: ir.Body = ()
        if self.sampler is not None:

            def reading(expr: ir.Expr) -> ir.Expr:
                return as_written(with_options(expr, values), program, self.model)

            self.written = plain(fresh(self.sampler.body), reading, until_stop=True)
            self.history = plain(self.sampler.body, reading)
        self.needed = frozenset(_needed(program))
        everything = (self.head, *self.bodies.values())
        self.lists = any(isinstance(e, ir.Messages) for body in everything for e in all_expressions(body))

    @property
    def model(self) -> str:
        return self.sampler.roles[0] if self.sampler is not None else MODEL

    def turn_of(self, role: str) -> ir.Turn | None:
        """The turn of a role; None for one that prints nothing of its own."""
        if role in self.takes_all or role in self.program.skip:
            return None
        named = next((turn for turn in self.program.turns if role in turn.roles), None)
        return named or next((turn for turn in self.program.turns if not turn.roles), None)

    def takes(self, role: str) -> bool:
        """Whether a message of this role may occur."""
        known = role in self.takes_all or role in self.program.skip or self.program.skip_others
        return known or self.turn_of(role) is not None

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that may be appended: those of the convention first, then those that the format names."""
        found = dict.fromkeys(["user", "tool", self.model, "system", *self.named, OTHER])
        return tuple(role for role in found if self.takes(role))

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The roles that the format names, also in conditions."""
        program = self.program
        marks = program.marks
        bodies = (program.head.body, *(turn.body for turn in program.turns))
        exprs = [e for body in bodies for e in all_expressions(body)]
        exprs += [e for mark in marks if mark.where is not None for e in walk(mark.where)]
        asked = [role for e in exprs for role in _roles_in(e)]
        turns = [role for turn in program.turns for role in turn.roles]
        taken = [*program.skip, *program.head.takes, *(role for mark in marks for role in mark.roles)]
        return tuple(dict.fromkeys([*turns, *taken, *asked]))

    def role_of(self, role: str) -> str:
        """The name of a role in the verdicts."""
        return role if role in self.roles or not self.takes(role) else OTHER

    def stops_before(self, role: str) -> bool:
        """Whether the text behind an answer begins with a stop token, in a format that closes a turn by the opener of
        the next."""
        turn = self.turn_of(role)
        if not self.program.closed_by_next or turn is None or role == self.model:
            return True
        return _opens(turn.body, self.model) is not False

    def at(self, body: ir.Body, moment: Moment, until_stop: bool = False) -> ir.Body:
        """A body with its look-ahead words replaced by their meaning at a moment."""
        return plain(body, lambda expr: at_moment(expr, moment, self.growing), until_stop)


def _roles_in(expr: ir.Expr) -> tuple[str, ...]:
    """The roles that an expression distinguishes."""
    match expr:
        case ir.RoleIs():
            return expr.roles
        case ir.Alternating():
            return (expr.role,)
        case ir.Compare(left=ir.Attr(name="role"), right=ir.Const(value=str() as role)):
            return (role,)
        case ir.Compare(left=ir.Const(value=str() as role), right=ir.Attr(name="role")):
            return (role,)
        case ir.In(left=ir.Attr(name="role"), right=ir.Const(value=tuple() as roles)):
            return roles
    return ()


def _needed(program: ir.Program) -> Iterator[str]:
    """The marks that every conversation must have; others are refused."""
    for refusal in program.refusals:
        match refusal.when:
            case ir.Not(value=ir.MarkTest(test="exists", mark=name)):
                yield name


def _opens(body: ir.Body, model: str) -> bool | None:
    """Whether every way through a body that prints something begins with a closing token, if the body follows a turn of
    the model's role. None if the body can print nothing."""
    for stmt in body:
        match stmt:
            case ir.Text():
                return stmt.closes
            case ir.If():
                found = []
                for when, inner in (*stmt.branches, (TRUE, stmt.otherwise)):
                    holds = replaced(when, lambda e: _behind_model(e, model))
                    found += [_opens(inner, model)] if holds != FALSE else []
                    if holds == TRUE:
                        break
                if False in found:
                    return False
                if None not in found:
                    return True
            case ir.For():
                if _opens(stmt.body, model) is False:
                    return False
            case ir.Reject():
                return True
            case _:
                return False
    return None


def _behind_model(expr: ir.Expr, model: str) -> ir.Expr | None:
    if isinstance(expr, ir.RoleIs) and expr.message == ir.Msg("prev"):
        return ir.Const(model in expr.roles)
    return None
