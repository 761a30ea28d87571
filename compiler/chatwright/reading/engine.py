"""Steps over the text of a completion: what must come at once, fields, calls, what is left over."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Sequence
from enum import Enum
from typing import Any

from chatwright.reading import events as ev
from chatwright.reading.calls import CallReader
from chatwright.reading.forms import Form
from chatwright.reading.machine import AHEAD, Exit, Machine, Search, State
from chatwright.reading.positions import Positions
from chatwright.reading.progress import Head, Progress, head_of
from chatwright.reading.response import ParsedResponse, ParsedToolCall
from chatwright.reading.response import ToolCallParseStatus as Status
from chatwright.reading.spelling import Spelling


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
        self._bare_failed = False
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
        if state.here is None and (state.bare is None or self._bare_failed):
            return self._begin(state)
        space = _SPACE.match(self._text, self._at)
        assert space is not None
        at = space.end()
        ended = at == len(self._text)
        if ended and not final and at - self._at < AHEAD:
            return False
        if state.bare is not None and not self._bare_failed:
            key = _bare(state.bare)
            if key[0].match(self._text, at):
                self._collect("", state.bare, state.bare_next, at)
                return True
            if not final and key[1].fullmatch(self._text, at):
                return False
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
        if found is not None:
            self._leave(found)
            self._take(found)
            return True
        if final:
            self._leave(None)
            self._open_at_end()
        return False

    def _skip(self, state: State) -> None:
        """Pass over what the format prints before the field, and what its filters take away."""
        while self._lead and self._at < len(self._text):
            if self._text[self._at] != self._lead[0]:
                self._lead = ""
                break
            self._at, self._lead = self._at + 1, self._lead[1:]
        if state.lstrip is not None and not self._lead:
            found = _chars(state.lstrip).match(self._text, self._at)
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
            space = _without(space, taken.pre)
        if state.target is None and not self._begun:
            self._rest.append(space)
            return
        if state.rstrip is not None:
            space = space.rstrip(state.rstrip)
        self._emit(space)

    def _open_at_end(self) -> None:
        """The text ended in this field; nothing more comes."""
        self._mode = Mode.OVER

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

    def _collect(self, marker: str, form: Form, nexts: tuple[int, ...], start: int) -> None:
        self._mode, self._form, self._nexts = Mode.CALLS, form, nexts
        self._ends = self._machine.block(form, nexts)
        self._collected = [marker]
        self._from, self._at = self._base + start, start + len(marker)
        head = self._head(form)
        self._progress = None if head is None else Progress(head, self._reader)

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
        closing = found is not None and form.closer is not None and found.marker == self._spelling.spell(form.closer)
        if closing and found is not None:
            self._collected.append(found.marker)
            self._at += len(found.marker)
        closed: bool | None = closing or (form.closer is None and found is not None)
        if form.closer is None and found is None:
            closed = None
        if not self._read(form, closed):
            return True
        if found is None or closing:
            self._go(self._nexts)
        else:
            self._take(found)
        return True

    def _read(self, form: Form, closed: bool | None) -> bool:
        """Read the calls that were collected; False where they are none after all, but content."""
        text = "".join(self._collected)
        self._collected = []
        attempts = self._reader.read(form, text, self._tools, closed)
        if form.opener is None and attempts[0].status not in (Status.OK, Status.UNKNOWN_TOOL):
            self._text, self._at = text + self._text[self._at :], 0
            self._base, self._bare_failed, self._mode = self._from, True, Mode.HERE
            return False
        for attempt in attempts:
            span = None
            if self._spans:
                span = self._positions.span(self._from + attempt.start, self._from + attempt.end)
            call = ParsedToolCall(
                raw=self._spelling.show(text[attempt.start : attempt.end]),
                name=attempt.name,
                arguments=attempt.arguments,
                token_span=span,
                status=attempt.status,
                id=attempt.id,
            )
            self._report(call)
        return True

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


def _without(space: str, pres: tuple[str, ...]) -> str:
    """White space without what belongs to the marker behind it, or what there is of that."""
    for pre in sorted(pres, key=len, reverse=True):
        there = next((pre[start:] for start in range(len(pre)) if space.endswith(pre[start:])), "")
        if there:
            return space[: len(space) - len(there)]
    return space


def _bare(form: Form) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """How a bare record begins, and what may become such a beginning."""
    begins = _BARE.get(form.keys)
    if begins is None:
        keys = "|".join(map(re.escape, form.keys))
        starts = sorted({key[:end] for key in form.keys for end in range(len(key) + 1)}, key=len, reverse=True)
        may = rf'\{{\s{{0,{AHEAD}}}(?:"(?:{"|".join(map(re.escape, starts))}))?'
        begins = (re.compile(rf'\{{\s{{0,{AHEAD}}}"(?:{keys})"'), re.compile(may))
        _BARE[form.keys] = begins
    return begins


def _chars(chars: str) -> re.Pattern[str]:
    found = _CHARS.get(chars)
    if found is None:
        found = _CHARS[chars] = re.compile(f"[{re.escape(chars)}]*")
    return found


_BARE: dict[tuple[str, ...], tuple[re.Pattern[str], re.Pattern[str]]] = {}
_CHARS: dict[str, re.Pattern[str]] = {}
_SPACE = re.compile(rf"\s{{0,{AHEAD}}}")
