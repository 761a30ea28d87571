"""Literals and white space of a format as regular expressions, for parsers that know only patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from chatwright.completion.graph import SPACES


def literal(text: str) -> str:
    """A readable pattern for exactly this text."""
    special = re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text)
    return special.replace("\n", r"\n").replace("\t", r"\t").replace("\r", r"\r")


def any_of(patterns: Iterable[str]) -> str:
    """One of several patterns, the longest first."""
    distinct = sorted(dict.fromkeys(patterns), key=lambda p: (-len(p), p))
    return distinct[0] if len(distinct) == 1 else f"(?:{'|'.join(distinct)})"


def relaxed(text: str) -> str:
    """A literal with any white space around it, or none."""
    return r"\s*".join(literal(word) for word in re.split(r"\s+", text))


def before_value(text: str) -> str:
    """A literal before a text that may begin with white space: it takes only the white space that the format prints."""
    body = text.rstrip()
    return relaxed(body) + beginning(text[len(body) :])


def after_value(text: str) -> str:
    body = text.lstrip()
    return ending(text[: len(text) - len(body)]) + relaxed(body)


def beginning(space: str) -> str:
    """White space, or the part of its beginning that is present."""
    found = ""
    for char in reversed(space):
        found = f"(?:{literal(char)}{found})?" if found else f"{literal(char)}?"
    return found


def ending(space: str) -> str:
    """White space, or the part of its end that is present."""
    found = ""
    for char in space:
        found = f"(?:{found}{literal(char)})?" if found else f"{literal(char)}?"
    return found


def chars(which: str | None) -> str:
    """Any number of the characters that a filter removes; nothing for None."""
    if which is None:
        return ""
    if which == SPACES:
        return r"\s*"
    return f"{literal(which)}*" if len(which) == 1 else f"[{literal(which)}]*"


def tidy(pattern: str) -> str:
    """A pattern without the same white space twice in a row."""
    return re.sub(r"(?:\\s\*){2,}", lambda _: r"\s*", pattern)


class Marked(NamedTuple):
    """A pattern, the white space before it, and its required place; "" means anywhere, None nowhere."""

    place: str | None
    space: str
    rest: str


def one_of(alternatives: Iterable[Marked]) -> str:
    """One of several patterns. If some differ only in the white space before them, the one with the longest wins."""
    longest: dict[tuple[str, str], str] = {}
    for place, space, rest in alternatives:
        if place is not None:
            longest[place, rest] = max(longest.get((place, rest), ""), space, key=len)
    return any_of(tidy(place + space + rest) for (place, rest), space in longest.items())


def without(markers: Iterable[str]) -> str:
    """The shortest text in which none of the markers begins."""
    found = [literal(marker) for marker in markers if marker]
    return f"(?:(?!{'|'.join(sorted(dict.fromkeys(found)))}).)*?" if found else ".*?"
