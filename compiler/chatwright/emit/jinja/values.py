"""Values of the intermediate representation as Jinja source."""

from __future__ import annotations

import re
from typing import assert_never

from chatwright.analysis.facts import Facts
from chatwright.emit.rule_arguments import WIRED, asks_for_reasoning, macros_of, may_be_absent, tells_null
from chatwright.ir import program as ir
from chatwright.ir.typing import NEVER_NULL, kind_of

# Names of methods that dicts have in some engine: attribute syntax would find those.
_METHODS = frozenset({"items", "keys", "values", "get", "pop", "copy", "update", "clear", "setdefault", "fromkeys"})
# Messages that need not be there.
NEIGHBOURS = ("prev", "next", "before")
_PART_TEXT = ir.Key(ir.Var("part", "data", "content"), "text")
_TAKEN = frozenset(
    {"loop", "message", "messages", "turns", "tools", "ns", "content", "reasoning", "function"}
    | {"is_first", "is_last", "index", "previous", "following", "ahead", "results"}
)
_LITERAL = re.compile(r"'(?:\\.|[^'\\])*'")
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r"})


def quote(text: str) -> str:
    """A Jinja string literal."""
    return f"'{text.translate(_ESCAPES)}'"


def unwrapped(text: str) -> str:
    """A text without the parentheses that enclose all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    bare = _LITERAL.sub(lambda literal: "_" * len(literal[0]), text)
    for index, char in enumerate(bare):
        depth += (char == "(") - (char == ")")
        if depth == 0 and index < len(text) - 1:
            return text
    return text[1:-1]


def compound(text: str) -> bool:
    """Whether a text has parts that an operator beside it could tear apart."""
    depth = 0
    for char in _LITERAL.sub("_", text):
        depth += (char in "([{") - (char in ")]}")
        if char == " " and depth == 0:
            return True
    return False


class JinjaValues:
    """Writes expressions. `prompting`: behind the loop over the turns. `inner`: inside a loop within a turn, where
    `loop` is that loop and what the turn's own loop says has been set aside in variables. `counter`: the variable that
    counts the turns of a declaration."""

    def __init__(self, program: ir.Program, facts: Facts) -> None:
        self.program = program
        self.facts = facts
        self.turns = "turns" if program.head.which == "first" else "messages"
        self.prompting = False
        self.counter = ""
        self.aside = False
        self.inner = False
        self.in_part = False
        self.part_text = ""
        self.heading = False
        self.in_where = False
        self.sure: list[ir.Expr] = []
        self.params: frozenset[str] = frozenset()
        self.macros = macros_of(program)
        self.absent = may_be_absent(program)
        self.nullable: frozenset[str] = frozenset()
        self.reasoning_none = program.inline is not None or asks_for_reasoning(program)

    def cond(self, e: ir.Expr) -> str:
        """A condition; written by JinjaExprs."""
        raise NotImplementedError

    def exists(self, m: ir.Msg) -> str:
        """Whether a message is there; written by JinjaExprs."""
        raise NotImplementedError

    # ---- values ------------------------------------------------------------------------------------------------

    def operand(self, e: ir.Expr) -> str:
        text = self.value(e)
        return f"({text})" if compound(text) else text

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
            case ir.Turns():
                return self.with_turns()
            case ir.Results():
                return "results"
            case ir.Attr():
                return self.attribute(e)
            case ir.Content():
                return self.content(e)
            case ir.Reasoning():
                return self.reasoning(e)
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
            case ir.Number():
                return self.number(e)
            case ir.Pipe():
                return self.pipe(e)
            case ir.FirstFilled():
                return f"({' or '.join(self.operand(choice) for choice in e.choices)})"
            case ir.RuleText():
                return self.called(e.rule, e.args)
            case ir.Fn():
                return self.function(e)
        return self.cond(e)

    def number(self, e: ir.Number) -> str:
        """The place of a part or a turn; the prompt is that of the next turn."""
        counter = "number" if e.of == "part" else f"ns.{self.counter}"
        steps = e.start - 1 + (e.of == "turn" and self.prompting)
        return f"({counter} + 1)" if steps > 0 else f"({counter} - 1)" if steps < 0 else counter

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
            case "prev" if self.prompting:
                return f"{self.turns}[-1]"
            case "next" if self.facts.looks_through:
                return "ahead.message"
            case "next" if self.heading:
                return f"{self.turns}[0]"
            case "prev":
                return "previous" if self.aside else "loop.previtem"
            case "next":
                return "following" if self.aside else "loop.nextitem"
            case "before":
                return f"{self.turns}[ns.{m.name}]"
            case "item":
                return self.variable(m.name)
        assert_never(m.which)

    def attribute(self, e: ir.Attr) -> str:
        text = self.member(self.message(e.message), e.name)
        if e.message.which in NEIGHBOURS:
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
        if e.message.which in NEIGHBOURS:
            text = f"({text} if {self.exists(e.message)} else '')"
        return self.stripped(text)

    def reasoning(self, e: ir.Reasoning) -> str:
        """That of this turn has been set; that of another message is what its fields hold."""
        if e.message.which == "this":
            return "reasoning"
        text = self.reasoning_of(self.message(e.message), "none")
        if e.message.which in NEIGHBOURS:
            text = f"({text}) if {self.exists(e.message)} else none"
        return f"({text})"

    def reasoning_of(self, message: str, absent: str) -> str:
        """The reasoning that the fields of a message hold."""
        chain = absent
        for field in reversed(self.program.reasoning):
            value = self.member(message, field)
            test = f"{value} is string and {value}" if self.program.reasoning_filled else f"{value} is string"
            chain = f"{value} if {test} else {chain if ' if ' not in chain else f'({chain})'}"
        return chain

    def with_turns(self) -> str:
        """The messages that have turns."""
        program = self.program
        if not self.facts.looks_through:
            return self.turns
        if program.skip_others:
            word, roles = "selectattr", tuple(role for turn in program.turns for role in turn.roles)
        else:
            word, roles = "rejectattr", program.skip + (program.head.takes if program.head.which == "all" else ())
        return f"{self.turns} | {word}('role', 'in', [{', '.join(map(quote, roles))}]) | list"

    def stripped(self, text: str) -> str:
        """A content in its normal form."""
        chars = self.program.content_strip
        if chars is None:
            return text
        text = f"({text})" if compound(text) else text
        return f"{text}.strip({quote(chars)})" if chars else f"({text} | trim)"

    def plain(self, e: ir.Expr) -> str:
        """A key without a guard."""
        if isinstance(e, ir.Key):
            return self.member(self.plain(e.object), e.key)
        if isinstance(e, ir.Attr):
            return self.member(self.message(e.message), e.name)
        return self.value(e)

    def is_part_text(self, e: ir.Expr) -> bool:
        """Whether this is the text of a part where a content that is text stands for it."""
        return bool(self.part_text) and e == _PART_TEXT

    def key(self, e: ir.Key) -> str:
        if self.is_part_text(e):
            return self.part_text
        if isinstance(e.object, ir.Key | ir.Attr):
            return self.member(f"({self.value(e.object)} or {{}})", e.key)
        return self.member(self.operand(e.object), e.key)

    def call_key(self, e: ir.CallKey) -> str:
        if isinstance(e.call, ir.Answer):
            return self.member("answered.call", e.key)
        if self.in_where:
            call = self.value(e.call)
            return self.member(f"({call}.function or {call})", e.key)
        return self.member("function", e.key)

    def called(self, rule: str, args: tuple[ir.Expr, ...]) -> str:
        """A call of the macro of a rule."""
        base = next(r.base for r in self.program.rules if r.name == rule)
        macro = self.macros[base]
        given = [self.argument(arg, tells_null(macro, param)) for arg, param in zip(args, macro.params, strict=True)]
        return f"{self.rule_name(rule)}({', '.join(given)})"

    def argument(self, e: ir.Expr, null: bool) -> str:
        """An argument of a rule. What is absent is undefined there; a content and calls are none, where `null`."""
        text = self.value(e)
        always = self.reasoning_none or (isinstance(e, ir.Reasoning) and e.message.which != "this")
        none = (isinstance(e, ir.Reasoning) and always) or (isinstance(e, ir.Opt) and self.may_be_none(e))
        if none and e not in self.sure:
            return f"({text} if {text} is not none else {{}}.absent)"
        if not isinstance(e, ir.Attr):
            return text
        if e.message.which in NEIGHBOURS:
            text = self.member(f"({self.message(e.message)} if {self.exists(e.message)} else {{}})", e.name)
        return f"({text} if {text} is defined else none)" if null and kind_of(e) in NEVER_NULL else text

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
        if e.filter in WIRED and isinstance(e.value, ir.Var) and e.value.name in self.nullable:
            value = f"({value} if {value} is defined else none)"
        match e.filter:
            case "strip" | "lstrip" | "rstrip":
                text = self.text(e.value)
                text = f"({text})" if compound(text) else text
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
            case "text" if isinstance(e.value, ir.Key | ir.Var | ir.CallKey):
                param = isinstance(e.value, ir.Var) and e.value.name in self.params
                absent = f"'' if {value} is not defined else " if param or isinstance(e.value, ir.Key) else ""
                return f"{absent}'None' if {value} is none else {value} | string"
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
            case "without":
                return f"{value} | replace({quote(str(e.args[0]))}, '')"
        raise AssertionError(e.filter)

    def text(self, e: ir.Expr) -> str:
        """A value as a slot prints it: never none, so that engines agree."""
        match e:
            case ir.Attr(name="role"):
                return self.value(e)
            case ir.Attr():
                return f"({self.value(e)} or '')"
            case ir.Reasoning():
                return f"({self.value(e)} or '')"
            case ir.Opt() if self.may_be_none(e):
                return f"({e.name} if {e.name} is not none else '')"
            case ir.Key() if e not in self.sure and not self.is_part_text(e):
                return self.or_nothing(self.value(e))
            case ir.Var(kind=kind) if kind in NEVER_NULL and e not in self.sure:
                return f"({self.value(e)} or '')"
            case ir.Var(name=name) if name in self.params:
                return self.or_nothing(self.value(e))
        return self.value(e)

    def may_be_none(self, e: ir.Opt) -> bool:
        option = next(o for o in self.program.options if o.name == e.name)
        return option.default is None and option.default_option is None and option.type != "date"

    def or_nothing(self, text: str) -> str:
        """What may be absent, which some engines cannot print."""
        return f"({text} if {text} is defined else '')"
