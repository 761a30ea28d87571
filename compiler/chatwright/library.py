"""Finds the text of specs: the shipped ones by name, others by path."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from chatwright.diagnostics.source import Source
from chatwright.runtime.errors import ChatwrightError
from chatwright.runtime.suggest import did_you_mean

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from chatwright.syntax.resolve import Loader

ENDING = ".chatspec"


class UnknownFormat(ChatwrightError):
    """There is no such format."""


@functools.cache
def formats() -> tuple[str, ...]:
    """The names of the shipped formats, sorted."""
    return tuple(sorted(_files()))


@functools.cache
def _files() -> dict[str, Traversable]:
    """The files of the shipped formats by name: one folder for each family, and names are unique over all."""
    import importlib.resources

    families = (entry for entry in importlib.resources.files("chatwright.specs").iterdir() if entry.is_dir())
    files = (file for family in families for file in family.iterdir())
    return {file.name.removesuffix(ENDING): file for file in files if file.name.endswith(ENDING)}


def shipped(name: str) -> Source | None:
    """The source of a shipped format."""
    file = _files().get(name)
    if file is None:
        return None
    return Source(f"{name}{ENDING}", file.read_text(encoding="utf-8"))


def shipped_name(name: str | os.PathLike[str]) -> str | None:
    """The name of what can only be a shipped format; None for a path."""
    path = Path(name)
    return str(name) if path.suffix != ENDING and len(path.parts) == 1 else None


def find(name: str | os.PathLike[str]) -> tuple[Source, Loader]:
    """The source of a shipped format or of a file, and where what it extends is found: beside it, then shipped.

    Raises UnknownFormat with the nearest names, or for a file that cannot be read.
    """
    plain = shipped_name(name)
    if plain is not None:
        source = shipped(plain)
        if source is None:
            hint = did_you_mean(plain, formats(), f"the shipped ones: {', '.join(formats())}", most=3)
            raise UnknownFormat(f"there is no format {name}; {hint}")
        return source, shipped
    path = Path(name)
    source = read(path)

    def beside(other: str) -> Source | None:
        neighbour = path.parent / f"{other}{ENDING}"
        return read(neighbour) if neighbour.is_file() else shipped(other)

    return source, beside


def read(path: Path) -> Source:
    """The source in a file. Raises UnknownFormat where it cannot be read as UTF-8 text."""
    try:
        return Source(path.name, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnknownFormat(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UnknownFormat(f"{path} is no UTF-8 text: {error.reason} at byte {error.start}") from None
