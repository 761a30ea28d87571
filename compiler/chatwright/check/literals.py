"""Finds text that looks like a slot or an escape but is printed as it is: in '…', between triple quotes, after `$`."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

import msgspec

from chatwright.diagnostics.source import Source, Span
from chatwright.syntax import ast as s

# The text between one or two braces on each side.
_BRACED = re.compile(r"\{{1,2}(?P<inside>[^{}\n]{1,200})\}{1,2}")
# A slot: a name with keys, alternatives and filters.
_SLOT = re.compile(
    r"(?P<name>[A-Za-z_]\w*)(?:\.\w+)*(?:[ ]+or[ ]+(?:'[^']*'|[\w.]+))*!?"
    r"(?:[ ]*\|[ ]*\w+(?:[ ]+(?:\w+|'[^']*'))*)*"
)
# An escape that no double quotes of the text enclose: inside them it can be an escape of JSON.
_ESCAPE = re.compile(r'"[^"]*"|(?P<escape>\\[nt])')


class Lookalike(msgspec.Struct, frozen=True):
    """A place in a string that looks like a slot or an escape, the message and the help."""

    span: Span
    message: str
    help: str


def lookalikes(literal: s.Literal, source: Source, names: Container[str]) -> Iterator[Lookalike]:
    """The lookalikes in a string where these names are defined. Other names in braces are text, as manuals have it."""
    if literal.style == "string":
        yield from _dollars(literal)
        return
    # Neither of these strings has escapes, so the source has the text itself.
    text = source.text
    escapes = _ESCAPE.finditer(text, literal.span.start, literal.span.end) if literal.style == "raw" else ()
    for found in escapes:
        if found["escape"]:
            message = f"'…' has no escapes: {found.group()} is printed as it is"
            yield Lookalike(Span(*found.span()), message, f'an escape needs double quotes: "{found.group()}"')
            break
    for found in _BRACED.finditer(text, literal.span.start, literal.span.end):
        slot = found["inside"].strip(" ")
        inside = _SLOT.fullmatch(slot)
        if inside is not None and inside["name"] in names:
            where = "'…' has no slots" if literal.style == "raw" else 'a text between """ has no slots'
            message = f"{where}: {found.group()} is printed as it is"
            help = f'write a slot in double quotes: "{{{slot}}}"; for the text itself: "\\{{{slot}}}"'
            yield Lookalike(Span(*found.span()), message, help)


def _dollars(literal: s.Literal) -> Iterator[Lookalike]:
    for index, (part, after) in enumerate(zip(literal.parts, literal.parts[1:], strict=False)):
        if isinstance(part, str) and part.endswith("$") and isinstance(after, s.Slot):
            span = literal.span_in(index, len(part) - 1, len(part))
            help = 'a slot is {content}, without $; for the sign itself, write it alone: "$" "{content}"'
            yield Lookalike(span, "this $ is printed before the value of the slot", help)
