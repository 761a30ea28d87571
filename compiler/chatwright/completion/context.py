"""The facts that are known while a completion is read: options and earlier messages, but not the message itself."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from chatwright.analysis.views import sampling_turn
from chatwright.ir import program as ir

Message = Mapping[str, Any]


class Context:
    """The place where a completion was sampled: the earlier messages, the tools, the settled options."""

    def __init__(
        self, program: ir.Program, messages: Sequence[Message], tools: Sequence[Any] | None, options: Mapping[str, Any]
    ) -> None:
        self.program = program
        self.messages = messages
        self.tools = tools
        self.options = options

    @functools.cached_property
    def turns(self) -> list[int]:
        """The indices of the messages that have turns."""
        program = self.program
        head = self.program.head
        named = {role for turn in program.turns for role in turn.roles}
        out = []
        for index, message in enumerate(self.messages):
            role = message["role"]
            taken = role in head.takes and (head.which == "all" or (head.which == "first" and index == 0))
            skipped = role in program.skip or (program.skip_others and role not in named)
            if not taken and not skipped:
                out.append(index)
        return out

    @property
    def models(self) -> tuple[str, ...]:
        """The roles of the model's turn."""
        turn = sampling_turn(self.program)
        return turn.roles if turn is not None else ()

    def message(self, m: ir.Msg) -> Message | None:
        """A message near the current one; None if there is none."""
        turns = self.turns
        match m.which:
            case "prev":
                return self.messages[turns[-1]] if turns else None
            case "before":
                return next((self.messages[i] for i in reversed(turns) if self.messages[i]["role"] == m.name), None)
            case "head" if self.messages and self.messages[0]["role"] in self.program.head.takes:
                return self.messages[0]
        return None

    def holds(self, e: ir.Expr) -> bool | None:
        """Whether a condition holds; None if that depends on the message itself."""
        match e:
            case ir.Const():
                return bool(e.value)
            case ir.Not():
                inner = self.holds(e.value)
                return None if inner is None else not inner
            case ir.And():
                values = [self.holds(item) for item in e.items]
                return False if False in values else (None if None in values else True)
            case ir.Or():
                values = [self.holds(item) for item in e.items]
                return True if True in values else (None if None in values else False)
            case ir.Position(of="turn"):
                return not self.turns if e.word == "first" else True
            case ir.MarkTest():
                mark = next(m for m in self.program.marks if m.name == e.mark)
                there = any(self.messages[i]["role"] in mark.roles for i in self.turns)
                sure = mark.where is None or mark.otherwise == "start"
                if e.test == "exists":
                    return there if mark.where is None else None
                return e.test == "after" if sure and (there or mark.otherwise == "start") else None
            case ir.RoleIs(message=m) if m.which != "this":
                found = self.message(m)
                return found is not None and found["role"] in e.roles
            case ir.Exists(message=m):
                return self.message(m) is not None
            case ir.Filled(value=value) | ir.Test(what="given", value=value):
                known, result = self.value(value)
                given = result is not None if isinstance(e, ir.Test) else bool(result)
                return given if known else None
            case ir.Compare(op="==" | "!="):
                pairs = self.value(e.left), self.value(e.right)
                return (pairs[0] == pairs[1]) is (e.op == "==") if all(known for known, _ in pairs) else None
            case ir.Compare(left=ir.Number(), op=op):
                known, bound = self.value(e.right)
                if not known or not isinstance(bound, int):
                    return None
                place = self.value(e.left)[1]
                return bool(place > bound if op == ">" else place < bound)
        return None

    def value(self, e: ir.Expr) -> tuple[bool, Any]:
        """Whether a value is known from the context, and the value."""
        match e:
            case ir.Const():
                return True, e.value
            case ir.Opt():
                return True, self.options.get(e.name)
            case ir.Tools():
                return True, self.tools
            case ir.Turns():
                return True, self.turns
            case ir.Number(of="turn"):
                return True, e.start + sum(self.messages[i]["role"] in self.models for i in self.turns)
            case ir.Attr(message=m, name=name) if m.which != "this":
                return True, (self.message(m) or {}).get(name)
            case ir.Results(message=m):
                turns = self.turns
                after = turns[-1] + 1 if m.which == "prev" and turns else len(self.messages)
                return True, after < len(self.messages) and self.messages[after]["role"] == "tool"
            case ir.FirstFilled(choices=choices):
                pairs = [self.value(choice) for choice in choices]
                return any(known for known, _ in pairs), next((v for known, v in pairs if known and v), None)
        return False, None
