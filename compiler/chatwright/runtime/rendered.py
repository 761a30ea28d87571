"""The result of rendering: pieces of text, each with the number of its attribute. Segments are made on demand."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from chatwright.runtime.parted import OF_THE_WHOLE, Parted, listed


class Attribute(NamedTuple):
    """All that is known of a piece before there is a conversation.

    `body` tells body from scaffold. `role` is None where the piece has the role of its message. The piece comes from
    `line` of the spec at index `source`. `controls` is the number of declared tokens in it, if it is a literal.
    """

    part: str
    body: bool
    role: str | None
    source: int
    line: int
    controls: int = 0


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A piece of the rendered text.

    `message` is the index of its message, or -1 if the format injected it. `body` is true for data of the caller or of
    the model, and false for scaffold. `sampled` is true if the model writes it. `line` of `spec` printed it.
    """

    text: str
    message: int
    role: str
    part: str
    body: bool
    sampled: bool
    spec: str
    line: int


class Rendered:
    """A rendered conversation.

    `texts` are its pieces, and `codes` the index of the attribute of each. `owners` are pairs: the index of a piece,
    and the index of the message that owns the pieces from there on, or -1. `spans` are pairs of indices of pieces: the
    start and the end of each run that the model writes. All four are flat lists.
    """

    __slots__ = ("attributes", "codes", "messages", "owners", "sources", "spans", "texts")

    def __init__(
        self,
        texts: list[str],
        codes: list[int],
        owners: list[int],
        spans: list[int],
        attributes: tuple[Attribute, ...],
        sources: tuple[str, ...],
        messages: list[dict[str, Any]],
    ) -> None:
        self.texts = texts
        self.codes = codes
        self.owners = owners
        self.spans = spans
        self.attributes = attributes
        self.sources = sources
        self.messages = messages

    def text(self) -> str:
        return "".join(self.texts)

    def pieces(self) -> Rendered:
        """The same text, where each part of a content, such as the placeholder of a picture, is a piece of its own."""
        if not listed(self.messages) or not any(text.__class__ is Parted for text in self.texts):
            return self
        texts: list[str] = []
        codes: list[int] = []
        moved = []
        for text, code in zip(self.texts, self.codes, strict=True):
            moved.append(len(texts))
            if isinstance(text, Parted):
                texts += text.pieces
                codes += [code if own == OF_THE_WHOLE else own for own in text.codes]
            else:
                texts.append(text)
                codes.append(code)
        moved.append(len(texts))
        owners = [n if i % 2 else moved[n] for i, n in enumerate(self.owners)]
        spans = [moved[n] for n in self.spans]
        return Rendered(texts, codes, owners, spans, self.attributes, self.sources, self.messages)

    def message_indices(self) -> list[int]:
        """The index of the message of each piece, or -1 if the format injected the piece."""
        out: list[int] = []
        message = -1
        for start, owner in zip(self.owners[::2], self.owners[1::2], strict=True):
            missing = start - len(out)
            if missing > 0:
                out += [message] * missing
            elif missing:
                del out[start:]
            message = owner
        return out + [message] * (len(self.texts) - len(out))

    def segments(self) -> list[Segment]:
        """The pieces that hold text, in order."""
        return self.pieces()._segments()

    def _segments(self) -> list[Segment]:
        sampled = [False] * len(self.texts)
        for start, end in zip(self.spans[::2], self.spans[1::2], strict=True):
            sampled[start:end] = [True] * (end - start)
        known = {
            code: (part, body, role, self.sources[source], line)
            for code in set(self.codes)
            for part, body, role, source, line, _ in (self.attributes[code],)
        }
        # The last role is that of the pieces of no message, whose index is -1.
        roles = [*(message["role"] for message in self.messages), "system"]
        found = []
        for text, code, message, is_sampled in zip(
            self.texts, self.codes, self.message_indices(), sampled, strict=True
        ):
            if text:
                part, body, role, source, line = known[code]
                if role is None:
                    role = roles[message]
                found.append(Segment(text, message, role, part, body, is_sampled, source, line))
        return found
