"""The variables that a turn sets before it prints: content, reasoning, the next turn, tool results."""

from __future__ import annotations

from chatwright.analysis.facts import Reads
from chatwright.emit.jinja.expressions import reasoning_of
from chatwright.emit.jinja.filters import EMPTY, normal
from chatwright.emit.jinja.lines import Lines
from chatwright.emit.jinja.messages import has_turn
from chatwright.emit.jinja.operators import (
    GROUP,
    Term,
    all_of,
    call,
    compare,
    conditional,
    is_,
    item,
    literal,
    member,
    method,
    name,
    negation,
)
from chatwright.emit.jinja.plan import Plan
from chatwright.ir import program as ir

_MESSAGE = name("message")
_CONTENT = name("content")
_REASONING = name("reasoning")


def prelude(found: Reads, plan: Plan, lines: Lines, thinks: bool = False, look: bool = False) -> None:
    """Set the variables that a turn or a condition reads.

    `thinks`: the content may contain the reasoning. `look`: the content is not printed here, so its parts do not count.
    """
    inline = plan.program.inline if thinks and (found.reasoning or found.content or found.inline) else None
    if found.text or (inline is not None and found.reasoning):
        lines.set("content", _content(plan, look).at(GROUP))
        if found.source:
            lines.set("source", _CONTENT)
    if found.reasoning or inline is not None:
        _reasoning(found, inline, plan, lines)
    if found.next and plan.facts.looks_through:
        ahead(f"{plan.turns}[loop.index:]", plan, lines)
    if found.results:
        _results(plan.turns, lines)


def ahead(messages: str, plan: Plan, lines: Lines) -> None:
    """Find the first of the messages that has a turn: its role, and the message itself where the format reads it."""
    fields = any(found.next_fields for found in plan.read)
    lines.set("ahead", f"namespace(role=''{', message={}' if fields else ''})")
    later = name("later")
    with lines.block(f"for later in {messages}", "endfor"):
        with lines.when(all_of(negation(name("ahead.role")), has_turn(later, plan.program))):
            lines.set("ahead.role", "later.role")
            if fields:
                lines.set("ahead.message", later)


def _results(turns: str, lines: Lines) -> None:
    """Find the tool messages right after this message."""
    lines.set("reach", "namespace(end=loop.index, open=true)")
    with lines.block(f"for later in {turns}[loop.index:]", "endfor"):
        with lines.block("if reach.open and later.role == 'tool'"):
            lines.set("reach.end", "reach.end + 1")
        with lines.block("else", "endif"):
            lines.set("reach.open", "false")
    lines.set("results", f"{turns}[loop.index:reach.end]")


def _content(plan: Plan, look: bool) -> Term:
    wire = member(_MESSAGE, "content")
    if plan.program.parts:
        counting = [name("true")] if plan.facts.counts_parts and not look else []
        text = call("visible", wire, member(_MESSAGE, "role"), *counting)
    else:
        text = conditional(wire, is_(wire, "string"), EMPTY)
    return normal(text, plan.program.content_strip)


def _reasoning(found: Reads, inline: ir.Inlining | None, plan: Plan, lines: Lines) -> None:
    lines.set("reasoning", reasoning_of(_MESSAGE, literal(None) if plan.reasoning_none else EMPTY, plan))
    if inline is None:
        return
    absent = is_(_REASONING, "none")
    closed = compare(literal(inline.close), "in", _CONTENT)
    if found.inline:
        lines.set("inline", all_of(absent, closed))
    with lines.when(all_of(absent, closed) if inline.how == "else" else closed):
        before, after = _split(inline)
        if found.reasoning and inline.how == "else":
            lines.set("reasoning", before)
        elif found.reasoning:
            with lines.when(absent):
                lines.set("reasoning", before)
        lines.set("content", after)


def _split(inline: ir.Inlining) -> tuple[Term, Term]:
    """The reasoning in a content, and the content without it."""
    opener, closer = literal(inline.open), literal(inline.close)
    before = item(method(_CONTENT, "split", closer), "0")
    if inline.at == "last":
        after = item(method(_CONTENT, "split", closer), "-1")
    else:
        after = item(method(_CONTENT, "split", closer, literal(1)), "1")
    if inline.strip is not None:
        chars = [literal(inline.strip)] if inline.strip else []
        thought = item(method(method(before, "strip", *chars), "split", opener), "-1")
        return method(thought, "strip", *chars), method(after, "strip", *chars)
    if inline.trim:
        trim = literal(inline.trim)
        thought = item(method(method(before, "rstrip", trim), "split", opener), "-1")
        return method(thought, "lstrip", trim), method(after, "lstrip", trim)
    return item(method(before, "split", opener), "-1"), after
