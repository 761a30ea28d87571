"""Completions as token ids: the texts of ids for the parser of a format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chatwright.tokens.encoders.encoder import Encoder, ids_of
from chatwright.tokens.encoders.normalized import pieces_by_decoding, pieces_of
from chatwright.tokens.encoders.vocabulary import Ids

if TYPE_CHECKING:
    from chatwright.completion.events import Event
    from chatwright.completion.marks import Control
    from chatwright.completion.message import ParsedResponse
    from chatwright.completion.parser import Parser

Message = dict[str, Any]

#: The number of ids at the end of a prompt that are searched first for the beginning of the model's turn.
TAIL = 64


class ResponseStream:
    """A completion that is read while its ids come in."""

    def __init__(
        self,
        parser: Parser,
        encoder: Encoder,
        prompt: Sequence[str | Control] | None,
        messages: Sequence[Message] | None,
        tools: Sequence[Any] | None,
    ) -> None:
        self._encoder = encoder
        self._stream = parser.stream(messages=messages, tools=tools, prompt=prompt)
        self._waiting = ids_of(())
        self._pieces: dict[int, bytes | Control | None] = {}

    def feed(self, token_ids: Sequence[int] | Ids) -> list[Event]:
        """Read on; the events that are certain by now."""
        if len(token_ids) == 1 and self._encoder.vocabulary is not None:
            found = self._feed_one(int(token_ids[0]))
            if found is not None:
                return found
        ids = np.concatenate((self._waiting, ids_of(token_ids)))
        ids, self._waiting = _whole(self._encoder, ids)
        return self._stream.feed_tokens(*texts_of(self._encoder, ids))

    def _feed_one(self, id: int) -> list[Event] | None:
        """Read one id without arrays, as engines feed them; None where its bytes are not known."""
        piece = self._pieces.get(id)
        if piece is None:
            piece = self._pieces[id] = _piece_of(self._encoder, id)
        return None if piece is None else self._stream.feed(piece)

    def close(self) -> list[Event]:
        """End the completion. The last event is `End`, with the response."""
        found: list[Event] = []
        if len(self._waiting):
            found = self._stream.feed_tokens(*texts_of(self._encoder, self._waiting))
            self._waiting = ids_of(())
        return found + self._stream.close()

    def finish(self) -> ParsedResponse:
        """End the completion, and give the response."""
        self.close()
        return self._stream.finish()


def texts_of(encoder: Encoder, ids: Ids) -> tuple[list[str | bytes], list[int]]:
    """The text or the bytes of each id, and the indices of those that are control tokens."""
    places: list[int] = encoder.controls.positions(ids).tolist()
    known = pieces_of(encoder.vocabulary, ids)
    if known is not None:
        return list(known), places
    texts: list[str | bytes] = []
    start = 0
    for place in [*places, len(ids)]:
        texts += pieces_by_decoding(encoder.decode, ids[start:place])
        if place < len(ids):
            texts.append(encoder.controls.by_id[int(ids[place])].text)
        start = place + 1
    return texts, places


def prompt_pieces(encoder: Encoder, ids: Sequence[int] | Ids, opener: str) -> list[str | Control]:
    """The end of a prompt as pieces, from the opener of the model's turn on at least, if the prompt has it.

    The end is read first, then twice as much each time, so that the cost is that of the turn and not of the prompt.
    """
    length = TAIL
    while True:
        tail = _pieces(encoder, ids_of(ids[-length:]))
        if len(ids) <= length or opener in "".join(_written(piece) for piece in tail):
            return tail
        length *= 2


def _piece_of(encoder: Encoder, id: int) -> bytes | Control | None:
    """One id as a stream reads it: a control token, or the bytes of a token; None where they are not known."""
    from chatwright.completion.marks import Control

    if id in encoder.controls.by_id:
        return Control(encoder.controls.by_id[id].text)
    return encoder.vocabulary.piece(id) if encoder.vocabulary is not None else None


def _pieces(encoder: Encoder, ids: Ids) -> list[str | Control]:
    from chatwright.completion.marks import Control

    texts, places = texts_of(encoder, ids)
    out: list[str | Control] = []
    start = 0
    for place in [*places, len(texts)]:
        run = b"".join(text if isinstance(text, bytes) else text.encode() for text in texts[start:place])
        if run:
            out.append(run.decode("utf-8", "replace"))
        if place < len(texts):
            out.append(Control(encoder.controls.by_id[int(ids[place])].text))
        start = place + 1
    return out


def _written(piece: str | Control) -> str:
    return piece if isinstance(piece, str) else piece.text


def _whole(encoder: Encoder, ids: Ids) -> tuple[Ids, Ids]:
    """The ids that can be read now, and those that wait for the rest of a character, where bytes are not known."""
    if encoder.vocabulary is not None:
        return ids, ids_of(())
    done = int(encoder.controls.positions(ids)[-1]) + 1 if len(encoder.controls.positions(ids)) else 0
    for end in range(len(ids), max(done, len(ids) - 16), -1):
        if "\ufffd" not in encoder.decode(ids[done:end].tolist()):
            return ids[:end], ids[end:]
    return (ids, ids_of(())) if len(ids) - done >= 16 else (ids[:done], ids[done:])
