"""The interface of encoders: they encode texts and give the place of each token."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from chatwright.runtime.errors import ChatwrightError
from chatwright.tokens.controls import Controls
from chatwright.tokens.encoders.vocabulary import Ids, Places, Vocabulary

Counts = npt.NDArray[np.int64]


class TokenizerError(ChatwrightError):
    """A tokenizer of an unknown kind, or one that lacks tokens of the format."""


class Encoded(NamedTuple):
    """Some texts as ids: all in a row (uint32), and the number for each text (int64)."""

    ids: Ids
    counts: Counts


class Located:
    """The places of tokens in a text: the bytes from `starts` to `ends` (int32). Tokens that share a character have all
    of its bytes."""

    def __init__(self, ends: Places, starts: Places | None = None) -> None:
        """Without `starts`, each token begins at the end of the one before."""
        self.ends = ends
        self._starts = starts

    @property
    def starts(self) -> Places:
        if self._starts is None:
            self._starts = np.concatenate((np.zeros(1, np.int32), self.ends[:-1]))[: len(self.ends)]
        return self._starts

    def first_from(self, places: Places) -> npt.NDArray[np.intp]:
        """For each byte, the first token that begins there or later."""
        if self._starts is None:
            found = self.ends.searchsorted(places)
            found += places > 0
            return np.minimum(found, len(self.ends), out=found)
        return self._starts.searchsorted(places)

    def first_bytes(self, tokens: npt.NDArray[np.intp]) -> Places:
        """The bytes at which some tokens begin."""
        if self._starts is not None:
            return self._starts[tokens]
        return np.where(tokens > 0, self.ends[tokens - 1], np.int32(0))


class Encoder(Protocol):
    """A tokenizer. `vocabulary`: None where the bytes of its ids are not known."""

    @property
    def name(self) -> str: ...

    @property
    def controls(self) -> Controls: ...

    @property
    def vocabulary(self) -> Vocabulary | None: ...

    def encode(self, texts: Sequence[str]) -> Encoded:
        """The ids of some texts, each encoded by itself. Control tokens in them become control tokens."""
        ...

    def plain(self, text: str, first: bool) -> Ids:
        """The ids of a text as ordinary text, without control tokens. `first`: no text is before it."""
        ...

    def locate(self, text: str, ids: Ids) -> Located:
        """The places of the tokens of a text, in a slower way than by the vocabulary. `ids`: those of `encode`."""
        ...

    def locate_plain(self, text: str, first: bool, ids: Ids) -> Located:
        """The same for the ids of `plain`."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of some ids, control tokens included."""
        ...


def ids_of(values: Sequence[int] | Ids) -> Ids:
    """A copy of some ids as an array (uint32). Raises OverflowError for a negative one."""
    # A list becomes an array three times as fast by way of the standard library.
    return np.frombuffer(array("I", values), np.uint32) if isinstance(values, list) else np.array(values, np.uint32)


def joined(parts: Sequence[tuple[int, Located]]) -> Located:
    """Places in several texts as places in their concatenation. Each part comes with its first byte there."""
    none = np.zeros(0, np.int32)
    starts = np.concatenate([none, *(base + places.starts for base, places in parts)])
    ends = np.concatenate([none, *(base + places.ends for base, places in parts)])
    return Located(ends, starts)


def located_by_characters(text: str, offsets: Sequence[tuple[int, int]]) -> Located:
    """Places in bytes from places in characters."""
    found = np.array(offsets, dtype=np.int32).reshape(-1, 2)
    if not text.isascii():
        found = byte_places(text.encode())[found]
    # A token that the tokenizer adds by itself has no width; its place is where it was added.
    starts = np.maximum.accumulate(found[:, 0]) if len(found) else found[:, 0]
    return Located(np.maximum(found[:, 1], starts), starts)


def byte_places(text: bytes) -> Places:
    """The first byte of each character of a text, and the length of the text."""
    begins = np.flatnonzero((np.frombuffer(text, np.uint8) & 0xC0) != 0x80)
    return np.append(begins, len(text)).astype(np.int32)
