"""The tags before the loop over the turns: they find head and turns, and refuse bad conversations."""

from __future__ import annotations

from chatwright.analysis.facts import reads
from chatwright.emit.jinja.expressions import condition, no_text
from chatwright.emit.jinja.lines import Lines
from chatwright.emit.jinja.macros import macro, reads_head
from chatwright.emit.jinja.operators import all_of, among, literal, name
from chatwright.emit.jinja.plan import Plan
from chatwright.emit.jinja.position import Position
from chatwright.emit.jinja.prelude import prelude
from chatwright.emit.jinja.statements import statement
from chatwright.ir import program as ir
from chatwright.ir.walk import walk

_ROLE = name("message.role")


def head_and_turns(plan: Plan, lines: Lines) -> None:
    """Set the variables for the messages of the head and of the loop, and write the macros that read the head."""
    head = plan.program.head
    if head.which == "first":
        holder = head.takes[0]
        with lines.when(all_of(name("messages"), among(name("messages[0].role"), head.takes)), end=""):
            lines.set(holder, "messages[0]")
            lines.set("turns", "messages[1:]")
        with lines.block("else", "endif"):
            lines.set(holder, "{}")
            lines.set("turns", "messages")
    elif head.which == "all":
        one = len(head.takes) == 1
        asked = f"'equalto', {literal(head.takes[0]).text}" if one else f"'in', {literal(head.takes).text}"
        lines.set(head.takes[0], f"messages | selectattr('role', {asked}) | list")
    for rule in plan.program.rules:
        if reads_head(rule):
            macro(rule, plan, lines)


def check_contents(plan: Plan, lines: Lines) -> None:
    """Formats without parts refuse a list as content: otherwise they would print it as Python does, or drop it."""
    facts = plan.facts
    if plan.program.parts or not (facts.text_roles or facts.any_text):
        return
    wrong = no_text(name("message.content"))
    if not facts.any_text:
        wrong = all_of(wrong, among(_ROLE, facts.text_roles))
    elif facts.other_roles:
        wrong = all_of(wrong, among(_ROLE, facts.other_roles, negated=True))
    with lines.block("for message in messages", "endfor"), lines.when(wrong):
        reason = ": content must be a text for this format, not a list of parts"
        lines.refuse("message ", name("loop.index0"), reason)


def refusals(at: Position, lines: Lines) -> None:
    """Refuse the conversations that the spec rejects."""
    for refusal in at.plan.program.refusals:
        for node in walk(refusal.when):
            if isinstance(node, ir.Alternating):
                _alternating(node, at, lines)
        with lines.when(condition(refusal.when, at)):
            statement(ir.Reject(refusal.message, refusal.at), at, lines)


def _alternating(node: ir.Alternating, at: Position, lines: Lines) -> None:
    """Find out whether the turns of a role and of other roles alternate."""
    order = f"order_{node.role}"
    lines.set(order, "namespace(count=0, holds=true)")
    with lines.block(f"for message in {at.plan.turns}", "endfor"):
        prelude(reads((), node.where), at.plan, lines, look=True)
        with lines.when(condition(node.where, at)):
            role = literal(node.role).text
            with lines.block(f"if (message.role == {role}) != ({order}.count % 2 == 0)", "endif"):
                lines.set(f"{order}.holds", "false")
            lines.set(f"{order}.count", f"{order}.count + 1")
