"""The cases in which text can change: the place of each turn, the messages that come later, the places of the marks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Literal as OneOf

import msgspec

from chatwright.ir import program as ir
from chatwright.ir.walk import walk
from chatwright.stability.lookahead import MarkState, Moment, looks_ahead, replaced
from chatwright.stability.subject import Subject

# `behind`: messages follow the answer of a rendering. `answer`: an answer follows any message. `written`: the prompt
# and the completion, compared with any later rendering.
Claim = OneOf["behind", "answer", "written"]

# Conditions on the message of a turn, and whether they hold.
Facts = tuple[tuple[ir.Expr, bool], ...]

# The values of a mark's tests in a turn before and later, and what they imply for the turn's own message.
States = tuple[MarkState, MarkState, Facts]


class Case(msgspec.Struct, frozen=True):
    """One way in which the text of a turn could change.

    `turn` is None for the head. `answer`: the model has just written the turn. `role`: the role of the first later
    message that has a turn. `known`: the conditions that hold in this case.
    """

    turn: ir.Turn | None
    answer: bool
    role: str | None
    before: Moment
    after: Moment
    known: Facts = ()


def cases(subject: Subject, claim: Claim, roles: frozenset[str]) -> Iterator[Case]:
    """Every case of a claim, where later messages have these roles."""
    later = Later(subject, claim, roles)
    yield from later.of_head()
    for turn in subject.program.turns:
        if _ends(subject, turn, claim):
            yield from later.of_turn(turn, edge=True)
        yield from later.of_turn(turn, edge=False)
    if claim == "written" and subject.sampler is not None:
        yield from later.of_answer(subject.sampler)


def _ends(subject: Subject, turn: ir.Turn, claim: Claim) -> bool:
    """Whether the conversation to which messages are appended can have this turn as its last.

    The model answers another role's message, though a message without a turn may come between.
    """
    own = turn is subject.turn_of(subject.model)
    if claim == "behind":
        return own
    alone = own and turn.roles == (subject.model,)
    return claim == "answer" or not alone or bool(subject.takes_all) or hides(subject.program)


class Later:
    """The later messages, known by their roles."""

    def __init__(self, subject: Subject, claim: Claim, roles: frozenset[str]) -> None:
        self.subject = subject
        self.program = subject.program
        self.claim = claim
        self.prompted = claim == "written"
        self.given = roles
        self.firsts = sorted(roles) if claim == "behind" else [subject.model]
        self.roles = roles if claim == "behind" else roles | {subject.model}

    def following(self, firsts: list[str]) -> Iterator[tuple[str | None, bool]]:
        """The role of the first later turn, and whether the first later message is a result."""
        seen = set()
        for first in firsts:
            with_turn: list[str | None] = [first]
            if self.subject.turn_of(first) is None:
                with_turn = [None, *sorted(r for r in self.roles if self.subject.turn_of(r) is not None)]
            for role in with_turn:
                if (role, first == "tool") not in seen:
                    seen.add((role, first == "tool"))
                    yield role, first == "tool"

    def growth(self) -> tuple[tuple[bool | None, bool | None, bool], ...]:
        """Whether the head had taken a message, whether it has later, and whether it has taken more."""
        if not set(self.subject.takes_all) & self.roles:
            return ((None, None, False),)
        return ((None, None, False), (False, True, True), (True, True, True))

    # ---- the head ----------------------------------------------------------------------------------------------

    def of_head(self) -> Iterator[Case]:
        ahead = looks_ahead(self.subject.head)
        if not ahead:
            return
        marks = [mark for mark in self.program.marks if _asked(mark, ahead)]
        turnless = self.claim != "behind" and bool(self.program.head.takes or hides(self.program))
        for empty in (False, True) if turnless else (False,):
            ending = empty and not self.prompted
            for role, _ in self.following(self.firsts):
                states = [_distinct(self.mark_states(mark, None, False, False, role), mark, ahead) for mark in marks]
                for chosen, grown in product(product(*states), self.growth()):
                    old = {m.name: one for m, (one, _, _) in zip(marks, chosen, strict=True)}
                    new = {m.name: two for m, (_, two, _) in zip(marks, chosen, strict=True)}
                    yield Case(
                        None,
                        False,
                        role,
                        Moment(False, empty, False, ending, None, None, old, not empty, grown[0], grown[2]),
                        Moment(True, empty, False, False, role, None, new, role is not None, grown[1], grown[2]),
                    )

    # ---- turns that were there ---------------------------------------------------------------------------------

    def of_turn(self, turn: ir.Turn, edge: bool) -> Iterator[Case]:
        ahead = self.subject.kept[turn]
        if not ahead:
            return
        marks = [mark for mark in self.program.marks if _asked(mark, ahead)]
        for role, result in self.following(self.firsts):
            last = edge and role is None
            refused = self.not_refused(turn, role) if edge else ()
            results = (False, result) if edge and self.claim == "behind" else (None, None)
            states = [_distinct(self.mark_states(mark, turn, edge, last, role), mark, ahead) for mark in marks]
            for chosen, grown in product(product(*states), self.growth()):
                old = {m.name: one for m, (one, _, _) in zip(marks, chosen, strict=True)}
                new = {m.name: two for m, (_, two, _) in zip(marks, chosen, strict=True)}
                known = (*refused, *(fact for _, _, facts in chosen for fact in facts))
                ending = edge and not self.prompted
                yield Case(
                    turn,
                    False,
                    role,
                    Moment(False, edge, edge, ending, None, results[0], old, True, grown[0], grown[2]),
                    Moment(True, edge, last, last, role, results[1], new, True, grown[1], grown[2]),
                    known,
                )

    def not_refused(self, turn: ir.Turn, role: str | None) -> Facts:
        """The conditions on a turn without which the next turn would be refused."""
        behind = self.subject.turn_of(role) if role is not None else None
        if behind is None:
            return ()
        found = []
        for stmt in self.subject.bodies[behind]:
            if not isinstance(stmt, ir.If) or not _rejects(stmt.branches[0][1]):
                continue
            when = stmt.branches[0][0]
            own = any(isinstance(e, ir.Msg) and e.which == "this" for e in walk(when))
            seen = replaced(when, lambda e: _from_behind(e, turn))
            if not own and not any(isinstance(e, ir.Msg) and e.which != "this" for e in walk(seen)):
                found.append((seen, False))
        return tuple(found)

    def mark_states(
        self, mark: ir.Mark, turn: ir.Turn | None, edge: bool, last: bool, role: str | None
    ) -> Iterator[States]:
        """The places of a mark before and later, seen from a turn, and what they imply for the turn's own message."""
        places = [] if mark.name in self.subject.needed else ["absent"]
        places += ["earlier"] if turn is not None else ["later"]
        if turn is not None and (not turn.roles or set(turn.roles) & set(mark.roles)):
            places.append("here")
        if turn is not None and not edge:
            places.append("later")
        can = bool(set(mark.roles) & self.roles)
        must = mark.where is None and bool(self.firsts) and set(self.firsts) <= set(mark.roles)
        for place, moved in product(places, (False, True)):
            if (moved and not can) or (must and not moved):
                continue
            moves = moved and (mark.end == "last" or place == "absent")
            facts = _own(mark, True) if place == "here" else ()
            for alike, later_alike in product((False, True), repeat=2):
                if alike != later_alike and not moves:
                    continue
                old = _state(place, mark, edge, alike)
                new = _state("later", mark, last, later_alike) if moves else _state(place, mark, last, alike)
                yield old, new, facts

    # ---- the turn that the model has just written --------------------------------------------------------------

    def of_answer(self, turn: ir.Turn) -> Iterator[Case]:
        ahead = looks_ahead(self.subject.written) | looks_ahead(self.subject.history)
        marks = [mark for mark in self.program.marks if _asked(mark, ahead)]
        for role, result in [(None, False), *self.following(sorted(self.given))]:
            states = [_distinct(self.answer_states(mark, role is None), mark, ahead) for mark in marks]
            refused = (*self.not_refused(turn, role), *self.behind_others())
            for chosen, grown in product(product(*states), self.growth()):
                old = {m.name: one for m, (one, _, _) in zip(marks, chosen, strict=True)}
                new = {m.name: two for m, (_, two, _) in zip(marks, chosen, strict=True)}
                known = (*refused, *(fact for _, _, facts in chosen for fact in facts))
                yield Case(
                    turn,
                    True,
                    role,
                    Moment(False, True, True, True, None, False, old, True, grown[0], grown[2]),
                    Moment(True, True, role is None, role is None, role, result, new, True, grown[1], grown[2]),
                    known,
                )

    def behind_others(self) -> Facts:
        """The model answers another role's message: if all messages have turns, its turn follows that role's turn."""
        subject = self.subject
        if subject.takes_all or hides(self.program):
            return ()
        return ((ir.RoleIs(ir.Msg("prev"), (subject.model,)), False),)

    def answer_states(self, mark: ir.Mark, last: bool) -> Iterator[States]:
        """When the model writes, every mark is behind it; later the turn is like any other."""
        own = self.subject.model in mark.roles
        can = bool(set(mark.roles) & self.given)
        found = (True,) if mark.name in self.subject.needed else (False, True)
        fitting = ((True,) if mark.where is None else (False, True)) if own else (False,)
        for exists, fits, moved, alike in product(found, fitting, (False, True), (False, True)):
            if moved and not can:
                continue
            old = MarkState(exists, True, False, False)
            facts = _own(mark, fits) if own else ()
            place = "earlier" if exists else "absent"
            if fits and (mark.end == "last" or not exists):
                place = "here"
            if moved and (mark.end == "last" or place == "absent"):
                place = "later"
            yield old, _state(place, mark, last, alike), facts


def _distinct(states: Iterator[States], mark: ir.Mark, ahead: frozenset[ir.Expr]) -> list[States]:
    """The states of a mark that its tests can distinguish."""
    tests = {e.test for e in ahead if isinstance(e, ir.MarkTest) and e.mark == mark.name}

    def told(state: MarkState) -> MarkState:
        return MarkState(**{test: test in tests and getattr(state, test) for test in state.__struct_fields__})

    found: dict[States, States] = {}
    for old, new, facts in states:
        found.setdefault((told(old), told(new), facts), (old, new, facts))
    return list(found.values())


def _rejects(body: ir.Body) -> bool:
    return bool(body) and isinstance(body[0], ir.Reject)


def _from_behind(expr: ir.Expr, turn: ir.Turn) -> ir.Expr | None:
    """The previous message, seen from its own turn."""
    behind = isinstance(expr, ir.Msg) and (
        expr.which == "prev" or (expr.which == "before" and turn.roles == (expr.name,))
    )
    return ir.Msg("this") if behind else None


def _state(place: str, mark: ir.Mark, last: bool, alike: bool) -> MarkState:
    """The values of a mark's tests in a turn, for the place of the mark."""
    if place == "absent":
        return MarkState(False, mark.otherwise == "start", mark.otherwise == "end" and not last, False)
    return MarkState(True, place == "earlier", place == "later", place == "here" or alike)


def _own(mark: ir.Mark, fits: bool) -> Facts:
    """The conditions that a message meets because the mark fits it, if the spec tests the same conditions elsewhere.

    In a mark, content is the text as given, and reasoning is not read.
    """
    if mark.where is None:
        return ()
    items = mark.where.items if isinstance(mark.where, ir.And) and fits else (mark.where,)
    plainly = [e for e in items if not any(isinstance(n, ir.Content | ir.Reasoning | ir.Inline) for n in walk(e))]
    return tuple((e, fits) for e in plainly)


def _asked(mark: ir.Mark, ahead: frozenset[ir.Expr]) -> bool:
    return any(isinstance(e, ir.MarkTest) and e.mark == mark.name for e in ahead)


def hides(program: ir.Program) -> bool:
    """Whether some messages have no turn."""
    return bool(program.skip) or program.skip_others
