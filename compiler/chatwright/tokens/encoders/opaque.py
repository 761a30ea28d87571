"""Encoders over tokenizers that only encode and decode: slow ones of transformers, tiktoken and its like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chatwright.tokens.controls import Controls
from chatwright.tokens.encoders.encoder import Encoded, Located, TokenizerError, ids_of
from chatwright.tokens.encoders.normalized import located_by_pieces, pieces_by_decoding, pieces_of
from chatwright.tokens.encoders.vocabulary import Ids, Vocabulary
from chatwright.tokens.harmless import harmless

Encode = Callable[[str], Sequence[int] | Ids]


class Opaque:
    """A tokenizer that is a function from text to ids, and one back."""

    def __init__(
        self,
        name: str,
        encode: Encode,
        decode: Callable[[Sequence[int]], str],
        controls: Controls,
        vocabulary: Vocabulary | None,
        plain: Encode | None = None,
    ) -> None:
        self.name = name
        self.controls = controls
        self.vocabulary = vocabulary
        self._encode = encode
        self._decode = decode
        self._ordinary = plain

    def encode(self, texts: Sequence[str]) -> Encoded:
        for text in texts:
            text.encode()  # raises on a lone surrogate, which tiktoken would replace by another character
        found = [ids_of(self._encode(text)) for text in texts]
        ids = found[0] if len(found) == 1 else np.concatenate(found or [ids_of(())])
        return Encoded(ids, np.array([len(part) for part in found], np.int64))

    def plain(self, text: str, first: bool) -> Ids:
        """As ordinary text. If the tokenizer has no way for that, each control token is encoded in two halves."""
        if self._ordinary is not None:
            ids = ids_of(self._ordinary(text))
            if not len(self.controls.positions(ids)):
                return ids
        parts = harmless(self.controls, lambda part, _: ids_of(self._encode(part)), text, first)
        return np.concatenate([ids for _, ids in parts])

    def locate(self, text: str, ids: Ids) -> Located:
        pieces = pieces_of(self.vocabulary, ids) or pieces_by_decoding(self._decode, ids)
        places = located_by_pieces(text, pieces)
        if places is None:
            raise TokenizerError(
                f"this tokenizer ({self.name}) gives ids from which the text does not come back, and no offsets, so "
                f"its tokens cannot be attributed; use its fast version. The text begins {text[:60]!r}"
            )
        return places

    def locate_plain(self, text: str, first: bool, ids: Ids) -> Located:
        return self.locate(text, ids)

    def decode(self, ids: Sequence[int]) -> str:
        return self._decode(ids)


def byte_pieces(tiktoken: Any) -> list[bytes | None]:
    """The bytes of every id of a `tiktoken.Encoding`."""
    pieces: list[bytes | None] = [None] * tiktoken.n_vocab
    for id in range(tiktoken.n_vocab):
        try:
            pieces[id] = tiktoken.decode_single_token_bytes(id)
        except KeyError:
            continue
    return pieces
