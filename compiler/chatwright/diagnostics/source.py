"""Source text and positions in it: offsets everywhere, line and column only on demand."""

from __future__ import annotations

import bisect
import hashlib
from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of character offsets in one source."""

    start: int
    end: int


class Source:
    """The text of one .chatspec with the name it is reported under (a path or the name of a shipped format)."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            starts = [0]
            at = self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._starts = starts
        return self._starts

    def line(self, offset: int) -> int:
        """The 1-based line of an offset."""
        return bisect.bisect_right(self._line_starts(), offset)

    def column(self, offset: int) -> int:
        """The 1-based column of an offset, in characters."""
        return offset - self._line_starts()[self.line(offset) - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of a 1-based line without its newline."""
        starts = self._line_starts()
        end = starts[line] - 1 if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end]

    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()
