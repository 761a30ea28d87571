"""Expressions of the intermediate representation as Jinja source, within what all engines understand alike."""

from __future__ import annotations

from typing import assert_never

from chatwright import ir
from chatwright.facts import Facts
from chatwright.scope import kind_of

# Names of methods that dicts have in some engine: attribute syntax would find those.
_METHODS = frozenset({"items", "keys", "values", "get", "pop", "copy", "update", "clear", "setdefault", "fromkeys"})
_PART_TEXT = ir.Key(ir.Var("part", "data", "content"), "text")
_TAKEN = frozenset({"loop", "message", "messages", "turns", "tools", "ns", "content", "reasoning", "function"})
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r"})


def quote(text: str) -> str:
    """A Jinja string literal."""
    return f"'{text.translate(_ESCAPES)}'"


class JinjaExprs:
    """Writes expressions. `prompting`: behind the loop over the turns. `inner`: inside a loop within a turn, where
    `loop` is that loop and what the turn's own loop says has been set aside in variables."""

    def __init__(self, program: ir.Program, facts: Facts) -> None:
        self.program = program
        self.facts = facts
        self.turns = "turns" if program.head.which == "first" else "messages"
        self.prompting = False
        self.aside = False
        self.inner = False
        self.in_part = False
        self.part_text = ""

    # ---- conditions --------------------------------------------------------------------------------------------

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
        return f"not {text}" if " " not in text else f"not ({text})"

    def position(self, e: ir.Position) -> str:
        if e.of == "loop":
            return f"loop.{e.word}"
        last = "loop.index0 == ns.last" if self.facts.looks_through else "loop.last"
        first = "ns.prev < 0" if self.facts.looks_through else "loop.first"
        if self.aside:
            last, first = "is_last", "is_first"
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
                return "ahead.role" if self.facts.looks_through else "not loop.last"
            case "before":
                return f"ns.{m.name} >= 0"
        return self.message(m)

    def prev_there(self) -> str:
        if self.facts.looks_through:
            return "ns.prev >= 0"
        return self.turns if self.prompting else "not loop.first"

    def role_is(self, e: ir.RoleIs, negated: bool) -> str:
        test = self.among(e.roles, negated)
        which = e.message.which
        through = self.facts.looks_through
        if which == "prev" and through:
            return f"ns.role {test}"
        if which == "next" and through:
            return f"ahead.role {test}"
        if which in ("prev", "next"):
            there = self.prev_there() if which == "prev" else "not loop.last"
            edge = {"not loop.first": "loop.first", "not loop.last": "loop.last"}.get(there, f"not {there}")
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
        value = self.operand(e.value)
        settled = isinstance(e.value, ir.Opt | ir.Tools | ir.Reasoning)
        match e.what:
            case "given" if settled:
                return f"{value} is not none", False
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
                there = "" if isinstance(e.value, ir.Var) else f"{value} is defined and "
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
            case ir.Attr(message=ir.Msg(which="prev" | "before")):
                there = self.exists(value.message)
                return f"({there} and {self.message(value.message)}.{value.name})"
            case ir.Content(message=ir.Msg(which="this"), form=form):
                return "content" if form == "cut" else "source"
        return self.value(value)

    # ---- values ------------------------------------------------------------------------------------------------

    def operand(self, e: ir.Expr) -> str:
        text = self.value(e)
        return f"({text})" if " " in text and text[0] not in "'(" else text

    def value(self, e: ir.Expr) -> str:
        match e:
            case ir.Const():
                return self.const(e)
            case ir.Opt():
                return e.name
            case ir.Tools():
                return "tools"
            case ir.Var():
                return self.variable(e.name)
            case ir.Msg():
                return self.message(e)
            case ir.HeadList():
                return self.program.head.takes[0]
            case ir.Messages():
                return "messages"
            case ir.Attr():
                return self.attribute(e)
            case ir.Content():
                return self.content(e)
            case ir.Reasoning():
                return "reasoning"
            case ir.Key():
                return self.key(e)
            case ir.CallKey():
                return self.call_key(e)
            case ir.Function():
                tool = self.value(e.tool)
                return f"({tool}.function or {tool})"
            case ir.PartText():
                role = "role" if self.in_part else "message.role"
                return f"part_text({self.value(e.part)}, {role})"
            case ir.PartNumber():
                return "number"
            case ir.Pipe():
                return self.pipe(e)
            case ir.FirstFilled():
                return f"({' or '.join(self.operand(choice) for choice in e.choices)})"
            case ir.RuleText():
                return f"{self.rule_name(e.rule)}({', '.join(self.value(arg) for arg in e.args)})"
            case ir.Fn():
                return self.function(e)
        return self.cond(e)

    def const(self, e: ir.Const) -> str:
        match e.value:
            case bool():
                return "true" if e.value else "false"
            case str():
                return quote(e.value)
            case tuple():
                return f"[{', '.join(map(quote, e.value))}]"
            case None:
                return "none"
        return str(e.value)

    def variable(self, name: str) -> str:
        return f"{name}_" if name in _TAKEN or any(o.name == name for o in self.program.options) else name

    def rule_name(self, unique: str) -> str:
        base = next(rule.base for rule in self.program.rules if rule.name == unique)
        return f"{base}_" if base in _TAKEN or any(o.name == base for o in self.program.options) else base

    def message(self, m: ir.Msg) -> str:
        match m.which:
            case "this":
                return "message"
            case "head":
                return self.program.head.takes[0]
            case "prev" if self.facts.looks_through:
                return f"{self.turns}[ns.prev]"
            case "prev":
                return f"{self.turns}[-1]" if self.prompting else "loop.previtem"
            case "next":
                return "loop.nextitem"
            case "before":
                return f"{self.turns}[ns.{m.name}]"
            case "item":
                return self.variable(m.name)
        assert_never(m.which)

    def attribute(self, e: ir.Attr) -> str:
        text = self.member(self.message(e.message), e.name)
        if e.message.which in ("prev", "before"):
            return f"({text} if {self.exists(e.message)} else [])"
        return text

    def member(self, owner: str, name: str) -> str:
        return f"{owner}['{name}']" if name in _METHODS else f"{owner}.{name}"

    def content(self, e: ir.Content) -> str:
        if e.message.which == "this":
            return "content" if e.form == "cut" else "source"
        name = self.message(e.message)
        if self.program.parts:
            text = f"visible({name}.content, {name}.role)"
        else:
            text = f"({name}.content or '')"
        return text if self.program.content_strip is None else f"({text} | trim)"

    def plain(self, e: ir.Expr) -> str:
        """A key without a guard."""
        if isinstance(e, ir.Key):
            return self.member(self.plain(e.object), e.key)
        if isinstance(e, ir.Attr):
            return self.member(self.message(e.message), e.name)
        return self.value(e)

    def key(self, e: ir.Key) -> str:
        if self.part_text and e == _PART_TEXT:
            return self.part_text
        if isinstance(e.object, ir.Key | ir.Attr):
            return self.member(f"({self.value(e.object)} or {{}})", e.key)
        return self.member(self.operand(e.object), e.key)

    def call_key(self, e: ir.CallKey) -> str:
        if isinstance(e.call, ir.Answer):
            return self.member("answered.call", e.key)
        return self.member("function", e.key)

    def function(self, e: ir.Fn) -> str:
        args = [self.operand(arg) for arg in e.args]
        match e.name:
            case "wrapped":
                return f"({args[0]}.startswith({args[1]}) and {args[0]}.endswith({args[2]}))"
            case "starts":
                return f"{args[0]}.startswith({args[1]})"
            case "ends":
                return f"{args[0]}.endswith({args[1]})"
            case "length":
                sure = isinstance(e.args[0], ir.RuleText | ir.Content)
                return f"{args[0]} | length" if sure else f"({args[0]} or '') | length"
        assert_never(e.name)

    def pipe(self, e: ir.Pipe) -> str:
        value = self.operand(e.value)
        match e.filter:
            case "strip" | "lstrip" | "rstrip":
                text = self.text(e.value)
                text = f"({text})" if " " in text and text[0] not in "'(" else text
                if "newlines" in e.args:
                    return f"{text}.{e.filter}('\\n')"
                return f"{text} | trim" if e.filter == "strip" else f"{text}.{e.filter}()"
            case "json":
                if "compact" in e.args:
                    return f"{value} | tojson(separators=(',', ':'))"
                return f"{value} | tojson(indent={e.args[1]})" if "indent" in e.args else f"{value} | tojson"
            case "members":
                return f"({value} | tojson)[1:-1]"
            case "json_or_raw" | "json_or_text":
                return f"{value} if {value} is string else {value} | tojson"
            case "text":
                return f"{value} | string"
            case "upper" if kind_of(e.value) == "text":
                return f"{value} | upper"
            case "upper":
                return f"{value} | upper if {value} is string else {value} | map('upper') | list"
            case "sorted":
                return f"{value} | dictsort"
            case "cut":
                return f"cut({value}, {', '.join(quote(str(arg)) for arg in e.args)})"
        raise AssertionError(e.filter)

    def text(self, e: ir.Expr) -> str:
        """A value as a slot prints it: never none, so that engines agree."""
        match e:
            case ir.Attr(name="role"):
                return self.value(e)
            case ir.Attr():
                return f"({self.value(e)} or '')"
            case ir.Reasoning():
                return "(reasoning or '')"
        return self.value(e)
