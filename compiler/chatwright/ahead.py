"""Makes the shipped formats ready when the package is built, so that the first `load` on a new machine is quick.

`setup.py` runs `python -m chatwright.ahead FOLDER` for wheels and for editable installations.
"""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

from chatwright.build import build
from chatwright.kept import ahead
from chatwright.library import formats
from chatwright.loaded_format import compiled_at
from chatwright.runtime.view import VIEWS
from chatwright.syntax.grammar import grammar_text, make_parser, tables_name, tables_of


def make(folder: Path, names: Iterable[str]) -> None:
    """Write the tables of the grammar and a file for each format. Raises SpecError for a spec with errors."""
    folder.mkdir(parents=True, exist_ok=True)
    text = grammar_text()
    _write(folder / tables_name(text), tables_of(make_parser(text)))
    for name in names:
        compiled = compiled_at(name)
        _write(folder / f"{name}.built", ahead(compiled, functools.partial(build, compiled), VIEWS))


def _write(place: Path, content: bytes) -> None:
    """As `cache.read` reads it."""
    place.write_bytes(hashlib.sha256(content).digest() + content)


if __name__ == "__main__":
    make(Path(sys.argv[1]), formats())
