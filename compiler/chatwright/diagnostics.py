"""Diagnostics: what a pass has to say about a spec. Values and their text form; nothing here prints."""

from __future__ import annotations

from typing import Literal

import msgspec

from chatwright.source import Source, Span

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


def _excerpt(source: Source, span: Span, note: str, width: int) -> list[str]:
    line = source.line(span.start)
    text = source.line_text(line).replace("\t", " ")
    column = source.column(span.start)
    length = max(1, min(span.end - span.start, len(text) - column + 1))
    if len(text) > 160:
        cut = max(0, column - 40)
        text, column = text[cut : cut + 160], column - cut
        length = min(length, max(1, len(text) - column + 1))
    pad = " " * width
    carets = " " * (column - 1) + "^" * length
    return [f"{line:>{width}} | {text}", f"{pad} | {carets}{' ' + note if note else ''}"]


def render(diagnostic: Diagnostic) -> str:
    """The diagnostic as text in the manner of rustc: title, place, line, carets, help."""
    source = diagnostic.source
    lines = [source.line(diagnostic.span.start), *(source.line(label.span.start) for label in diagnostic.labels)]
    width = len(str(max(lines)))
    pad = " " * width
    out = [
        f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}",
        f"{pad}--> {source.name}:{diagnostic.line}:{diagnostic.column}",
        f"{pad} |",
        *_excerpt(source, diagnostic.span, "", width),
    ]
    for label in diagnostic.labels:
        out += _excerpt(source, label.span, label.text, width)
    if diagnostic.help:
        out.append(f"{pad} = help: {diagnostic.help}")
    return "\n".join(out)


def render_all(diagnostics: list[Diagnostic]) -> str:
    return "\n\n".join(render(d) for d in diagnostics)
