"""Expressions of the intermediate representation as Jinja source, within what all engines understand alike."""

from __future__ import annotations

from typing import assert_never

from chatwright.emit.jinja.values import NEIGHBOURS, JinjaValues, quote, unwrapped
from chatwright.ir import program as ir
from chatwright.ir.typing import NEVER_NULL

__all__ = ["JinjaExprs", "quote"]


class JinjaExprs(JinjaValues):
    """Writes conditions, and values through its base."""

    def cond(self, e: ir.Expr) -> str:
        """A condition; stands beside `and` and `not` without parentheses only through `operand`."""
        match e:
            case ir.Const():
                return "true" if e.value else "false"
            case ir.Not():
                return self.negated(e.value)
            case ir.And():
                return " and ".join(self.wrapped(x, ir.Or) for x in e.items)
            case ir.Or():
                return " or ".join(self.wrapped(x, ir.And) for x in e.items)
            case ir.Position():
                return self.position(e)
            case ir.MarkTest():
                return self.mark(e)
            case ir.RoleIs():
                return self.role_is(e, negated=False)
            case ir.Exists():
                return self.exists(e.message)
            case ir.Inline():
                return "inline"
            case ir.Compare():
                return f"{self.operand(e.left)} {e.op} {self.operand(e.right)}"
            case ir.In():
                return f"{self.operand(e.left)} in {self.container(e.right)}"
            case ir.Test():
                return self.test(e, negated=False)
            case ir.Filled():
                return self.filled(e.value)
            case ir.Fn() if e.name != "length":
                return self.function(e)
            case ir.Alternating():
                return f"order_{e.role}.holds"
        return self.value(e)

    def wrapped(self, e: ir.Expr, other: type[ir.Expr]) -> str:
        text = self.cond(e)
        if isinstance(e, other) or (" and " in text and other is ir.And) or (" or " in text and other is ir.Or):
            return f"({text})"
        return text

    def negated(self, e: ir.Expr) -> str:
        match e:
            case ir.RoleIs():
                return self.role_is(e, negated=True)
            case ir.Test():
                return self.test(e, negated=True)
            case ir.Compare(op="=="):
                return f"{self.operand(e.left)} != {self.operand(e.right)}"
            case ir.Compare(op="!="):
                return f"{self.operand(e.left)} == {self.operand(e.right)}"
            case ir.In():
                return f"{self.operand(e.left)} not in {self.container(e.right)}"
        text = self.cond(e)
        return f"not {text}" if " " not in text or unwrapped(text) != text else f"not ({text})"

    def position(self, e: ir.Position) -> str:
        if e.of == "loop":
            return f"loop.{e.word}"
        last = "loop.index0 == ns.last" if self.facts.looks_through else "loop.last"
        first = "ns.prev < 0" if self.facts.looks_through else "loop.first"
        if self.aside:
            last, first = "is_last", "is_first"
        if self.heading:
            last = f"not {self.filled(ir.Turns())}" if not self.facts.looks_through else "ns.last < 0"
        return {"first": first, "last": last, "ending": f"{last} and not add_generation_prompt"}[e.word]

    def index(self) -> str:
        return "index" if self.aside else "loop.index0"

    def mark(self, e: ir.MarkTest) -> str:
        match e.test:
            case "after":
                return f"{self.index()} > ns.{e.mark}"
            case "before":
                return f"{self.index()} < ns.{e.mark}"
            case "exists":
                return f"ns.has_{e.mark}"
            case "equal":
                return f"(ns.has_{e.mark} and message == {self.turns}[ns.{e.mark}])"
        assert_never(e.test)

    def exists(self, m: ir.Msg) -> str:
        match m.which:
            case "head":
                return self.program.head.takes[0]
            case "prev":
                return self.prev_there()
            case "next":
                if self.facts.looks_through:
                    return "ahead.role"
                return self.next_there()
            case "before":
                return f"ns.{m.name} >= 0"
        return self.message(m)

    def prev_there(self) -> str:
        if self.facts.looks_through:
            return "ns.prev >= 0"
        return self.turns if self.prompting else "not is_first" if self.aside else "not loop.first"

    def next_there(self) -> str:
        return self.turns if self.heading else "not is_last" if self.aside else "not loop.last"

    def role_is(self, e: ir.RoleIs, negated: bool) -> str:
        test = self.among(e.roles, negated)
        which = e.message.which
        through = self.facts.looks_through
        if which == "prev" and through:
            return f"ns.role {test}"
        if which == "next" and through:
            return f"ahead.role {test}"
        if which in ("prev", "next"):
            there = self.prev_there() if which == "prev" else self.next_there()
            edge = there.removeprefix("not ") if there.startswith("not ") else f"not {there}"
            other = f"{self.message(e.message)}.role {test}"
            return f"({edge} or {other})" if negated else f"({there} and {other})"
        return f"{self.message(e.message)}.role {test}"

    def among(self, roles: tuple[str, ...], negated: bool = False) -> str:
        if len(roles) == 1:
            return f"{'!=' if negated else '=='} {quote(roles[0])}"
        return f"{'not in' if negated else 'in'} [{', '.join(map(quote, roles))}]"

    def container(self, right: ir.Expr) -> str:
        if isinstance(right, ir.Const) and isinstance(right.value, tuple):
            return f"[{', '.join(map(quote, right.value))}]"
        if isinstance(right, ir.Key | ir.Opt | ir.Attr | ir.CallKey):
            return f"({self.value(right)} or [])"
        if isinstance(right, ir.Reasoning | ir.Var):
            return f"({self.value(right)} or '')"
        return self.operand(right)

    def test(self, e: ir.Test, negated: bool) -> str:
        text, both = self._test(e)
        if not negated:
            return text if not both else f"({text})"
        if both:
            return f"not ({text})"
        return text.replace(" is ", " is not ", 1) if " is not " not in text else text.replace(" is not ", " is ", 1)

    def _test(self, e: ir.Test) -> tuple[str, bool]:
        """The test, and whether it has several parts."""
        if e.what == "blank":
            return f"not ({self.text(e.value)} | trim)", True
        if isinstance(e.value, ir.Attr) and e.value.message.which in NEIGHBOURS:
            return f"{self.exists(e.value.message)} and {self._of_value(e, self.plain(e.value))[0]}", True
        return self._of_value(e, self.operand(e.value))

    def _of_value(self, e: ir.Test, value: str) -> tuple[str, bool]:
        settled = isinstance(e.value, ir.Opt | ir.Tools | ir.Reasoning)
        match e.what:
            case "given" if settled:
                return f"{value} is not none", False
            case "given" if isinstance(e.value, ir.Var) and e.value.kind in NEVER_NULL:
                return f"{value} is defined and {value} is not none", True
            case "given" if isinstance(e.value, ir.Attr):
                return f"{value} is defined and {value} is not none", True
            case "given":
                return self.guarded(e.value, f"{value} is defined")
            case "null":
                return self.guarded(e.value, f"{value} is none")
            case "text":
                return self.guarded(e.value, f"{value} is string")
            case "object":
                return self.guarded(e.value, f"{value} is mapping")
            case "bool":
                return self.guarded(e.value, f"{value} is boolean")
            case "number":
                return f"{value} is number and {value} is not boolean", True
            case "list":
                sure = isinstance(e.value, ir.Var) and e.value.name not in self.params
                there = "" if sure else f"{value} is defined and "
                test = f"{value} is not string and {value} is not mapping and {value} is iterable"
                return f"{there}{value} is not none and {test}", True
        raise AssertionError(e.what)

    def guarded(self, value: ir.Expr, test: str) -> tuple[str, bool]:
        """A test on a key whose object may be absent."""
        guard = self.guard(value)
        return (f"{guard} and {test}", True) if guard else (test, False)

    def guard(self, value: ir.Expr) -> str:
        if isinstance(value, ir.Key) and isinstance(value.object, ir.Key | ir.Attr):
            before = self.guard(value.object)
            here = self.plain(value.object)
            return f"{before} and {here}" if before else here
        return ""

    def filled(self, value: ir.Expr) -> str:
        match value:
            case ir.Results(message=m) if m.which == "this":
                return "results"
            case ir.Results():
                inside = f"ns.prev + 1 < {self.turns} | length"
                return f"(ns.prev >= 0 and {inside} and {self.turns}[ns.prev + 1].role == 'tool')"
            case ir.Turns():
                return "ns.last >= 0" if self.facts.looks_through else self.turns
            case ir.Key():
                guard = self.guard(value)
                return f"{guard} and {self.plain(value)}" if guard else self.plain(value)
            case ir.Attr(message=m) if m.which in NEIGHBOURS:
                return f"({self.exists(m)} and {self.plain(value)})"
            case ir.Content(message=ir.Msg(which="this"), form=form):
                return "content" if form == "cut" else "source"
        return self.value(value)
