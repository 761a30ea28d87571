"""Collects the lines of a template: one tag a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from chatwright.emit.code import Code
from chatwright.emit.jinja.operators import CONDITIONAL, PRIMARY, Term, literal, whole


class Lines:
    """The lines of a template so far. Blocks indent them; adjacent texts and values become one output tag."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self._row: list[str | Code] = []

    def text(self) -> str:
        """The template."""
        self.flush()
        return "\n".join(self._lines)

    def print(self, piece: str | Code) -> None:
        """Print a text, or a value."""
        last = self._row[-1] if self._row else None
        if isinstance(piece, str) and isinstance(last, str):
            self._row[-1] = last + piece
        elif piece != "":
            self._row.append(piece)

    def line(self, source: str) -> None:
        """Add a line, indented."""
        self.flush()
        self._lines.append("    " * self._depth + source)

    def tag(self, words: str) -> None:
        """Add the tag of a statement."""
        self.line("{%- " + words + " %}")

    def set(self, variable: str, value: str | Code) -> None:
        """Set a variable. A string is source; use it only for fixed source without operands."""
        source = value if isinstance(value, str) else value.at(CONDITIONAL)
        self.tag(f"set {variable} = {source}")

    def refuse(self, *message: str | Code) -> None:
        """Raise an error. Its message consists of texts and values."""
        self.line("{{- raise_exception(" + _joined(message) + ") }}")

    @contextmanager
    def block(self, tag: str, end: str = "") -> Iterator[None]:
        """A tag with the lines inside it. `end` is its end tag; leave it empty where another branch follows."""
        self.tag(tag)
        self._depth += 1
        yield
        self.flush()
        self._depth -= 1
        if end:
            self.tag(end)

    def when(self, condition: Term, end: str = "endif", word: str = "if") -> AbstractContextManager[None]:
        """A branch that is taken where a condition holds."""
        return self.block(f"{word} {whole(condition)}", end)

    def flush(self) -> None:
        """End the output tag. The next text or value begins a new one."""
        if self._row:
            row, self._row = self._row, []
            self._lines.append("    " * self._depth + "{{- " + _joined(row) + " }}")


def _joined(pieces: Iterable[str | Code]) -> str:
    """Texts and values as one expression."""
    return " ~ ".join(literal(piece).text if isinstance(piece, str) else piece.at(PRIMARY) for piece in pieces)
