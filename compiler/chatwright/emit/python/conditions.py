"""Expressions of the intermediate representation as Python source."""

from __future__ import annotations

import re
from typing import assert_never

from chatwright.emit.python.values import PythonValues, py_name
from chatwright.ir import program as ir

__all__ = ["PythonExprs", "py_name"]

_SIMPLE = re.compile(r"[\w.]+(\([^()]*\))?")
_TYPES = {"text": "str", "list": "(list, tuple)", "object": "dict", "bool": "bool"}


class PythonExprs(PythonValues):
    """Writes conditions, and values through its base."""

    def cond(self, e: ir.Expr) -> str:
        """A condition; safe to stand beside `and`, `or` and `not`."""
        match e:
            case ir.Const():
                return "True" if e.value else "False"
            case ir.Not():
                return self.negated(e.value)
            case ir.And():
                return " and ".join(f"({self.cond(x)})" if isinstance(x, ir.Or) else self.cond(x) for x in e.items)
            case ir.Or():
                return " or ".join(self.cond(x) for x in e.items)
            case ir.Position():
                return self.position(e)
            case ir.MarkTest():
                return self.mark(e)
            case ir.RoleIs():
                return self.role_is(e)
            case ir.Exists():
                return self.exists(e)
            case ir.Inline():
                return "inl"
            case ir.Compare():
                op = e.op
                left, right = self.operand(e.left), self.operand(e.right)
                return f"{left} {op} {right}"
            case ir.In():
                return self.within(e)
            case ir.Test():
                return self.test(e)
            case ir.Filled(value=ir.Results(message=m)):
                if m.which == "this":
                    return "results_end > i + 1"
                return '(prev_i >= 0 and role_at(messages, prev_i + 1) == "tool")'
            case ir.Filled(value=ir.Turns()):
                return "end >= begin"
            case ir.Filled(value=ir.Messages() | ir.HeadList()):
                return "taken" if isinstance(e.value, ir.HeadList) else "messages"
            case ir.Filled():
                return self.value(e.value)
            case ir.Fn() if e.name != "length":
                return self.function(e)
            case ir.Alternating():
                return f"alternates(alternating_{e.role})"
        return self.value(e)

    def negated(self, e: ir.Expr) -> str:
        match e:
            case ir.RoleIs(roles=roles) if len(roles) == 1:
                return f"{self.role(e.message)} != {roles[0]!r}"
            case ir.Exists(message=m) if m.which in ("prev", "before"):
                return f"{self.message(m)} is None"
            case ir.And() | ir.Or() | ir.Compare() | ir.In():
                return f"not ({self.cond(e)})"
            case ir.Test(what="given"):
                inner = self.cond(e)
                return f"{inner[:-12]} is None" if inner.endswith(" is not None") else f"not {inner}"
        inner = self.cond(e)
        return f"not {inner}" if _SIMPLE.fullmatch(inner) else f"not ({inner})"

    def position(self, e: ir.Position) -> str:
        if e.of == "loop":
            index = self.loops[-1]
            return f"{index} == 0" if e.word == "first" else f"{index} == last_{index}"
        return {
            "first": "i == begin",
            "last": "i == end",
            "ending": f"{'end < begin' if self.heading else 'i == end'} and not add_generation_prompt",
        }[e.word]

    def mark(self, e: ir.MarkTest) -> str:
        match e.test:
            case "after":
                return f"{self.index} > mark_{e.mark}"
            case "before":
                return f"{self.index} < mark_{e.mark}"
            case "exists":
                return f"has_{e.mark}"
            case "equal":
                return f"(has_{e.mark} and alike(m, messages[mark_{e.mark}]))"
        assert_never(e.test)

    def role(self, m: ir.Msg) -> str:
        match m.which:
            case "this":
                return "role"
            case "prev":
                return "prev_role"
            case "next":
                return "next_role"
        return f"({self.message(m)} or {{}}).get('role')"

    def role_is(self, e: ir.RoleIs) -> str:
        role = self.role(e.message)
        return f"{role} == {e.roles[0]!r}" if len(e.roles) == 1 else f"{role} in {e.roles!r}"

    def exists(self, e: ir.Exists) -> str:
        if e.message.which == "next":
            return "begin < n" if self.heading else "i < end"
        if e.message.which == "head":
            return "head"
        return f"{self.message(e.message)} is not None"

    def within(self, e: ir.In) -> str:
        right = e.right
        if isinstance(right, ir.Const):
            return f"{self.operand(e.left)} in {right.value!r}"
        if isinstance(right, ir.Content):
            return f"{self.operand(e.left)} in {self.value(right)}"
        return f"within({self.operand(e.left)}, {self.operand(right)})"

    def test(self, e: ir.Test) -> str:
        if e.what == "given":
            return self.given(e.value)
        value = self.operand(e.value)
        match e.what:
            case "null" if isinstance(e.value, ir.CallKey) and isinstance(e.value.call, ir.Var):
                return f"f_{e.value.call.name}.get({e.value.key!r}, ABSENT) is None"
            case "null":
                return f"{value} is None"
            case "blank":
                return f'not ({value} or "").strip()'
            case "number":
                return f"is_number({value})"
        return f"isinstance({value}, {_TYPES[e.what]})"

    def given(self, value: ir.Expr) -> str:
        """Keys of data count as given even when null; keys of a message do not."""
        if isinstance(value, ir.Key) and not isinstance(value.object, ir.Attr):
            return f"within({value.key!r}, {self.value(value.object)})"
        if isinstance(value, ir.CallKey) and isinstance(value.call, ir.Var):
            return f"{value.key!r} in f_{value.call.name}"
        if isinstance(value, ir.Var):
            return f"given({self.value(value)})"
        return f"{self.operand(value)} is not None"
