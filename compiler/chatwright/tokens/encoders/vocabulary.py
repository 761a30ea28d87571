"""The bytes of each id of a vocabulary. Running sums of their lengths give the place of every token in a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int32]

#: The length of an id with unknown bytes: longer than any token, so that a sum with it is never the right one.
UNKNOWN = (1 << 16) - 1

#: For which texts the bytes of tokens are known to be those of the text.
Certain = Literal["none", "ascii", "latin", "all"]


class Vocabulary:
    """The bytes of every id: `lengths` has their number for each id (uint16), `row` all of them in the order of ids.

    `certain`: the texts for which comparing lengths is enough, because the tokenizer keeps their bytes. For other
    texts the bytes themselves are compared each time.
    """

    def __init__(self, lengths: npt.NDArray[np.uint16], row: bytes, certain: Certain) -> None:
        # 16 bits: the lengths are looked up in no order, so all of them should fit the CPU's cache.
        self.lengths = lengths
        self.row = row
        self.certain = certain
        self._pieces: dict[int, bytes] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Vocabulary, (self.lengths, self.row, self.certain)

    @cached_property
    def _bytes(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
        """All bytes, and where those of each id begin."""
        known = np.where(self.lengths == UNKNOWN, 0, self.lengths).astype(np.int32)
        return np.frombuffer(self.row, np.uint8), np.cumsum(known, dtype=np.int32) - known

    def bytes_of(self, id: int) -> bytes | None:
        """The bytes of an id; None where they are not known."""
        if not 0 <= id < len(self.lengths) or self.lengths[id] == UNKNOWN:
            return None
        row, starts = self._bytes
        return row[starts[id] : starts[id] + self.lengths[id]].tobytes()

    def piece(self, id: int) -> bytes | None:
        """The same, remembered: most tokens of a text are few that come again."""
        piece = self._pieces.get(id)
        if piece is None:
            piece = self.bytes_of(id)
            if piece is not None:
                self._pieces[id] = piece
        return piece

    def pieces(self, ids: Ids) -> list[bytes] | None:
        """The bytes of each id; None where those of one are not known."""
        known, out = self._pieces, []
        for id in ids.tolist():
            piece = known.get(id)
            if piece is None:
                piece = self.piece(id)
                if piece is None:
                    return None
            out.append(piece)
        return out

    def ends(self, ids: Ids, text: str, counts: npt.NDArray[np.int64], cuts: Places) -> Places | None:
        """The byte at which each token ends (int32); None where that does not follow from the vocabulary.

        `text` was encoded in parts: part `i` has `counts[i]` tokens and ends at the byte `cuts[i]`.
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


def of_bytes(pieces: Sequence[bytes | None]) -> Vocabulary:
    """A vocabulary from the bytes of every id, None where they are not known."""
    known = [None if piece is None or len(piece) >= UNKNOWN else piece for piece in pieces]
    lengths = np.array([UNKNOWN if piece is None else len(piece) for piece in known], np.uint16)
    return Vocabulary(lengths, b"".join(piece for piece in known if piece), "none")


def _byte_alphabet() -> dict[int, str]:
    """The letter of each byte in byte-level vocabularies: itself where it is printable, else one from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + n) for n, byte in enumerate(others)}


LETTERS = _byte_alphabet()
BYTES = {letter: byte for byte, letter in LETTERS.items()}

#: The byte of each letter by its code point, -1 for other characters; the last entry is for all that are higher.
_BYTE_OF = np.full(max(map(ord, BYTES)) + 2, -1, np.int16)
_BYTE_OF[[ord(letter) for letter in BYTES]] = list(BYTES.values())


def byte_level(vocab: Mapping[str, int], controls: Mapping[int, str], certain: Certain) -> Vocabulary:
    """The vocabulary of a byte-level model: each letter of a token is a byte. A control token has those of its text."""
    tokens = {id: token for token, id in vocab.items()}
    tokens.update((id, "".join(LETTERS[byte] for byte in text.encode())) for id, text in controls.items())
    ids = sorted(tokens)
    spelled = [tokens[id] for id in ids]
    counts = np.fromiter(map(len, spelled), np.int64, len(ids))
    letters = np.frombuffer("".join(spelled).encode("utf-32-le", "surrogatepass"), np.uint32)
    row = _BYTE_OF[np.minimum(letters, len(_BYTE_OF) - 1)]
    unknown = counts >= UNKNOWN
    unknown[counts.cumsum().searchsorted(np.flatnonzero(row < 0), side="right")] = True
    lengths = np.full(ids[-1] + 1 if ids else 0, UNKNOWN, np.uint16)
    lengths[ids] = np.where(unknown, UNKNOWN, counts)
    return Vocabulary(lengths, row[np.repeat(~unknown, counts)].astype(np.uint8).tobytes(), certain)


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
