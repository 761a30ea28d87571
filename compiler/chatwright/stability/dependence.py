"""Which text of a conversation can depend on what comes after it: every case, and those that are not disproved.

Three things are asked of a format under given options. Each is a set of cases: a turn, what its words that look ahead
mean before some messages are appended, and what they mean later. The text stays if both give the same in every case.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import msgspec

from chatwright.analysis.simplify import Known, assume, under
from chatwright.analysis.views import fresh, rebuild, sampling_turn
from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE, all_expressions, walk
from chatwright.stability.cases import Case, Claim, Later, hides
from chatwright.stability.equivalence import agree, plain
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

    `values`: those of the options that are settled; what an option decides that is not there stays open.
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

    # ---- roles -------------------------------------------------------------------------------------------------

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
        """Whether a message of this role may stand anywhere."""
        known = role in self.takes_all or role in self.program.skip or self.program.skip_others
        return known or self.turn_of(role) is not None

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that may be appended: those of every convention first, then those the format names."""
        found = dict.fromkeys(["user", "tool", self.model, "system", *self.named, OTHER])
        return tuple(role for role in found if self.takes(role))

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The roles that the format speaks of, be it in a condition."""
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
        """A role as the verdicts call it."""
        return role if role in self.roles or not self.takes(role) else OTHER

    def stops_before(self, role: str) -> bool:
        """Whether what stands behind an answer begins with a token that the model stops with, where it stops by the
        opener of the next turn."""
        turn = self.turn_of(role)
        if not self.program.closed_by_next or turn is None or role == self.model:
            return True
        return _opens(turn.body, self.model) is not False

    # ---- cases -------------------------------------------------------------------------------------------------

    def open_cases(self, claim: Claim, roles: frozenset[str]) -> list[Case]:
        """The cases in which the text could change, where later messages have these roles: empty is a proof."""
        found: dict[tuple[Any, ...], Case] = {}
        asked = self.silent(roles if claim == "behind" else roles | {self.model})
        for case in asked.cases(claim, roles):
            key = asked.key(case)
            if key not in found and not asked.holds(case, claim):
                found[key] = case
        return list(found.values())

    def key(self, case: Case) -> tuple[Any, ...]:
        """What tells a case from others: cases with one key change one text in one way."""
        return (case.turn, case.answer, *self.bodies_of(case), case.known)

    def holds(self, case: Case, claim: Claim) -> bool:
        """Whether the text surely stays in a case: its beginning where nothing else has been printed behind it."""
        known: Known = {}
        for expr, value in case.known:
            if under(expr, known) == ir.Const(not value):
                return True  # no conversation is such a case
            known = assume(known, expr, value)
        before, after = self.bodies_of(case)
        prefix = case.answer or (case.before.edge and claim != "written" and case.turn is not None)
        return agree(before, after, prefix, known)

    def silent(self, roles: frozenset[str]) -> Subject:
        """The subject for later messages of some roles: loops over all messages that print nothing for them stay as
        they are."""
        if not self.lists:
            return self
        other = copy.copy(self)
        other.head = _kept_lists(self.head, roles)
        other.bodies = {turn: _kept_lists(body, roles) for turn, body in self.bodies.items()}
        other.kept = {turn: looks_ahead(body) for turn, body in other.bodies.items()}
        other.written, other.history = _kept_lists(self.written, roles), _kept_lists(self.history, roles)
        return other

    def bodies_of(self, case: Case) -> tuple[ir.Body, ir.Body]:
        """What the turn prints before and later."""
        if case.answer:
            return self.at(self.written, case.before, True), self.at(self.history, case.after)
        body = self.head if case.turn is None else self.bodies[case.turn]
        return self.at(body, case.before), self.at(body, case.after)

    def at(self, body: ir.Body, moment: Moment, until_stop: bool = False) -> ir.Body:
        return plain(body, lambda expr: at_moment(expr, moment, self.growing), until_stop)

    def cases(self, claim: Claim, roles: frozenset[str]) -> Iterator[Case]:
        """Every case of a claim."""
        later = Later(self, claim, roles)
        yield from later.of_head()
        for turn in self.program.turns:
            if self.ends(turn, claim):
                yield from later.of_turn(turn, edge=True)
            yield from later.of_turn(turn, edge=False)
        if claim == "written" and self.sampler is not None:
            yield from later.of_answer(self.sampler)

    def ends(self, turn: ir.Turn, claim: Claim) -> bool:
        """Whether the conversation to which messages are appended can have this turn as its last.

        The model is asked behind somebody else's message, though one that has no turn may stand between.
        """
        own = turn is self.turn_of(self.model)
        if claim == "behind":
            return own
        alone = own and turn.roles == (self.model,)
        return claim == "answer" or not alone or bool(self.takes_all) or hides(self.program)


def _kept_lists(body: ir.Body, roles: frozenset[str]) -> ir.Body:
    """A body whose loops over all messages, where they print nothing for messages of some roles, are over those that
    were there."""
    out: list[ir.Stmt] = []
    for stmt in body:
        inner = rebuild(stmt, lambda inner: _kept_lists(inner, roles))
        if isinstance(inner, ir.For) and inner.items == ir.Messages() and all(_passes(inner, role) for role in roles):
            inner = msgspec.structs.replace(inner, items=ir.Var("messages so far", "messages", ""))
        out.append(inner)
    return tuple(out)


def _passes(loop: ir.For, role: str) -> bool:
    """Whether a loop over messages is as if those of a role at its end were not there."""

    def settled(node: ir.Expr) -> ir.Expr | None:
        match node:
            case ir.RoleIs(message=ir.Msg(which="item", name=name)) if name == loop.names[0]:
                return ir.Const(role in node.roles)
            case ir.Compare(left=ir.Attr(message=ir.Msg(which="item"), name="role"), op="==", right=ir.Const()):
                return ir.Const(role == node.right.value)  # type: ignore[attr-defined]
        return None

    if loop.where is not None and replaced(loop.where, settled) == FALSE:
        return True
    ends = any(isinstance(e, ir.Position) and e.word == "last" for e in all_expressions(loop.body))
    return loop.sep is None and not ends and not plain(loop.body, lambda expr: replaced(expr, settled))


def _roles_in(expr: ir.Expr) -> tuple[str, ...]:
    """The roles that an expression tells from others."""
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
    """The marks that every conversation must have, for those without are refused."""
    for refusal in program.refusals:
        match refusal.when:
            case ir.Not(value=ir.MarkTest(test="exists", mark=name)):
                yield name


def _opens(body: ir.Body, model: str) -> bool | None:
    """Whether every way through a body that prints something begins with a closing token, behind a turn of the model's
    role; None where nothing need be printed."""
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
