"""The functions of a module that make the text of a content or of reasoning."""

from __future__ import annotations

from chatwright.analysis.facts import reasoning_keys
from chatwright.emit.python.lines import Lines, block, function, lines, placed
from chatwright.emit.python.locals import lists
from chatwright.emit.python.position import Plan, position
from chatwright.emit.python.statements import body
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, walk


def parts_read_outside(program: ir.Program) -> bool:
    """Whether a content part reads more than itself, so that its function belongs inside the emitter."""
    outside = (ir.Opt, ir.Tools, ir.HeadList)
    return any(isinstance(e, outside) for part in program.parts for e in all_expressions(part.body))


def prints_text(program: ir.Program) -> bool:
    """Whether parts of type text, and so contents that are a text, print more than their text."""
    return any("text" in part.kinds for part in program.parts)


def contents(plan: Plan) -> Lines:
    """The functions that make a content's text, and those of other messages' reasoning."""
    program = plan.program
    found = _part_out(plan) if program.parts else []
    if program.parts and (prints_text(program) or _prints_parts_alone(program)):
        found += _part_text(plan)
    found += [*_parts_of(plan), *_content_of(program)]
    if _asks_for_others_reasoning(plan):
        found += function("reasoning_of(m)", [*lines("m = m or {}"), *reasoning_fields(program), *lines("return r")])
    return found


def _part_out(plan: Plan) -> Lines:
    """The function that prints one content part, by its type."""
    parts = sorted(plan.program.parts, key=lambda part: not part.kinds)
    known = [kind for part in parts for kind in part.kinds]
    found = lines("kind = v_part.get('type')")
    word = "if"
    if "text" not in known:
        code = lines("codes.append(OF_THE_WHOLE)") if plan.traced else []
        found += block("if kind == 'text':", [*lines("out.append(part_string(v_part, i))"), *code])
        word = "elif"
    for part in parts:
        head = f"{word} kind in {part.kinds!r}:" if part.kinds else "if True:" if word == "if" else "else:"
        counted = any(isinstance(e, ir.Number) for e in all_expressions(part.body))
        count = lines(f"number = count_part(counts, {part.kinds[0]!r})") if counted else []
        found += block(head, [*count, *body(part.body, position(plan, "part"))])
        word = "elif"
    if all(part.kinds for part in parts):
        kinds = tuple(dict.fromkeys(("text", *known)))
        found += placed(None, block("else:", lines(f"raise unknown_part(i, kind, {kinds!r})")))
    whole = block(f"def part_out({lists(plan)}, v_part, v_role, i, counts):", found)
    return [*whole, *placed(None, lines("", ""))]


def _prints_parts_alone(program: ir.Program) -> bool:
    """Whether a part is printed anywhere but in its content."""
    bodies = (program.head.body, *(turn.body for turn in program.turns), *(rule.body for rule in program.rules))
    return any(isinstance(e, ir.PartText) for found in bodies for s in all_expressions(found) for e in walk(s))


def _part_text(plan: Plan) -> Lines:
    """The function that makes a text of one content part."""
    into = "out, []" if plan.traced else "out"
    return function(
        "part_text(part, role, i, counts=None)",
        lines("out = []", f"part_out({into}, part, role, i, counts)", 'return "".join(out)'),
    )


def _parts_of(plan: Plan) -> Lines:
    """The function that turns a content other than text into text."""
    made = lines(
        "out, codes = [], []" if plan.traced else "out = []",
        "for part in list_of_parts(content, i):",
        f'    part_out({lists(plan)}, part, m["role"], i, counts)',
        "return parted(out, codes)" if plan.traced else 'return "".join(out)',
    )
    refused = lines("raise no_parts(content, i)")
    return function("parts_of(content, m, i, counts=None)", made if plan.program.parts else refused)


def _content_of(program: ir.Program) -> Lines:
    """The function that makes a content's text as the format prints it."""
    found = lines(
        'c = m.get("content")',
        "if c.__class__ is not str:",
        '    c = parts_of(c, m, i, counts) if c is not None else ""',
    )
    if prints_text(program):
        found += lines("else:", '    c = part_text({"type": "text", "text": c}, m["role"], i)')
    chars = program.content_strip
    strip = "" if chars is None else f".strip({chars!r})" if chars else ".strip()"
    return function("content_of(m, i, counts=None)", [*found, *lines(f"return c{strip}")])


def _asks_for_others_reasoning(plan: Plan) -> bool:
    facts = plan.facts
    bodies = (plan.program.head.body, *(turn.body for turn in facts.turns), facts.prompt, facts.written)
    found = (e for stmts in bodies for e in all_expressions(stmts))
    return any(isinstance(e, ir.Reasoning) and e.message.which != "this" for e in found)


def reasoning_fields(program: ir.Program) -> Lines:
    """The reasoning `r` of a message `m` in the fields of the message."""
    found: Lines = []
    for keys in reasoning_keys(program):
        later = bool(found)
        read: Lines = []
        for key in keys:
            takes = f"r = m.get({key!r})"
            certain = not read and (not later or program.reasoning_filled)
            read += lines(takes) if certain else block("if r is None:", lines(takes))
        found += block("if not r:", read) if later and program.reasoning_filled else read
    return found or lines("r = None")
