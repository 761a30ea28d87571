"""Steps over the text of a completion: what must come at once, fields, calls, what is left over."""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from enum import Enum
from typing import Any

from chatwright.completion import events as ev
from chatwright.completion.call_texts import Attempt, CallReader
from chatwright.completion.delimiters import Form
from chatwright.completion.marks import Spelling
from chatwright.completion.message import ParsedResponse, ParsedToolCall
from chatwright.completion.message import ToolCallParseStatus as Status
from chatwright.completion.openers import AHEAD
from chatwright.completion.positions import Positions
from chatwright.completion.states import Exit, Machine, Search, State
from chatwright.completion.unfinished import Head, Progress, head_of
from chatwright.completion.whitespace import SPACE, chars_of, without

#: Of a text, how many times its length may be read as bare calls in vain before the rest of it is content.
WASTE = 4


class Mode(Enum):
    """What is read: something that must come at once, a field (or text without a place), calls, what is left over."""

    HERE = 0
    FIELD = 1
    CALLS = 2
    OVER = 3


class Engine:
    """The state of one completion, and the steps from marker to marker. It is fed by `Stream`."""

    def __init__(
        self,
        machine: Machine,
        reader: CallReader,
        spelling: Spelling,
        tools: Sequence[Any] | None,
        empty_reasoning: bool,
        spans: bool,
    ) -> None:
        self._machine, self._reader, self._spelling, self._tools = machine, reader, spelling, tools
        self._empty_reasoning, self._spans = empty_reasoning, spans
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._positions = Positions()
        self._events: list[ev.Event] = []
        self._text, self._at, self._base = "", 0, 0
        self._mode, self._state = Mode.HERE, machine.state(machine.start)
        # of the field that is being read
        self._lead, self._begun, self._open = "", False, False
        self._spaces: list[str] = []
        # of the calls that are being collected
        self._form: Form | None = None
        self._ends: Search = self._state.exits
        self._nexts: tuple[int, ...] = ()
        self._collected: list[str] = []
        self._progress: Progress | None = None
        self._from = 0
        # of bare calls: whether a state's own were tried, those behind a content on trial, what was read in vain
        self._bare_failed = False
        self._behind: Exit | None = None
        self._wasted = 0
        # what was read
        self._content: list[str] = []
        self._reasoning: list[str] | None = None
        self._calls: list[ParsedToolCall] = []
        self._rest: list[str] = []
        self._stop: str | None = None
        self._response: ParsedResponse | None = None

    def _run(self, final: bool) -> None:
        moved = True
        while moved:
            match self._mode:
                case Mode.FIELD:
                    moved = self._field(final)
                case Mode.CALLS:
                    moved = self._block(final)
                case Mode.HERE:
                    moved = self._here(final)
                case _:
                    moved = self._over()
        self._base += self._at
        self._text, self._at = self._text[self._at :], 0

    # ---- something that must come at once --------------------------------------------------------------------------

    def _here(self, final: bool) -> bool:
        state = self._state
        if state.here is None and (not state.bare or self._bare_failed):
            return self._begin(state)
        space = SPACE.match(self._text, self._at)
        assert space is not None
        at = space.end()
        ended = at == len(self._text)
        if ended and not final and at - self._at < AHEAD:
            return False
        for exit in () if self._bare_failed else state.bare:
            begun = self._begins(exit, at, final)
            if begun is None:
                return False
            if begun:
                self._behind = None
                self._collect("", exit.form, exit.nexts, self._at)
                return True
        if state.here is not None:
            if not final and state.here.partial.match(self._text, at):
                return False
            found = state.here.pattern.match(self._text, at)
            own = found is not None and (not space.group() or found.group() not in state.exits.exits)
            if found is not None and own:
                taken = state.here.exits[found.group()]
                if space.group() not in (*taken.pre, ""):
                    self._rest.append(space.group())
                self._at = at
                self._take(taken)
                return True
        return self._begin(state)

    def _begin(self, state: State) -> bool:
        """Begin a field, or text that has no place."""
        self._mode = Mode.FIELD
        self._lead, self._begun, self._spaces = state.lead, False, []
        self._bare_failed = False
        if state.target == "reasoning":
            self._open = True
            self._reasoning = [] if self._reasoning is None else self._reasoning
        return True

    # ---- fields ----------------------------------------------------------------------------------------------------

    def _field(self, final: bool) -> bool:
        state, text = self._state, self._text
        if not self._begun:
            self._skip(state)
        found, end = self._next(state.exits, final)
        self._put(text[self._at : end])
        self._at = end
        if found is not None and found.bare is not None:
            return self._bare_behind(found, final)
        if found is not None:
            self._leave(found)
            self._take(found)
            return True
        if final:
            self._leave(None)
            self._mode = Mode.OVER
        return False

    def _skip(self, state: State) -> None:
        """Pass over what the format prints before the field, and what its filters take away."""
        while self._lead and self._at < len(self._text):
            if self._text[self._at] != self._lead[0]:
                self._lead = ""
                break
            self._at, self._lead = self._at + 1, self._lead[1:]
        if state.lstrip is not None and not self._lead:
            found = chars_of(state.lstrip).match(self._text, self._at)
            assert found is not None
            self._at = found.end()

    def _next(self, search: Search, final: bool) -> tuple[Exit | None, int]:
        """The next marker and where it begins; without one, up to where no marker can have begun."""
        text = self._text
        found = search.pattern.search(text, self._at)
        if not final and (found is None or len(text) - found.start() <= search.window):
            held = search.held(text, self._at)
            if found is None or held <= found.start():
                return None, held
        if found is None:
            return None, len(text)
        return search.exits[found.group()], found.start()

    def _put(self, text: str) -> None:
        """Add to the field. White space at its end waits: it may belong to a marker, or be taken away."""
        if not text:
            return
        body = text.rstrip()
        if not body:
            self._spaces.append(text)
            return
        self._begun = True
        self._emit("".join((*self._spaces, body)))
        self._spaces = [text[len(body) :]] if len(body) < len(text) else []

    def _emit(self, text: str) -> None:
        if not text:
            return
        shown: str = self._spelling.show(text)
        if self._state.target == "reasoning" and self._reasoning is not None:
            self._reasoning.append(shown)
            self._events.append(ev.ReasoningDelta(shown))
        else:
            self._content.append(shown)
            self._events.append(ev.ContentDelta(shown))

    def _leave(self, taken: Exit | None) -> None:
        """End the field: of the white space that waits, what is its own."""
        state = self._state
        space = "".join(self._spaces)
        self._spaces = []
        if taken is not None:
            space = without(space, taken.pre)
        if state.target is None and not self._begun:
            self._rest.append(space)
            return
        if state.rstrip is not None:
            space = space.rstrip(state.rstrip)
        self._emit(space)

    def _take(self, taken: Exit) -> None:
        """Go past a marker."""
        start = self._at
        self._at += len(taken.marker)
        if self._open and not taken.stop:
            self._open = False
            self._events.append(ev.ReasoningEnd())
        if taken.stop:
            self._stop = self._spelling.show(taken.marker)
            self._mode = Mode.OVER
        elif taken.form is not None:
            self._collect(taken.marker, taken.form, taken.nexts, start)
        else:
            self._go(taken.nexts)

    def _go(self, nexts: tuple[int, ...]) -> None:
        self._state = self._machine.state(nexts)
        self._mode = Mode.HERE

    # ---- calls -----------------------------------------------------------------------------------------------------

    def _collect(self, marker: str, form: Form | None, nexts: tuple[int, ...], start: int) -> None:
        assert form is not None
        self._mode, self._form, self._nexts = Mode.CALLS, form, nexts
        self._ends = self._machine.block(form, nexts)
        self._collected = [marker]
        self._from, self._at = self._base + start, start + len(marker)
        head = self._head(form)
        self._progress = None if head is None else Progress(head, self._reader)

    # ---- bare calls ------------------------------------------------------------------------------------------------

    def _begins(self, exit: Exit, at: int, final: bool) -> bool | None:
        """Whether bare calls may begin at a place of the text; None where more of the text has to tell."""
        assert exit.form is not None
        head = self._machine.head(exit.form)
        if head.begins.match(self._text, at):
            return True
        return None if not final and head.may.fullmatch(self._text, at) else False

    def _bare_behind(self, exit: Exit, final: bool) -> bool:
        """At what bare calls behind a content begin with: collect them, or take it for content."""
        begun = self._begins(exit, self._at, final)
        if begun is None:
            return False
        apart = any(pre == "" for pre in exit.pre) or bool(self._spaces) or not self._begun
        if begun and apart and self._wasted <= WASTE * (self._base + len(self._text)):
            self._behind = exit
            self._collect("", exit.form, exit.nexts, self._at)
        else:
            self._skip_marker()
        return True

    def _skip_marker(self) -> None:
        self._put(self._text[self._at])
        self._at += 1

    def _read_bare(self, form: Form) -> bool:
        """Read bare calls as a whole. What does not fit goes back to where it was, as content."""
        text = "".join(self._collected)
        self._collected = []
        space = SPACE.match(text)
        start = space.end() if space is not None else 0
        found = self._reader.bare(form, text[start:], self._tools, self._machine.state(self._nexts).target is None)
        end = start + found[1] if found is not None else 0
        if found is not None and not text.startswith(form.tail, end) and text[end:].strip():
            found, end = None, 0  # what the format prints behind calls is not there
        self._text, self._at, self._base = text[end:] + self._text[self._at :], 0, self._from
        if found is None:
            self._wasted += len(text)
            if self._behind is None:
                self._bare_failed, self._mode = True, Mode.HERE
            else:
                self._mode = Mode.FIELD
                self._skip_marker()
            return True
        if self._behind is not None:
            self._leave(self._behind)
        elif text[:start] not in (*(pre for exit in self._state.bare for pre in exit.pre), ""):
            self._rest.append(text[:start])
        self._tell(found[0], text, start)
        self._base += end
        self._go(self._nexts)
        return True

    def _head(self, form: Form) -> Head | None:
        if form.opener is None:
            return None
        heads = self._machine.heads
        if id(form) not in heads:
            heads[id(form)] = head_of(form, self._reader)
        found: Head | None = heads[id(form)]
        return found

    def _more(self, text: str) -> None:
        """More of the calls: kept, and reported as far as it can be told what it is."""
        self._collected.append(text)
        progress = self._progress
        if progress is None or progress.over or not text:
            return
        known = progress.name
        arguments = progress.feed(text)
        if known is None and progress.name is not None:
            self._events.append(ev.ToolCallStart(len(self._calls), progress.name, progress.id))
        if arguments:
            self._events.append(ev.ArgumentsDelta(len(self._calls), arguments))

    def _block(self, final: bool) -> bool:
        form = self._form
        assert form is not None
        found, end = self._next(self._ends, final)
        self._more(self._text[self._at : end])
        self._at = end
        if found is None and not final:
            return False
        if form.opener is None:
            return self._read_bare(form)
        closing = found is not None and form.closer is not None and found.marker == self._spelling.spell(form.closer)
        if closing and found is not None:
            self._collected.append(found.marker)
            self._at += len(found.marker)
        closed: bool | None = closing or (form.closer is None and found is not None)
        if form.closer is None and found is None:
            closed = None
        self._read(form, closed)
        if found is None or closing:
            self._go(self._nexts)
        else:
            self._take(found)
        return True

    def _read(self, form: Form, closed: bool | None) -> None:
        """Read the calls that were collected."""
        text = "".join(self._collected)
        self._collected = []
        self._tell(self._reader.read(form, text, self._tools, closed), text, 0)

    def _tell(self, attempts: Sequence[Attempt], text: str, start: int) -> None:
        """Report calls that were read from a place of a collected text on."""
        for attempt in attempts:
            begin, end = start + attempt.start, start + attempt.end
            call = ParsedToolCall(
                raw=self._spelling.show(text[begin:end]),
                name=attempt.name,
                arguments=attempt.arguments,
                token_span=self._positions.span(self._from + begin, self._from + end) if self._spans else None,
                status=attempt.status,
                id=attempt.id,
            )
            self._report(call)

    def _report(self, call: ParsedToolCall) -> None:
        """Report what was not yet told of a call."""
        index, progress = len(self._calls), self._progress
        self._calls.append(call)
        told = progress is not None and progress.name is not None
        if not told and call.name is not None:
            self._events.append(ev.ToolCallStart(index, call.name, call.id))
        if call.status in (Status.OK, Status.UNKNOWN_TOOL):
            whole = progress is None or not told or not progress.head.json
            text = json.dumps(call.arguments, ensure_ascii=False) if whole or progress is None else progress.ending()
            if text:
                self._events.append(ev.ArgumentsDelta(index, text))
        self._events.append(ev.ToolCallEnd(index, call))

    # ---- the end ---------------------------------------------------------------------------------------------------

    def _over(self) -> bool:
        self._rest.append(self._spelling.show(self._text[self._at :]))
        self._at = len(self._text)
        return False

    def _finished(self) -> ParsedResponse:
        reasoning = None if self._reasoning is None else "".join(self._reasoning)
        if not reasoning and not (self._open or self._empty_reasoning):
            reasoning = None
        return ParsedResponse(
            content="".join(self._content),
            reasoning_content=reasoning,
            tool_calls=tuple(self._calls),
            reasoning_complete=not self._open,
            rest="".join(self._rest),
            stop=self._stop,
        )
