"""Which text of a conversation can depend on later messages: every case, and the cases that are not disproved.

There are three questions about a format under given options. Each is a set of cases: a turn, the meaning of its
look-ahead words before some messages are appended, and their meaning afterwards. The text stays if both print the same
in every case.
"""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from chatwright.analysis.simplify import Known, assume, under
from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE
from chatwright.ir.rewrite import rebuild
from chatwright.ir.walk import all_expressions
from chatwright.stability.cases import Case, Claim, cases
from chatwright.stability.equivalence import agree, plain
from chatwright.stability.lookahead import looks_ahead, replaced
from chatwright.stability.subject import Subject


def open_cases(subject: Subject, claim: Claim, roles: frozenset[str]) -> list[Case]:
    """The cases in which the text could change when messages of these roles follow. An empty list is a proof."""
    found: dict[tuple[Any, ...], Case] = {}
    asked = silent(subject, roles if claim == "behind" else roles | {subject.model})
    for case in cases(asked, claim, roles):
        key = case_key(asked, case)
        if key not in found and not _holds(asked, case, claim):
            found[key] = case
    return list(found.values())


def case_key(subject: Subject, case: Case) -> tuple[Any, ...]:
    """The identity of a case: cases with one key change one text in one way."""
    return (case.turn, case.answer, *bodies_of(subject, case), case.known)


def bodies_of(subject: Subject, case: Case) -> tuple[ir.Body, ir.Body]:
    """The bodies of the turn of a case, before and later."""
    if case.answer:
        return subject.at(subject.written, case.before, True), subject.at(subject.history, case.after)
    body = subject.head if case.turn is None else subject.bodies[case.turn]
    return subject.at(body, case.before), subject.at(body, case.after)


def _holds(subject: Subject, case: Case, claim: Claim) -> bool:
    """Whether the text surely stays in a case; at the end of a conversation, whether it stays the beginning of the
    text."""
    known: Known = {}
    for expr, value in case.known:
        if under(expr, known) == ir.Const(not value):
            return True  # no conversation is such a case
        known = assume(known, expr, value)
    before, after = bodies_of(subject, case)
    prefix = case.answer or (case.before.edge and claim != "written" and case.turn is not None)
    return agree(before, after, prefix, known)


def silent(subject: Subject, roles: frozenset[str]) -> Subject:
    """The subject for later messages of some roles: a loop over all messages that prints nothing for these roles stays
    as it is."""
    if not subject.lists:
        return subject
    other = copy.copy(subject)
    other.head = _kept_lists(subject.head, roles)
    other.bodies = {turn: _kept_lists(body, roles) for turn, body in subject.bodies.items()}
    other.kept = {turn: looks_ahead(body) for turn, body in other.bodies.items()}
    other.written, other.history = _kept_lists(subject.written, roles), _kept_lists(subject.history, roles)
    return other


def _kept_lists(body: ir.Body, roles: frozenset[str]) -> ir.Body:
    """A body with each loop over all messages replaced by one over the earlier messages, if the loop prints nothing for
    messages of some roles."""
    out: list[ir.Stmt] = []
    for stmt in body:
        inner = rebuild(stmt, lambda inner: _kept_lists(inner, roles))
        if isinstance(inner, ir.For) and inner.items == ir.Messages() and all(_passes(inner, role) for role in roles):
            inner = msgspec.structs.replace(inner, items=ir.Var("messages so far", "messages", ""))
        out.append(inner)
    return tuple(out)


def _passes(loop: ir.For, role: str) -> bool:
    """Whether a loop over messages prints the same without messages of a role at its end."""

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
