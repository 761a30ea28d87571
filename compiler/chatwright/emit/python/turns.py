"""The variables that a turn reads: its content, its reasoning, its neighbours, its number."""

from __future__ import annotations

from chatwright.analysis.facts import Facts, Reads, counter_of
from chatwright.emit.python.contents import prints_text, reasoning_fields
from chatwright.emit.python.lines import Lines, lines
from chatwright.emit.python.position import Plan
from chatwright.ir import program as ir


def variables(plan: Plan, found: Reads, thinks: bool) -> Lines:
    """The lines that set all variables that a turn reads.

    They are the content `c`, its source `s`, the reasoning `r`, whether the reasoning was in the content (`inl`), and
    those about the next turn. `thinks`: the turn can have reasoning.
    """
    inline = plan.program.inline if thinks and (found.reasoning or found.content or found.inline) else None
    made: Lines = []
    if found.text or (inline is not None and found.reasoning):
        made += _content(plan)
        if found.source or inline is not None:
            made += lines("s = c")
    if found.reasoning or inline is not None:
        made += reasoning_fields(plan.program)
    if inline is not None:
        made += _split(inline, found)
    if found.next:
        after = "messages[turns[k + 1]]" if plan.facts.looks_through else "messages[i + 1]"
        made += behind(found, after, "i < end")
    if found.results:
        made += lines(
            "results_end = i + 1",
            'while results_end < n and messages[results_end]["role"] == "tool":',
            "    results_end += 1",
        )
    return made


def behind(found: Reads, message: str, there: str) -> Lines:
    """The variables about the turn behind: `next_role`, and the message itself where more of it is read.

    `message` is that turn's message, and `there` the test whether there is one, as source.
    """
    made: Lines = []
    if found.next_role:
        made += lines(f'next_role = {message}["role"] if {there} else ""')
    if found.next_fields:
        made += lines(f"following = {message} if {there} else None")
    return made


def count(facts: Facts, roles: tuple[str, ...]) -> Lines:
    """Counts a turn, where any turn of its declaration asks for its number."""
    return lines(f"{counter_of(roles)} += 1") if roles in facts.counted else []


def _content(plan: Plan) -> Lines:
    counts = ", counts" if plan.facts.counts_parts else ""
    if plan.program.content_strip is not None or prints_text(plan.program):
        return lines(f"c = content_of(m, i{counts})")
    return lines(
        'c = m.get("content")',
        "if c.__class__ is not str:",
        f'    c = parts_of(c, m, i{counts}) if c is not None else ""',
    )


def _split(inline: ir.Inlining, found: Reads) -> Lines:
    """Takes the reasoning out of the content."""
    inside = f"{inline.close!r} in c"
    split = f"split_{inline.at}(c, {inline.open!r}, {inline.close!r}, {inline.trim!r}, {inline.strip!r})"
    made = lines(f"inl = r is None and {inside}") if found.inline else []
    if inline.how == "else":
        return made + lines(f"if r is None and {inside}:", f"    r, c = {split}")
    return made + lines(f"if {inside}:", f"    found, c = {split}", "    if r is None:", "        r = found")
