"""A content of several parts: one text, that remembers which pieces of it were the caller's and which the format's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: Instead of an attribute: the piece is of the kind that the whole content is.
OF_THE_WHOLE = -1


class Parted(str):
    """The text of a content whose parts print more than text, such as a placeholder for a picture.

    `pieces` are its texts in order, `codes` the attribute of each, or OF_THE_WHOLE. Stripping keeps them; whatever
    else is done to the text makes a plain one of it.
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
    """The text of some pieces; a plain one where all of them are of the kind that the whole is."""
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
