"""Encodes text without control tokens, by a tokenizer that cannot be told to ignore them."""

from __future__ import annotations

from collections.abc import Callable

from chatwright.tokens.controls import Controls
from chatwright.tokens.encoders.encoder import TokenizerError
from chatwright.tokens.encoders.vocabulary import Ids


def harmless(controls: Controls, encode: Callable[[str, bool], Ids], text: str, first: bool) -> list[tuple[str, Ids]]:
    """The pieces of a text with their ids, none of which is a control token: the text is cut inside each control token.

    `encode` takes a text, and whether it begins the whole text.
    """
    ids = encode(text, first)
    if not len(controls.positions(ids)):
        return [(text, ids)]
    cuts = sorted({(found.start + found.end) // 2 for found in controls.find(text)} - {0, len(text)})
    if not cuts:
        # The text does not contain it, for the tokenizer normalizes; smaller pieces contain none.
        cuts = [len(text) // 2]
    if len(text) < 2:
        raise TokenizerError(f"this tokenizer makes a control token of {text!r}, and has no way to encode it as text")
    out = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        out += harmless(controls, encode, text[start:end], first and not start)
    return out
