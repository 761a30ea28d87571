"""The message that is being read: cells that values are put into, and conditions on what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from chatwright import ir
from chatwright.reading.context import Context
from chatwright.reading.values import read

Store = Mapping[int, Any]
MISSING = object()


class Cell(msgspec.Struct, frozen=True):
    """A place for a value that is being read. `schema` is the JSON schema of it, where a tool says so."""

    id: int
    schema: Any = None


class Building:
    """Builds the message of a store, and tells conditions of it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.content, self.reasoning, self.calls = Cell(0), Cell(1), Cell(2)

    def built(self, store: Store) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant"}
        if self.reasoning.id in store:
            message["reasoning_content"] = store[self.reasoning.id]
        message["content"] = store.get(self.content.id, "")
        calls = [self.call(store, cell) for cell in store.get(self.calls.id, ())]
        if calls:
            message["tool_calls"] = calls
        return message

    def call(self, store: Store, cell: Cell) -> dict[str, Any]:
        fields = store.get(cell.id, {})
        function = {
            "name": self.settled(store, fields.get("name")),
            "arguments": self.settled(store, fields.get("arguments")),
        }
        call = {"type": "function", "function": function}
        if "id" in fields:
            call = {"id": self.settled(store, fields["id"]), **call}
        return call

    def settled(self, store: Store, value: Any) -> Any:
        """A value with the cells inside it filled in."""
        if isinstance(value, Cell):
            return self.settled(store, store.get(value.id))
        if isinstance(value, dict):
            return {key: self.settled(store, item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.settled(store, item) for item in value]
        return value

    # ---- conditions on the message -----------------------------------------------------------------------------

    def agrees(self, when: ir.Expr, wanted: bool, message: dict[str, Any]) -> bool:
        """Whether a condition has the value that was assumed, where it can be told of the message."""
        found = self.told(when, message)
        return found is None or found == wanted

    def told(self, e: ir.Expr, message: dict[str, Any]) -> bool | None:
        match e:
            case ir.Not():
                inner = self.told(e.value, message)
                return None if inner is None else not inner
            case ir.And() | ir.Or():
                values = [self.told(item, message) for item in e.items]
                decisive = isinstance(e, ir.Or)
                return decisive if decisive in values else (None if None in values else not decisive)
            case ir.Filled(value=value) | ir.Test(what="given", value=value):
                found = self.field(value, message)
                if found is MISSING:
                    return self.context.holds(e)
                return found is not None if isinstance(e, ir.Test) else bool(found)
        return self.context.holds(e)

    def field(self, value: ir.Expr, message: dict[str, Any]) -> Any:
        match value:
            case ir.Content(message=ir.Msg(which="this")):
                return message["content"]
            case ir.Reasoning(message=ir.Msg(which="this")):
                return message.get("reasoning_content")
            case ir.Attr(message=ir.Msg(which="this"), name="tool_calls"):
                return message.get("tool_calls")
            case ir.Pipe(filter="strip" | "lstrip" | "rstrip", value=inner):
                found = self.field(inner, message)
                return read(value.filter, value.args, found, None) if isinstance(found, str) else found
        return MISSING
