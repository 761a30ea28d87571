"""Reads a completion while it comes in. A whole completion is fed in one piece: there is one reader."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from chatwright.completion import events as ev
from chatwright.completion.engine import Engine
from chatwright.completion.marks import Control, Spelling
from chatwright.completion.message import ParsedResponse
from chatwright.completion.positions import Positions


class Stream:
    """One completion that is being read. Made by `Parser.stream`."""

    def __init__(self, engine: Engine, spelling: Spelling, positions: Positions, empty_reasoning: bool) -> None:
        """`positions` counts the characters and tokens that are fed. `empty_reasoning`: the format distinguishes empty
        reasoning from none."""
        self._engine = engine
        self._spelling = spelling
        self._positions = positions
        self._empty_reasoning = empty_reasoning
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._response: ParsedResponse | None = None

    # ---- what callers use --------------------------------------------------------------------------------------

    def feed(self, piece: str | bytes | Control, tokens: int = 1) -> list[ev.Event]:
        """Read on: ordinary text, the bytes of ordinary tokens (a character may be split), or a control token.

        `tokens`: the number of tokens of the piece, for the spans of calls.
        """
        text = self._decoded(piece)
        self._positions.add(len(text), tokens)
        engine = self._engine
        if isinstance(piece, Control) or not text or self._response is not None or not engine.read_plain(text):
            return self._push(text)
        return engine.draft.take_events()

    def feed_tokens(self, texts: Sequence[str | bytes], control: Sequence[int] = ()) -> list[ev.Event]:
        """Read on: the text of each token; `control`: the ascending indices of those that are control tokens."""
        found: list[ev.Event] = []
        start = 0
        for index in (*control, len(texts)):
            if index > start:
                found += self._push(self._run_of(texts, start, index))
            if index < len(texts):
                text = texts[index]
                found += self.feed(Control(text if isinstance(text, str) else text.decode("utf-8", "replace")))
            start = index + 1
        return found

    def close(self) -> list[ev.Event]:
        """End the completion. The last event is `End`, with the message."""
        draft = self._engine.draft
        if self._response is None:
            self._engine.read(self._decoder.decode(b"", True), final=True)
            self._response = draft.response(self._empty_reasoning)
            draft.events.append(ev.End(self._response))
        return draft.take_events()

    def finish(self) -> ParsedResponse:
        """End the completion, and give the message."""
        self.close()
        assert self._response is not None
        return self._response

    def prefill(self, pieces: Sequence[str | Control]) -> None:
        """Read the part of the turn in the prompt. It does not count as tokens of the completion."""
        for piece in pieces:
            text = self._decoded(piece)
            self._positions.char += len(text)
            self._engine.hold(text)
        self._engine.read("")

    # ---- text in -----------------------------------------------------------------------------------------------

    def _decoded(self, piece: str | bytes | Control) -> str:
        if isinstance(piece, bytes):
            return self._decoder.decode(piece)
        pending = self._decoder.decode(b"", True) if self._decoder.getstate()[0] else ""
        if isinstance(piece, Control):
            return pending + self._spelling.marks.get(piece.text, piece.text)
        return pending + self._spelling.plain(piece)

    def _run_of(self, texts: Sequence[str | bytes], start: int, end: int) -> str:
        """The text of a run of ordinary tokens."""
        state = self._decoder.getstate()
        run = texts[start:end]
        if all(isinstance(text, bytes) for text in run):
            text = self._decoder.decode(b"".join(run))  # type: ignore[arg-type]
        else:
            text = "".join(map(self._decoded, run))
        self._positions.add_run(len(text), texts, start, end, state)
        return text

    def _push(self, text: str) -> list[ev.Event]:
        if text and self._response is None:
            self._engine.read(text)
        return self._engine.draft.take_events()
