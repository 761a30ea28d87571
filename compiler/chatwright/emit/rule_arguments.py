"""The arguments of rules, and which of them can be absent. Both back ends use this."""

from __future__ import annotations

from collections.abc import Iterator

from chatwright.ir import program as ir
from chatwright.ir.logic import excluded
from chatwright.ir.typing import NEVER_NULL, kind_of
from chatwright.ir.walk import all_expressions, bodies, expressions, statements, walk

Call = tuple[ir.Rule, tuple[ir.Expr, ...]]
# Filters that encode a value as JSON. An absent value becomes null.
WIRED = ("json", "json_or_raw", "json_or_text", "members")


def calls(program: ir.Program) -> Iterator[Call]:
    """Every call of a rule: the rule and the arguments."""
    rules = {rule.name: rule for rule in program.rules}
    for stmt in (s for body in (*_bodies(program), *(rule.body for rule in program.rules)) for s in statements(body)):
        if isinstance(stmt, ir.Run):
            yield rules[stmt.rule], stmt.args
        for e in expressions(stmt):
            if isinstance(e, ir.RuleText):
                yield rules[e.rule], e.args


def may_be_absent(program: ir.Program) -> frozenset[tuple[str, str]]:
    """The parameters that can receive an absent value, as pairs of rule and parameter.

    Fields of a message, its reasoning and options can be absent.
    """
    return frozenset(
        (rule.name, param.name)
        for rule, args in calls(program)
        for param, arg in zip(rule.params, args, strict=True)
        if isinstance(arg, ir.Attr | ir.Reasoning | ir.Opt) and kind_of(arg) not in NEVER_NULL
    )


def never(kind: str, program: ir.Program, known: dict[ir.Body, list[ir.Expr]]) -> frozenset[tuple[str, str]]:
    """The parameters, as pairs of rule and parameter, whose arguments are never of a kind (`text` or `list`).

    A call counts as safe where the conditions around it exclude that kind. `known`: the values that are not of the
    kind anywhere in a body.
    """
    rules = {rule.name: rule for rule in program.rules}
    found = {(rule.name, param.name) for rule in program.rules for param in rule.params}
    while True:
        places = [(body, known.get(body, [])) for body in _bodies(program)]
        places += [(rule.body, [p for p in rule.params if (rule.name, p.name) in found]) for rule in program.rules]
        calls = [call for body, not_it in places for call in _calls(body, not_it, kind)]
        wrong = {
            (rule, param.name)
            for rule, args, not_it in calls
            for param, arg in zip(rules[rule].params, args, strict=True)
            if kind_of(arg) in NEVER_NULL and arg not in not_it
        }
        if not wrong & found:
            return frozenset(found)
        found -= wrong


def _calls(body: ir.Body, not_it: list[ir.Expr], kind: str) -> Iterator[tuple[str, tuple[ir.Expr, ...], list[ir.Expr]]]:
    """The calls in a body: the rule, its arguments, and the values that are not of a kind there."""
    for stmt in body:
        if isinstance(stmt, ir.If):
            around = not_it
            for when, inner in stmt.branches:
                yield from _asked_rules(when, around, kind)
                yield from _calls(inner, [*around, *excluded(when, kind)], kind)
                around = [*around, *excluded(when, kind, holds=False)]
            yield from _calls(stmt.otherwise, around, kind)
            continue
        if isinstance(stmt, ir.Run):
            yield stmt.rule, stmt.args, not_it
        yield from ((e.rule, e.args, not_it) for e in expressions(stmt) if isinstance(e, ir.RuleText))
        for inner in bodies(stmt):
            yield from _calls(inner, not_it, kind)


def _asked_rules(
    when: ir.Expr, not_it: list[ir.Expr], kind: str
) -> Iterator[tuple[str, tuple[ir.Expr, ...], list[ir.Expr]]]:
    """The calls in a condition, like `_calls`. Earlier operands of an `and` or an `or` count, too."""
    if isinstance(when, ir.And | ir.Or):
        for item in when.items:
            yield from _asked_rules(item, not_it, kind)
            not_it = [*not_it, *excluded(item, kind, holds=isinstance(when, ir.And))]
    else:
        yield from ((e.rule, e.args, not_it) for e in walk(when) if isinstance(e, ir.RuleText))


def _bodies(program: ir.Program) -> list[ir.Body]:
    """The bodies of all declarations but rules."""
    return [program.head.body, *(turn.body for turn in program.turns), *(part.body for part in program.parts)]


def asks_for_reasoning(program: ir.Program) -> bool:
    """Whether the format distinguishes absent reasoning from empty reasoning."""
    found = [e for body in _bodies(program) for e in all_expressions(body)]
    if any(_tells_absence(e) and isinstance(e.value, ir.Reasoning) for e in found if isinstance(e, ir.Test | ir.Pipe)):
        return True
    return any(
        isinstance(arg, ir.Reasoning) and _asks(rule, param.name, "given")
        for rule, args in calls(program)
        for param, arg in zip(rule.params, args, strict=True)
    )


def _tells_absence(e: ir.Test | ir.Pipe) -> bool:
    """Whether an absent value gives another result than an empty text."""
    return e.filter in WIRED if isinstance(e, ir.Pipe) else e.what == "given"


def _asks(rule: ir.Rule, name: str, what: str) -> bool:
    tests = (e for e in all_expressions(rule.body) if isinstance(e, ir.Test) and e.what == what)
    return any(isinstance(test.value, ir.Var) and test.value.name == name for test in tests)


def macros_of(program: ir.Program) -> dict[str, ir.Rule]:
    """For each declared name, the rule of its macro: the one with the fewest parameters that are never null."""
    found: dict[str, ir.Rule] = {}
    for rule in program.rules:
        other = found.setdefault(rule.base, rule)
        if _never_null(rule) < _never_null(other):
            found[rule.base] = rule
    return found


def _never_null(rule: ir.Rule) -> int:
    return sum(param.kind in NEVER_NULL for param in rule.params)


def tells_null(macro: ir.Rule, param: ir.Var) -> bool:
    """Whether a macro takes absent contents and calls as none: no other values reach it, or it tests for null."""
    encoded = (e.value for e in all_expressions(macro.body) if isinstance(e, ir.Pipe) and e.filter in (*WIRED, "text"))
    return (
        param.kind in NEVER_NULL
        or _asks(macro, param.name, "null")
        or any(isinstance(value, ir.Var) and value.name == param.name for value in encoded)
    )
