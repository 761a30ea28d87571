"""Walks over expressions and statements, outer ones first."""

from __future__ import annotations

from collections.abc import Iterable

from chatwright.ir import program as ir


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
    """The expressions directly in a statement (not those of statements inside it), with all below them."""
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
