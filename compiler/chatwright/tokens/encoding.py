"""Encodes a rendered text: as a whole, in the regions that the model writes, or with the caller's text kept
ordinary."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from chatwright.runtime.errors import RenderError
from chatwright.tokens.controls import WHITE, Found, stands_alone, stripping
from chatwright.tokens.encoders.encoder import Encoded, Encoder, Located, ids_of, joined
from chatwright.tokens.encoders.vocabulary import Ids, Places
from chatwright.tokens.layout import Flags, Layout

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
    """The ids of a rendered text, and their places in its bytes if these were needed."""

    ids: Ids
    located: Located | None
    defused: tuple[Defused, ...]


def texts_to_encode(layout: Layout, tokenization: Tokenization) -> list[str]:
    """The texts that are encoded separately: a single one, or each sampled region and each text between two."""
    if tokenization == "whole":
        return [layout.text]
    places = [0, *layout.cuts(), len(layout.texts)]
    return ["".join(layout.texts[start:end]) for start, end in itertools.pairwise(places)]


def located(encoder: Encoder, layout: Layout, texts: Sequence[str], encoded: Encoded) -> Located:
    """The places of the tokens: from the vocabulary if it determines them, else from the tokenizer."""
    ids, counts = encoded
    if encoder.vocabulary is not None:
        ends = encoder.vocabulary.ends(ids, layout.text, counts, _ends(layout, texts))
        if ends is not None:
            return Located(ends)
    return joined(
        [
            (base, encoder.locate(text, part))
            for base, text, part in zip(_starts(layout, texts), texts, _parts(encoded), strict=True)
        ]
    )


def finished(encoder: Encoder, layout: Layout, texts: Sequence[str], encoded: Encoded, specials: Specials) -> Tokens:
    """The tokens of an encoded text, after a search for control tokens in the caller's text."""
    if specials == "parse" or not _suspect(encoder, layout, encoded.ids):
        return Tokens(encoded.ids, None, ())
    places = located(encoder, layout, texts, encoded)
    if not _intruded(encoder, layout, encoded.ids, places):
        return Tokens(encoded.ids, places, ())
    own = own_controls(encoder, layout, texts)
    others = _others(encoder, layout, encoded.ids, places, own)
    if not others:  # a control token of the format that absorbs white space of the caller
        return Tokens(encoded.ids, places, ())
    if specials == "error":
        raise _refused(layout, others[0])
    return Tokens(*defused(encoder, layout, texts, own), others)


def _suspect(encoder: Encoder, layout: Layout, ids: Ids) -> bool:
    """Whether a control token may be in the caller's text: their number differs from the number in the format's
    literals.

    If control tokens are entangled, one of the caller's could replace one of the format's, so the numbers prove
    nothing.
    """
    if encoder.controls.entangled:
        return True
    more = encoder.controls.count(ids) - layout.controls
    # A format prints the token that begins all texts without declaring it.
    return more != 0 and not (more == 1 and _begins_with_control(encoder, layout))


def _begins_with_control(encoder: Encoder, layout: Layout) -> bool:
    code = layout.rendered.codes[0]
    traits = layout.traits
    return layout.texts[0] in encoder.controls and not traits.attributes[code].body and not traits.controls[code]


def _intruded(encoder: Encoder, layout: Layout, ids: Ids, places: Located) -> bool:
    """Whether a control token covers text of the caller."""
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
    """The number of nonempty pieces of the caller before each of some pieces."""
    return np.concatenate(([0], np.cumsum(body & (widths > 0))))[pieces]


def _others(encoder: Encoder, layout: Layout, ids: Ids, places: Located, own: Sequence[Found]) -> tuple[Defused, ...]:
    """The control tokens that cover text of the caller: those in the text, and those that only the ids show.

    A control token that a tokenizer produces by normalizing is not in the text.
    """
    found = {place.start: place for place in encoder.controls.find(layout.text)}
    for place in own:
        found.pop(place.start, None)
    for token in encoder.controls.positions(ids).tolist():
        first, last = int(places.starts[token]), int(places.ends[token])
        start = len(layout.bytes[:first].decode(errors="replace"))
        end = start + len(layout.bytes[first:last].decode(errors="replace"))
        known = any(place.start < end and start < place.end for place in (*own, *found.values()))
        if not known and _has_callers(layout, start, end):
            found[start] = Found(start, end, encoder.controls.by_id[int(ids[token])])
    return tuple(_told(layout, found[start]) for start in sorted(found))


def _has_callers(layout: Layout, start: int, end: int) -> bool:
    """Whether some characters contain any of the caller's except white space."""
    ends = layout.character_ends
    first, last = np.searchsorted(ends, [start, end - 1], "right").tolist()
    for piece in range(first, last + 1):
        begin = int(ends[piece]) - len(layout.texts[piece])
        if layout.body[piece] and layout.text[max(begin, start) : min(int(ends[piece]), end)].strip(WHITE):
            return True
    return False


def _told(layout: Layout, found: Found) -> Defused:
    """A control token with its place, and the message and part of its text."""
    ends = layout.character_ends
    first, last = np.searchsorted(ends, [found.start, found.end - 1], "right").tolist()
    piece = next((piece for piece in range(first, last + 1) if layout.body[piece] and layout.texts[piece]), first)
    message, part = layout.named(piece)
    return Defused(found.control.text, message, part, found.start, found.end)


def _refused(layout: Layout, found: Defused) -> RenderError:
    return RenderError(
        f"holds the control token {found.text!r}, at character {found.start} of the rendered text; take it out, or "
        "choose content_specials='text' to have it as ordinary text, 'parse' to have the control token itself",
        message=found.message if found.message >= 0 else None,
        field=found.part,
    )


# ---- the caller's text as text -----------------------------------------------------------------------------------


def defused(encoder: Encoder, layout: Layout, texts: Sequence[str], own: Sequence[Found]) -> tuple[Ids, Located]:
    """Encode so that the only control tokens are `own`, those of the format.

    The text is cut at these, and the text between them is encoded as ordinary text.
    """
    ids: list[Ids] = []
    places: list[tuple[int, Located]] = []
    at = base = 0
    for text in texts:
        end = at + len(text)
        done = at
        inside = [found for found in own if at <= found.start < end]
        for found in [*inside, None]:
            taken = stripping(found, layout.text, done, end) if found else None
            plain = layout.text[done : taken.start if taken else end]
            if plain:
                part = encoder.plain(plain, done == at)
                ids.append(part)
                places.append((base, encoder.locate_plain(plain, done == at, part)))
                base += len(plain.encode())
            if taken:
                width = len(layout.text[taken.start : taken.end].encode())
                ids.append(ids_of([taken.control.id]))
                places.append((base, Located(np.array([width], np.int32))))
                base += width
                done = taken.end
        at = end
    return np.concatenate(ids) if ids else ids_of(()), joined(places)


def own_controls(encoder: Encoder, layout: Layout, texts: Sequence[str]) -> list[Found]:
    """The control tokens in scaffold, found in runs of scaffold pieces. `texts` are encoded separately."""
    edges = np.cumsum([0, *map(len, texts)])
    found: list[Found] = []
    for base, run in _scaffolds(layout):
        for place in encoder.controls.find(run):
            core = Found(base + place.start, base + place.end, place.control)
            window = int(np.searchsorted(edges, core.start, "right"))
            if stands_alone(core, layout.text, int(edges[window - 1]), int(edges[window])):
                found.append(core)
    return found


def _scaffolds(layout: Layout) -> Iterator[tuple[int, str]]:
    """The runs of scaffold, each with its first character."""
    run: list[str] = []
    at = 0
    for text, body in zip(layout.texts, layout.body.tolist(), strict=True):
        if not body or not text:
            run.append(text)
            continue
        whole = "".join(run)
        yield at, whole
        at += len(whole) + len(text)
        run = []
    yield at, "".join(run)


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
