"""The sub-lexer of strings: cuts a string token into text and the sources of its slots."""

from __future__ import annotations

import re

import msgspec

from chatwright.diagnostics.source import Span

_PLAIN = re.compile(r"[^\\{]+")
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "{": "{"}


class RawSlot(msgspec.Struct, frozen=True):
    """The text between the braces of a slot, and where it stands."""

    text: str
    span: Span


class Problem(msgspec.Struct, frozen=True):
    code: str
    message: str
    span: Span
    help: str | None = None


def cut_string(token: str, offset: int) -> tuple[list[str | RawSlot], list[Problem]]:
    """Cut a `"…"` token that starts at `offset` into texts and slots; escapes are resolved."""
    parts: list[str | RawSlot] = []
    problems: list[Problem] = []
    text: list[str] = []
    at, end = 1, len(token) - 1
    while at < end:
        char = token[at]
        if char == "\\":
            follower = token[at + 1]
            if follower in ESCAPES:
                text.append(ESCAPES[follower])
            else:
                span = Span(offset + at, offset + at + 2)
                problems.append(
                    Problem("syntax", f"unknown escape \\{follower}", span, 'the escapes are \\n \\t \\" \\\\ and \\{')
                )
            at += 2
        elif char == "{":
            close = _slot_end(token, at + 1, end)
            if close < 0:
                span = Span(offset + at, offset + end)
                message = "this slot is not closed before the string ends"
                problems.append(Problem("unclosed-slot", message, span, "close it with }, or write \\{ for a brace"))
                break
            if text:
                parts.append("".join(text))
                text = []
            parts.append(RawSlot(token[at + 1 : close], Span(offset + at + 1, offset + close)))
            at = close + 1
        else:
            plain = _PLAIN.match(token, at, end)
            assert plain is not None
            text.append(plain.group())
            at = plain.end()
    if text:
        parts.append("".join(text))
    return parts, problems


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
    """The text of a block string: the indentation of the closing quotes is the margin of every line."""
    body = token[3:-3]
    # A file with the line ends of Windows is the same spec.
    lines = body.replace("\r\n", "\n").split("\n")
    span = Span(offset, offset + len(token))
    if len(lines) < 2 or lines[0].strip() or lines[-1].strip():
        message = 'the opening and the closing """ each stand at the end and the beginning of a line of their own'
        return body, [Problem("syntax", message, span)]
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
            message = "this line starts left of the margin that the closing quotes set"
            problems.append(Problem("syntax", message, Span(at, at + len(line))))
        at += len(line) + 1
    return "\n".join(out), problems
