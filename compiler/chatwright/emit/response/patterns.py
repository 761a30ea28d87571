"""Literals and white space of a format as regular expressions, for readers that know nothing but patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from chatwright.completion.graph import SPACES


def literal(text: str) -> str:
    """A pattern for exactly this text, that people can read."""
    special = re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text)
    return special.replace("\n", r"\n").replace("\t", r"\t").replace("\r", r"\r")


def any_of(patterns: Iterable[str]) -> str:
    """One of several patterns, the longest first."""
    distinct = sorted(dict.fromkeys(patterns), key=lambda p: (-len(p), p))
    return distinct[0] if len(distinct) == 1 else f"(?:{'|'.join(distinct)})"


def relaxed(text: str) -> str:
    """A literal that may come with other white space, or without."""
    return r"\s*".join(literal(word) for word in re.split(r"\s+", text))


def before_value(text: str) -> str:
    """A literal before a text that may begin with white space: what the format prints, and no more, belongs to it."""
    body = text.rstrip()
    return relaxed(body) + beginning(text[len(body) :])


def after_value(text: str) -> str:
    body = text.lstrip()
    return ending(text[: len(text) - len(body)]) + relaxed(body)


def beginning(space: str) -> str:
    """White space, or as much of its beginning as there is."""
    found = ""
    for char in reversed(space):
        found = f"(?:{literal(char)}{found})?" if found else f"{literal(char)}?"
    return found


def ending(space: str) -> str:
    """White space, or as much of its end as there is."""
    found = ""
    for char in space:
        found = f"(?:{found}{literal(char)})?" if found else f"{literal(char)}?"
    return found


def chars(which: str | None) -> str:
    """All of some characters that a filter takes away; nothing for None."""
    if which is None:
        return ""
    if which == SPACES:
        return r"\s*"
    return f"{literal(which)}*" if len(which) == 1 else f"[{literal(which)}]*"


def tidy(pattern: str) -> str:
    """A pattern without white space that is asked for twice in a row."""
    return re.sub(r"(?:\\s\*){2,}", lambda _: r"\s*", pattern)


class Marked(NamedTuple):
    """A pattern, what may stand before it, and the place where it must stand; "" for anywhere, None for nowhere."""

    place: str | None
    space: str
    rest: str


def one_of(alternatives: Iterable[Marked]) -> str:
    """One of several patterns. Of those that differ in the white space before them, the one with the longest."""
    longest: dict[tuple[str, str], str] = {}
    for place, space, rest in alternatives:
        if place is not None:
            longest[place, rest] = max(longest.get((place, rest), ""), space, key=len)
    return any_of(tidy(place + space + rest) for (place, rest), space in longest.items())


def without(markers: Iterable[str]) -> str:
    """Any text in which none of some markers begins, as short as may be."""
    found = [literal(marker) for marker in markers if marker]
    return f"(?:(?!{'|'.join(sorted(dict.fromkeys(found)))}).)*?" if found else ".*?"
