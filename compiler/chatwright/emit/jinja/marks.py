"""Marks: the fields of `ns` that hold them, and the loops that find their places."""

from __future__ import annotations

from chatwright.analysis.facts import asked_by, counter_of, reads
from chatwright.emit.jinja.expressions import condition
from chatwright.emit.jinja.lines import Lines
from chatwright.emit.jinja.messages import has_turn
from chatwright.emit.jinja.operators import all_of, among, name, negation
from chatwright.emit.jinja.plan import Plan
from chatwright.emit.jinja.position import Position
from chatwright.emit.jinja.prelude import prelude
from chatwright.ir import program as ir

_ROLE = name("message.role")


def namespace(at: Position, lines: Lines) -> None:
    """Set `ns`, and place the marks that do not move."""
    plan = at.plan
    fields = _fields(plan)
    if not fields:
        return
    lines.set("ns", f"namespace({', '.join(fields)})")
    through = plan.facts.looks_through
    if through and _needs_last(plan):
        with lines.block(f"for message in {plan.turns}", "endfor"):
            with lines.when(has_turn(name("message"), plan.program)):
                lines.set("ns.last", "loop.index0")
    for mark in plan.program.marks:
        if mark.otherwise == "end" and through:
            lines.set(f"ns.{mark.name}", "ns.last")
        if not mark.moves:
            _place(mark, plan.turns, "", at, lines)


def _fields(plan: Plan) -> list[str]:
    program, facts = plan.program, plan.facts
    through = facts.looks_through
    fields: list[str] = []
    if plan.training and program.closed_by_next:
        fields.append("open=false")
    if any(mark.moves for mark in program.marks):
        fields += ["low=0", "reach=0", "ahead=true"]
    if through and _needs_last(plan):
        fields.append("last=-1")
    for mark in program.marks:
        end = "-1" if through else f"{plan.turns} | length - 1"
        fields.append(f"{mark.name}={'-1' if mark.otherwise == 'start' else end}")
        if _has_flag(mark, plan):
            fields.append(f"has_{mark.name}=false")
    for role in tracked(plan):
        fields += ["prev=-1", "role=''"] if role == "prev" else [f"{role}=-1"]
    return fields + [f"{counter_of(roles)}=0" for roles in facts.counted]


def tracked(plan: Plan) -> list[str]:
    """The fields of `ns` that hold the index of an earlier turn: one for each role, and `prev`."""
    names = sorted({role for found in plan.read for role in found.before})
    first = plan.uses(ir.Position, word="first", of="turn")
    if plan.facts.looks_through and (first or any(found.prev for found in plan.read)):
        names.append("prev")
    return names


def advance(at: Position, lines: Lines) -> None:
    """Move the marks to their places among the messages before the model's next turn."""
    plan = at.plan
    lines.set("ns.low", "ns.reach")
    lines.set("ns.reach", "0" if at.stage == "head" else "loop.index")
    lines.set("ns.ahead", "true")
    with lines.block(f"for later in {plan.turns}[ns.reach:]", "endfor"):
        with lines.when(among(name("later.role"), plan.facts.sampler), end=""):
            lines.set("ns.ahead", "false")
        with lines.block("elif ns.ahead", "endif"):
            lines.set("ns.reach", "ns.reach + 1")
    for mark in plan.program.marks:
        if mark.moves and asked_by(mark):
            lines.set(f"ns.{mark.name}", "-1")
            if _has_flag(mark, plan):
                lines.set(f"ns.has_{mark.name}", "false")
            _place(mark, f"{plan.turns}[:ns.reach]", "", at, lines)
        elif mark.moves:
            _place(mark, f"{plan.turns}[ns.low:ns.reach]", "ns.low + ", at, lines)
        if mark.moves and mark.otherwise == "end":
            with lines.when(negation(name(f"ns.has_{mark.name}"))):
                lines.set(f"ns.{mark.name}", "ns.reach - 1")


def _place(mark: ir.Mark, messages: str, base: str, at: Position, lines: Lines) -> None:
    """Place a mark on the first or last message that fits. `base` is added to its index among `messages`."""
    fits = among(_ROLE, mark.roles)
    if mark.end == "first":
        fits = all_of(negation(name(f"ns.has_{mark.name}")), fits)
    with lines.block(f"for message in {messages}", "endfor"), lines.when(fits):
        if mark.where is None:
            _found(mark, base, at.plan, lines)
            return
        prelude(reads((), mark.where), at.plan, lines, look=True)
        with lines.when(condition(mark.where, at)):
            _found(mark, base, at.plan, lines)


def _found(mark: ir.Mark, base: str, plan: Plan, lines: Lines) -> None:
    lines.set(f"ns.{mark.name}", f"{base}loop.index0")
    if _has_flag(mark, plan):
        lines.set(f"ns.has_{mark.name}", "true")


def _needs_last(plan: Plan) -> bool:
    """Whether the template needs the index of the last turn."""
    ends = any(mark.otherwise == "end" for mark in plan.program.marks)
    at_end = any(isinstance(e, ir.Position) and e.of == "turn" and e.word != "first" for e in plan.expressions)
    return ends or at_end or plan.uses(ir.Turns)


def _has_flag(mark: ir.Mark, plan: Plan) -> bool:
    """Whether a field of `ns` records that the mark has a place."""
    return (
        mark.end == "first"
        or (mark.moves and mark.otherwise == "end")
        or any(plan.uses(ir.MarkTest, test=asked, mark=mark.name) for asked in ("exists", "equal"))
    )
