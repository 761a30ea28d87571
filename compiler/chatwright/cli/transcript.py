"""The transcript of a rendered conversation: each piece of text after a gutter that shows its author."""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from chatwright.runtime.rendered import Segment

Kind = Literal["scaffold", "body", "closer"]

# The sign in the gutter and the style of each kind, given and sampled: dashed is scaffold, heavy is sampled.
SIGNS: dict[Kind, tuple[str, str]] = {"scaffold": ("┆", "┇"), "body": ("│", "┃"), "closer": ("░", "█")}
STYLES: dict[Kind, tuple[str, str]] = {
    "scaffold": ("bright_black", "green"),
    "body": ("cyan", "bold green"),
    "closer": ("magenta", "bold magenta"),
}
Lines = Callable[[str, str, int], Iterator[Text]]
NARROWEST = 24
WIDEST_ROLE = 12


class Piece(msgspec.Struct, frozen=True):
    """Neighbouring segments or tokens that look the same in a transcript."""

    message: int
    role: str
    part: str
    kind: Kind
    sampled: bool
    text: str


def kind_of(part: str, body: bool) -> Kind:
    if part == "closer":
        return "closer"
    return "body" if body else "scaffold"


def role_shown(role: str) -> str:
    return set_cell_size(visible(role), WIDEST_ROLE).rstrip()


def pieces(segments: Iterable[Segment]) -> list[Piece]:
    """The segments as pieces, in order."""
    out: list[Piece] = []
    for segment in segments:
        kind = kind_of(segment.part, segment.body)
        piece = Piece(segment.message, role_shown(segment.role), segment.part, kind, segment.sampled, segment.text)
        if out and msgspec.structs.replace(out[-1], text=piece.text) == piece:
            piece = msgspec.structs.replace(piece, text=out.pop().text + piece.text)
        out.append(piece)
    return out


def characters(segments: Iterable[Segment]) -> Counter[tuple[Kind, bool]]:
    """The number of characters of each kind, given and sampled."""
    counts: Counter[tuple[Kind, bool]] = Counter()
    for segment in segments:
        counts[kind_of(segment.part, segment.body), segment.sampled] += len(segment.text)
    return counts


def transcript(found: Sequence[Piece], width: int, lines: Lines) -> Text:
    """The transcript, at most `width` cells wide where that leaves room for text. Each line ends with a newline.

    `lines` breaks the text of a piece into lines of at most the given number of cells.
    """
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
        for line in lines(piece.text, style, room):
            out.append(gutter, "bold" if not same else "")
            out.append(f" {sign} ", style)
            out.append_text(line)
            out.append("\n")
            gutter = " " * len(gutter)
        above = piece
    return out


def legend(counts: Mapping[tuple[Kind, bool], int], unit: str, notes: str = "") -> Text:
    """The legend: the meaning of the signs, and the number of units of each kind. `notes` end the last line."""
    out = Text()
    of = {key: counts.get(key, 0) for key in itertools.product(SIGNS, (False, True))}
    widths = {kind: len(str(max(of[kind, False], of[kind, True]))) for kind in SIGNS}
    totals = [sum(of[kind, sampled] for kind in SIGNS) for sampled in (False, True)]
    for sampled, word in enumerate(("given", "sampled")):
        out.append(f"{word:<9}", "bold")
        for kind, width in widths.items():
            count = of[kind, bool(sampled)]
            out.append(f"{SIGNS[kind][sampled]} {kind} {count:<{width}}", STYLES[kind][sampled])
            out.append("   ")
        out.append(f"{totals[sampled]:>{len(str(max(totals)))}} {unit}\n")
    out.append(f"{'':9}↵ newline   → tab   · space   — of no message{notes}\n")
    return out


def plain_lines(text: str, style: str, room: int) -> Iterator[Text]:
    """A text in lines, in one style."""
    for line in visible_lines(text, room):
        yield Text(line, style)


def visible_lines(text: str, room: int) -> Iterator[str]:
    """A text in lines of at most `room` cells, with invisible characters made visible. ↵ is a newline."""
    *whole, rest = text.split("\n")
    for line in whole:
        yield from _wrapped(f"{visible(line)}↵", room)
    if rest:
        yield from _wrapped(visible(rest), room)


def visible(line: str) -> str:
    """One line with tabs, outer and double spaces, and control characters made visible."""
    out = []
    for index, character in enumerate(line):
        if character == " ":
            outer = line[index - 1 : index] in ("", " ") or line[index + 1 : index + 2] in ("", " ")
            out.append("·" if outer else " ")
        elif character == "\t":
            out.append("→")
        elif unicodedata.category(character)[0] in "CZ":
            out.append(character.encode("unicode_escape").decode())
        else:
            out.append(character)
    return "".join(out)


def _wrapped(line: str, room: int) -> Iterator[str]:
    """The line cut to the room, after a space in its last third if there is one."""
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
