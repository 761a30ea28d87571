"""Text as ordinary text with a tokenizer that makes control tokens of it, whatever it is told."""

from __future__ import annotations

from collections.abc import Callable

from chatwright.tokens.controls import Controls
from chatwright.tokens.encoders.encoder import TokenizerError
from chatwright.tokens.encoders.vocabulary import Ids


def harmless(controls: Controls, encode: Callable[[str, bool], Ids], text: str, first: bool) -> list[tuple[str, Ids]]:
    """A text in pieces whose ids have no control token, cut in the middle of those that it has otherwise.

    `encode` takes a text, and whether nothing stands before it.
    """
    ids = encode(text, first)
    if not len(controls.positions(ids)):
        return [(text, ids)]
    cuts = sorted({(found.start + found.end) // 2 for found in controls.find(text)} - {0, len(text)})
    if not cuts:
        # Not spelled in the text, as where a tokenizer normalizes it: smaller pieces spell nothing.
        cuts = [len(text) // 2]
    if len(text) < 2:
        raise TokenizerError(f"this tokenizer makes a control token of {text!r}, and has no way to encode it as text")
    out = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        out += harmless(controls, encode, text[start:end], first and not start)
    return out
