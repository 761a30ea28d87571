"""Building conditions with the constants folded away, so that what is emitted holds no dead branch."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from chatwright.ir import program as ir

Change = Callable[[ir.Expr], ir.Expr]

TRUE = ir.Const(True)
FALSE = ir.Const(False)


def conj(*items: ir.Expr) -> ir.Expr:
    """The conjunction, flattened, without repetition."""
    flat = _flatten(items, ir.And)
    if any(item == FALSE or neg(item) in flat for item in flat):
        return FALSE
    kept = [item for item in flat if item != TRUE]
    if not kept:
        return TRUE
    return kept[0] if len(kept) == 1 else ir.And(tuple(kept))


def disj(*items: ir.Expr) -> ir.Expr:
    """The disjunction, flattened, without repetition."""
    flat = _flatten(items, ir.Or)
    if any(item == TRUE or neg(item) in flat for item in flat):
        return TRUE
    kept = [item for item in flat if item != FALSE]
    if not kept:
        return FALSE
    return kept[0] if len(kept) == 1 else ir.Or(tuple(kept))


def _flatten(items: Iterable[ir.Expr], node: type[ir.And] | type[ir.Or]) -> list[ir.Expr]:
    flat: list[ir.Expr] = []
    for item in items:
        for leaf in item.items if isinstance(item, node) else (item,):
            if leaf not in flat:
                flat.append(leaf)
    return flat


def neg(item: ir.Expr) -> ir.Expr:
    """The negation."""
    if item == TRUE:
        return FALSE
    if item == FALSE:
        return TRUE
    return item.value if isinstance(item, ir.Not) else ir.Not(item)


def asked(when: ir.Expr) -> list[ir.Expr]:
    """What is there where a condition holds, for that is asked of it."""
    items = when.items if isinstance(when, ir.And) else (when,)
    there = (item for item in items if isinstance(item, ir.Filled | ir.Test))
    return [item.value for item in there if not (isinstance(item, ir.Test) and item.what in ("null", "blank"))]


def choose(branches: Iterable[tuple[ir.Expr, ir.Body]], otherwise: ir.Body) -> ir.Body:
    """An `If` without the branches that can never be taken."""
    kept: list[tuple[ir.Expr, ir.Body]] = []
    for when, body in branches:
        if when == FALSE:
            continue
        if when == TRUE:
            otherwise = body
            break
        kept.append((when, body))
    if not kept:
        return otherwise
    while kept and not otherwise and not kept[-1][1]:
        kept.pop()
    if not kept:
        return ()
    return (ir.If(tuple(kept), otherwise),)


def walk(expr: ir.Expr) -> Iterable[ir.Expr]:
    """An expression and all below it."""
    yield expr
    for name in expr.__struct_fields__:
        value = getattr(expr, name)
        if isinstance(value, ir.Expr):
            yield from walk(value)
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, ir.Expr):
                    yield from walk(item)


def rewritten(expr: ir.Expr, change: Change) -> ir.Expr:
    """The expression with each of its parts changed, inner ones first, and constants folded away."""
    match expr:
        case ir.Not():
            return change(neg(rewritten(expr.value, change)))
        case ir.And():
            return change(conj(*(rewritten(item, change) for item in expr.items)))
        case ir.Or():
            return change(disj(*(rewritten(item, change) for item in expr.items)))
    fields: dict[str, object] = {}
    for name in expr.__struct_fields__:
        value = getattr(expr, name)
        if isinstance(value, ir.Expr):
            fields[name] = rewritten(value, change)
        elif isinstance(value, tuple) and any(isinstance(item, ir.Expr) for item in value):
            fields[name] = tuple(rewritten(item, change) for item in value)
    return change(msgspec.structs.replace(expr, **fields) if fields else expr)


def bodies(stmt: ir.Stmt) -> Iterable[ir.Body]:
    """The bodies directly inside a statement."""
    match stmt:
        case ir.If():
            yield from (body for _, body in stmt.branches)
            yield stmt.otherwise
        case ir.For() | ir.Sampled() | ir.Prefill():
            yield stmt.body
        case ir.Fresh():
            yield stmt.body
            yield stmt.past


def statements(body: ir.Body) -> Iterable[ir.Stmt]:
    """All statements of a body, outer ones first."""
    for stmt in body:
        yield stmt
        for inner in bodies(stmt):
            yield from statements(inner)


def expressions(stmt: ir.Stmt) -> Iterable[ir.Expr]:
    """The expressions that stand directly in a statement (not those of statements inside it), with all below them."""
    for expr in _roots(stmt):
        yield from walk(expr)


def _roots(stmt: ir.Stmt) -> Iterable[ir.Expr]:
    match stmt:
        case ir.Slot():
            yield stmt.value
        case ir.If():
            yield from (when for when, _ in stmt.branches)
        case ir.For():
            yield stmt.items
            if stmt.where is not None:
                yield stmt.where
        case ir.Run():
            yield from stmt.args
        case ir.Record():
            yield from (entry.value for entry in stmt.entries)
        case ir.Prefill() | ir.PromptEnd():
            yield stmt.when
        case ir.Fresh():
            yield stmt.past_when
        case ir.Close():
            yield stmt.past_when
            if isinstance(stmt.token, ir.Slot):
                yield stmt.token.value
        case ir.Reject():
            yield from (part for part in stmt.message if isinstance(part, ir.Expr))


def all_expressions(body: ir.Body) -> Iterable[ir.Expr]:
    """Every expression anywhere in a body."""
    for stmt in statements(body):
        yield from expressions(stmt)
