"""What a completion says, as data: the message with its calls, whatever state they are in."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class ToolCallParseStatus(StrEnum):
    """How the reading of one call went."""

    OK = "ok"
    INVALID_JSON = "invalid_json"
    UNCLOSED_BLOCK = "unclosed_block"
    MISSING_NAME = "missing_name"
    MALFORMED_STRUCTURE = "malformed_structure"
    UNKNOWN_TOOL = "unknown_tool"


class ParsedToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call as the model wrote it, whole or damaged.

    `raw` is its text, markers included. `arguments` is an object; a text where the model wrote one in place of an
    object; None where there is nothing to be read. `token_span` is the half-open range of its tokens in the
    completion, None where the completion came as text.
    """

    raw: str
    name: str | None = None
    arguments: dict[str, Any] | str | None = None
    token_span: tuple[int, int] | None = None
    status: ToolCallParseStatus = ToolCallParseStatus.OK
    id: str | None = None


class ParsedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The message that a completion is.

    `reasoning_content` is None where the model did not reason. `reasoning_complete` is False where the completion
    ends inside the reasoning. `tool_calls` holds every attempt in its order, good or not. `rest` is text that has no
    place in the message: what follows the stop, and white space between calls that the format does not print.
    `stop` is the stop token that was seen.
    """

    content: str
    reasoning_content: str | None = None
    tool_calls: tuple[ParsedToolCall, ...] = ()
    reasoning_complete: bool = True
    rest: str = ""
    stop: str | None = None

    def message(self) -> dict[str, Any]:
        """The message as a conversation holds it, with the calls that were read whole (ok or to an unknown tool)."""
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
