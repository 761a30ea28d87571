"""Which bytes each id of a vocabulary stands for: with that, running sums tell where every token of a text lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int32]

#: The length of an id whose bytes are not known: longer than any, so that no sum with it can come out right.
UNKNOWN = (1 << 16) - 1

#: For which texts the bytes of tokens are known to be those of the text.
Certain = Literal["none", "ascii", "latin", "all"]


class Vocabulary:
    """The bytes of every id: `lengths` of them, and all of them in one row.

    `certain`: for which texts it is enough to compare lengths, because a tokenizer of this kind leaves their bytes as
    they are; for other texts the bytes themselves are compared, each time.
    """

    def __init__(self, lengths: Sequence[int], row: Callable[[], bytes], certain: Certain) -> None:
        # Small, because what is looked up all over the place should stay in the cache.
        self.lengths = np.minimum(np.array(lengths, np.int64), UNKNOWN).astype(np.uint16)
        self._row = row
        self._pieces: dict[int, bytes] = {}
        self.certain = certain

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.lengths, self._row(), self.certain)

    @cached_property
    def _bytes(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
        """All bytes, and where those of each id begin."""
        known = np.where(self.lengths == UNKNOWN, 0, self.lengths).astype(np.int32)
        return np.frombuffer(self._row(), np.uint8), np.cumsum(known, dtype=np.int32) - known

    def bytes_of(self, id: int) -> bytes | None:
        """The bytes of an id, None where they are not known."""
        if not 0 <= id < len(self.lengths) or self.lengths[id] == UNKNOWN:
            return None
        row, starts = self._bytes
        return row[starts[id] : starts[id] + self.lengths[id]].tobytes()

    def pieces(self, ids: Ids) -> list[bytes] | None:
        """The bytes of each of some ids, None where those of one are not known."""
        known, out = self._pieces, []
        for id in ids.tolist():
            piece = known.get(id)
            if piece is None:
                piece = self.bytes_of(id)
                if piece is None:
                    return None
                known[id] = piece
            out.append(piece)
        return out

    def ends(self, ids: Ids, text: str, counts: npt.NDArray[np.int64], cuts: Places) -> Places | None:
        """The byte at which each token ends, or None where that does not follow from the vocabulary.

        `text` was encoded in several texts: `counts` tokens each, ending at the bytes `cuts`.
        """
        try:
            ends: Places = self.lengths.take(ids).cumsum(dtype=np.int32)
        except IndexError:
            return None
        if len(counts) == 1:
            right = (ends.item(-1) if len(ends) else 0) == cuts.item(0)
        else:
            right = np.array_equal(np.concatenate(([0], ends))[np.cumsum(counts)], cuts)
        return ends if right and (self._is_certain(text) or self._spells(ids, ends, text.encode())) else None

    def _is_certain(self, text: str) -> bool:
        if self.certain in ("none", "all") or text.isascii():
            return self.certain != "none"
        if self.certain == "latin":
            try:
                text.encode("latin-1")
            except UnicodeEncodeError:
                return False
            return True
        return False

    def _spells(self, ids: Ids, ends: Places, text: bytes) -> bool:
        """Whether the bytes of the ids are those of the text."""
        row, starts = self._bytes
        lengths = self.lengths[ids]
        index = np.repeat(starts[ids] - (ends - lengths), lengths)
        index += np.arange(len(text), dtype=np.int32)
        return bool(np.array_equal(row[index], np.frombuffer(text, np.uint8)))


def _again(lengths: npt.NDArray[np.uint16], row: bytes, certain: Certain) -> Vocabulary:
    """A vocabulary in another process."""
    return Vocabulary(lengths.tolist(), lambda: row, certain)


def of_bytes(pieces: Sequence[bytes | None]) -> Vocabulary:
    """A vocabulary from the bytes of every id, None where they are not known."""
    lengths = [UNKNOWN if piece is None else len(piece) for piece in pieces]
    return Vocabulary(lengths, lambda: b"".join(piece for piece in pieces if piece), "none")


def _byte_alphabet() -> dict[int, str]:
    """The letters that byte-level vocabularies write bytes with: printable ones as they are, the others from U+0100."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + n) for n, byte in enumerate(others)}


LETTERS = _byte_alphabet()
BYTES = {letter: byte for byte, letter in LETTERS.items()}
_TO_BYTES = str.maketrans({letter: chr(byte) for letter, byte in BYTES.items()})


def byte_level(vocab: Mapping[str, int], controls: Mapping[int, str], certain: Certain) -> Vocabulary:
    """The vocabulary of a byte-level model: each letter of a token is a byte, control tokens are what they read."""
    size = max([*vocab.values(), *controls], default=-1) + 1
    tokens: list[str | None] = [None] * size
    letters = BYTES.keys()
    for token, id in vocab.items():
        tokens[id] = token if letters >= set(token) else None
    for id, text in controls.items():
        tokens[id] = "".join(LETTERS[byte] for byte in text.encode())
    lengths = [UNKNOWN if token is None else len(token) for token in tokens]
    return Vocabulary(
        lengths,
        lambda: "".join(token for token in tokens if token).translate(_TO_BYTES).encode("latin-1"),
        certain,
    )


def spaced(vocab: Mapping[str, int], controls: Mapping[int, str]) -> Vocabulary:
    """The vocabulary of a model that writes spaces as `▁` and rare bytes as `<0xFF>`."""
    size = max([*vocab.values(), *controls], default=-1) + 1
    pieces: list[bytes | None] = [None] * size
    for token, id in vocab.items():
        pieces[id] = _spaced_bytes(token)
    for id, text in controls.items():
        pieces[id] = text.encode()
    return of_bytes(pieces)


def _spaced_bytes(token: str) -> bytes:
    if len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
        try:
            return bytes([int(token[3:5], 16)])
        except ValueError:
            pass
    return token.replace("▁", " ").encode()
