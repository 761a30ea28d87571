"""Finds text that looks like a slot or an escape but is printed as it is: in '…', between triple quotes, after `$`."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

import msgspec

from chatwright.diagnostics.source import Source, Span
from chatwright.syntax import ast as s

# A name with keys, alternatives and filters, between one or more braces on each side.
_SLOT = re.compile(
    r"\{+[ ]*(?P<name>[A-Za-z_]\w*)(?:\.\w+)*(?:[ ]+or[ ]+[\w.']+)*!?"
    r"(?:[ ]*\|[ ]*\w+(?:[ ](?:\w+|'[^'\n]*'))*)*[ ]*\}+"
)
# An escape that no double quotes of the text enclose: inside them it can be an escape of JSON.
_ESCAPE = re.compile(r'^[^"]*(?:"[^"]*"[^"]*)*?(?P<escape>\\[nt])')


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
    escape = _ESCAPE.match(literal.text) if literal.style == "raw" else None
    if escape is not None:
        message = f"'…' has no escapes: {escape['escape']} is printed as it is"
        start = literal.span.start + 1
        span = Span(start + escape.start("escape"), start + escape.end("escape"))
        yield Lookalike(span, message, f'an escape needs double quotes: "{escape["escape"]}"')
    for found in _SLOT.finditer(text, literal.span.start, literal.span.end):
        if found["name"] in names:
            slot = "{" + found.group().strip("{} ") + "}"
            where = "'…' has no slots" if literal.style == "raw" else 'a text between """ has no slots'
            message = f"{where}: {found.group()} is printed as it is"
            help = f'write a slot in double quotes: "{slot}"; for the text itself: "\\{slot}"'
            yield Lookalike(Span(*found.span()), message, help)


def _dollars(literal: s.Literal) -> Iterator[Lookalike]:
    for index, (part, after) in enumerate(zip(literal.parts, literal.parts[1:], strict=False)):
        if isinstance(part, str) and part.endswith("$") and isinstance(after, s.Slot):
            span = literal.span_in(index, len(part) - 1, len(part))
            help = 'a slot is {content}, without $; for the sign itself, write it alone: "$" "{content}"'
            yield Lookalike(span, "this $ is printed before the value of the slot", help)
