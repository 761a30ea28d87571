"""Whether two bodies print the same text, or one prints the beginning of the other's, for every conversation."""

from __future__ import annotations

from collections.abc import Callable

from chatwright.analysis.simplify import Known, assume, under
from chatwright.ir import program as ir
from chatwright.ir.logic import choose
from chatwright.ir.records import unfold
from chatwright.ir.typing import kind_of
from chatwright.ir.walk import bodies

NOWHERE = (0, 0)
STOP = ir.CloseByNext((), NOWHERE)
NO_ITEMS = ir.Const(())

# A question that splits into more ways stays open.
BUDGET = 4000

Change = Callable[[ir.Expr], ir.Expr]


def plain(body: ir.Body, change: Change, until_stop: bool = False) -> ir.Body:
    """What a body prints, without attribution: texts, slots, choices, loops, runs of rules, rejections.

    `change` rewrites every expression. With `until_stop`, STOP follows each closer, and the text after it does not
    count.
    """
    out: list[ir.Stmt] = []
    for stmt in body:
        out += _plain(stmt, change, until_stop)
    return tuple(out)


def _plain(stmt: ir.Stmt, change: Change, until_stop: bool) -> ir.Body:
    def inner(body: ir.Body) -> ir.Body:
        return plain(body, change, until_stop)

    match stmt:
        case ir.Text():
            return (_text(stmt.text),) if stmt.text else ()
        case ir.Slot():
            value = change(stmt.value)
            if isinstance(value, ir.Const) and isinstance(value.value, str):
                return (_text(value.value),) if value.value else ()
            return (ir.Slot(value, "", "", False, "", False, NOWHERE),)
        case ir.If():
            return choose([(change(when), inner(body)) for when, body in stmt.branches], inner(stmt.otherwise))
        case ir.For():
            where = None if stmt.where is None else change(stmt.where)
            sep = None if stmt.sep is None else _text(stmt.sep.text)
            items = change(stmt.items)
            return (ir.For(stmt.names, stmt.kind, items, where, stmt.only_first, sep, inner(stmt.body), NOWHERE),)
        case ir.Run():
            return (_rule_run(stmt, change),)
        case ir.Record():
            return inner(unfold(stmt))
        case ir.Sampled() | ir.Prefill():
            return inner(stmt.body)
        case ir.Fresh():
            return choose([(change(stmt.past_when), inner(stmt.past))], inner(stmt.body))
        case ir.Close():
            closer = choose([(change(stmt.past_when), inner((stmt.past,)))], inner((stmt.token,)))
            return (*closer, STOP) if until_stop else closer
        case ir.CloseByNext():
            return (STOP,) if until_stop else ()
        case ir.Reject():
            return (ir.Reject((), NOWHERE),)
    return ()


def _text(text: str) -> ir.Text:
    return ir.Text(text, "", "", NOWHERE)


def _rule_run(stmt: ir.Run, change: Change) -> ir.Run:
    """A rule with its text rewritten by `change`: a rule that reads a changed expression becomes another rule."""
    changed = change(ir.RuleText(stmt.rule, stmt.args))
    assert isinstance(changed, ir.RuleText)
    return ir.Run(changed.rule, changed.args, "", NOWHERE)


def common_start(one: str, other: str) -> int:
    """The length of the longest common beginning of two texts, in characters."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


class Comparison:
    """One question and its budget of work.

    `prefix`: the first text need only be the beginning of the second.
    """

    def __init__(self, prefix: bool) -> None:
        self.prefix = prefix
        self.left = BUDGET

    def agree(self, first: ir.Body, second: ir.Body, known: Known) -> bool:
        """Whether the texts agree on every way through both bodies that neither body refuses."""
        while True:
            self.left -= 1
            if self.left < 0:
                return False
            first, second = _settled(first, known), _settled(second, known)
            if _rejected(first) or _rejected(second):
                return True
            if not first or first[0] == STOP:
                return self.prefix or self.silent(second, known)
            if not second:
                return self.silent(first, known)
            one, other = first[0], second[0]
            if one == other and STOP not in _below(one):
                first, second = first[1:], second[1:]
            elif isinstance(one, ir.Text) and isinstance(other, ir.Text):
                shared = common_start(one.text, other.text)
                if shared < min(len(one.text), len(other.text)):
                    return self.doomed(first, second, known)
                first = (_text(one.text[shared:]), *first[1:]) if one.text[shared:] else first[1:]
                second = (_text(other.text[shared:]), *second[1:]) if other.text[shared:] else second[1:]
            elif isinstance(one, ir.If):
                return self.split(one, first, second, known)
            elif isinstance(other, ir.If):
                return self.split(other, first, second, known)
            else:
                return self.doomed(first, second, known)

    def split(self, choice: ir.If, first: ir.Body, second: ir.Body, known: Known) -> bool:
        atom = _atom(choice.branches[0][0])
        return all(self.agree(first, second, assume(known, atom, value)) for value in (True, False))

    def doomed(self, first: ir.Body, second: ir.Body, known: Known) -> bool:
        """The texts differ here; this is not a difference if the rest is refused in any case."""
        return any(isinstance(stmt, ir.Reject) for stmt in (*first, *second))

    def silent(self, body: ir.Body, known: Known) -> bool:
        """Whether a body prints nothing, or is refused."""
        body = _settled(body, known)
        if not body or body[0] == STOP or _rejected(body):
            return True
        self.left -= 1
        if not isinstance(body[0], ir.If) or self.left < 0:
            return False
        atom = _atom(body[0].branches[0][0])
        return all(self.silent(body, assume(known, atom, value)) for value in (True, False))


def agree(first: ir.Body, second: ir.Body, prefix: bool, known: Known | None = None) -> bool:
    """Whether two plain bodies surely print the same text; with `prefix`, the first the beginning of the second's.

    False does not mean that they differ: the question may have been left open.
    """
    return Comparison(prefix).agree(first, second, known or {})


def _settled(body: ir.Body, known: Known) -> ir.Body:
    """The rest of the body from the first statement that may print, with the known choices made."""
    while body:
        stmt, rest = body[0], body[1:]
        match stmt:
            case ir.If():
                branches = [(under(when, known), inner) for when, inner in stmt.branches]
                chosen = choose(branches, stmt.otherwise)
                if chosen == (stmt,):
                    return body
                if len(chosen) == 1 and isinstance(chosen[0], ir.If):
                    return (*chosen, *rest)
                body = (*chosen, *rest)
            case ir.Slot() if known.get(ir.Filled(stmt.value)) is False and kind_of(stmt.value) == "text":
                body = rest
            case ir.For() if stmt.items == NO_ITEMS or known.get(ir.Filled(stmt.items)) is False:
                body = rest
            case _:
                return body
    return ()


def _rejected(body: ir.Body) -> bool:
    return bool(body) and isinstance(body[0], ir.Reject)


def _below(stmt: ir.Stmt) -> list[ir.Stmt]:
    """A statement and all inside it."""
    return [stmt, *(below for body in bodies(stmt) for inner in body for below in _below(inner))]


def _atom(condition: ir.Expr) -> ir.Expr:
    """The first atom of a condition."""
    while True:
        match condition:
            case ir.Not():
                condition = condition.value
            case ir.And() | ir.Or():
                condition = condition.items[0]
            case _:
                return condition
