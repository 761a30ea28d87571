"""Builds conditions and folds constants, so that emitted code has no dead branch."""

from __future__ import annotations

from collections.abc import Iterable

from chatwright.ir import program as ir

TRUE = ir.Const(True)
FALSE = ir.Const(False)
# The tests for a type. A value passes at most one of them.
TYPES = ("null", "text", "list", "object", "number", "bool")


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
    """The values that are present if a condition holds, because it tests them."""
    items = when.items if isinstance(when, ir.And) else (when,)
    there = (item for item in items if isinstance(item, ir.Filled | ir.Test))
    return [item.value for item in there if not (isinstance(item, ir.Test) and item.what in ("null", "blank"))]


def excluded(when: ir.Expr, kind: str, holds: bool = True) -> list[ir.Expr]:
    """The values that are not of a kind (`text` or `list`) if a condition holds; with `holds` false, if it fails."""
    match when:
        case ir.Not():
            return excluded(when.value, kind, not holds)
        case ir.And(items=items) if holds:
            return [value for item in items for value in excluded(item, kind)]
        case ir.Or(items=items) if not holds:
            return [value for item in items for value in excluded(item, kind, holds=False)]
        case ir.Test(what=what, value=value) if (what != kind and what in TYPES) if holds else what == kind:
            return [value]
    return []


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
