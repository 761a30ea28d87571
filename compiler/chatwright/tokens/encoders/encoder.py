"""What every kind of tokenizer is made into: something that encodes texts and knows where each token lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from chatwright.runtime.errors import ChatwrightError
from chatwright.tokens.controls import Controls
from chatwright.tokens.encoders.vocabulary import Ids, Places, Vocabulary

Counts = npt.NDArray[np.int64]


class TokenizerError(ChatwrightError):
    """A tokenizer that does not fit: its kind is not known, or tokens of the format are missing."""


class Encoded(NamedTuple):
    """Some texts as ids: all of them in a row, and how many each text has."""

    ids: Ids
    counts: Counts


class Located:
    """Where tokens lie in a text: the bytes from `starts` to `ends`. Tokens that share a character have its bytes."""

    def __init__(self, ends: Places, starts: Places | None = None) -> None:
        """Without `starts`, each token begins where the one before ends."""
        self.ends = ends
        self._starts = starts

    @property
    def starts(self) -> Places:
        if self._starts is None:
            self._starts = np.concatenate((np.zeros(1, np.int32), self.ends[:-1]))[: len(self.ends)]
        return self._starts

    def first_from(self, places: Places) -> npt.NDArray[np.intp]:
        """Of each byte the first token that begins there or behind it."""
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
    """A tokenizer. `vocabulary` is None where the bytes of its ids are not known."""

    @property
    def name(self) -> str: ...

    @property
    def controls(self) -> Controls: ...

    @property
    def vocabulary(self) -> Vocabulary | None: ...

    def encode(self, texts: Sequence[str]) -> Encoded:
        """The ids of some texts, each by itself; control tokens in them are control tokens."""
        ...

    def plain(self, text: str, first: bool) -> Ids:
        """The ids of a text in which nothing is a control token. `first`: it is not preceded by any text."""
        ...

    def locate(self, text: str, ids: Ids) -> Located:
        """Where the tokens of a text lie, in a slower way than by the vocabulary. `ids` are what `encode` gave."""
        ...

    def locate_plain(self, text: str, first: bool, ids: Ids) -> Located:
        """The same for what `plain` gave."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of some ids, control tokens included."""
        ...


def ids_of(values: Sequence[int] | Ids) -> Ids:
    return np.array(values, dtype=np.uint32)


def joined(parts: Sequence[tuple[int, Located]]) -> Located:
    """Places in several texts as places in one; each comes with the byte at which it begins there."""
    none = np.zeros(0, np.int32)
    starts = np.concatenate([none, *(base + places.starts for base, places in parts)])
    ends = np.concatenate([none, *(base + places.ends for base, places in parts)])
    return Located(ends, starts)


def located_by_characters(text: str, offsets: Sequence[tuple[int, int]]) -> Located:
    """Places in bytes from places in characters."""
    found = np.array(offsets, dtype=np.int32).reshape(-1, 2)
    if not text.isascii():
        found = byte_places(text.encode())[found]
    # A token that a tokenizer adds by itself has no width, and stands where it was added.
    starts = np.maximum.accumulate(found[:, 0]) if len(found) else found[:, 0]
    return Located(np.maximum(found[:, 1], starts), starts)


def byte_places(text: bytes) -> Places:
    """The byte at which each character of a text begins, and its end."""
    begins = np.flatnonzero((np.frombuffer(text, np.uint8) & 0xC0) != 0x80)
    return np.append(begins, len(text)).astype(np.int32)
