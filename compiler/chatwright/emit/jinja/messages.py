"""Messages as Jinja: the variable that holds one, whether it exists, its role, and its place among the turns."""

from __future__ import annotations

from typing import assert_never

from chatwright.emit.jinja.operators import (
    COMPARE,
    Term,
    all_of,
    among,
    any_of,
    compare,
    filtered,
    group,
    item,
    literal,
    member,
    name,
    negation,
)
from chatwright.emit.jinja.plan import Plan
from chatwright.emit.jinja.position import Position
from chatwright.ir import program as ir

# Messages that may not exist.
NEIGHBOURS = ("prev", "next", "before")


def message(m: ir.Msg, at: Position) -> Term:
    """The variable that holds a message."""
    turns = name(at.plan.turns)
    through = at.plan.facts.looks_through
    match m.which:
        case "this":
            return name("message")
        case "head":
            return name(at.plan.program.head.takes[0])
        case "prev":
            if through:
                return item(turns, "ns.prev")
            return item(turns, "-1") if at.stage == "prompt" else name("previous" if at.aside else "loop.previtem")
        case "next":
            if through:
                return name("ahead.message")
            return item(turns, "0") if at.stage == "head" else name("following" if at.aside else "loop.nextitem")
        case "before":
            return item(turns, f"ns.{m.name}")
        case "item":
            return name(at.plan.variable(m.name))
    assert_never(m.which)


def exists(m: ir.Msg, at: Position) -> Term:
    """Whether a message exists."""
    match m.which:
        case "prev" | "next":
            return _neighbour(m, at, there=True)
        case "before":
            return Term(f"ns.{m.name} >= 0", COMPARE)
    return message(m, at)


def _neighbour(m: ir.Msg, at: Position, there: bool) -> Term:
    """Whether there is a turn before or after this one; with `there` false, whether there is none."""
    if at.plan.facts.looks_through:
        term = Term("ns.prev >= 0", COMPARE) if m.which == "prev" else name("ahead.role")
        return term if there else negation(term)
    if at.stage == ("prompt" if m.which == "prev" else "head"):
        turns = name(at.plan.turns)
        return turns if there else negation(turns)
    edge = "first" if m.which == "prev" else "last"
    at_edge = name(f"is_{edge}" if at.aside else f"loop.{edge}")
    return negation(at_edge) if there else at_edge


def role_is(e: ir.RoleIs, at: Position, negated: bool) -> Term:
    """Whether a message exists and has one of the roles."""
    which = e.message.which
    if which in ("prev", "next"):
        if at.plan.facts.looks_through:  # the role is empty where there is no message
            return among(name("ns.role" if which == "prev" else "ahead.role"), e.roles, negated)
        role = among(member(message(e.message, at), "role"), e.roles, negated)
        there = _neighbour(e.message, at, there=not negated)
        return group(any_of(there, role) if negated else all_of(there, role))
    return among(member(message(e.message, at), "role"), e.roles, negated)


def position(e: ir.Position, at: Position) -> Term:
    """Whether this is the first or last turn, or the first or last item of the innermost loop."""
    if e.of == "loop":
        return name(f"loop.{e.word}")
    if e.word == "first":
        return _first(at)
    last = _last(at)
    return last if e.word == "last" else all_of(last, negation(name("add_generation_prompt")))


def _first(at: Position) -> Term:
    if at.aside:
        return name("is_first")
    return Term("ns.prev < 0", COMPARE) if at.plan.facts.looks_through else name("loop.first")


def _last(at: Position) -> Term:
    through = at.plan.facts.looks_through
    if at.stage == "head":
        return Term("ns.last < 0", COMPARE) if through else negation(name(at.plan.turns))
    if at.aside:
        return name("is_last")
    return Term("loop.index0 == ns.last", COMPARE) if through else name("loop.last")


def mark(e: ir.MarkTest, at: Position) -> Term:
    """Whether the turn is before, at or after a mark; whether the mark has a place."""
    index = name("index" if at.aside else "loop.index0")
    here = name(f"ns.{e.mark}")
    found = name(f"ns.has_{e.mark}")
    match e.test:
        case "after":
            return compare(index, ">", here)
        case "before":
            return compare(index, "<", here)
        case "exists":
            return found
        case "equal":
            return group(all_of(found, compare(name("message"), "==", item(name(at.plan.turns), f"ns.{e.mark}"))))
    assert_never(e.test)


def with_turns(plan: Plan) -> Term:
    """The messages that have turns."""
    program = plan.program
    if not plan.facts.looks_through:
        return name(plan.turns)
    if program.skip_others:
        word, roles = "selectattr", tuple(role for turn in program.turns for role in turn.roles)
    else:
        word, roles = "rejectattr", hidden(program)
    return filtered(name(plan.turns), f"{word}('role', 'in', {literal(roles).text}) | list")


def hidden(program: ir.Program) -> tuple[str, ...]:
    """The roles that have no turn but are allowed: those that the format skips, and those that its head takes."""
    return program.skip + (program.head.takes if program.head.which == "all" else ())


def has_turn(subject: Term, program: ir.Program) -> Term:
    """Whether the message that `subject` holds has a turn."""
    role = member(subject, "role")
    if program.skip_others:
        return among(role, tuple(role for turn in program.turns for role in turn.roles))
    return among(role, hidden(program), negated=True)
