"""Reads a completion while it comes in. A completion that is there at once is fed at once: there is one reader."""

from __future__ import annotations

from collections.abc import Sequence

from chatwright.completion import events as ev
from chatwright.completion.engine import Engine, Mode
from chatwright.completion.marks import Control
from chatwright.completion.message import ParsedResponse


class Stream(Engine):
    """One completion that is being read. Made by `Parser.stream`."""

    # ---- what callers use ------------------------------------------------------------------------------------------

    def feed(self, piece: str | bytes | Control, tokens: int = 1) -> list[ev.Event]:
        """Read on: ordinary text, the bytes of ordinary tokens (a character may be split), or a control token.

        `tokens` is how many tokens the piece is, for the spans of calls.
        """
        text = self._decoded(piece)
        self._positions.add(len(text), tokens)
        return self._push(text) if isinstance(piece, Control) else self._quick(text)

    def feed_tokens(self, texts: Sequence[str | bytes], control: Sequence[int] = ()) -> list[ev.Event]:
        """Read on: the texts of tokens, one each; `control` are the ascending indices of those that are control."""
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
        if self._response is None:
            self._text += self._decoder.decode(b"", True)
            self._run(True)
            self._response = self._finished()
            self._events.append(ev.End(self._response))
        found, self._events = self._events, []
        return found

    def finish(self) -> ParsedResponse:
        """End the completion, and give the message."""
        self.close()
        assert self._response is not None
        return self._response

    def prefill(self, pieces: Sequence[str | Control]) -> None:
        """Read what the prompt has of the turn. It is no part of the completion's tokens."""
        for piece in pieces:
            text = self._decoded(piece)
            self._positions.char += len(text)
            self._text += text
        self._run(False)

    # ---- text in ---------------------------------------------------------------------------------------------------

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

    def _quick(self, text: str) -> list[ev.Event]:
        """Most pieces are plain text inside a field, or inside calls: nothing waits, and no marker can begin there."""
        if text and not self._text and not self._events and self._response is None:
            mode = self._mode
            if mode is Mode.FIELD and self._begun:
                if not self._state.exits.first.search(text) and not text[-1].isspace():
                    self._emit("".join((*self._spaces, text)))
                    self._spaces = []
                    self._base += len(text)
                    found, self._events = self._events, []
                    return found
            elif mode is Mode.CALLS and not self._ends.first.search(text):
                self._base += len(text)
                self._more(text)
                found, self._events = self._events, []
                return found
        return self._push(text)

    def _push(self, text: str) -> list[ev.Event]:
        if text and self._response is None:
            self._text = self._text + text if self._text else text
            self._run(False)
        found, self._events = self._events, []
        return found
