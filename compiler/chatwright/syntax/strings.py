"""The lexer inside strings: cuts a string token into texts and the sources of its slots."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from chatwright.diagnostics.source import Span

_PLAIN = re.compile(r"[^\\{]+")
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "{": "{"}


class RawSlot(msgspec.Struct, frozen=True):
    """The text between the braces of a slot, and its span."""

    text: str
    span: Span


class Problem(msgspec.Struct, frozen=True):
    """A diagnostic that does not know its source yet."""

    code: str
    message: str
    span: Span
    help: str | None = None


class Cut(NamedTuple):
    """A string in parts. `spans` has one for each part, `escapes` the offsets of the backslashes of all escapes."""

    parts: list[str | RawSlot]
    spans: list[Span]
    escapes: list[int]
    problems: list[Problem]


def cut_string(token: str, offset: int) -> Cut:
    """Cut a `"…"` token that starts at `offset` of its source. Escapes are resolved."""
    cut = Cut([], [], [], [])
    text: list[str] = []
    begin = at = 1
    end = len(token) - 1

    def finish() -> None:
        if text:
            cut.parts.append("".join(text))
            cut.spans.append(Span(offset + begin, offset + at))
            text.clear()

    while at < end:
        char = token[at]
        if char == "\\":
            follower = token[at + 1]
            if follower in ESCAPES:
                text.append(ESCAPES[follower])
                cut.escapes.append(offset + at)
            else:
                span = Span(offset + at, offset + at + 2)
                help = 'the escapes are \\n \\t \\" \\\\ and \\{'
                cut.problems.append(Problem("syntax", f"unknown escape \\{follower}", span, help))
            at += 2
        elif char == "{":
            finish()
            close = _slot_end(token, at + 1, end)
            if close < 0:
                message = "this slot is not closed before the string ends"
                help = "close it with }, or write \\{ for a brace"
                cut.problems.append(Problem("unclosed-slot", message, Span(offset + at, offset + end), help))
                break
            raw = RawSlot(token[at + 1 : close], Span(offset + at + 1, offset + close))
            cut.parts.append(raw)
            cut.spans.append(raw.span)
            begin = at = close + 1
        else:
            plain = _PLAIN.match(token, at, end)
            assert plain is not None
            text.append(plain.group())
            at = plain.end()
    finish()
    return cut


def _slot_end(token: str, at: int, end: int) -> int:
    """The index of the `}` that closes a slot, or -1; a `}` inside '…' does not close it."""
    quoted = False
    while at < end:
        char = token[at]
        if char == "'":
            quoted = not quoted
        elif char == "}" and not quoted:
            return at
        at += 1
    return -1


def unquote_block(token: str, offset: int) -> tuple[str, list[Problem]]:
    """The text of a block string. The indentation of the closing quotes is the margin of every line."""
    body = token[3:-3]
    # Line ends of Windows do not change a spec.
    lines = body.replace("\r\n", "\n").split("\n")
    span = Span(offset, offset + len(token))
    if len(lines) < 2 or lines[0].strip() or lines[-1].strip():
        message = 'write nothing after the opening """ on its line, and nothing before the closing """'
        return body, [Problem("syntax", message, span, "a text on one line is written \"…\" or '…'")]
    margin = lines[-1]
    out: list[str] = []
    problems: list[Problem] = []
    at = offset + 3 + len(lines[0]) + 1
    for line in lines[1:-1]:
        if line.startswith(margin):
            out.append(line[len(margin) :])
        elif not line.strip():
            out.append("")
        else:
            message = "this line begins left of the closing quotes, which set the margin"
            problems.append(Problem("syntax", message, Span(at, at + len(line))))
        at += len(line) + 1
    return "\n".join(out), problems
