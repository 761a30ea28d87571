"""The message in the making, and the events that report it."""

from __future__ import annotations

import json

from chatwright.completion import events as ev
from chatwright.completion.marks import Spelling
from chatwright.completion.message import ParsedResponse, ParsedToolCall
from chatwright.completion.message import ToolCallParseStatus as Status
from chatwright.completion.unfinished import Progress


class Draft:
    """The parts of a message that were read so far. Every addition reports an event, which waits to be taken."""

    def __init__(self, spelling: Spelling) -> None:
        self._spelling = spelling
        self._content: list[str] = []
        self._reasoning: list[str] | None = None
        self._in_reasoning = False
        self._calls: list[ParsedToolCall] = []
        self._rest: list[str] = []
        self._stop: str | None = None
        #: The events that are not taken yet.
        self.events: list[ev.Event] = []

    def take_events(self) -> list[ev.Event]:
        found = self.events
        self.events = []
        return found

    # ---- fields ------------------------------------------------------------------------------------------------

    def begin_reasoning(self) -> None:
        self._in_reasoning = True
        if self._reasoning is None:
            self._reasoning = []

    def end_reasoning(self) -> None:
        """The reasoning, if it has begun, has its end."""
        if self._in_reasoning:
            self._in_reasoning = False
            self.events.append(ev.ReasoningEnd())

    def add(self, text: str, reasoning: bool) -> None:
        """More of the reasoning, or of the content."""
        if not text:
            return
        shown: str = self._spelling.show(text)
        if reasoning and self._reasoning is not None:
            self._reasoning.append(shown)
            self.events.append(ev.ReasoningDelta(shown))
        else:
            self._content.append(shown)
            self.events.append(ev.ContentDelta(shown))

    def add_rest(self, text: str) -> None:
        """Text that has no place in the message."""
        self._rest.append(self._spelling.show(text))

    def stop(self, marker: str) -> None:
        """The model has stopped, with this marker."""
        self._stop = self._spelling.show(marker)

    # ---- calls -------------------------------------------------------------------------------------------------

    def name_call(self, name: str, id: str | None) -> None:
        """The name of the next call is known."""
        self.events.append(ev.ToolCallStart(len(self._calls), name, id))

    def add_arguments(self, text: str) -> None:
        """More of the arguments of the next call, as JSON text."""
        self.events.append(ev.ArgumentsDelta(len(self._calls), text))

    def add_call(self, call: ParsedToolCall, progress: Progress | None) -> None:
        """A call that was read to its end. `progress`: the events reported for it before."""
        named = progress is not None and progress.name is not None
        if not named and call.name is not None:
            self.name_call(call.name, call.id)
        if call.status in (Status.OK, Status.UNKNOWN_TOOL):
            streamed = progress if named and progress is not None and progress.head.json else None
            text = json.dumps(call.arguments, ensure_ascii=False) if streamed is None else streamed.ending()
            if text:
                self.add_arguments(text)
        index = len(self._calls)
        self._calls.append(call)
        self.events.append(ev.ToolCallEnd(index, call))

    # ---- the end -----------------------------------------------------------------------------------------------

    def response(self, empty_reasoning: bool) -> ParsedResponse:
        """The message. `empty_reasoning`: the format distinguishes empty reasoning from none."""
        reasoning = None if self._reasoning is None else "".join(self._reasoning)
        if not reasoning and not (self._in_reasoning or empty_reasoning):
            reasoning = None
        return ParsedResponse(
            content="".join(self._content),
            reasoning_content=reasoning,
            tool_calls=tuple(self._calls),
            reasoning_complete=not self._in_reasoning,
            rest="".join(self._rest),
            stop=self._stop,
        )
