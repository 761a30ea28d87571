"""A content of several parts: one text that records which pieces come from the caller and which from the format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: In place of the code of an attribute: the piece has the attribute of the whole content.
OF_THE_WHOLE = -1


class Parted(str):
    """The text of a content with parts that print more than text, such as a placeholder for a picture.

    `pieces` are its texts in order, and `codes` the code of the attribute of each, or OF_THE_WHOLE. Stripping keeps
    both; every other operation gives a plain text.
    """

    pieces: tuple[str, ...]
    codes: tuple[int, ...]

    def strip(self, chars: str | None = None, /) -> str:
        return self.lstrip(chars).rstrip(chars)

    def lstrip(self, chars: str | None = None, /) -> str:
        text = str.lstrip(self, chars)
        return self._cut(len(self) - len(text), len(self))

    def rstrip(self, chars: str | None = None, /) -> str:
        return self._cut(0, len(str.rstrip(self, chars)))

    def _cut(self, start: int, end: int) -> str:
        pieces, codes, at = [], [], 0
        for piece, code in zip(self.pieces, self.codes, strict=True):
            kept = piece[max(start - at, 0) : max(end - at, 0)]
            at += len(piece)
            if kept:
                pieces.append(kept)
                codes.append(code)
        return parted(pieces, codes)


def parted(pieces: Sequence[str], codes: Sequence[int]) -> str:
    """The text of some pieces; a plain text if all of them have the attribute of the whole content."""
    whole = "".join(pieces)
    if all(code == OF_THE_WHOLE for code in codes):
        return whole
    text = Parted(whole)
    text.pieces, text.codes = tuple(pieces), tuple(codes)
    return text


def listed(messages: Sequence[dict[str, Any]]) -> bool:
    """Whether the content of any message is a list of parts."""
    kinds = {message.get("content").__class__ for message in messages}
    return list in kinds or tuple in kinds
