"""The places of the pieces of a rendered text in its bytes, and the attributes of each piece."""

from __future__ import annotations

import itertools
from functools import cached_property

import numpy as np
import numpy.typing as npt

from chatwright.runtime.errors import RenderError
from chatwright.runtime.rendered import Attribute, Rendered
from chatwright.tokens.encoders.vocabulary import Places

Flags = npt.NDArray[np.bool_]


class Traits:
    """The attributes of a format's pieces, as tables by their index."""

    def __init__(self, attributes: tuple[Attribute, ...]) -> None:
        self.attributes = attributes
        self.body = np.array([attribute.body for attribute in attributes], bool)
        self.controls = [attribute.controls for attribute in attributes]
        #: The same for `bytes.translate`, where the indices of attributes are bytes.
        small = len(attributes) <= 256 and max(self.controls, default=0) < 256
        self.control_bytes = bytes(self.controls).ljust(256, b"\0") if small else None
        #: The names of parts, and the number of each attribute's part among them.
        self.part_names = tuple(dict.fromkeys(attribute.part for attribute in attributes))
        self.parts = np.array([self.part_names.index(attribute.part) for attribute in attributes], np.int32)
        #: Whether a piece is what a message says: neither scaffold, nor a name or an id.
        self.said = np.array([attribute.body and not _names(attribute.part) for attribute in attributes], bool)


def _names(part: str) -> bool:
    """Whether a part is the name of a message's author, or the id of the call that it answers."""
    return part == "name" or part.startswith("call.")


#: Up to this number of pieces, a sum in Python is faster.
FEW = 100


class Layout:
    """The pieces of a rendered conversation: the place of each in bytes, and its attribute."""

    def __init__(self, rendered: Rendered, traits: Traits | None = None) -> None:
        """`traits`: those of the attributes, if they are known already."""
        self.rendered = rendered
        self.texts = rendered.texts
        self.text = "".join(rendered.texts)
        self._traits = traits
        self._edges: list[int] | None = None

    @cached_property
    def traits(self) -> Traits:
        return self._traits or Traits(self.rendered.attributes)

    @cached_property
    def bytes(self) -> bytes:
        try:
            return self.text.encode()
        except UnicodeEncodeError as error:
            raise self._surrogate(error.start) from None

    def measure(self) -> list[int]:
        """Find the byte at which each piece begins, which `edges` then gives.

        Raises RenderError for a lone surrogate, which no tokenizer encodes.
        """
        self._edges = list(itertools.accumulate(self._lengths(), initial=0))
        return self._edges

    def _lengths(self) -> list[int]:
        """The number of bytes of each piece."""
        lengths = list(map(len, self.texts))
        if self.text.isascii():
            return lengths
        plain = list(map(str.isascii, self.texts))
        piece = -1
        for _ in range(plain.count(False)):
            piece = plain.index(False, piece + 1)
            try:
                lengths[piece] = len(self.texts[piece].encode())
            except UnicodeEncodeError as error:
                raise self._surrogate(sum(map(len, self.texts[:piece])) + error.start) from None
        return lengths

    @cached_property
    def character_ends(self) -> Places:
        return np.cumsum(np.fromiter(map(len, self.texts), np.int32, len(self.texts)), dtype=np.int32)

    @property
    def edges(self) -> list[int]:
        """The byte at which each piece begins, and the number of bytes. Raises RenderError as `measure` does."""
        return self.measure() if self._edges is None else self._edges

    @cached_property
    def ends(self) -> Places:
        return np.array(self.edges[1:], np.int32)

    @cached_property
    def starts(self) -> Places:
        return np.array(self.edges[:-1], np.int32)

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
        """Whether each piece is data of the caller or of the model."""
        return self.traits.body[self.codes]

    @cached_property
    def spans(self) -> npt.NDArray[np.int32]:
        """The sampled spans: pairs of pieces, from the first to the one behind the last. None is empty, no two
        touch."""
        found: list[int] = []
        for start, end in zip(self.rendered.spans[::2], self.rendered.spans[1::2], strict=True):
            if found and start <= found[-1]:
                found[-1] = end
            elif start < end:
                found += (start, end)
        return np.array(found, np.int32).reshape(-1, 2)

    @cached_property
    def sampled(self) -> Flags:
        """Whether the model writes each piece."""
        change = np.zeros(len(self.texts) + 1, np.int8)
        change[self.spans[:, 0]] += 1
        change[self.spans[:, 1]] -= 1
        return np.cumsum(change[:-1], dtype=np.int8).astype(bool)

    @cached_property
    def sampled_edges(self) -> list[int]:
        """The sampled spans in bytes: from, to, from, to, … None is empty, no two touch."""
        edges, spans = self.edges, self.rendered.spans
        found: list[int] = []
        before = -1
        for first, behind in zip(spans[::2], spans[1::2], strict=True):
            start, end = edges[first], edges[behind]
            if start == before:
                found[-1] = before = end
            elif start < end:
                found += (start, end)
                before = end
        return found

    @property
    def controls(self) -> int:
        """The number of declared tokens in the literals of the format."""
        codes, traits = self.rendered.codes, self.traits
        if len(codes) <= FEW or traits.control_bytes is None:
            return sum(map(traits.controls.__getitem__, codes))
        counts = bytes(codes).translate(traits.control_bytes)
        return sum(number * counts.count(number) for number in set(traits.controls))

    @cached_property
    def messages(self) -> npt.NDArray[np.int32]:
        """The message of each piece, int32; -1 for text that the format adds."""
        owners = np.array(self.rendered.owners, np.int32).reshape(-1, 2)
        until = np.append(owners[1:, 0], len(self.texts))
        # A later owner of the same piece replaces the earlier one.
        return np.repeat(owners[:, 1], np.maximum(until - owners[:, 0], 0)).astype(np.int32)

    def cuts(self) -> list[int]:
        """The pieces at which sampled spans begin or end, without the first piece and the end."""
        return sorted({place for place in self.rendered.spans if 0 < place < len(self.texts)})

    def named(self, piece: int) -> tuple[int, str]:
        """The message and the part of a piece, for an error."""
        return int(self.messages[piece]), self.rendered.attributes[self.codes[piece]].part

    def _surrogate(self, character: int) -> RenderError:
        piece = int(np.searchsorted(self.character_ends, character, "right"))
        message, part = self.named(piece)
        text = f"holds the lone surrogate {self.text[character]!r}, which no tokenizer encodes; replace it"
        return RenderError(text, message=message if message >= 0 else None, field=part)
