"""The meaning of look-ahead words for a turn, at two moments of a conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE, conj, disj, neg
from chatwright.ir.walk import all_expressions, statements

#: Any role without a turn of its own.
OTHER = "*"

#: Represents the text of content parts among the rules.
CONTENTS = ""


class MarkState(msgspec.Struct, frozen=True):
    """The place of a mark, seen from one turn."""

    exists: bool
    after: bool
    before: bool
    equal: bool


class Moment(msgspec.Struct, frozen=True):
    """The known facts about the messages after a turn, before some messages are appended or `later`.

    `edge`: at first, no turn followed it. Only for such a turn do `last`, `ending`, `next` (the role of the next turn)
    and `results` matter; the messages behind any other turn stay the same. `results` is None if none can have been
    added. `turns`: whether there is any turn. `taken`: whether the head has taken a message, if it takes all of a role
    and this is known. `grown`: whether it takes more later.
    """

    later: bool
    edge: bool
    last: bool
    ending: bool
    next: str | None
    results: bool | None
    marks: Mapping[str, MarkState]
    turns: bool = True
    taken: bool | None = None
    grown: bool = False


def at_moment(expr: ir.Expr, moment: Moment, growing: frozenset[str] = frozenset()) -> ir.Expr:
    """An expression with its look-ahead words replaced by their meaning. `growing`: the rules that read the head's
    messages."""

    def settled(node: ir.Expr) -> ir.Expr | None:
        match node:
            case ir.Position(of="turn", word="last"):
                return ir.Const(moment.last)
            case ir.Position(of="turn", word="ending"):
                return ir.Const(moment.ending)
            case ir.MarkTest():
                return ir.Const(getattr(moment.marks[node.mark], node.test))
            case ir.Filled(value=ir.Turns()):
                return ir.Const(moment.turns)
            case ir.Filled(value=ir.Messages()):
                return TRUE
            case ir.Filled(value=ir.HeadList()) if moment.taken is not None:
                return ir.Const(moment.taken)
        return _neighbour(node, moment) or _unsettled(node, moment, growing)

    return replaced(expr, settled)


def _neighbour(node: ir.Expr, moment: Moment) -> ir.Expr | None:
    """The meaning of a question of the last turn about its next turn or its results."""
    match node:
        case ir.RoleIs(message=ir.Msg(which="next")) if moment.edge:
            return ir.Const(moment.next in node.roles)
        case ir.Exists(message=ir.Msg(which="next")) if moment.edge:
            return ir.Const(moment.next is not None)
        case ir.Filled(value=ir.Results(message=ir.Msg(which="this"))) if moment.results is not None:
            return ir.Const(moment.results)
    return None


def _unsettled(node: ir.Expr, moment: Moment, growing: frozenset[str]) -> ir.Expr | None:
    """A value that differs between the moments but is not a truth value: it becomes another constant at each."""
    now = "later" if moment.later else "before"
    match node:
        case ir.Msg(which="next") if moment.edge:
            return ir.Msg("item", now)
        case ir.Messages() | ir.Turns() | ir.Alternating():
            return ir.Var(now, "data", "")
        case ir.HeadList() if moment.grown and moment.later:
            return ir.Var("more", "messages", "")
        case ir.Content() | ir.PartText() if moment.grown and moment.later and CONTENTS in growing:
            return ir.Pipe(node, "with more", ())
        case ir.RuleText() if moment.grown and moment.later and node.rule in growing:
            return ir.RuleText(f"{node.rule} with more", node.args)
        case ir.Results(message=ir.Msg(which="this")) if moment.results is False:
            return ir.Const(())
    return None


def replaced(expr: ir.Expr, change: Any) -> ir.Expr:
    """An expression with parts of it replaced, from the outside in; conditions are folded."""
    found = change(expr)
    if found is not None:
        return found  # type: ignore[no-any-return]
    match expr:
        case ir.Not():
            return neg(replaced(expr.value, change))
        case ir.And():
            return conj(*(replaced(item, change) for item in expr.items))
        case ir.Or():
            return disj(*(replaced(item, change) for item in expr.items))
    fields: dict[str, Any] = {}
    for name in expr.__struct_fields__:
        value = getattr(expr, name)
        if isinstance(value, ir.Expr):
            fields[name] = replaced(value, change)
        elif isinstance(value, tuple) and any(isinstance(item, ir.Expr) for item in value):
            fields[name] = tuple(replaced(item, change) if isinstance(item, ir.Expr) else item for item in value)
    fields = {name: value for name, value in fields.items() if value != getattr(expr, name)}
    return msgspec.structs.replace(expr, **fields) if fields else expr


def with_options(expr: ir.Expr, values: Mapping[str, Any]) -> ir.Expr:
    """An expression with the known options replaced by their values. Options without a value stay open."""

    def settled(node: ir.Expr) -> ir.Expr | None:
        match node:
            case ir.Filled(value=ir.Opt(name=name)) if name in values:
                return ir.Const(bool(values[name]))
            case ir.Test(what="given", value=ir.Opt(name=name)) if name in values:
                return ir.Const(values[name] is not None)
            case ir.Compare(left=ir.Opt(name=name), op="==" | "!=", right=ir.Const()) if name in values:
                return ir.Const((values[name] == node.right.value) == (node.op == "=="))  # type: ignore[attr-defined]
            case ir.In(left=ir.Const(), right=ir.Opt(name=name)) if name in values:
                return ir.Const(node.left.value in (values[name] or ()))  # type: ignore[attr-defined]
        return None

    return replaced(expr, settled)


def as_written(expr: ir.Expr, program: ir.Program, role: str) -> ir.Expr:
    """An expression about a message that the parser made from a completion: it has one role, its reasoning is separate
    from its content, and neither has a control token."""

    def settled(node: ir.Expr) -> ir.Expr | None:
        match node:
            case ir.Inline(message=ir.Msg(which="this")):
                return FALSE
            case ir.Content(message=ir.Msg(which="this"), form="cut"):
                return ir.Content(node.message, "source")
            case ir.In(left=ir.Const(value=str() as text), right=ir.Content(message=ir.Msg(which="this"))):
                return FALSE if any(token in text for token in program.tokens) else None
            case ir.RoleIs(message=ir.Msg(which="this")):
                return ir.Const(role in node.roles)
            case ir.Attr(message=ir.Msg(which="this"), name="role"):
                return ir.Const(role)
        return None

    return replaced(expr, settled)


def looks_ahead(body: ir.Body) -> frozenset[ir.Expr]:
    """The look-ahead words of a body."""
    return frozenset(_ahead(expr for expr in all_expressions(body)))


def _ahead(found: Iterator[ir.Expr]) -> Iterator[ir.Expr]:
    for node in found:
        match node:
            case ir.Position(of="turn", word="last" | "ending") | ir.MarkTest() | ir.HeadList():
                yield node
            case ir.RoleIs(message=ir.Msg(which="next")) | ir.Exists(message=ir.Msg(which="next")):
                yield node
            case ir.Results(message=ir.Msg(which="this")) | ir.Msg(which="next") | ir.Turns() | ir.Messages():
                yield node
            case ir.Alternating():
                yield node


def growing_rules(program: ir.Program) -> frozenset[str]:
    """The rules that read the head's messages, directly or through others; CONTENTS, if contents do."""
    reads = {rule.name: list(all_expressions(rule.body)) for rule in program.rules}
    calls = {rule.name: _called(rule) for rule in program.rules}
    found = {name for name, exprs in reads.items() if any(isinstance(e, ir.HeadList) for e in exprs)}
    while more := {name for name, called in calls.items() if called & found and name not in found}:
        found |= more
    parts = [node for part in program.parts for node in all_expressions(part.body)]
    runs = {s.rule for part in program.parts for s in statements(part.body) if isinstance(s, ir.Run)}
    if any(isinstance(node, ir.HeadList) for node in parts) or runs & found:
        found.add(CONTENTS)
    return frozenset(found)


def _called(rule: ir.Rule) -> set[str]:
    runs = {stmt.rule for stmt in statements(rule.body) if isinstance(stmt, ir.Run)}
    return runs | {e.rule for e in all_expressions(rule.body) if isinstance(e, ir.RuleText)}
