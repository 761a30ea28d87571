"""The arguments of rules, and which of them can be absent. Both back ends use this."""

from __future__ import annotations

from collections.abc import Iterator

from chatwright.ir import program as ir
from chatwright.ir.typing import NEVER_NULL, kind_of
from chatwright.ir.walk import all_expressions, expressions, statements

Call = tuple[ir.Rule, tuple[ir.Expr, ...]]
# Filters that encode a value as JSON. An absent value becomes null.
WIRED = ("json", "json_or_raw", "json_or_text", "members")


def calls(program: ir.Program) -> Iterator[Call]:
    """Every call of a rule: the rule and the arguments."""
    rules = {rule.name: rule for rule in program.rules}
    bodies = [program.head.body, *(turn.body for turn in program.turns), *(part.body for part in program.parts)]
    for stmt in (s for body in (*bodies, *(rule.body for rule in program.rules)) for s in statements(body)):
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


def asks_for_reasoning(program: ir.Program) -> bool:
    """Whether the format distinguishes absent reasoning from empty reasoning."""
    bodies = [program.head.body, *(turn.body for turn in program.turns), *(part.body for part in program.parts)]
    tests = [e for body in bodies for e in all_expressions(body) if isinstance(e, ir.Test) and e.what == "given"]
    if any(isinstance(test.value, ir.Reasoning) for test in tests):
        return True
    return any(
        isinstance(arg, ir.Reasoning) and _asks(rule, param.name, "given")
        for rule, args in calls(program)
        for param, arg in zip(rule.params, args, strict=True)
    )


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
