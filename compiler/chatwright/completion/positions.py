"""The token that each character of a completion came from."""

from __future__ import annotations

import codecs
from bisect import bisect_left, bisect_right
from collections.abc import Sequence


class Positions:
    """Records where each piece begins, in characters and in tokens. It looks into a run of tokens only on demand."""

    def __init__(self) -> None:
        self.chars: list[int] = []
        self.tokens: list[int] = []
        self.runs: dict[int, tuple[Sequence[str | bytes], int, int, tuple[bytes, int]]] = {}
        self.ends: dict[int, list[int]] = {}
        self.char = self.token = 0

    def add(self, chars: int, tokens: int) -> None:
        """Record a piece by its numbers of characters and tokens."""
        self.chars.append(self.char)
        self.tokens.append(self.token)
        self.char += chars
        self.token += tokens

    def add_run(self, chars: int, texts: Sequence[str | bytes], start: int, end: int, state: tuple[bytes, int]) -> None:
        """Record tokens `start` to `end` of a list of texts; `state`: the state of the decoder before them."""
        self.runs[len(self.chars)] = (texts, start, end, state)
        self.add(chars, end - start)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of tokens that hold the characters from `start` to `end`."""
        first = self.of(start)
        return first, max(first, self.of(end - 1) + 1 if end > start else first)

    def of(self, char: int) -> int:
        """The token that completes a character; the first one for a character of the prompt."""
        piece = bisect_right(self.chars, char) - 1
        if piece < 0:
            return 0
        while piece and self.chars[piece] == self.chars[piece - 1] and self.count(piece) == 0:
            piece -= 1
        count = self.count(piece)
        if piece not in self.runs:
            return max(0, self.tokens[piece] + count - 1)
        return self.tokens[piece] + min(
            bisect_left(self.within(piece), char - self.chars[piece] + 1), max(0, count - 1)
        )

    def count(self, piece: int) -> int:
        after = self.tokens[piece + 1] if piece + 1 < len(self.tokens) else self.token
        return after - self.tokens[piece]

    def within(self, piece: int) -> list[int]:
        """For each token of a run, the number of characters that it and the tokens before it completed."""
        found = self.ends.get(piece)
        if found is None:
            texts, start, end, state = self.runs[piece]
            decoder = codecs.getincrementaldecoder("utf-8")("replace")
            decoder.setstate(state)
            found = []
            chars = 0
            for text in texts[start:end]:
                chars += len(text) if isinstance(text, str) else len(decoder.decode(text))
                found.append(chars)
            self.ends[piece] = found
        return found
