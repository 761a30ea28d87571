"""The steps from marker to marker over the text of one completion."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from chatwright.completion.buffer import Buffer
from chatwright.completion.call_block import CallBlock
from chatwright.completion.call_texts import Attempt, CallReader
from chatwright.completion.draft import Draft
from chatwright.completion.field_text import FieldText
from chatwright.completion.marks import Spelling
from chatwright.completion.message import ParsedToolCall
from chatwright.completion.openers import AHEAD
from chatwright.completion.positions import Positions
from chatwright.completion.states import Exit, Machine
from chatwright.completion.whitespace import SPACE

#: The reader may read this many times the length of a text as bare calls in vain; then the rest of it is content.
WASTE = 4


class Mode(Enum):
    """The kind of the next step: what must come at once, a field (or text without a place), calls, text left over."""

    HERE = 0
    FIELD = 1
    CALLS = 2
    OVER = 3


class Engine:
    """Reads one completion by the states of a machine. Each step says whether another can follow at once.

    `positions` gives the tokens of calls; None where the completion comes as text.
    """

    def __init__(
        self,
        machine: Machine,
        reader: CallReader,
        spelling: Spelling,
        tools: Sequence[Any] | None,
        positions: Positions | None,
    ) -> None:
        self._machine = machine
        self._reader = reader
        self._spelling = spelling
        self._tools = tools
        self._positions = positions
        self._buffer = Buffer()
        self.draft = Draft(spelling)
        self._mode = Mode.HERE
        self._state = machine.state(machine.start)
        self._field = FieldText(self._state, self.draft)
        self._block: CallBlock | None = None
        # Whether bare calls that the state begins with were read in vain, and the characters read so in all.
        self._bare_failed = False
        self._wasted = 0

    def read(self, text: str, final: bool = False) -> None:
        """Read on; with `final`, to the end of the completion."""
        self._buffer.add(text)
        moved = True
        while moved:
            match self._mode:
                case Mode.FIELD:
                    moved = self._step_field(final)
                case Mode.CALLS:
                    moved = self._step_calls(final)
                case Mode.HERE:
                    moved = self._step_here(final)
                case _:
                    moved = self._step_over()
        self._buffer.drop_read()

    def hold(self, text: str) -> None:
        """Take a text that is read with the next one."""
        self._buffer.add(text)

    def read_plain(self, text: str) -> bool:
        """Read a piece at once if nothing waits and no marker can begin in it; else leave it and give False.

        Most pieces are such: plain text inside a field, or inside calls.
        """
        if self._buffer.text or self.draft.events:
            return False
        if self._mode is Mode.FIELD:
            if not self._field.begun or self._state.exits.first.search(text) or text[-1].isspace():
                return False
            self._field.add(text)
        elif self._mode is Mode.CALLS and self._block is not None:
            if self._block.ends.first.search(text):
                return False
            self._block.add(text, self.draft)
        else:
            return False
        self._buffer.base += len(text)
        return True

    # ---- what must come at once --------------------------------------------------------------------------------

    def _step_here(self, final: bool) -> bool:
        state = self._state
        text = self._buffer.text
        start = self._buffer.at
        bare = () if self._bare_failed else state.bare
        if state.here is None and not bare:
            return self._begin_field()
        found = SPACE.match(text, start)
        assert found is not None
        space = found.group()
        at = found.end()
        if at == len(text) and not final and at - start < AHEAD:
            return False
        for exit in bare:
            begun = self._begins(exit, at, final)
            if begun is None:
                return False
            if begun:
                self._collect(exit, start)
                return True
        if state.here is not None:
            if not final and state.here.partial.match(text, at):
                return False
            marker = state.here.pattern.match(text, at)
            if marker is not None and (not space or marker.group() not in state.exits.exits):
                taken = state.here.exits[marker.group()]
                if space not in (*taken.pre, ""):
                    self.draft.add_rest(space)
                self._buffer.at = at
                self._take(taken)
                return True
        return self._begin_field()

    def _begin_field(self) -> bool:
        self._mode = Mode.FIELD
        self._field.begin(self._state)
        self._bare_failed = False
        if self._state.target == "reasoning":
            self.draft.begin_reasoning()
        return True

    # ---- fields ------------------------------------------------------------------------------------------------

    def _step_field(self, final: bool) -> bool:
        buffer = self._buffer
        self._field.skip(buffer)
        found, end = buffer.next_marker(self._state.exits, final)
        self._field.add(buffer.text[buffer.at : end])
        buffer.at = end
        if found is not None and found.bare is not None:
            return self._try_bare_behind(found, final)
        if found is not None:
            self._field.leave(found)
            self._take(found)
            return True
        if final:
            self._field.leave(None)
            self._mode = Mode.OVER
        return False

    def _take(self, taken: Exit) -> None:
        """Go past a marker."""
        start = self._buffer.at
        self._buffer.at += len(taken.marker)
        if taken.stop:
            self.draft.stop(taken.marker)
            self._mode = Mode.OVER
            return
        self.draft.end_reasoning()
        if taken.form is not None:
            self._collect(taken, start)
        else:
            self._go(taken.nexts)

    def _go(self, nexts: tuple[int, ...]) -> None:
        self._state = self._machine.state(nexts)
        self._mode = Mode.HERE

    # ---- calls -------------------------------------------------------------------------------------------------

    def _collect(self, exit: Exit, start: int, behind: Exit | None = None) -> None:
        """Begin to collect the calls of an exit from a place of the buffer on. Bare calls have no marker."""
        form = exit.form
        assert form is not None
        marker = exit.marker if form.opener is not None else ""
        ends = self._machine.block(form, exit.nexts)
        place = self._buffer.base + start
        self._block = CallBlock(form, exit.nexts, ends, place, self._machine.progress(form, self._reader), behind)
        self._block.add_marker(marker)
        self._mode = Mode.CALLS
        self._buffer.at = start + len(marker)

    def _step_calls(self, final: bool) -> bool:
        block = self._block
        buffer = self._buffer
        assert block is not None
        found, end = buffer.next_marker(block.ends, final)
        block.add(buffer.text[buffer.at : end], self.draft)
        buffer.at = end
        if found is None and not final:
            return False
        form = block.form
        if form.opener is None:
            return self._read_bare(block)
        if form.closer is None:
            closing = False
            closed = None if found is None else True
        else:
            closing = found is not None and found.marker == self._spelling.spell(form.closer)
            closed = closing
        if closing and found is not None:
            block.add_marker(found.marker)
            buffer.at += len(found.marker)
        self._report(self._reader.read(form, block.text, self._tools, closed), block, 0)
        if found is None or closing:
            self._go(block.nexts)
        else:
            self._take(found)
        return True

    def _report(self, attempts: Sequence[Attempt], block: CallBlock, start: int) -> None:
        """Add calls that were read from a place of a block on to the message."""
        text = block.text
        for attempt in attempts:
            begin = start + attempt.start
            end = start + attempt.end
            span = None
            if self._positions is not None:
                span = self._positions.span(block.start + begin, block.start + end)
            call = ParsedToolCall(
                raw=self._spelling.show(text[begin:end]),
                name=attempt.name,
                arguments=attempt.arguments,
                token_span=span,
                status=attempt.status,
                id=attempt.id,
            )
            self.draft.add_call(call, block.progress)

    # ---- calls that no token opens -----------------------------------------------------------------------------

    def _begins(self, exit: Exit, at: int, final: bool) -> bool | None:
        """Whether bare calls may begin at a place of the buffer; None where more text must decide."""
        assert exit.form is not None
        head = self._machine.head(exit.form)
        if head.begins.match(self._buffer.text, at):
            return True
        return None if not final and head.may.fullmatch(self._buffer.text, at) else False

    def _try_bare_behind(self, exit: Exit, final: bool) -> bool:
        """Collect bare calls behind a content where they may begin; else their first character is content."""
        begun = self._begins(exit, self._buffer.at, final)
        if begun is None:
            return False
        apart = "" in exit.pre or self._field.waits or not self._field.begun
        if begun and apart and self._wasted <= WASTE * self._buffer.total:
            self._collect(exit, self._buffer.at, behind=exit)
        else:
            self._add_character()
        return True

    def _add_character(self) -> None:
        buffer = self._buffer
        self._field.add(buffer.text[buffer.at])
        buffer.at += 1

    def _read_bare(self, block: CallBlock) -> bool:
        """Read bare calls as a whole. Text that does not fit goes back to where it was, as content."""
        text = block.text
        form = block.form
        space = SPACE.match(text)
        start = space.end() if space is not None else 0
        ends = self._machine.state(block.nexts).target is None
        found = self._reader.bare(form, text[start:], self._tools, ends)
        end = start + found[1] if found is not None else 0
        lacks_tail = not text.startswith(form.tail, end) and bool(text[end:].strip())
        if found is None or lacks_tail:
            self._buffer.put_back(text, block.start)
            self._wasted += len(text)
            if block.behind is None:
                self._bare_failed = True
                self._mode = Mode.HERE
            else:
                self._mode = Mode.FIELD
                self._add_character()
            return True
        self._buffer.put_back(text[end:], block.start + end)
        if block.behind is not None:
            self._field.leave(block.behind)
        elif text[:start] not in (*(pre for exit in self._state.bare for pre in exit.pre), ""):
            self.draft.add_rest(text[:start])
        self._report(found[0], block, start)
        self._go(block.nexts)
        return True

    # ---- the end -----------------------------------------------------------------------------------------------

    def _step_over(self) -> bool:
        """Text behind the stop has no place in the message."""
        self.draft.add_rest(self._buffer.text[self._buffer.at :])
        self._buffer.at = len(self._buffer.text)
        return False
