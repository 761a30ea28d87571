"""Statements as Jinja."""

from __future__ import annotations

import msgspec

from chatwright.emit.jinja.expressions import (
    called,
    condition,
    inner_function,
    is_part_text,
    no_text,
    plain,
    text,
    value,
)
from chatwright.emit.jinja.lines import Lines
from chatwright.emit.jinja.marks import advance
from chatwright.emit.jinja.operators import (
    CONDITIONAL,
    Term,
    all_of,
    any_of,
    filtered,
    is_,
    item,
    literal,
    name,
)
from chatwright.emit.jinja.plan import Plan
from chatwright.emit.jinja.position import Position
from chatwright.emit.rule_arguments import WIRED
from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE, asked
from chatwright.ir.records import unfold
from chatwright.ir.typing import kind_of, message_of
from chatwright.ir.walk import all_expressions, walk
from chatwright.training.views import parted, prints


def body(stmts: ir.Body, at: Position, lines: Lines) -> None:
    """Write the statements of a body. It may continue the output tag of the statements before it."""
    for stmt in stmts:
        statement(stmt, at, lines)
        if isinstance(stmt, ir.If) and not stmt.otherwise:
            for when, inner in stmt.branches:
                if inner and isinstance(inner[-1], ir.Reject):
                    at = at.knowing(when, holds=False)


def statement(stmt: ir.Stmt, at: Position, lines: Lines) -> None:
    """Write one statement."""
    match stmt:
        case ir.Text(closes=True) if at.plan.training:
            _closing_text(stmt, at, lines)
        case ir.Text():
            lines.print(stmt.text)
        case ir.Slot():
            _slot(stmt, at, lines)
        case ir.If():
            _branches(stmt, at, lines)
        case ir.For():
            _loop(stmt, at, lines)
        case ir.Run():
            lines.print(called(stmt.rule, stmt.args, at))
        case ir.Record():
            body(unfold(stmt), at, lines)
        case ir.Advance():
            advance(at, lines)
        case ir.Sampled() if at.plan.training:
            _sampled(stmt, at, lines)
        case ir.Sampled():
            body(stmt.body, at, lines)
        case ir.Close():
            _close(stmt, at, lines)
        case ir.Reject():
            lines.refuse(*(part if isinstance(part, str) else value(part, at) for part in stmt.message))


# ---- what the model writes --------------------------------------------------------------------------------------


def _close(stmt: ir.Close, at: Position, lines: Lines) -> None:
    if stmt.past_when == FALSE:
        statement(stmt.token, at, lines)
    else:
        past = (stmt.past,) if stmt.past.text else ()
        _branches(ir.If(((stmt.past_when, past),), (stmt.token,)), at, lines)


def _sampled(stmt: ir.Sampled, at: Position, lines: Lines) -> None:
    """The sampled region: its prompt, then its sampled text between `generation` tags, which are never empty."""
    before, after = parted(stmt.body)
    body(before, at, lines)
    when = prints(after)
    if when == TRUE:
        _generation(after, at, lines)
    else:
        with lines.when(condition(when, at)):
            _generation(after, at, lines)


def _generation(stmts: ir.Body, at: Position, lines: Lines) -> None:
    with lines.block("generation", "endgeneration"):
        body(stmts, at, lines)


def _closing_text(stmt: ir.Text, at: Position, lines: Lines) -> None:
    """The opener of this turn, which is also the stop of the model's turn before it."""
    stop = (msgspec.structs.replace(stmt, closes=False),)
    with lines.block("if ns.open"):
        _generation(stop, at, lines)
        lines.set("ns.open", "false")
    with lines.block("else", "endif"):
        body(stop, at, lines)


# ---- slots ------------------------------------------------------------------------------------------------------


def _slot(stmt: ir.Slot, at: Position, lines: Lines) -> None:
    _check_head(stmt, at, lines)
    if stmt.required:
        _require(stmt, at, lines)
    else:
        _require_encoded(stmt, at, lines)
    lines.print(text(stmt.value, at))


def _check_head(stmt: ir.Slot, at: Position, lines: Lines) -> None:
    """Formats without parts refuse a list as the content of the head."""
    program = at.plan.program
    heads = (e for e in walk(stmt.value) if isinstance(e, ir.Content) and e.message.which == "head")
    if program.parts or not any(heads):
        return
    with lines.when(no_text(name(f"{program.head.takes[0]}.content"))):
        lines.refuse("message 0: content must be a text for this format, not a list of parts")


def _require(stmt: ir.Slot, at: Position, lines: Lines) -> None:
    """Refuse a message that lacks the field of this slot."""
    printed = stmt.value
    while isinstance(printed, ir.Pipe):
        printed = printed.value
    choices = printed.choices if isinstance(printed, ir.FirstFilled) else (printed,)
    wires = [ir.Attr(c.message, "content") if isinstance(c, ir.Content) else c for c in choices]
    if any(is_part_text(wire, at) for wire in wires):
        return  # here the content itself is the text
    terms = (plain(wire, at) for wire in wires)
    absent = [any_of(is_(term, "defined", holds=False), is_(term, "none")) for term in terms]
    with lines.when(all_of(*absent)):
        lines.refuse(f"{stmt.field} is missing, and this format prints it")


def _require_encoded(stmt: ir.Slot, at: Position, lines: Lines) -> None:
    """Refuse an absent value that this slot encodes as JSON, where nothing can be absent."""
    printed: ir.Expr = stmt.value
    encodes = False
    while isinstance(printed, ir.Pipe):
        encodes = printed.filter in WIRED
        printed = printed.value
    last = printed.choices[-1] if isinstance(printed, ir.FirstFilled) else printed
    if not encodes or not isinstance(last, ir.Attr | ir.Key) or last in at.sure or is_part_text(last, at):
        return
    if isinstance(printed, ir.FirstFilled) and not isinstance(last, ir.Attr):
        return
    place: tuple[str | Term, ...] = ()
    if message_of(printed) == ir.Msg("this") and at.stage == "turn" and not at.inner:
        place = ("message ", name("loop.index0"), ": ")
    with lines.when(is_(value(printed, at), "defined", holds=False)):
        lines.refuse(*place, f"{stmt.field} is missing, and this format encodes it as JSON")


# ---- branches ---------------------------------------------------------------------------------------------------


def _branches(stmt: ir.If, at: Position, lines: Lines) -> None:
    """A choice. If its only branch prints nothing, the condition is inverted."""
    if len(stmt.branches) == 1 and not stmt.branches[0][1] and stmt.otherwise:
        when = stmt.branches[0][0]
        stmt = ir.If(((when.value if isinstance(when, ir.Not) else ir.Not(when), stmt.otherwise),), ())
    word = "if"
    for when, inner in stmt.branches:
        with lines.when(condition(when, at), end="", word=word):
            body(inner, at.knowing(when).but(sure=(*at.sure, *asked(when))), lines)
        at = at.knowing(when, holds=False)
        word = "elif"
    otherwise = stmt.otherwise
    while len(otherwise) == 1 and isinstance(otherwise[0], ir.If):
        for when, inner in otherwise[0].branches:
            with lines.when(condition(when, at), end="", word="elif"):
                body(inner, at.knowing(when), lines)
            at = at.knowing(when, holds=False)
        otherwise = otherwise[0].otherwise
    if otherwise:
        with lines.block("else"):
            body(otherwise, at, lines)
    lines.tag("endif")


# ---- loops ------------------------------------------------------------------------------------------------------


def _loop(stmt: ir.For, at: Position, lines: Lines) -> None:
    names = ", ".join(at.plan.variable(declared) for declared in stmt.names)
    items = _items(stmt, at)
    if stmt.only_first:
        items = item(items, ":1")
    if isinstance(stmt.items, ir.CallKey) and len(stmt.names) == 2:
        _refuse_arguments(value(stmt.items, at), lines)
    if kind_of(stmt.items) == "parts" and stmt.items not in at.no_text:
        with lines.when(is_(value(stmt.items, at), "string")):
            lines.refuse("a list is needed here, not a text")
    where = "" if stmt.where is None else f" if {condition(stmt.where, at.but(filtering=True)).at(CONDITIONAL)}"
    with lines.block(f"for {names} in {items.at(CONDITIONAL)}{where}", "endfor"):
        variable = at.plan.variable(stmt.names[0])
        if stmt.kind == "call":
            lines.set("function", inner_function(name(variable)))
        if stmt.kind == "message" and any(isinstance(e, ir.Answer) for e in all_expressions(stmt.body)):
            _answer(variable, _asks_for_call(stmt.body), lines)
        at = at.but(inner=True)
        roles = _roles(stmt, at.plan)
        if roles and at.plan.checks(roles):
            at = at.but(checked=(*at.checked, stmt.names[0]))
        if stmt.sep is not None:
            with lines.block("if not loop.first", "endif"):
                statement(stmt.sep, at, lines)
        body(stmt.body, at, lines)


def _roles(stmt: ir.For, plan: Plan) -> tuple[str, ...]:
    """The only roles of the messages that a loop goes over; empty where they can have any."""
    match stmt.items, stmt.where:
        case ir.HeadList(), _:
            return plan.program.head.takes
        case ir.Results(), _:
            return ("tool",)
        case ((ir.Messages() | ir.Turns()), ir.RoleIs(roles=roles)):
            return roles
    return ()


def _refuse_arguments(arguments: Term, lines: Lines) -> None:
    """A loop over the arguments of a call refuses a value that is not an object."""
    with lines.when(is_(arguments, "mapping", holds=False)):
        lines.refuse("the arguments of a tool call must be an object for this format")


def _items(stmt: ir.For, at: Position) -> Term:
    """The items of a loop. They are never none or undefined."""
    term = value(stmt.items, at)
    match stmt.items:
        case ir.Results() | ir.Pipe(filter="sorted"):
            return term
    if len(stmt.names) == 2:
        return filtered(term, "items")
    can_miss = isinstance(stmt.items, ir.Tools | ir.Attr | ir.Var) or (
        isinstance(stmt.items, ir.Opt) and at.plan.may_be_none(stmt.items)
    )
    return any_of(term, literal(())) if can_miss and stmt.items not in at.sure else term


def _asks_for_call(stmts: ir.Body) -> bool:
    """Whether a body reads more of the call that a result answers than the keys of its function."""
    found = list(all_expressions(stmts))
    inside = sum(isinstance(e, ir.CallKey) and isinstance(e.call, ir.Answer) for e in found)
    return sum(isinstance(e, ir.Answer) for e in found) > inside


def _answer(result: str, whole: bool, lines: Lines) -> None:
    """Find the last call of this message that has the id of the result. `whole`: keep the call with its id, too."""
    lines.set("answered", f"namespace(call={{}}{', whole=none' if whole else ''})")
    with lines.block("for candidate in message.tool_calls", "endfor"):
        with lines.block(f"if (candidate.id or '') == ({result}.tool_call_id or '')", "endif"):
            lines.set("answered.call", "candidate.function or candidate")
            if whole:
                lines.set("answered.whole", "candidate")
