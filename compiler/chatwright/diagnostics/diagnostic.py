"""Diagnostics: what a pass finds in a spec, as values and as text. Nothing here prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TextIO

import msgspec

from chatwright.diagnostics.codes import CODES, Severity
from chatwright.diagnostics.source import Source, Span


class Label(msgspec.Struct, frozen=True):
    """A second place that a diagnostic points at."""

    span: Span
    text: str


class Diagnostic(msgspec.Struct, frozen=True):
    """One finding: `code` is a key of CODES, `help` is one line to paste or to follow."""

    code: str
    message: str
    source: Source
    span: Span
    help: str | None = None
    labels: tuple[Label, ...] = ()

    @property
    def severity(self) -> Severity:
        return CODES[self.code].severity

    @property
    def line(self) -> int:
        """The line of the span's start, counted from 1."""
        return self.source.line(self.span.start)

    @property
    def column(self) -> int:
        """The column of the span's start, in characters, counted from 1."""
        return self.source.column(self.span.start)


def has_errors(diagnostics: list[Diagnostic]) -> bool:
    """Whether a finding is an error and not only a warning."""
    return any(d.severity == "error" for d in diagnostics)


# ---- as text ---------------------------------------------------------------------------------------------------------

# A part of the text of a diagnostic that has a style of its own.
Part = Literal["error", "warning", "message", "margin", "label", "help"]
Style = Callable[[Part, str], str]
_ANSI: dict[Part, str] = {
    "error": "bold red",
    "warning": "bold yellow",
    "message": "bold",
    "margin": "blue",
    "label": "blue",
    "help": "green",
}


def plain(part: Part, text: str) -> str:
    """The style for files, pipes and tests: none."""
    return text


def coloured(part: Part, text: str) -> str:
    """The style for terminals: ANSI colours."""
    from rich.style import Style as Ansi

    return Ansi.parse(_ANSI[part]).render(text)


def style_for(stream: TextIO) -> Style:
    """The style for a stream: coloured on a terminal. NO_COLOR and FORCE_COLOR override that."""
    from rich.console import Console

    console = Console(file=stream)
    return coloured if console.color_system is not None and not console.no_color else plain


def render(diagnostic: Diagnostic, style: Style = plain) -> str:
    """The diagnostic as text, in the form of rustc: title, place, lines with ^ at it and - at its labels, help."""
    source, severity = diagnostic.source, diagnostic.severity
    marks: list[tuple[Span, str, Part, str]] = [(diagnostic.span, "^", severity, "")]
    marks += [(label.span, "-", "label", label.text) for label in diagnostic.labels]
    marks.sort(key=lambda mark: source.line(mark[0].start))
    width = len(str(source.line(marks[-1][0].start)))
    pad = " " * width
    title = style(severity, f"{severity}[{diagnostic.code}]") + style("message", f": {diagnostic.message}")
    place = f"{source.name}:{diagnostic.line}:{diagnostic.column}"
    out = [title, style("margin", f"{pad}-->") + f" {place}", style("margin", f"{pad} |")]
    for span, mark, part, note in marks:
        shown, indent, length = _excerpt(source, span)
        under = style(part, mark * length + (f" {note}" if note else ""))
        out.append(style("margin", f"{source.line(span.start):>{width}} |") + f" {shown}")
        out.append(style("margin", f"{pad} |") + f" {' ' * indent}{under}")
    if diagnostic.help:
        out.append(style("margin", f"{pad} =") + " " + style("help", "help:") + f" {diagnostic.help}")
    return "\n".join(out)


def render_all(diagnostics: list[Diagnostic], style: Style = plain) -> str:
    """The diagnostics as text, with an empty line between two."""
    return "\n\n".join(render(d, style) for d in diagnostics)


# Longer lines are cut to the characters around the span.
MAX_WIDTH = 160
MARGIN = 40


def _excerpt(source: Source, span: Span) -> tuple[str, int, int]:
    """The line of a span as it is shown, and in terminal columns the start and the length of the span in it."""
    line = source.line_text(source.line(span.start))
    column = source.column(span.start) - 1
    cut = max(0, column - MARGIN) if len(line) > MAX_WIDTH else 0
    shown = "".join(map(_visible, line[cut : cut + MAX_WIDTH]))
    start = column - cut
    meant = shown[start : start + max(1, span.end - span.start)]
    from rich.cells import cell_len  # only a diagnostic that is shown needs it

    return shown, cell_len(shown[:start]), max(1, cell_len(meant))


def _visible(char: str) -> str:
    """A character of an excerpt; one that a terminal would obey or cannot show is replaced."""
    if char == "\t":
        return " "
    return char if char.isprintable() else "\ufffd"
