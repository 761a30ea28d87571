"""What rendering gives: pieces of text with small-integer attributes, made into segments on demand."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from chatwright.runtime.parted import OF_THE_WHOLE, Parted, listed


class Attribute(NamedTuple):
    """What is known of a piece before any conversation is: its part, whether it is body, who wrote it in the spec.

    `role` is None where the piece has the role of its message. `controls`: how many declared tokens it holds, where
    it is a literal.
    """

    part: str
    body: bool
    role: str | None
    source: int
    line: int
    controls: int = 0


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A piece of the rendered text.

    `message`: index of the message it belongs to, -1 for what the format injected. `body`: it is the caller's or the
    model's data rather than scaffold. `sampled`: the model writes it. `line` of `spec` printed it.
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

    `texts` are its pieces, `codes` one integer each: the index of the piece's attribute. `owners` are pairs: from
    which piece on which message is at work (-1: none). `spans` are pairs of piece indices: what the model writes,
    each from start to end.
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
        """The same, with contents of several parts taken apart: the placeholder of a picture is a piece by itself."""
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
        """The message of each piece, -1 for what the format injected."""
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
        known = [
            (part, body, role, self.sources[source], line) for part, body, role, source, line, _ in self.attributes
        ]
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
