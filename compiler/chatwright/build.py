"""A format made ready to render, and shipped formats kept so from one process to the next.

To compile a format takes many times longer than to load what was made of it, and a shipped format gives the same for
everyone. What is kept holds only for the very files that made it: the compiler, the grammar and the library.
"""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import os
import sys
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from chatwright import cache as cachefiles

if TYPE_CHECKING:
    from chatwright.compile import Compiled

# What is rendered: the conversation as a later rendering prints it, every turn of the model as it wrote it, or the last
# message as it wrote it, behind what it was given.
View = Literal["history", "training", "sampled_last"]

# What the outcome depends on, by package: the endings of the files in its folder and those below.
_MAKERS = {"chatwright": ".py", "chatwright.dsl": ".lark", "chatwright.specs": ".chatspec"}


class About(NamedTuple):
    """What a format says of itself."""

    name: str
    hash: str
    models: tuple[str, ...]
    reproduces: tuple[str, ...]
    tokens: tuple[str, ...]
    stops: tuple[str, ...]
    deviations: tuple[tuple[str, str], ...]


class Built(NamedTuple):
    """What a spec answers without its program: what it is about, the generated module and its code."""

    about: About
    file: str
    python: str
    code: CodeType


def about(compiled: Compiled) -> About:
    program = compiled.program
    stops = compiled.facts.stops
    own = (program.name, program.hash, program.models, program.reproduces)
    return About(*own, program.tokens, stops, program.deviations)


def build(compiled: Compiled, view: View = "history") -> Built:
    """Generate the module of a format, or that of another of its views."""
    from chatwright.emit.python.module import emit_python
    from chatwright.training.views import viewed

    program, facts = viewed(compiled, view)
    python = emit_python(program, facts)
    what = "" if view == "history" else f" ({view})"
    file = f"<{program.name}.py{what} made from {program.sources[0]}>"
    return Built(about(compiled), file, python, compile(python, file, "exec"))


def kept(name: str, view: View = "history") -> Built | None:
    """A shipped format as an earlier process made it from the same files; None where there is none."""
    found = kept_data(name, view)
    try:
        said, *rest = found
        return Built(About(*said), *rest)
    except (ValueError, TypeError):
        return None


def keep(name: str, built: Built, view: View = "history") -> None:
    """Keep a shipped format for other processes."""
    keep_data(name, view, (tuple(built.about), *built[1:]))


def kept_data(name: str, what: str) -> Any:
    """What an earlier process found of a shipped format from the same files; None where there is nothing."""
    place = _place(name, what)
    content = cachefiles.read(place) if place else None
    try:
        makers = _makers()
        if content is None or not content.startswith(makers):
            return None
        return marshal.loads(content[len(makers) :])
    except (OSError, ValueError, EOFError, TypeError):
        return None


def keep_data(name: str, what: str, data: Any) -> None:
    """Keep for other processes what was found of a shipped format: plain values and code."""
    place = _place(name, what)
    if place is None:
        return
    try:
        cachefiles.write(place, _makers() + marshal.dumps(data))
    except (OSError, ValueError):
        return


def _place(name: str, what: str) -> Path | None:
    """One file for what is kept of a format, by installation and Python, however often the compiler changes."""
    folder = cachefiles.folder()
    if folder is None or not name.isidentifier():
        return None
    here = f"{os.path.dirname(__file__)}\0{sys.version}\0{what}"
    return folder / f"{name}-{hashlib.sha256(here.encode()).hexdigest()[:16]}.built"


def _makers() -> bytes:
    """A digest of all files that the outcome depends on. Raises OSError where they are no plain files."""
    digest = hashlib.sha256(importlib.util.MAGIC_NUMBER)
    for package, ending in _MAKERS.items():
        found = importlib.util.find_spec(package)
        for folder in (found and found.submodule_search_locations) or ():
            for path in sorted(Path(folder).rglob(f"*{ending}")):
                content = path.read_bytes()
                digest.update(f"\0{package}\0{path.relative_to(folder)}\0{len(content)}\0".encode())
                digest.update(content)
    return digest.digest()
