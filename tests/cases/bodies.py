"""Bodies drawn at random, and what they print: by trying, where the compiler rewrites them.

Conditions are made of atoms: options, of which everything is known, and readings of the current message, of which
nothing is known while a prompt is made.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import settings
from hypothesis import strategies as st

from chatwright.ir import program as ir

Truths = Mapping[ir.Expr, bool]

AT = (0, 1)
THIS = ir.Msg("this")
KNOWN: tuple[ir.Expr, ...] = tuple(ir.Filled(ir.Opt(name)) for name in ("p", "q", "r"))
UNKNOWN: tuple[ir.Expr, ...] = (
    ir.Filled(ir.Reasoning(THIS)),
    ir.Filled(ir.Attr(THIS, "tool_calls")),
    ir.Test("blank", ir.Content(THIS, "cut")),
)
CONSTANTS: tuple[ir.Expr, ...] = (ir.Const(True), ir.Const(False))


def drawn(examples: int) -> settings:
    return settings(max_examples=examples, derandomize=True, database=None, deadline=None)


# ---- strategies ---------------------------------------------------------------------------------------------------


def conditions(*atoms: ir.Expr) -> st.SearchStrategy[ir.Expr]:
    """Conditions as nobody has simplified them."""
    leaves = st.sampled_from((*atoms, *CONSTANTS))

    def wider(inner: st.SearchStrategy[ir.Expr]) -> st.SearchStrategy[ir.Expr]:
        several = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return inner.map(ir.Not) | several.map(ir.And) | several.map(ir.Or)

    return st.recursive(leaves, wider, max_leaves=6)


texts = st.sampled_from(["a", "b", "c", ""]).map(lambda text: ir.Text(text, "prompt", "none", AT))


def _choices(when: st.SearchStrategy[ir.Expr], body: st.SearchStrategy[ir.Body]) -> st.SearchStrategy[ir.Stmt]:
    branches = st.lists(st.tuples(when, body), min_size=1, max_size=2).map(tuple)
    return st.builds(ir.If, branches, body)


def plain_bodies(when: st.SearchStrategy[ir.Expr]) -> st.SearchStrategy[ir.Body]:
    """Texts and choices."""
    none: st.SearchStrategy[ir.Body] = st.lists(texts, max_size=2).map(tuple)
    return st.recursive(
        none,
        lambda inner: st.lists(texts | _choices(when, inner), max_size=4).map(tuple),
        max_leaves=8,
    )


def turn_bodies(when: st.SearchStrategy[ir.Expr]) -> st.SearchStrategy[ir.Body]:
    """Texts, choices, prefills and fresh text."""
    none: st.SearchStrategy[ir.Body] = st.lists(texts, max_size=2).map(tuple)

    def wider(inner: st.SearchStrategy[ir.Body]) -> st.SearchStrategy[ir.Body]:
        prefill = st.builds(ir.Prefill, when, inner, st.just(AT))
        fresh = st.builds(ir.Fresh, inner, inner, when)
        return st.lists(texts | _choices(when, inner) | prefill | fresh, max_size=4).map(tuple)

    return st.recursive(none, wider, max_leaves=10)


def truths(*atoms: ir.Expr) -> st.SearchStrategy[Truths]:
    return st.fixed_dictionaries({atom: st.booleans() for atom in atoms})


# ---- what they mean -----------------------------------------------------------------------------------------------


def holds(expr: ir.Expr, given: Truths) -> bool | None:
    """The value of a condition; None where it is unknown, as Kleene reckons."""
    match expr:
        case ir.Const():
            return bool(expr.value)
        case ir.Not():
            value = holds(expr.value, given)
            return None if value is None else not value
        case ir.And() | ir.Or():
            decisive = isinstance(expr, ir.Or)
            values = [holds(item, given) for item in expr.items]
            if decisive in values:
                return decisive
            return None if None in values else not decisive
    return given.get(expr)


def printed(body: ir.Body, given: Truths) -> str:
    """What a body of texts and choices prints, all of its conditions being known."""
    out = ""
    for stmt in body:
        match stmt:
            case ir.Text():
                out += stmt.text
            case ir.If():
                out += printed(next((b for when, b in stmt.branches if holds(when, given)), stmt.otherwise), given)
            case _:
                raise AssertionError(f"{stmt} is left in a body that prints")
    return out


def prompted(body: ir.Body, given: Truths) -> tuple[str, bool]:
    """The text of a turn up to its last active prefill, and whether there is one."""
    for index in reversed(range(len(body))):
        text, active = _cut(body[index], given)
        if active:
            return _whole(body[:index], given) + text, True
    return "", False


def _cut(stmt: ir.Stmt, given: Truths) -> tuple[str, bool]:
    match stmt:
        case ir.Prefill():
            return _whole(stmt.body, given), holds(stmt.when, given) is True
        case ir.Fresh():
            return prompted(stmt.body, given)
        case ir.If():
            return prompted(_taken(stmt, given), given)
    return "", False


def _taken(stmt: ir.If, given: Truths) -> ir.Body:
    """The branch that the prompt takes: of unknown ones the first that holds an active prefill."""
    for when, body in stmt.branches:
        value = holds(when, given)
        if value is True or (value is None and prompted(body, given)[1]):
            return body
    return stmt.otherwise


def _whole(body: ir.Body, given: Truths) -> str:
    out = ""
    for stmt in body:
        match stmt:
            case ir.Text():
                out += stmt.text
            case ir.If():
                out += _whole(_taken(stmt, given), given)
            case ir.Prefill() | ir.Fresh():
                out += _whole(stmt.body, given)
    return out
