"""Simplifies the body of a view: conditions that their surroundings decide go, equal neighbours become one."""

from __future__ import annotations

from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE, choose, conj, disj, neg
from chatwright.ir.rewrite import rebuild

Known = dict[ir.Expr, bool]


def tidy(body: ir.Body, known: Known | None = None) -> ir.Body:
    """The same text from fewer statements. Conditions have no side effects, so they may be dropped or joined."""
    known = known or {}
    out: list[ir.Stmt] = []
    for stmt in body:
        for simple in _tidy_stmt(stmt, known):
            _append(out, simple)
    return tuple(out)


def _tidy_stmt(stmt: ir.Stmt, known: Known) -> ir.Body:
    if not isinstance(stmt, ir.If):
        return (rebuild(stmt, lambda body: tidy(body, known)),)
    branches: list[tuple[ir.Expr, ir.Body]] = []
    rest = known
    for when, body in stmt.branches:
        condition = under(when, rest)
        branches.append((condition, tidy(body, assume(rest, condition, True))))
        rest = assume(rest, condition, False)
    return choose(branches, tidy(stmt.otherwise, rest))


def under(expr: ir.Expr, known: Known) -> ir.Expr:
    """The condition simplified by known facts: for each condition, whether it holds."""
    if expr in known:
        return TRUE if known[expr] else FALSE
    match expr:
        case ir.Not():
            return neg(under(expr.value, known))
        case ir.And():
            return conj(*(under(item, known) for item in expr.items))
        case ir.Or():
            return disj(*(under(item, known) for item in expr.items))
    return expr


def assume(known: Known, expr: ir.Expr, value: bool) -> Known:
    """The known conditions after one more is known to hold, or not to hold."""
    match expr:
        case ir.Not():
            return assume(known, expr.value, not value)
        case ir.And() if value:
            for item in expr.items:
                known = assume(known, item, True)
            return known
        case ir.Or() if not value:
            for item in expr.items:
                known = assume(known, item, False)
            return known
    return {**known, expr: value}


def _append(out: list[ir.Stmt], stmt: ir.Stmt) -> None:
    last = out[-1] if out else None
    if isinstance(stmt, ir.Text) and not stmt.text:
        return
    if isinstance(last, ir.Text) and isinstance(stmt, ir.Text) and _alike(last, stmt):
        out[-1] = ir.Text(last.text + stmt.text, last.part, last.owner, last.at, last.closes)
    elif isinstance(last, ir.If) and isinstance(stmt, ir.If) and _conditions(last) == _conditions(stmt):
        pairs = zip(last.branches, stmt.branches, strict=True)
        branches = tuple((when, tidy((*first, *second))) for (when, first), (_, second) in pairs)
        out[-1] = ir.If(branches, tidy((*last.otherwise, *stmt.otherwise)))
    elif isinstance(last, ir.If) and isinstance(stmt, ir.If) and _opposed(last, stmt):
        out[-1] = ir.If(last.branches, stmt.branches[0][1])
    else:
        out.append(stmt)


def _opposed(first: ir.If, second: ir.If) -> bool:
    """Whether exactly one of two choices is taken."""
    if len(first.branches) != 1 or len(second.branches) != 1 or first.otherwise or second.otherwise:
        return False
    return neg(first.branches[0][0]) == second.branches[0][0]


def prompt_pieces(opener: ir.Body, region: ir.Body) -> tuple[ir.Body, ir.Body]:
    """The prompt, with each literal that engines look for in one piece.

    An opener before a choice that always prints text moves into the choice. So does text of the region, but without the
    opener: an engine that finds both in one literal concludes that the model always thinks.
    """
    opener, region = tidy(opener), tidy(region)
    if len(region) == 1 and isinstance(region[0], ir.If) and _always_text(region[0]):
        return (), whole_literals((*opener, *region))
    out: list[ir.Stmt] = []
    for stmt in whole_literals(region):
        last = out[-1] if out else None
        if isinstance(stmt, ir.If) and isinstance(last, ir.Text) and _starts_with_text(stmt):
            out[-1] = _moved_in(last, stmt)
        else:
            out.append(stmt)
    return opener, tuple(out)


def whole_literals(body: ir.Body) -> ir.Body:
    """Text before a choice that always prints text moves into it."""
    out: list[ir.Stmt] = []
    for stmt in body:
        last = out[-1] if out else None
        if isinstance(stmt, ir.If) and isinstance(last, ir.Text) and _always_text(stmt):
            out[-1] = _moved_in(last, stmt)
        else:
            out.append(stmt)
    return tuple(out)


def _moved_in(text: ir.Text, choice: ir.If) -> ir.If:
    branches = tuple((when, tidy((text, *inner))) for when, inner in choice.branches)
    return ir.If(branches, tidy((text, *choice.otherwise)))


def _starts_with_text(choice: ir.If) -> bool:
    """Whether each branch begins with text, and nothing is printed if no branch is taken."""
    return not choice.otherwise and all(inner and isinstance(inner[0], ir.Text) for _, inner in choice.branches)


def _always_text(stmt: ir.If) -> bool:
    bodies = [inner for _, inner in stmt.branches] + [stmt.otherwise]
    return all(inner and isinstance(inner[0], ir.Text) for inner in bodies)


def _conditions(stmt: ir.If) -> list[ir.Expr]:
    return [when for when, _ in stmt.branches]


def _alike(first: ir.Text, second: ir.Text) -> bool:
    """Whether two texts can be one piece without a change of attribution."""
    same = (first.part, first.owner) == (second.part, second.owner)
    return same and not first.closes and not second.closes and first.part == "prompt"
