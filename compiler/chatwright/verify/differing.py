"""The first difference of two outcomes, and the lines of the spec that wrote the text there."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chatwright.runtime.rendered import Segment
from chatwright.verify.case import Outcome, Refusal

#: Characters shown on each side of the difference.
AROUND = 60


class Place(msgspec.Struct, frozen=True):
    """The first difference of two texts: its character, and its byte in UTF-8, both counted from 0."""

    character: int
    byte: int


class Line(msgspec.Struct, frozen=True):
    """A line of a spec that printed text at a place: it `writes` the differing character, or ends before it."""

    spec: str
    line: int
    part: str
    text: str


def place(want: str, got: str) -> Place:
    """The first difference of two texts; their common length if one is a prefix of the other."""
    at = next((i for i, (a, b) in enumerate(zip(want, got, strict=False)) if a != b), min(len(want), len(got)))
    return Place(at, len(want[:at].encode("utf-8", "surrogatepass")))


def lines(segments: Sequence[Segment], at: int) -> list[Line]:
    """The lines that wrote the text at a character, and the text that ends directly before it."""
    found, start = [], 0
    for segment in segments:
        end = start + len(segment.text)
        if start <= at <= end:
            found.append(Line(segment.spec, segment.line, segment.part, segment.text))
        start = end
    return found


def difference(want: Outcome, got: Outcome) -> str:
    """The first difference of two outcomes, in a few lines."""
    if isinstance(want, Refusal) or isinstance(got, Refusal):
        return f"  want {shown(want)}\n  got  {shown(got)}"
    at = place(want, got).character
    start = max(0, at - AROUND)
    return (
        f"  from character {at}, after {want[start:at]!r}\n"
        f"  want {want[at : at + AROUND]!r}\n"
        f"  got  {got[at : at + AROUND]!r}"
    )


def shown(outcome: Outcome) -> str:
    if isinstance(outcome, Refusal):
        return f"a refusal ({outcome.kind}: {outcome.message[:120]})"
    return repr(outcome[-3 * AROUND :])
