"""What a stream reports while a completion comes in."""

from __future__ import annotations

import msgspec

from chatwright.completion.message import ParsedResponse, ParsedToolCall


class Event(msgspec.Struct, frozen=True, tag=True, tag_field="event"):
    """The base of events."""


class ReasoningDelta(Event, frozen=True):
    text: str


class ReasoningEnd(Event, frozen=True):
    pass


class ContentDelta(Event, frozen=True):
    text: str


class ToolCallStart(Event, frozen=True):
    """A call whose name is known. `index` counts all attempts, as `ParsedResponse.tool_calls` holds them."""

    index: int
    name: str
    id: str | None = None


class ArgumentsDelta(Event, frozen=True):
    """The next piece of the arguments of a call, as JSON text. All pieces of a good call together are its arguments:
    as the model writes them where it writes JSON, and in one piece at the end where the format has another way."""

    index: int
    text: str


class ToolCallEnd(Event, frozen=True):
    """A call as it was read. Where its status is not `ok`, nothing that was reported of it may be executed."""

    index: int
    call: ParsedToolCall


class End(Event, frozen=True):
    response: ParsedResponse
