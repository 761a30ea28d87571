"""Lowers expressions: names to their meanings, conditions to truth values."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, conj, disj, neg
from chatwright.ir.rewrite import rewritten
from chatwright.ir.typing import NEVER_NULL, kind_of
from chatwright.lower.scope import Problem, Scope
from chatwright.syntax import ast as s
from chatwright.syntax import vocabulary as w

# Gives the name under which a rule can be called with these arguments.
RuleCaller = Callable[[str, tuple[ir.Expr, ...], Scope], str]
SORTED_ITEMS = "only an `each` can loop over a sorted object: each key, value in … | sorted { … }"
OF_THE_MODEL = "only the turn of the model has inline"
NEVER_NULL_HERE = "this is never null, because null counts as absent here: use `is not given`"
OF_RESULTS = "only a message in `results` has answers: each message in results { … message.answers … }"
WIRE_FILTERS = ("json", "json_or_raw", "json_or_text", "text")


class Names(msgspec.Struct, frozen=True):
    """The declared names of a format. `any_role`: messages can have roles that no declaration names. `any_turn`: such
    messages have turns."""

    options: frozenset[str]
    fields: frozenset[str]
    marks: frozenset[str]
    rules: frozenset[str]
    any_role: bool
    any_turn: bool


class Exprs:
    """Lowers the expressions of one format. `check` has reported unknown names before."""

    def __init__(self, names: Names, call_rule: RuleCaller, problem: Problem) -> None:
        self.names = names
        self.call_rule = call_rule
        self.problem = problem

    # ---- values ------------------------------------------------------------------------------------------------

    def value(self, e: s.Expr, sc: Scope) -> ir.Expr:
        match e:
            case s.Name():
                found = self.name(e.id, sc)
                if e.id == "run" and found == ir.Const(None):
                    self.problem("wrong-type", "only the `each` of a turn can loop over its run", e, sc)
                if found == ir.Answer(ir.Msg("this")):
                    self.problem("wrong-type", OF_RESULTS, e, sc)
                if isinstance(found, ir.Inline) and not sc.thinks:
                    self.problem("wrong-type", OF_THE_MODEL, e, sc)
                return found
            case s.Get():
                return self.get(e, sc)
            case s.Text() | s.Number():
                return ir.Const(e.value)
            case s.ListOf():
                items = [self.value(item, sc) for item in e.items]
                return ir.Const(tuple(i.value for i in items if isinstance(i, ir.Const) and isinstance(i.value, str)))
            case s.Pipe():
                self.sorts(e.filter, sc)
                return self.pipe(e, sc)
            case s.Call():
                return self.call(e, sc)
        return self.cond(e, sc)

    def items(self, e: s.Expr, sc: Scope) -> ir.Expr:
        """What an `each` goes over: the only place for a sorted object."""
        return self.pipe(e, sc) if isinstance(e, s.Pipe) else self.value(e, sc)

    def pipe(self, e: s.Pipe, sc: Scope) -> ir.Pipe:
        return ir.Pipe(self.piped(e.value, e.filter.name, sc), e.filter.name, e.filter.args)

    def sorts(self, filter: s.Filter, sc: Scope) -> None:
        """Report `sorted` outside of the items of an `each`: templates have no sorted objects, only sorted pairs."""
        if filter.name == "sorted":
            self.problem("wrong-type", SORTED_ITEMS, filter, sc)

    def piped(self, e: s.Expr, filter_name: str, sc: Scope) -> ir.Expr:
        """Filters that encode a value read it as the message has it; the others read its text."""
        value = self.value(e, sc)
        return wire(value) if filter_name in WIRE_FILTERS else value

    def name(self, name: str, sc: Scope) -> ir.Expr:
        if name in sc.vars:
            return sc.vars[name]
        if name in ("first", "last", "ending"):
            return self.position(name, sc)
        if name == "next":
            return ir.Msg("next")
        if sc.this:
            if name == "prev":
                return ir.Msg("prev")
            if name in w.COUNTS:
                return ir.Number("turn", w.COUNTS[name])
            if name in (*w.MESSAGE_NAMES, *w.TURN_NAMES) or name in self.names.fields:
                return self.attribute(ir.Msg("this"), name, sc)
        if name in self.names.marks:
            return ir.MarkTest("exists", name)
        if name in w.SETTLED_TOKENS:
            return ir.Opt(f"{name}_token")
        if name in self.names.options:
            return ir.Opt(name)
        return {"tools": ir.Tools(), "turns": ir.Turns(), "messages": ir.Messages()}.get(name, ir.Const(None))

    def position(self, word: str, sc: Scope) -> ir.Expr:
        if word == "ending":
            return ir.Position("ending", "turn")
        if sc.loop == "run":
            other = ir.Msg("prev" if word == "first" else "next")
            return neg(ir.RoleIs(other, sc.roles))
        return ir.Position(word, "loop" if sc.loop == "loop" else "turn")  # type: ignore[arg-type]

    def attribute(self, message: ir.Msg, name: str, sc: Scope) -> ir.Expr:
        this = message.which == "this"
        if name == "content":
            return ir.Content(message, "cut" if this else "source")
        if name == "source":
            return ir.Content(message, "source")
        if name == "reasoning":
            return ir.Reasoning(message)
        if name == "inline":
            return ir.Inline(message)
        if name == "results":
            return ir.Results(message)
        if name == "answers":
            return ir.Answer(message)
        if name == "role" and this and len(sc.roles) == 1:
            return ir.Const(sc.roles[0])
        return ir.Attr(message, name)

    def get(self, e: s.Get, sc: Scope) -> ir.Expr:
        if isinstance(e.object, s.Name) and e.object.id == "content" and sc.this and "content" not in sc.vars:
            return ir.Key(ir.Attr(ir.Msg("this"), "content"), e.key)
        target = self.value(e.object, sc)
        if isinstance(target, ir.Function) and isinstance(target.tool, ir.Answer):
            return ir.CallKey(target.tool, e.key)
        kind = kind_of(target)
        if isinstance(target, ir.Msg):
            self.known_of(target, e, sc)
            return self.attribute(target, e.key, sc)
        if kind == "call" and e.key not in ("id", "type"):
            return ir.Function(target) if e.key == "function" else ir.CallKey(target, e.key)
        if kind == "tool" and e.key != "type":
            return ir.Function(target) if e.key == "function" else ir.Key(ir.Function(target), e.key)
        return ir.Key(target, e.key)

    def known_of(self, message: ir.Msg, e: s.Get, sc: Scope) -> None:
        """Report names that only the current message has."""
        if e.key == "answers" and (message.which != "item" or not sc.this):
            self.problem("wrong-type", OF_RESULTS, e, sc)
        elif e.key == "inline" and message.which != "this":
            problem = "only a message's own turn knows the place of its reasoning"
            self.problem("wrong-type", problem, e, sc)
        elif e.key == "inline" and not sc.thinks:
            self.problem("wrong-type", OF_THE_MODEL, e, sc)
        elif e.key == "results" and message.which != "this":
            problem = "only the current message has results; of prev, a spec can only test whether there are any"
            self.problem("wrong-type", problem, e, sc)

    def freed(self, value: ir.Expr, sc: Scope) -> ir.Expr:
        """A printed value, with a mark on each role that the caller chose freely."""

        def free(node: ir.Expr) -> ir.Expr:
            mine = isinstance(node, ir.Attr) and node.name == "role" and self.any_role(node.message, sc)
            return msgspec.structs.replace(node, free=True) if mine else node

        return rewritten(value, free) if self.names.any_role else value

    def any_role(self, message: ir.Msg, sc: Scope) -> bool:
        """Whether a message can have a role that no declaration names."""
        match message.which:
            case "this":
                return not sc.roles
            case "prev" | "next":
                return self.names.any_turn
            case "item":
                return message.name not in sc.settled
        return False

    def call(self, e: s.Call, sc: Scope) -> ir.Expr:
        if e.name in w.MARK_TESTS and isinstance(e.args[0], s.Name):
            return ir.MarkTest(e.name, e.args[0].id)  # type: ignore[arg-type]
        if e.name == "prev" and isinstance(e.args[0], s.Name):
            return ir.Msg("before", e.args[0].id)
        if e.name == "alternating" and isinstance(e.args[0], s.Name):
            return ir.Alternating(e.args[0].id, self.cond(e.args[1], sc.but(this=True, roles=())))
        args = tuple(self.value(arg, sc) for arg in e.args)
        if e.name in w.FUNCTIONS:
            args = tuple(wire(arg) for arg in args) if e.name == "length" else args
            return ir.Fn(e.name, args)  # type: ignore[arg-type]
        args = tuple(wire(arg) for arg in args)
        return ir.RuleText(self.call_rule(e.name, args, sc), args)

    # ---- conditions --------------------------------------------------------------------------------------------

    def cond(self, e: s.Expr, sc: Scope) -> ir.Expr:
        match e:
            case s.Or():
                return disj(self.cond(e.left, sc), self.cond(e.right, sc))
            case s.And():
                return conj(self.cond(e.left, sc), self.cond(e.right, sc))
            case s.Not():
                return neg(self.cond(e.value, sc))
            case s.Compare():
                return self.compare(e, sc)
            case s.In():
                test = ir.In(self.value(e.left, sc), self.value(e.right, sc))
                return neg(self.role_test(test, sc)) if e.negated else self.role_test(test, sc)
            case s.Is():
                return neg(self.is_(e, sc)) if e.negated else self.is_(e, sc)
            case s.Get(key="results") if self.value(e.object, sc) == ir.Msg("prev"):
                return ir.Filled(ir.Results(ir.Msg("prev")))
        return truth(self.value(e, sc))

    def compare(self, e: s.Compare, sc: Scope) -> ir.Expr:
        left = self.value(e.left, sc)
        right = self.value(e.right, sc)
        if isinstance(left, ir.Const) and isinstance(right, ir.Const) and e.op in ("==", "!="):
            return ir.Const((left.value == right.value) == (e.op == "=="))
        return ir.Compare(left, e.op, right)

    def role_test(self, test: ir.In, sc: Scope) -> ir.Expr:
        if isinstance(test.left, ir.Const) and isinstance(test.right, ir.Const):
            values = test.right.value
            return ir.Const(isinstance(values, tuple | str) and test.left.value in values)
        return test

    def is_(self, e: s.Is, sc: Scope) -> ir.Expr:
        value = self.value(e.value, sc)
        if isinstance(value, ir.Function):
            value = ir.Key(value.tool, "function")
        if e.what == "null" and isinstance(value, ir.Attr | ir.Content | ir.Reasoning | ir.Tools):
            return self.never_null(value, e, sc)
        if e.what in w.TYPE_TESTS or e.what in ("given", "null"):
            return ir.Test(e.what, wire(value))  # type: ignore[arg-type]
        if e.what == "blank":
            return ir.Test("blank", value)
        if not isinstance(value, ir.Msg):
            return ir.Compare(value, "==", ir.Const(e.what))
        if value.which == "this" and sc.roles:
            if e.what not in sc.roles:
                return ir.Const(False)
            if len(sc.roles) == 1:
                return ir.Const(True)
        return ir.RoleIs(value, (e.what,))

    def never_null(self, value: ir.Expr, e: s.Is, sc: Scope) -> ir.Expr:
        """`is null` of a key of a message, or of the tools.

        Null counts as absent there, so a direct question is a mistake. The parameter of a rule may be data elsewhere;
        in a rule, an absent content, absent calls and absent tools are null.
        """
        if not (isinstance(e.value, s.Name) and e.value.id in sc.vars):
            self.problem("wrong-type", NEVER_NULL_HERE, e, sc)
        return neg(ir.Test("given", wire(value))) if kind_of(wire(value)) in NEVER_NULL else FALSE


def wire(value: ir.Expr) -> ir.Expr:
    """The value as the message has it, instead of its printed text."""
    return ir.Attr(value.message, "content") if isinstance(value, ir.Content) else value


def truth(value: ir.Expr) -> ir.Expr:
    """A value as a condition."""
    match value:
        case ir.Msg():
            return ir.Exists(value)
        case (
            ir.Position()
            | ir.MarkTest()
            | ir.Inline()
            | ir.Alternating()
            | ir.RoleIs()
            | ir.Not()
            | ir.And()
            | ir.Or()
            | ir.Compare()
            | ir.In()
            | ir.Test()
            | ir.Exists()
            | ir.Filled()
        ):
            return value
        case ir.Fn(name=name) if name != "length":
            return value
        case ir.Const():
            return ir.Const(bool(value.value))
    return ir.Filled(value)
