"""The result of reading a completion: the message with all its calls, good or damaged."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class ToolCallParseStatus(StrEnum):
    """The result of reading one call."""

    OK = "ok"
    INVALID_JSON = "invalid_json"
    UNCLOSED_BLOCK = "unclosed_block"
    MISSING_NAME = "missing_name"
    MALFORMED_STRUCTURE = "malformed_structure"
    UNKNOWN_TOOL = "unknown_tool"


class ParsedToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that the model wrote, whole or damaged.

    `raw`: its text, markers included. `arguments`: an object; a text, if the model wrote one in place of an object;
    None, if there is nothing to read. `token_span`: the half-open range of its tokens in the completion; None if the
    completion came as text.
    """

    raw: str
    name: str | None = None
    arguments: dict[str, Any] | str | None = None
    token_span: tuple[int, int] | None = None
    status: ToolCallParseStatus = ToolCallParseStatus.OK
    id: str | None = None


class ParsedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The message of a completion.

    `reasoning_content`: None if the model did not reason. `reasoning_complete`: False if the completion ends inside the
    reasoning. `tool_calls`: every attempt in order, good or not. `rest`: text without a place in the message, such as
    text behind the stop, and white space between calls that the format does not print. `stop`: the stop token at the
    end, if there is one.
    """

    content: str
    reasoning_content: str | None = None
    tool_calls: tuple[ParsedToolCall, ...] = ()
    reasoning_complete: bool = True
    rest: str = ""
    stop: str | None = None

    def message(self) -> dict[str, Any]:
        """The message in the form of a conversation, with all calls that were read whole (ok, or to an unknown
        tool)."""
        message: dict[str, Any] = {"role": "assistant"}
        if self.reasoning_content is not None:
            message["reasoning_content"] = self.reasoning_content
        message["content"] = self.content
        calls = [_wrapped(call) for call in self.tool_calls if call.status in _WHOLE]
        if calls:
            message["tool_calls"] = calls
        return message


_WHOLE = (ToolCallParseStatus.OK, ToolCallParseStatus.UNKNOWN_TOOL)


def _wrapped(call: ParsedToolCall) -> dict[str, Any]:
    given = {} if call.id is None else {"id": call.id}
    return {**given, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
