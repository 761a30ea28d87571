"""Places in a normalized text as places in the original text."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np

from chatwright.tokens.encoders.encoder import Located
from chatwright.tokens.encoders.vocabulary import Ids, Places, Vocabulary

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: tuple[Form, ...] = ("NFC", "NFKC", "NFD", "NFKD")


def form_of(text: str, normalized: str) -> Form | None:
    """The normal form of Unicode that turns the first text into the second; None where none does."""
    return next((form for form in FORMS if unicodedata.normalize(form, text) == normalized), None)


def clusters(text: str, form: Form) -> Iterator[tuple[str, str]]:
    """The shortest pieces of a text that normalize independently, each with its normal form."""
    piece, made = "", ""
    for character in text:
        alone = unicodedata.normalize(form, character)
        together = unicodedata.normalize(form, piece + character)
        if piece and not unicodedata.combining(character) and together == made + alone:
            yield piece, made
            piece, made = character, alone
        else:
            piece, made = piece + character, together
    if piece:
        yield piece, made


def original_places(text: str, form: Form, starts: Places, ends: Places) -> tuple[Places, Places]:
    """Bytes of the original for bytes of the normalized text. Tokens inside one cluster share its bytes."""
    made_ends, text_ends = [0], [0]
    for piece, made in clusters(text, form):
        made_ends.append(made_ends[-1] + len(made.encode()))
        text_ends.append(text_ends[-1] + len(piece.encode()))
    edges, places = np.array(made_ends, np.int32), np.array(text_ends, np.int32)
    return (
        places[np.searchsorted(edges, starts, "right") - 1],
        places[np.searchsorted(edges, ends, "left")],
    )


def pieces_of(vocabulary: Vocabulary | None, ids: Ids) -> list[bytes] | None:
    """The bytes of each id; None where those of one are not known."""
    if vocabulary is None:
        return None
    return vocabulary.pieces(ids)


def pieces_by_decoding(decode: Callable[[Sequence[int]], str], ids: Ids) -> list[bytes]:
    """The bytes of the text of each id. Where several ids make one character, the first has all of its bytes."""
    pieces: list[bytes] = []
    waiting: list[int] = []
    for id in ids.tolist():
        waiting.append(id)
        text = decode(waiting)
        if "\ufffd" in text and len(waiting) < 16:
            continue
        pieces += [text.encode(), *[b""] * (len(waiting) - 1)]
        waiting = []
    if waiting:
        pieces += [decode(waiting).encode(), *[b""] * (len(waiting) - 1)]
    return pieces


def starts_of(pieces: Sequence[bytes], ends: Places) -> Places:
    """The first byte of each token. A token without bytes is part of a character: it shares those of the one before."""
    starts: list[int] = []
    before = 0
    for piece, end in zip(pieces, ends.tolist(), strict=True):
        starts.append(before if piece or not starts else starts[-1])
        before = end
    return np.array(starts, np.int32)


def located_by_pieces(text: str, pieces: Sequence[bytes]) -> Located | None:
    """The places of tokens that spell a text, or one of its normal forms; None where they spell neither."""
    whole = b"".join(pieces)
    lengths = np.array([len(piece) for piece in pieces], np.int32)
    ends = np.cumsum(lengths, dtype=np.int32)
    starts = starts_of(pieces, ends)
    if whole == text.encode():
        return Located(ends, starts)
    form = form_of(text, whole.decode(errors="replace"))
    if form is None:
        return None
    starts, ends = original_places(text, form, starts, ends)
    return Located(ends, starts)
