"""Builds changed copies of expressions and statements."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from chatwright.ir import program as ir
from chatwright.ir.logic import conj, disj, neg

Change = Callable[[ir.Expr], ir.Expr]
BodyMap = Callable[[ir.Body], ir.Body]


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


def rebuild(stmt: ir.Stmt, change: BodyMap) -> ir.Stmt:
    """The statement with the bodies directly inside it changed."""
    match stmt:
        case ir.If():
            return ir.If(tuple((when, change(body)) for when, body in stmt.branches), change(stmt.otherwise))
        case ir.For():
            return ir.For(
                stmt.names, stmt.kind, stmt.items, stmt.where, stmt.only_first, stmt.sep, change(stmt.body), stmt.at
            )
        case ir.Sampled():
            return ir.Sampled(change(stmt.body))
        case ir.Prefill():
            return ir.Prefill(stmt.when, change(stmt.body), stmt.at)
    return stmt
