"""Where the pieces of a rendered text lie in bytes, and what is known of each, in arrays."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from chatwright.runtime.errors import RenderError
from chatwright.runtime.rendered import Attribute, Rendered
from chatwright.tokens.encoder import byte_places
from chatwright.tokens.vocabulary import Places

Flags = npt.NDArray[np.bool_]


@lru_cache(256)
def _bodies(attributes: tuple[Attribute, ...]) -> Flags:
    return np.array([attribute.body for attribute in attributes], bool)


@lru_cache(256)
def _controls(attributes: tuple[Attribute, ...]) -> npt.NDArray[np.int16]:
    return np.array([attribute.controls for attribute in attributes], np.int16)


class Layout:
    """The pieces of a rendered conversation: `ends` in bytes, and by piece what their attributes say."""

    def __init__(self, rendered: Rendered) -> None:
        self.rendered = rendered
        self.texts = rendered.texts
        self.text = "".join(rendered.texts)

    @cached_property
    def bytes(self) -> bytes:
        try:
            return self.text.encode()
        except UnicodeEncodeError as error:
            raise self._surrogate(error.start) from None

    @cached_property
    def character_ends(self) -> Places:
        return np.cumsum(np.fromiter(map(len, self.texts), np.int32, len(self.texts)), dtype=np.int32)

    @cached_property
    def ends(self) -> Places:
        if self.text.isascii():
            return self.character_ends
        return byte_places(self.bytes)[self.character_ends]

    @cached_property
    def starts(self) -> Places:
        return np.concatenate((np.zeros(1, np.int32), self.ends))[:-1]

    @cached_property
    def widths(self) -> Places:
        return self.ends - self.starts

    @cached_property
    def codes(self) -> npt.NDArray[np.uint8] | npt.NDArray[np.int32]:
        """The index of each piece's attribute."""
        if len(self.rendered.attributes) <= 256:
            return np.frombuffer(bytes(self.rendered.codes), np.uint8)
        return np.array(self.rendered.codes, np.int32)

    @cached_property
    def body(self) -> Flags:
        """Which pieces are data of the caller or the model."""
        return _bodies(self.rendered.attributes)[self.codes]

    @cached_property
    def spans(self) -> npt.NDArray[np.int32]:
        """What the model writes: pairs of pieces, from the first to behind the last. None is empty, none touch."""
        found: list[int] = []
        for start, end in zip(self.rendered.spans[::2], self.rendered.spans[1::2], strict=True):
            if found and start <= found[-1]:
                found[-1] = end
            elif start < end:
                found += (start, end)
        return np.array(found, np.int32).reshape(-1, 2)

    @cached_property
    def sampled(self) -> Flags:
        """Which pieces the model writes."""
        change = np.zeros(len(self.texts) + 1, np.int8)
        change[self.spans[:, 0]] += 1
        change[self.spans[:, 1]] -= 1
        return np.cumsum(change[:-1], dtype=np.int8).astype(bool)

    @property
    def controls(self) -> int:
        """How many declared tokens stand in the literals of the format."""
        return int(_controls(self.rendered.attributes)[self.codes].sum())

    @cached_property
    def messages(self) -> npt.NDArray[np.int32]:
        """The message of each piece, -1 for what the format injected."""
        owners = np.array(self.rendered.owners, np.int32).reshape(-1, 2)
        until = np.append(owners[1:, 0], len(self.texts))
        # An owner that is named again for the same piece replaces the one before.
        return np.repeat(owners[:, 1], np.maximum(until - owners[:, 0], 0)).astype(np.int32)

    def piece_at(self, byte: int) -> int:
        """The piece that holds a byte."""
        return int(np.searchsorted(self.ends, byte, "right"))

    def cuts(self) -> list[int]:
        """The pieces at which what the model writes begins or ends, without the first and the end."""
        return sorted({place for place in self.rendered.spans if 0 < place < len(self.texts)})

    def named(self, piece: int) -> tuple[int, str]:
        """The message and the part of a piece, for an error."""
        return int(self.messages[piece]), self.rendered.attributes[self.codes[piece]].part

    def _surrogate(self, character: int) -> RenderError:
        piece = int(np.searchsorted(self.character_ends, character, "right"))
        message, part = self.named(piece)
        text = f"holds the lone surrogate {self.text[character]!r}, which no tokenizer encodes; replace it"
        return RenderError(text, message=message if message >= 0 else None, field=part)
