"""Writes to standard output and standard error exactly, and to files completely or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


class ReaderLeft(Exception):
    """The reader of standard output has gone. Not a BrokenPipeError, which typer handles in its own way."""


def put(text: str) -> None:
    """Print a text exactly: in UTF-8 in every locale, with its own newlines."""
    rest = memoryview(text.encode("utf-8", "surrogateescape"))
    try:
        sys.stdout.flush()
        while rest:  # without a buffer, one write may take only a part
            rest = rest[sys.stdout.buffer.write(rest) :]
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderLeft from None


def complain(text: str) -> None:
    """Print a text and a newline to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def console() -> Console:
    """A console that draws into a string, in the width and colours of standard output."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 100
    return Console(file=sys.stdout, width=width, highlight=False, emoji=False, markup=False, soft_wrap=True)


def on_terminal() -> bool:
    """Whether standard output is a terminal that takes colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def width() -> int:
    """The width of the terminal in cells."""
    return shutil.get_terminal_size((100, 24)).columns


def write_files(files: Mapping[Path, str]) -> None:
    """Write texts to files. All of them are complete under temporary names before the first gets its own name."""
    waiting: list[tuple[Path, Path]] = []
    try:
        for path, text in files.items():
            temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            waiting.append((temporary, path))
            with temporary.open("xb") as file:
                file.write(text.encode("utf-8"))
            if path.exists():
                temporary.chmod(path.stat().st_mode & 0o7777)
        while waiting:
            os.replace(*waiting[0])
            del waiting[0]
    finally:
        for temporary, _ in waiting:
            temporary.unlink(missing_ok=True)
