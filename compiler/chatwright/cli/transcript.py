"""The transcript of a rendered conversation: each piece of text behind a gutter that says who wrote it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from chatwright.runtime.rendered import Segment

Kind = Literal["scaffold", "body", "closer"]

# Of each kind the sign in the gutter and the style, given and sampled: dashed is scaffold, heavy is sampled.
SIGNS: dict[Kind, tuple[str, str]] = {"scaffold": ("┆", "┇"), "body": ("│", "┃"), "closer": ("░", "█")}
STYLES: dict[Kind, tuple[str, str]] = {
    "scaffold": ("bright_black", "green"),
    "body": ("cyan", "bold green"),
    "closer": ("magenta", "bold magenta"),
}
NARROWEST = 24
WIDEST_ROLE = 12


class Piece(msgspec.Struct, frozen=True):
    """Neighbouring segments that differ in nothing a transcript shows."""

    message: int
    role: str
    part: str
    kind: Kind
    sampled: bool
    text: str


def kind_of(segment: Segment) -> Kind:
    if segment.part == "closer":
        return "closer"
    return "body" if segment.body else "scaffold"


def pieces(segments: Iterable[Segment]) -> list[Piece]:
    """The segments as pieces, in order."""
    out: list[Piece] = []
    for segment in segments:
        role = set_cell_size(visible(segment.role), WIDEST_ROLE).rstrip()
        piece = Piece(segment.message, role, segment.part, kind_of(segment), segment.sampled, segment.text)
        if out and msgspec.structs.replace(out[-1], text=piece.text) == piece:
            piece = msgspec.structs.replace(piece, text=out.pop().text + piece.text)
        out.append(piece)
    return out


def transcript(segments: Sequence[Segment], width: int) -> Text:
    """The transcript, lines ended, no wider than the width where that leaves room for text."""
    found = pieces(segments)
    roles = max((cell_len(p.role) for p in found), default=0)
    parts = max((len(p.part) for p in found), default=0)
    index = max((len(_index(p.message)) for p in found), default=1)
    room = max(NARROWEST, width - index - roles - parts - 6)
    out = Text()
    above: Piece | None = None
    for piece in found:
        sign, style = SIGNS[piece.kind][piece.sampled], STYLES[piece.kind][piece.sampled]
        same = above is not None and (above.message, above.role) == (piece.message, piece.role)
        who = ("", "") if same else (_index(piece.message), piece.role)
        gutter = f"{who[0]:>{index}} {who[1]}{' ' * (roles - cell_len(who[1]))} {piece.part:<{parts}}"
        for line in visible_lines(piece.text, room):
            out.append(gutter, "bold" if not same else "")
            out.append(f" {sign} ", style)
            out.append(line, style)
            out.append("\n")
            gutter = " " * len(gutter)
        above = piece
    return out


def legend(segments: Sequence[Segment]) -> Text:
    """What the signs stand for, and how many characters there are of each kind."""
    out = Text()
    counts: Counter[tuple[Kind, bool]] = Counter()
    for segment in segments:
        counts[kind_of(segment), segment.sampled] += len(segment.text)
    widths = {kind: len(str(max(counts[kind, False], counts[kind, True]))) for kind in SIGNS}
    totals = [sum(counts[kind, sampled] for kind in SIGNS) for sampled in (False, True)]
    for sampled, word in enumerate(("given", "sampled")):
        out.append(f"{word:<9}", "bold")
        for kind, width in widths.items():
            count = counts[kind, bool(sampled)]
            out.append(f"{SIGNS[kind][sampled]} {kind} {count:<{width}}", STYLES[kind][sampled])
            out.append("   ")
        out.append(f"{totals[sampled]:>{len(str(max(totals)))}} characters\n")
    out.append(f"{'':9}↵ newline   → tab   · space   — of no message\n")
    return out


def visible_lines(text: str, room: int) -> Iterator[str]:
    """A text in lines of at most so many cells, with what is not seen made visible. Only ↵ stands for a newline."""
    *whole, rest = text.split("\n")
    for line in whole:
        yield from _wrapped(f"{visible(line)}↵", room)
    if rest:
        yield from _wrapped(visible(rest), room)


def visible(line: str) -> str:
    """One line with its tabs, outer and double spaces, and all that could control a terminal made visible."""
    out = []
    for index, character in enumerate(line):
        if character == " ":
            beside = line[index - 1 : index] in ("", " ") or line[index + 1 : index + 2] in ("", " ")
            out.append("·" if beside else " ")
        elif character == "\t":
            out.append("→")
        elif unicodedata.category(character)[0] in "CZ":
            out.append(character.encode("unicode_escape").decode())
        else:
            out.append(character)
    return "".join(out)


def _wrapped(line: str, room: int) -> Iterator[str]:
    """The line cut to the room, after a space where there is one in its last third."""
    start, cells, space = 0, 0, 0
    for at, character in enumerate(line):
        wide = cell_len(character)
        if cells + wide > room:
            cut = space if space - start > (at - start) * 2 // 3 else at
            yield line[start:cut]
            start, cells = cut, cell_len(line[cut:at])
        cells += wide
        if character == " ":
            space = at + 1
    yield line[start:]


def _index(message: int) -> str:
    return str(message) if message >= 0 else "—"
