"""Diagnostics: what a pass has to say about a spec. Values and their text form; nothing here prints."""

from __future__ import annotations

import unicodedata
from typing import Literal

import msgspec

from chatwright.diagnostics.source import Source, Span

Severity = Literal["error", "warning"]


class Label(msgspec.Struct, frozen=True):
    """A second place that a diagnostic points at."""

    span: Span
    text: str


class Diagnostic(msgspec.Struct, frozen=True):
    """One finding: `code` names its page under dsl/errors/, `help` is one line that can be pasted or followed."""

    code: str
    message: str
    source: Source
    span: Span
    help: str | None = None
    severity: Severity = "error"
    labels: tuple[Label, ...] = ()

    @property
    def line(self) -> int:
        return self.source.line(self.span.start)

    @property
    def column(self) -> int:
        return self.source.column(self.span.start)


# Longer lines are shown in part, around the place that is meant.
MAX_WIDTH = 160
MARGIN = 40


def _excerpt(source: Source, span: Span, mark: str, note: str, width: int) -> list[str]:
    line = source.line(span.start)
    column = source.column(span.start) - 1
    cut = max(0, column - MARGIN) if len(source.line_text(line)) > MAX_WIDTH else 0
    text = source.line_text(line)[cut : cut + MAX_WIDTH]
    column -= cut
    shown = "".join(map(_visible, text))
    before, meant = text[:column], text[column : column + max(1, span.end - span.start)]
    carets = " " * sum(map(_columns, before)) + mark * max(1, sum(map(_columns, meant)))
    return [f"{line:>{width}} | {shown}", f"{' ' * width} | {carets}{' ' + note if note else ''}"]


def _visible(char: str) -> str:
    """A character of an excerpt; one that a terminal would obey or could not show is replaced."""
    if char == "\t":
        return " "
    return char if char.isprintable() else "\ufffd"


def _columns(char: str) -> int:
    """How many columns a terminal gives a character."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def render(diagnostic: Diagnostic) -> str:
    """The diagnostic as text in the manner of rustc: title, place, lines with ^ at it and - at its labels, help."""
    source = diagnostic.source
    lines = [source.line(diagnostic.span.start), *(source.line(label.span.start) for label in diagnostic.labels)]
    width = len(str(max(lines)))
    pad = " " * width
    out = [
        f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}",
        f"{pad}--> {source.name}:{diagnostic.line}:{diagnostic.column}",
        f"{pad} |",
    ]
    excerpts = [(lines[0], _excerpt(source, diagnostic.span, "^", "", width))]
    excerpts += [
        (source.line(at.span.start), _excerpt(source, at.span, "-", at.text, width)) for at in diagnostic.labels
    ]
    for _, excerpt in sorted(excerpts, key=lambda pair: pair[0]):
        out += excerpt
    if diagnostic.help:
        out.append(f"{pad} = help: {diagnostic.help}")
    return "\n".join(out)


def render_all(diagnostics: list[Diagnostic]) -> str:
    return "\n\n".join(render(d) for d in diagnostics)
