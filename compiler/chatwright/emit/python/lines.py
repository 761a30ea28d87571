"""Lines of source, each with the place of the spec that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from chatwright.ir import program as ir


class Line(msgspec.Struct, frozen=True):
    """A line of source.

    `depth` counts its indentations. `place` is the place of the spec that it comes from: None for no place at all,
    UNSET for the place of the line above.
    """

    text: str
    depth: int = 0
    place: ir.Place | msgspec.UnsetType | None = msgspec.UNSET


Lines = list[Line]


def lines(*texts: str) -> Lines:
    """Lines that come from the same place as the line above."""
    return [Line(text) for text in texts]


def block(head: str, inside: Iterable[Line]) -> Lines:
    """A compound statement: its first line, and its body one level deeper."""
    return [Line(head), *(Line(line.text, line.depth + 1, line.place) for line in inside)]


def function(signature: str, inside: Iterable[Line]) -> Lines:
    """The definition of a function, and the two empty lines behind it."""
    return [*block(f"def {signature}:", inside), *lines("", "")]


def placed(place: ir.Place | None, found: Lines) -> Lines:
    """The same lines, the first of them from a place, unless it has a place already."""
    if not found or found[0].place is not msgspec.UNSET:
        return found
    first = found[0]
    return [Line(first.text, first.depth, place), *found[1:]]


def printed(found: Iterable[Line]) -> str:
    """The source text of some lines."""
    return "\n".join("    " * line.depth + line.text if line.text else "" for line in found)


def places(found: Iterable[Line]) -> Iterator[ir.Place | None]:
    """The place of each line."""
    place: ir.Place | None = None
    for line in found:
        if line.place is not msgspec.UNSET:
            place = line.place
        yield place
