"""Values of the intermediate representation as Python source."""

from __future__ import annotations

from typing import assert_never

from chatwright.analysis.facts import Facts
from chatwright.emit.rule_arguments import WIRED, may_be_absent
from chatwright.ir import program as ir
from chatwright.ir.typing import NEVER_NULL, kind_of

EMPTY = '""'
# Keys of a message that are filled from their aliases.
ALIASED = ("reasoning_content", "thinking")


def py_name(name: str) -> str:
    """The Python name of a loop variable or a parameter."""
    return f"v_{name}"


class PythonValues:
    """Writes expressions. `loops` holds the index variables of the loops around; `prompting` while the prompt is
    written, when `prev` is the last turn. `index`: the variable that holds the place of the message at work, `counter`
    that which counts the turns of its declaration."""

    def __init__(self, program: ir.Program, facts: Facts) -> None:
        self.program = program
        self.facts = facts
        self.loops: list[str] = []
        self.in_part = False
        self.heading = False
        self.prompting = False
        self.counter = ""
        self.index = "i"
        self.sure: list[ir.Expr] = []
        self.absent = may_be_absent(program)
        self.nullable: frozenset[str] = frozenset()

    def cond(self, e: ir.Expr) -> str:
        """A condition; written by PythonExprs."""
        raise NotImplementedError

    # ---- values ------------------------------------------------------------------------------------------------

    def operand(self, e: ir.Expr) -> str:
        text = self.value(e)
        return f"({text})" if " " in text and not text.endswith(")") and text[0] not in "'\"(" else text

    def value(self, e: ir.Expr) -> str:
        match e:
            case ir.Const():
                return repr(e.value)
            case ir.Opt():
                return f"o_{e.name}"
            case ir.Tools():
                return "tools"
            case ir.Var():
                return py_name(e.name)
            case ir.Msg():
                return f"seen({self.message(e)})"
            case ir.HeadList():
                return "[seen(x) for _, x in taken]"
            case ir.Messages():
                return "[seen(x) for x in messages]"
            case ir.Attr():
                return self.attribute(e)
            case ir.Content():
                return self.content(e)
            case ir.Reasoning():
                return "r" if e.message.which == "this" else f"reasoning_of({self.message(e.message)})"
            case ir.Turns():
                return f"[seen(x) for x in {self.with_turns()}]"
            case ir.Results():
                return "[seen(x) for x in messages[i + 1:results_end]]"
            case ir.Key():
                return self.key(e)
            case ir.CallKey():
                return self.call_key(e)
            case ir.Function():
                tool = self.value(e.tool)
                return f"({tool}.get('function') or {tool})"
            case ir.Answer():
                return f'answered(m.get("tool_calls"), {self.message(e.result)})'
            case ir.PartText():
                return self.part_text(e.part)
            case ir.Number():
                return self.number(e)
            case ir.Pipe():
                return self.pipe(e)
            case ir.FirstFilled():
                return self.first_filled(e)
            case ir.RuleText():
                args = "".join(f", {self.argument(arg)}" for arg in e.args)
                return f"rule_text(rule_{e.rule}{args})"
            case ir.Fn():
                return self.function(e)
        return f"({self.cond(e)})"

    def number(self, e: ir.Number) -> str:
        """The place of a part or a turn; the prompt is that of the next turn."""
        if e.of == "part":
            return "number" if e.start else "number - 1"
        steps = e.start + self.prompting - 1
        return f"{self.counter} + 1" if steps > 0 else f"{self.counter} - 1" if steps < 0 else self.counter

    def given_anyway(self, e: ir.Opt) -> bool:
        """Whether an option has a value though nobody gives one."""
        option = next(o for o in self.program.options if o.name == e.name)
        return option.default is not None or option.type == "date"

    def message(self, m: ir.Msg) -> str:
        match m.which:
            case "this":
                return "m"
            case "before":
                return f"before_{m.name}"
            case "item":
                return py_name(m.name)
            case "next":
                return "following"
        return m.which

    def with_turns(self) -> str:
        """The messages that have turns."""
        return "map(messages.__getitem__, turns)" if self.facts.looks_through else "messages[begin:]"

    def attribute(self, e: ir.Attr) -> str:
        which = e.message.which
        if which == "this" and e.name not in ALIASED:
            return "role" if e.name == "role" else f"m.get({e.name!r})"
        if which == "prev" and e.name == "role":
            return "prev_role"
        name = self.message(e.message)
        if e.name in ALIASED:
            return f"key(seen({name}), {e.name!r})"
        return f"{name}.get({e.name!r})" if which == "item" else f"key({name}, {e.name!r})"

    def content(self, e: ir.Content) -> str:
        m = e.message
        if m.which == "this":
            return "c" if e.form == "cut" else "s"
        index = {"head": "0", "item": f"i_{m.name}"}.get(m.which, "i")
        name = self.message(m)
        return f"content_of({name if m.which in ('head', 'item') else f'{name} or {{}}'}, {index})"

    def key(self, e: ir.Key, absent: str = "") -> str:
        """A key of an object; None, or what `absent` says, where there is none."""
        owner = self.operand(e.object)
        sure = isinstance(e.object, ir.Var) and e.object.kind in ("call", "tool", "part")
        default = f", {absent}" if absent else ""
        if sure or isinstance(e.object, ir.Function):
            return f"{owner}.get({e.key!r}{default})"
        return f"key({owner}, {e.key!r}{default})"

    def call_key(self, e: ir.CallKey, needed: bool = False) -> str:
        """A key of a call's function. What is `needed` may not be absent."""
        call = self.value(e.call)
        if isinstance(e.call, ir.Var):
            inner = f"f_{e.call.name}"
            return f"{inner}[{e.key!r}]" if e.key == "name" or needed else f"{inner}.get({e.key!r})"
        return f"call_key({call}, {e.key!r})"

    def part_text(self, part: ir.Expr) -> str:
        role = "v_role" if self.in_part else "m['role']"
        return f"part_text({self.value(part)}, {role}, i)"

    def argument(self, e: ir.Expr) -> str:
        """An argument of a rule, which tells what is absent from what is null.

        A content, calls and tools are never null, so there null says it as well.
        """
        if isinstance(e, ir.Key):
            return self.key(e, "ABSENT")
        absent = isinstance(e, ir.Attr | ir.Reasoning | ir.Opt) and kind_of(e) not in NEVER_NULL and e not in self.sure
        if not absent or _is_role(e) or (isinstance(e, ir.Opt) and self.given_anyway(e)):
            return self.value(e)
        return f"or_absent({self.value(e)})"

    def first_filled(self, e: ir.FirstFilled) -> str:
        return f"({' or '.join(self.operand(choice) for choice in e.choices)})"

    def function(self, e: ir.Fn) -> str:
        args = [self.value(arg) for arg in e.args]
        match e.name:
            case "wrapped":
                return f"({args[0]}.startswith({args[1]}) and {args[0]}.endswith({args[2]}))"
            case "starts":
                return f"{args[0]}.startswith({args[1]})"
            case "ends":
                return f"{args[0]}.endswith({args[1]})"
            case "length":
                return f"length({args[0]})"
        assert_never(e.name)

    def pipe(self, e: ir.Pipe) -> str:
        value = self.call_key(e.value, needed=True) if isinstance(e.value, ir.CallKey) else self.value(e.value)
        if e.filter in WIRED and isinstance(e.value, ir.Var) and e.value.name in self.nullable:
            value = f"or_null({value})"
        match e.filter:
            case "strip" | "lstrip" | "rstrip":
                text = self.text(e.value)
                chars = '"\\n"' if "newlines" in e.args else ""
                return f"{text}.{e.filter}({chars})"
            case "json":
                if "compact" in e.args:
                    return f"to_compact_json({value})"
                return f"to_indented_json({value}, {e.args[1]})" if "indent" in e.args else f"to_json({value})"
            case "members":
                return f"to_json({value})[1:-1]"
            case "json_or_raw" | "json_or_text":
                return f"json_or_raw({value})"
            case "text":
                return f"str({self.absent_as_empty(e.value)})"
            case "upper":
                return f"upper({value})"
            case "sorted":
                return f"by_key({value})"
            case "cut":
                return f"cut({self.text(e.value)}, {', '.join(map(repr, e.args))})"
            case "without":
                return f"{self.text(e.value)}.replace({e.args[0]!r}, '')"
        raise AssertionError(e.filter)

    def absent_as_empty(self, e: ir.Expr) -> str:
        """A value with an empty text where it is absent; null stays null."""
        match e:
            case ir.Key():
                return self.key(e, EMPTY)
            case ir.Attr():
                return f'({self.value(e)} or "")'
        return self.value(e)

    def text(self, e: ir.Expr) -> str:
        """A value as the text that a slot prints."""
        match e:
            case ir.Const(value=str()):
                return repr(e.value)
            case ir.Content() | ir.PartText() | ir.CallKey(key="name") | ir.RuleText():
                return self.value(e)
            case ir.Number():
                return f"str({self.number(e)})"
            case ir.Attr(name="role", message=ir.Msg(which="this")):
                return "role"
            case ir.Reasoning():
                return f'({self.value(e)} or "")'
            case ir.Opt(name=name):
                option = next(o for o in self.program.options if o.name == name)
                sure = self.given_anyway(e) and option.type in ("text", "choice", "date")
                return self.value(e) if sure else f'show("" if {self.value(e)} is None else {self.value(e)})'
            case ir.Pipe(filter=filter) if filter not in ("upper", "sorted"):
                return self.value(e)
            case ir.FirstFilled(choices=choices) if all(kind_of(choice) == "text" for choice in choices):
                value = self.value(e)
                last = choices[-1]
                return value if isinstance(last, ir.Const | ir.Opt) or _is_role(last) else f'({value} or "")'
            case ir.Attr():
                return f'({self.value(e)} or "")'
            case ir.FirstFilled():
                return f'show({self.value(e)} or "")'
            case ir.Key():
                return f"show({self.key(e, EMPTY)})"
            case ir.Var(kind=kind) if kind in NEVER_NULL and e not in self.sure:
                return f"({self.value(e)} if {self.value(e)}.__class__ is str else show_present({self.value(e)}))"
            case ir.Var():
                name = self.value(e)
                return f"({name} if {name}.__class__ is str else show({name}))"
        return f"show({self.value(e)})"


def _is_role(e: ir.Expr) -> bool:
    return isinstance(e, ir.Attr) and e.name == "role" and e.message.which == "this"
