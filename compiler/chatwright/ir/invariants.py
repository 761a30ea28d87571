"""The invariants of every lowered program: a table of named checks, run after lowering."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, bodies, expressions, statements, walk

Complaints = Iterator[str]
OWNERS = ("turn", "none", "head", "rule")


def _all_bodies(program: ir.Program) -> Iterator[tuple[str, ir.Body]]:
    yield "head", program.head.body
    for turn in program.turns:
        yield f"turn {' | '.join(turn.roles) or '*'}", turn.body
    for part in program.parts:
        yield f"part {' | '.join(part.kinds) or '*'}", part.body
    for rule in program.rules:
        yield f"rule {rule.name}", rule.body


def _all_exprs(program: ir.Program) -> Iterator[tuple[str, ir.Expr]]:
    for place, body in _all_bodies(program):
        yield from ((place, expr) for expr in all_expressions(body))
    for mark in program.marks:
        if mark.where is not None:
            yield from ((f"mark {mark.name}", expr) for expr in walk(mark.where))
    for refusal in program.refusals:
        yield from (("reject", expr) for expr in walk(refusal.when))


def rules_are_called_as_declared(program: ir.Program) -> Complaints:
    arity = {rule.name: len(rule.params) for rule in program.rules}
    for place, body in _all_bodies(program):
        for stmt in statements(body):
            if isinstance(stmt, ir.Run) and arity.get(stmt.rule) != len(stmt.args):
                yield f"{place} runs {stmt.rule} with {len(stmt.args)} arguments"
    for place, expr in _all_exprs(program):
        if isinstance(expr, ir.RuleText) and arity.get(expr.rule) != len(expr.args):
            yield f"{place} reads {expr.rule} with {len(expr.args)} arguments"


def rules_see_no_message(program: ir.Program) -> Complaints:
    for rule in program.rules:
        for expr in all_expressions(rule.body):
            if isinstance(expr, ir.Msg) and expr.which in ("this", "prev", "next", "before"):
                yield f"rule {rule.name} reads a message"


def names_are_declared(program: ir.Program) -> Complaints:
    options = {option.name for option in program.options}
    marks = {mark.name for mark in program.marks}
    for place, expr in _all_exprs(program):
        if isinstance(expr, ir.Opt) and expr.name not in options:
            yield f"{place} reads the option {expr.name}"
        if isinstance(expr, ir.MarkTest) and expr.mark not in marks:
            yield f"{place} reads the mark {expr.mark}"


def only_the_sampled_region_stops(program: ir.Program) -> Complaints:
    def outside(body: ir.Body) -> Iterator[ir.Stmt]:
        for stmt in body:
            if isinstance(stmt, ir.Prefill | ir.Close | ir.CloseByNext):
                yield stmt
            if not isinstance(stmt, ir.Sampled):
                for inner in bodies(stmt):
                    yield from outside(inner)

    for place, body in _all_bodies(program):
        yield from (f"{place} has {type(stmt).__name__} outside of sampled" for stmt in outside(body))


def one_turn_is_sampled(program: ir.Program) -> Complaints:
    found = [turn for turn in program.turns if any(isinstance(s, ir.Sampled) for s in statements(turn.body))]
    if len(found) > 1:
        yield f"{len(found)} turns are sampled"
    for turn in found:
        for stmt in statements(turn.body):
            if isinstance(stmt, ir.Sampled) and any(isinstance(s, ir.Sampled) for s in statements(stmt.body)):
                yield "sampled is inside sampled"


def views_are_not_lowered(program: ir.Program) -> Complaints:
    for place, body in _all_bodies(program):
        if any(isinstance(stmt, ir.PromptEnd | ir.Advance) for stmt in statements(body)):
            yield f"{place} holds a mark that only views have"


def slots_print_data(program: ir.Program) -> Complaints:
    """The text of a rule has several owners; in a slot it would count as scaffold."""
    for place, body in _all_bodies(program):
        for stmt in statements(body):
            if isinstance(stmt, ir.Slot | ir.Record) and any(isinstance(e, ir.RuleText) for e in expressions(stmt)):
                yield f"{place} prints a rule in a slot"
            if isinstance(stmt, ir.Run):
                yield from _rule_as_data(place, stmt.args)


def _rule_as_data(place: str, args: tuple[ir.Expr, ...]) -> Complaints:
    for arg in args:
        value = arg
        while isinstance(value, ir.Pipe):
            value = value.value
        if isinstance(value, ir.RuleText):
            yield f"{place} hands a rule the text of another"


def places_exist(program: ir.Program) -> Complaints:
    for place, body in _all_bodies(program):
        for stmt in statements(body):
            at = getattr(stmt, "at", (0, 1))
            if not 0 <= at[0] < len(program.sources) or at[1] < 1:
                yield f"{place} has a statement at {at}"


def owners_are_known(program: ir.Program) -> Complaints:
    for place, body in _all_bodies(program):
        variables = {s.names[0] for s in statements(body) if isinstance(s, ir.For) and s.kind == "message"}
        for stmt in statements(body):
            owner = getattr(stmt, "owner", "turn")
            if owner not in OWNERS and owner not in variables:
                yield f"{place} has text of {owner}"


def variables_are_bound(program: ir.Program) -> Complaints:
    for place, body in _all_bodies(program):
        rule = next((r for r in program.rules if place == f"rule {r.name}"), None)
        bound = {param.name for param in rule.params} if rule else set()
        bound |= {"part", "role"} if place.startswith("part") else set()
        bound |= {name for stmt in statements(body) if isinstance(stmt, ir.For) for name in stmt.names}
        for expr in all_expressions(body):
            if isinstance(expr, ir.Var) and expr.name not in bound:
                yield f"{place} reads {expr.name}, which nothing binds"


TABLE: tuple[Callable[[ir.Program], Complaints], ...] = (
    rules_are_called_as_declared,
    rules_see_no_message,
    names_are_declared,
    only_the_sampled_region_stops,
    one_turn_is_sampled,
    views_are_not_lowered,
    slots_print_data,
    places_exist,
    owners_are_known,
    variables_are_bound,
)


def broken(program: ir.Program) -> list[str]:
    """The checks that fail; empty for every program that lowering may give."""
    return [f"{check.__name__}: {complaint}" for check in TABLE for complaint in check(program)]
