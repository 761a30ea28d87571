"""The macros of a template: `cut`, contents as text, and rules."""

from __future__ import annotations

from collections.abc import Iterator

from chatwright.emit.jinja.expressions import PART, PART_TEXT, inner_function
from chatwright.emit.jinja.lines import Lines
from chatwright.emit.jinja.operators import among, any_of, call, group, is_, literal, name
from chatwright.emit.jinja.plan import Plan
from chatwright.emit.jinja.position import Position
from chatwright.emit.jinja.statements import body
from chatwright.ir import program as ir
from chatwright.ir.typing import NEVER_NULL
from chatwright.ir.walk import all_expressions

_PART = name("part")
_TYPE = name("part.type")


def macros(plan: Plan, lines: Lines) -> None:
    """Write all macros but those that read the messages of the head."""
    of_rules = [e for rule in plan.program.rules for e in all_expressions(rule.body)]
    if any(isinstance(e, ir.Pipe) and e.filter == "cut" for e in (*of_rules, *plan.expressions)):
        with lines.block("macro cut(text, opener, closer)", "endmacro"):
            with lines.block("for piece in text.split(closer)", "endfor"):
                lines.print(name("piece.split(opener)[0]"))
    if plan.program.parts:
        _contents(plan, lines)
    done: set[str] = set()
    for rule in plan.program.rules:
        if rule.base not in done and not reads_head(rule):
            done.add(rule.base)
            macro(plan.macros[rule.base], plan, lines)


def reads_head(rule: ir.Rule) -> bool:
    """Whether a rule reads the messages of the head. Its macro must come after the tags that find them."""
    return any(isinstance(e, ir.HeadList) for e in all_expressions(rule.body))


def macro(rule: ir.Rule, plan: Plan, lines: Lines) -> None:
    """Write the macro of a rule."""
    of_base = {other.name for other in plan.program.rules if other.base == rule.base}
    at = Position(
        plan=plan,
        lists=_lists(rule.base, plan),
        no_text=tuple(_settled(rule, plan, plan.never_text)),
        no_list=tuple(_settled(rule, plan, plan.never_list)),
        params=frozenset(param.name for param in rule.params if param.kind == "data"),
        nullable=frozenset(param for called, param in plan.absent if called in of_base),
    )
    params = [plan.variable(param.name) for param in rule.params]
    with lines.block(f"macro {plan.variable(rule.base)}({', '.join(params)})", "endmacro"):
        for param, variable in zip(rule.params, params, strict=True):
            if param.kind == "call":
                lines.set("function", inner_function(name(variable)))
        body(rule.body, at, lines)


def _settled(macro: ir.Rule, plan: Plan, never: frozenset[tuple[str, str]]) -> Iterator[ir.Var]:
    """The parameters of a macro that are in `never` for all rules that the macro is for."""
    for number, param in enumerate(macro.params):
        rules = (rule for rule in plan.program.rules if rule.base == macro.base)
        if all((rule.name, rule.params[number].name) in never for rule in rules):
            yield param


def _lists(base: str, plan: Plan) -> frozenset[str]:
    """The parameters of a declared rule that may be a list of parts, calls or tools."""
    params = (param for rule in plan.program.rules if rule.base == base for param in rule.params)
    return frozenset(param.name for param in params if param.kind in NEVER_NULL)


# ---- contents ---------------------------------------------------------------------------------------------------


def _contents(plan: Plan, lines: Lines) -> None:
    """The macros that print a content: the text itself, or the texts of its parts."""
    alone = plan.uses(ir.PartText)
    counting = plan.facts.counts_parts
    if counting:
        kinds = [part.kinds[0] for part in plan.program.parts if part.kinds and _counts(part)]
        lines.set("seen", f"namespace({', '.join(f'{kind}=0' for kind in kinds)})")
    more = ", counting=false" if counting else ""
    at = Position(plan=plan, role="role")
    if alone:
        with lines.block(f"macro part_text(part, role{more})", "endmacro"):
            _part(at, lines)
    with lines.block(f"macro visible(content, role{more})", "endmacro"):
        with lines.block("if content is string"):
            _text_content(at, lines)
        with lines.block("elif content is mapping or content is number"):
            lines.refuse("content must be a text or a list of parts")
        with lines.block("elif content", "endif"), lines.block("for part in content", "endfor"):
            if alone:
                lines.print(call("part_text", _PART, name("role"), *([name("counting")] if counting else [])))
            else:
                _part(at, lines)


def _text_content(at: Position, lines: Lines) -> None:
    """A content that is text prints as a text part does."""
    text = next((part.body for part in at.plan.program.parts if "text" in part.kinds), None)
    if text is None:
        lines.print(name("content"))
    else:
        if _reads_whole_part(text):
            lines.set("part", "{'type': 'text', 'text': content}")
        body(text, at.but(part_text="content"), lines)


def _reads_whole_part(text: ir.Body) -> bool:
    """Whether the body of text parts reads more of a part than its text."""
    found = list(all_expressions(text))
    return sum(e == PART for e in found) > sum(e == PART_TEXT for e in found)


def _part(at: Position, lines: Lines) -> None:
    """A part of a content, by its type. The declaration for any other type comes last."""
    parts = sorted(at.plan.program.parts, key=lambda part: not part.kinds)
    if not any("text" in part.kinds for part in parts):
        key = ir.Key(ir.Var("part", "data", "content"), "text")
        parts.insert(0, ir.Part(("text",), (ir.Slot(key, "content", "turn", True, "text", False, (0, 0)),)))
    any_type = any(not part.kinds for part in parts)
    no_part = is_(_PART, "mapping", holds=False)
    with lines.when(no_part if any_type else any_of(no_part, is_(_TYPE, "string", holds=False))):
        lines.refuse("a content part must be an object with a type")
    kind = group(any_of(_TYPE, literal(""))) if any_type else _TYPE
    word = "if"
    for part in parts:
        inside = lines.when(among(kind, part.kinds), end="", word=word) if part.kinds else lines.block("else")
        with inside:
            if _counts(part):
                seen = f"seen.{part.kinds[0]}"
                with lines.block("if counting", "endif"):
                    lines.set(seen, f"{seen} + 1")
                lines.set("number", seen)
            body(part.body, at, lines)
        word = "elif"
    if not any_type:
        with lines.block("else"):
            lines.refuse("this format prints no content parts of type ", _TYPE)
    lines.tag("endif")


def _counts(part: ir.Part) -> bool:
    return any(isinstance(e, ir.Number) for e in all_expressions(part.body))
