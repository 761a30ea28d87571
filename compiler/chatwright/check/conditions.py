"""Conditions as logic: whether several can hold at once, given the words that exclude each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from chatwright.syntax import ast as s
from chatwright.syntax import vocabulary as w

# A condition as nested tuples: ("and", a, b), ("or", a, b), ("not", a), ("atom", key), or a plain bool.
Formula = bool | tuple[Any, ...]
Key = tuple[Any, ...]

# Bounds that keep every question cheap. Beyond them the answer is "it can hold", so nothing is reported.
MAX_ATOMS = 24
MAX_CONJUNCTS = 24
MAX_QUESTION = 64
BUDGET = 400_000
_EXCLUSIVE_TYPES = ("text", "list", "object", "null")


class Setting(msgspec.Struct, frozen=True):
    """The meaning of the names in a condition at its place.

    `names` gives loop variables an identity of their own. `roles` has the possible roles of a message by its name;
    with `other` they are the impossible ones.
    """

    names: dict[str, str] = {}
    roles: dict[str, tuple[str, ...]] = {}
    other: bool = False


def formula(expr: s.Expr, setting: Setting) -> Formula:
    """A condition as a formula over atoms."""
    match expr:
        case s.Or():
            return ("or", formula(expr.left, setting), formula(expr.right, setting))
        case s.And():
            return ("and", formula(expr.left, setting), formula(expr.right, setting))
        case s.Not():
            return negated(formula(expr.value, setting))
        case s.Text():
            return bool(expr.value)
        case s.Number():
            return expr.value != 0
        case s.ListOf():
            return bool(expr.items)
        case s.Compare():
            return _compare(expr, setting)
        case s.In():
            atom = ("atom", ("in", key(expr.left, setting), key(expr.right, setting)))
            return ("not", atom) if expr.negated else atom
        case s.Is():
            found = _of_role(key(expr.value, setting), expr.what, setting)
            test: Formula = ("atom", ("is", key(expr.value, setting), expr.what)) if found is None else found
            return negated(test) if expr.negated else test
    return ("atom", key(expr, setting))


def negated(value: Formula) -> Formula:
    if isinstance(value, bool):
        return not value
    inner: Formula = value[1]
    return inner if value[0] == "not" else ("not", value)


def _compare(expr: s.Compare, setting: Setting) -> Formula:
    left, right = expr.left, expr.right
    constants = (s.Text, s.Number)
    if expr.op in ("<", ">"):
        return ("atom", (expr.op, key(left, setting), key(right, setting)))
    if isinstance(left, constants) and not isinstance(right, constants):
        left, right = right, left
    value: Formula
    if isinstance(left, constants) and isinstance(right, constants):
        value = left.value == right.value
    else:
        role = right.value if isinstance(right, s.Text) and key(left, setting) == ("name", "role") else None
        found = None if role is None else _of_role(("name", "role"), role, setting)
        value = ("atom", ("==", key(left, setting), key(right, setting))) if found is None else found
    return negated(value) if expr.op == "!=" else value


def _of_role(subject: Key, role: str, setting: Setting) -> bool | None:
    """Whether a message has a role; None where its turn leaves that open."""
    if subject[0] != "name" or subject[1] not in setting.roles:
        return None
    roles = setting.roles[subject[1]]
    if setting.other:
        return False if role in roles else None
    if role not in roles:
        return False
    return True if len(roles) == 1 else None


def key(expr: s.Expr, setting: Setting) -> Key:
    """An expression without its spans: equal keys mean the same."""
    match expr:
        case s.Name():
            return ("name", setting.names.get(expr.id, expr.id))
        case s.Text() | s.Number():
            return ("const", expr.value)
        case s.Get():
            return ("get", key(expr.object, setting), expr.key)
        case s.Call():
            return ("call", expr.name, *(key(arg, setting) for arg in expr.args))
        case s.ListOf():
            return ("list", *(key(item, setting) for item in expr.items))
        case s.Pipe():
            return ("pipe", key(expr.value, setting), expr.filter.name, expr.filter.args)
    return ("formula", formula(expr, setting))


def size(value: Formula) -> int:
    """The number of atoms in a formula, counted up to the bound."""
    count, stack = 0, [value]
    while stack and count <= MAX_ATOMS:
        at = stack.pop()
        if isinstance(at, tuple):
            if at[0] == "atom":
                count += 1
            else:
                stack += at[1:]
    return count


def atoms(value: Formula, out: dict[Key, None]) -> None:
    stack = [value]
    while stack:
        at = stack.pop()
        if isinstance(at, tuple):
            if at[0] == "atom":
                out[at[1]] = None
            else:
                stack += reversed(at[1:])


def _evaluate(value: Formula, known: dict[Key, bool]) -> bool | None:
    if isinstance(value, bool):
        return value
    word = value[0]
    if word == "atom":
        return known.get(value[1])
    left = _evaluate(value[1], known)
    if word == "not":
        return None if left is None else not left
    settled = word == "or"
    if left is settled:
        return settled
    right = _evaluate(value[2], known)
    if right is settled:
        return settled
    return None if left is None or right is None else not settled


def _clash(a: Key, on: bool, b: Key, on_too: bool) -> bool:
    """Whether two atoms cannot have these values together."""
    return _excludes(a, on, b, on_too) or _excludes(b, on_too, a, on)


def _excludes(a: Key, on: bool, b: Key, on_too: bool) -> bool:
    if not on:
        return False
    if a[0] == b[0] == "is" and a[1] == b[1] and a[2] != b[2] and on_too:
        words = (*w.TYPE_TESTS, *w.STATE_TESTS)
        if a[2] in words or b[2] in words:
            return a[2] in _EXCLUSIVE_TYPES and b[2] in _EXCLUSIVE_TYPES
        return True
    if a[0] == b[0] == "==" and a[1] == b[1] and a[2] != b[2] and a[2][0] == b[2][0] == "const":
        return on_too
    if a[0] == b[0] == "call" and a[1] == "after" and b[1] == "before" and a[2:] == b[2:]:
        return on_too
    if a == ("name", "ending") and b == ("name", "last"):
        return not on_too
    if a[0] == "is" and a[1] == b and b in (("name", "prev"), ("name", "next")):
        return not on_too
    for word, neighbour in (("first", "prev"), ("last", "next"), ("ending", "next")):
        if a == ("name", word):
            there = b == ("name", neighbour) or (b[0] in ("is", "get") and b[1] == ("name", neighbour))
            if there:
                return on_too
    return False


class Solver:
    """Answers whether conditions can hold together, within one budget for a whole run."""

    def __init__(self) -> None:
        self.left = BUDGET

    def possible(self, conditions: tuple[Formula, ...]) -> bool:
        """Whether all of these can be true at once; true where the search would take too long."""
        if any(c is False for c in conditions):
            return False
        held = [c for c in conditions if not isinstance(c, bool) and size(c) <= MAX_ATOMS][-MAX_CONJUNCTS:]
        found: dict[Key, None] = {}
        for condition in held:
            atoms(condition, found)
        if len(found) > MAX_QUESTION:
            return True
        return self._search(held, list(found), 0, {})

    def _search(self, held: Sequence[Formula], order: list[Key], at: int, known: dict[Key, bool]) -> bool:
        self.left -= sum(map(size, held)) + 1
        if self.left < 0:
            return True
        values = [_evaluate(condition, known) for condition in held]
        if False in values:
            return False
        if None not in values or at == len(order):
            return True
        atom = order[at]
        for value in (False, True):
            if any(_clash(atom, value, other, known[other]) for other in known):
                continue
            known[atom] = value
            if self._search(held, order, at + 1, known):
                return True
            del known[atom]
        return False
