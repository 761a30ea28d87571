"""Shows tokens: their text with invisible characters made visible, or the bytes of a partial character."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

import msgspec

from chatwright.cli.transcript import visible
from chatwright.tokens.encoders.encoder import Encoder
from chatwright.tokens.rendered_tokens import RenderedTokens

Look = Literal["text", "bytes", "control", "empty"]
DOTTED_CIRCLE = "◌"
EMPTY = "∅"
_BROKEN = re.compile("[\udc80-\udcff]+")


class Shown(msgspec.Struct, frozen=True):
    """One token. `text` shows all but newlines, which are themselves; `bytes` are its own in hexadecimal.

    `look`: it is text; text with bytes of a character that other tokens share; a control token; or nothing, for a token
    that a tokenizer put in by itself.
    """

    id: int
    text: str
    look: Look
    bytes: str


def shown_tokens(tokens: RenderedTokens, encoder: Encoder) -> Iterator[Shown]:
    """All tokens in order, as they are shown."""
    data = tokens.layout.bytes
    controls = encoder.controls.by_id
    starts, ends = tokens.located.starts.tolist(), tokens.located.ends.tolist()
    known: dict[tuple[int, bytes, bool], Shown] = {}
    before = 0
    for index, id in enumerate(tokens.token_ids):
        start, end = starts[index], ends[index]
        # Where a tokenizer gives only characters, tokens that share one have all of its bytes.
        shares = start < before or (index + 1 < len(starts) and starts[index + 1] < end)
        before = max(before, end)
        key = (id, data[start:end], shares)
        if key not in known:
            known[key] = _shown(id, data[start:end], shares, id in controls, encoder)
        yield known[key]


def _shown(id: int, data: bytes, shares: bool, control: bool, encoder: Encoder) -> Shown:
    if shares and encoder.vocabulary is not None:
        data = encoder.vocabulary.bytes_of(id) or data
    plain = data.hex(" ").upper()
    if not data:
        return Shown(id, EMPTY, "empty", plain)
    if shares:
        return Shown(id, f"<{plain}>", "bytes", plain)
    text = _seen(data.decode("utf-8", "surrogateescape"))
    broken = _BROKEN.sub(lambda found: f"<{_escaped(found[0])}>", text)
    return Shown(id, broken, "bytes" if broken != text else "control" if control else "text", plain)


def _escaped(bytes_: str) -> str:
    return bytes_.encode("utf-8", "surrogateescape").hex(" ").upper()


def _seen(text: str) -> str:
    """The text with invisible characters made visible, except newlines. A token of spaces shows each space."""
    seen = "\n".join("·" * len(line) if line.strip(" ") == "" else _line(line) for line in text.split("\n"))
    # A mark that combines would sit on the token before.
    return DOTTED_CIRCLE + seen if unicodedata.category(text[0])[0] == "M" else seen


def _line(line: str) -> str:
    """One line of a token. A single leading space stays a space: the edge of the token shows it."""
    word = line.removeprefix(" ")
    out = " " * (len(line) - len(word))
    for start, end, broken in _stretches(word):
        out += word[start:end] if broken else visible(word[start:end])
    return out


def _stretches(line: str) -> Iterator[tuple[int, int, bool]]:
    """The line in stretches: text, or bytes that are not characters."""
    at = 0
    for found in _BROKEN.finditer(line):
        yield at, found.start(), False
        yield found.start(), found.end(), True
        at = found.end()
    yield at, len(line), False
