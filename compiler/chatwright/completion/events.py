"""The events that a stream reports while a completion comes in."""

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
    """A call with a known name. `index` counts all attempts, as `ParsedResponse.tool_calls` holds them."""

    index: int
    name: str
    id: str | None = None


class ArgumentsDelta(Event, frozen=True):
    """The next piece of a call's arguments, as JSON text. The pieces of a good call together are its arguments: as the
    model wrote them, if it wrote JSON; else in one piece at the end."""

    index: int
    text: str


class ToolCallEnd(Event, frozen=True):
    """A call that was read to its end. If its status is not `ok`, execute nothing that earlier events reported of
    it."""

    index: int
    call: ParsedToolCall


class End(Event, frozen=True):
    response: ParsedResponse
