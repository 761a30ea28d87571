"""A rendered text as ids: in one go, cut where the model begins and ends, or with the caller's text made harmless."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from chatwright.runtime.errors import RenderError
from chatwright.tokens.controls import Found
from chatwright.tokens.encoder import Encoded, Encoder, Located, ids_of
from chatwright.tokens.layout import Flags, Layout
from chatwright.tokens.vocabulary import Ids, Places

Tokenization = Literal["whole", "as_sampled"]
Specials = Literal["text", "error", "parse"]


class Defused(msgspec.Struct, frozen=True):
    """A control token in the caller's text that was encoded as ordinary text.

    `start`, `end`: its characters in the rendered text. `message`: index, -1 for none.
    """

    text: str
    message: int
    part: str
    start: int
    end: int


class Tokens(NamedTuple):
    """The ids of a rendered text, and where each lies in its bytes if that was needed."""

    ids: Ids
    located: Located | None
    defused: tuple[Defused, ...]


def texts_to_encode(layout: Layout, tokenization: Tokenization) -> list[str]:
    """The texts that are encoded apart: one, or each region that the model writes and what is between them."""
    if tokenization == "whole":
        return [layout.text]
    places = [0, *layout.cuts(), len(layout.texts)]
    return ["".join(layout.texts[start:end]) for start, end in itertools.pairwise(places)]


def located(encoder: Encoder, layout: Layout, texts: Sequence[str], encoded: Encoded) -> Located:
    """Where the tokens lie, by the vocabulary if that tells, else as the tokenizer itself says."""
    ids, counts = encoded
    if encoder.vocabulary is not None:
        ends = encoder.vocabulary.ends(ids, layout.text, counts, _ends(layout, texts))
        if ends is not None:
            return Located(ends)
    return _joined(
        [
            (base, encoder.locate(text, part))
            for base, text, part in zip(_starts(layout, texts), texts, _parts(encoded), strict=True)
        ]
    )


def finished(encoder: Encoder, layout: Layout, texts: Sequence[str], encoded: Encoded, specials: Specials) -> Tokens:
    """The tokens of a text that was encoded, after the caller's text has been looked at for control tokens."""
    if specials == "parse" or not _suspect(encoder, layout, encoded.ids):
        return Tokens(encoded.ids, None, ())
    places = located(encoder, layout, texts, encoded)
    if not _intruded(encoder, layout, encoded.ids, places):
        return Tokens(encoded.ids, places, ())
    own = own_controls(encoder, layout)
    others = _others(encoder, layout, own)
    if not others:  # a control token of the format that takes white space of the caller with it
        return Tokens(encoded.ids, places, ())
    if specials == "error":
        raise _refused(layout, others[0])
    return Tokens(*defused(encoder, layout, texts, own), others)


def _suspect(encoder: Encoder, layout: Layout, ids: Ids) -> bool:
    """Whether there may be a control token that is not the format's own: there are not just as many as in its literals.

    Where control tokens can overlap, one of the caller's could stand in the place of one of the format's.
    """
    if encoder.controls.overlap:
        return True
    more = encoder.controls.count(ids) - layout.controls
    # The token that begins all texts is printed without being declared.
    return more != 0 and not (more == 1 and _begins_with_control(encoder, layout))


def _begins_with_control(encoder: Encoder, layout: Layout) -> bool:
    code = layout.rendered.codes[0]
    traits = layout.traits
    return layout.texts[0] in encoder.controls and not traits.attributes[code].body and not traits.controls[code]


def _intruded(encoder: Encoder, layout: Layout, ids: Ids, places: Located) -> bool:
    """Whether a control token holds text of the caller."""
    found = encoder.controls.positions(ids)
    if not len(found):
        return False
    first = np.searchsorted(layout.ends, places.first_bytes(found), "right")
    last = np.searchsorted(layout.ends, places.ends[found], "left")
    if layout.body[first].any() or layout.body[last].any():
        return True
    apart = first != last
    return bool(
        (_before(layout.body, layout.widths, last[apart]) > _before(layout.body, layout.widths, first[apart])).any()
    )


def _before(body: Flags, widths: Places, pieces: Places) -> Places:
    """How many pieces of the caller that hold any text stand before some pieces."""
    return np.concatenate(([0], np.cumsum(body & (widths > 0))))[pieces]


def _refused(layout: Layout, found: Defused) -> RenderError:
    return RenderError(
        f"holds the control token {found.text!r}, at character {found.start} of the rendered text; take it out, or "
        "choose content_specials='text' to have it as ordinary text, 'parse' to have the control token itself",
        message=found.message if found.message >= 0 else None,
        field=found.part,
    )


# ---- the caller's text as text -----------------------------------------------------------------------------------


def defused(encoder: Encoder, layout: Layout, texts: Sequence[str], own: Sequence[Found]) -> tuple[Ids, Located]:
    """Encode so that only the format's own text has control tokens, which are `own`.

    The text is cut at these. What lies between is encoded as ordinary text.
    """
    ids: list[Ids] = []
    places: list[tuple[int, Located]] = []
    at = base = 0
    for text in texts:
        end = at + len(text)
        done = at
        for found in [*(f for f in own if at <= f.start < end), None]:
            plain = layout.text[done : found.start if found else end]
            if plain:
                part = encoder.plain(plain, done == at)
                ids.append(part)
                places.append((base, encoder.locate_plain(plain, done == at, part)))
                base += len(plain.encode())
            if found:
                width = len(layout.text[found.start : found.end].encode())
                ids.append(ids_of([found.control.id]))
                places.append((base, Located(np.array([width], np.int32))))
                base += width
                done = found.end
        at = end
    return np.concatenate(ids) if ids else ids_of(()), _joined(places)


def own_controls(encoder: Encoder, layout: Layout) -> list[Found]:
    """The control tokens that stand in scaffold, found in runs of scaffold pieces."""
    found: list[Found] = []
    run: list[str] = []
    at = 0

    def close() -> None:
        whole = "".join(run)
        found.extend(_stripping(layout.text, at, control) for control in encoder.controls.find(whole))

    for text, body in zip(layout.texts, layout.body.tolist(), strict=True):
        if not body or not text:
            run.append(text)
            continue
        close()
        at += sum(map(len, run)) + len(text)
        run = []
    close()
    return [f for n, f in enumerate(found) if not n or f.start >= found[n - 1].end]


def _stripping(text: str, base: int, found: Found) -> Found:
    """The control token at its place in the whole text, with the white space that it takes from the caller's text."""
    start, end = base + found.start, base + found.end
    if found.control.lstrip:
        start = len(text[:start].rstrip())
    if found.control.rstrip:
        end = len(text) - len(text[end:].lstrip())
    return Found(start, end, found.control)


def _others(encoder: Encoder, layout: Layout, own: Sequence[Found]) -> tuple[Defused, ...]:
    """The control tokens that the tokenizer finds in the text and that are not the format's own."""
    kept = {(found.start, found.end) for found in own}
    ends = layout.character_ends
    out = []
    for found in encoder.controls.find(layout.text):
        if (found.start, found.end) not in kept:
            piece = int(np.searchsorted(ends, found.start, "right"))
            message, part = layout.named(piece)
            out.append(Defused(found.control.text, message, part, found.start, found.end))
    return tuple(out)


# ---- putting texts together --------------------------------------------------------------------------------------


def _ends(layout: Layout, texts: Sequence[str]) -> Places:
    """The byte at which each of the texts ends."""
    if len(texts) == 1:
        return np.array(layout.edges[-1:], np.int32)
    return np.cumsum([len(text) if text.isascii() else len(text.encode()) for text in texts], dtype=np.int32)


def _starts(layout: Layout, texts: Sequence[str]) -> list[int]:
    return [0, *_ends(layout, texts)[:-1].tolist()]


def _parts(encoded: Encoded) -> list[Ids]:
    return np.split(encoded.ids, np.cumsum(encoded.counts)[:-1]) if len(encoded.counts) else []


def _joined(parts: Sequence[tuple[int, Located]]) -> Located:
    none = np.zeros(0, np.int32)
    starts = np.concatenate([none, *(base + places.starts for base, places in parts)])
    ends = np.concatenate([none, *(base + places.ends for base, places in parts)])
    return Located(ends, starts)
