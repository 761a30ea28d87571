"""Records of compiled shipped formats: made by an earlier process, or when the package was built.

Compiling a format takes many times longer than loading its generated module, and a shipped format gives the same
module for everyone. A record holds the digests of all files that made it: those of the compiler and the sources that
were read. It is used only while all these files are the same.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import marshal
import os
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatwright import cache as cachefiles
from chatwright.build import About, Built
from chatwright.runtime.view import View

if TYPE_CHECKING:
    from chatwright.compile import Compiled

#: The packages and modules of the compiler that decide what a format becomes. A test compares them with the modules
#: that are imported by then.
MAKERS = (
    *("analysis", "check", "diagnostics", "emit", "ir", "lower", "runtime", "stability", "syntax", "training"),
    *("build.py", "compile.py", "kept.py", "library.py", "loaded_format.py"),
)

#: A source that was read, as its place in the library's folder, and its digest.
Read = tuple[str, str]


def kept(name: str, view: View = "history") -> Built | None:
    """The module of a shipped format as the files of today make it; None where there is no record of it."""
    try:
        said, *rest = kept_data(name, view)
        return Built(About(*said), *rest)
    except (ValueError, TypeError):
        return made_ahead(name, view)


def keep(compiled: Compiled, built: Built, view: View = "history") -> None:
    """Record the module of a shipped format for other processes."""
    keep_data(compiled, view, (tuple(built.about), *built[1:]))


def kept_data(name: str, what: str) -> Any:
    """A finding about a shipped format that an earlier process recorded; None where there is no record."""
    place = _place(name, what)
    content = cachefiles.read(place) if place else None
    if content is None:
        return None
    try:
        makers, sources, data = marshal.loads(content)
        return data if _same(makers, sources) else None
    except (OSError, ValueError, EOFError, TypeError):
        return None


def keep_data(compiled: Compiled, what: str, data: Any) -> None:
    """Record a finding about a shipped format for other processes: plain values and code."""
    place = _place(compiled.tree.name, what)
    if place is None:
        return
    try:
        cachefiles.write(place, marshal.dumps((_unchanged_makers(), digests(compiled), data)))
    except (OSError, ValueError):
        return


def _place(name: str, what: str) -> Path | None:
    """One file for each format and finding, by installation and Python, however often the compiler changes."""
    folder = cachefiles.folder()
    if folder is None or not name.isidentifier():
        return None
    here = f"{os.path.dirname(__file__)}\0{sys.version}\0{what}"
    return folder / f"{name}-{hashlib.sha256(here.encode()).hexdigest()[:16]}.built"


# ---- made when the package was built -------------------------------------------------------------------------------


def made_ahead(name: str, view: View) -> Built | None:
    """The module of a shipped format that was made when the package was built; None where it is not that of today."""
    content = cachefiles.read(cachefiles.made() / f"{name}.built", own=False) if name.isidentifier() else None
    if content is None:
        return None
    try:
        makers, sources, said, views = json.loads(zlib.decompress(content))
        if not _same(makers, sources):
            return None
        python, file = views[view]
    except (OSError, ValueError, TypeError, KeyError, zlib.error):
        return None
    about = About(*(_tuples(value) for value in said))
    return Built(about, file, python, compile(python, file, "exec"))


def _tuples(value: Any) -> Any:
    """JSON knows lists only."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def ahead(compiled: Compiled, make: Callable[[View], Built], views: Sequence[View]) -> bytes:
    """The content of the file that `made_ahead` reads. It holds sources, no code: every Python can read it."""
    made = {view: make(view) for view in views}
    said = next(iter(made.values())).about
    modules = {view: (built.python, built.file) for view, built in made.items()}
    record = (_unchanged_makers(), digests(compiled), said, modules)
    return zlib.compress(json.dumps(record).encode(), 9)


# ---- the files that make a format ----------------------------------------------------------------------------------


def _same(makers: str, sources: Sequence[Read]) -> bool:
    """Whether the compiler and some sources of the library have these digests today."""
    folder = _folder("chatwright.specs")
    return bool(sources) and makers == _makers() and all(_digest(folder / path) == digest for path, digest in sources)


def digests(compiled: Compiled) -> tuple[Read, ...]:
    """The sources that were read for a shipped format. Raises OSError if one is not a plain file of the library."""
    folder = _folder("chatwright.specs")
    found = []
    for source in compiled.read:
        paths = list(folder.glob(f"*/{source.name}"))
        if len(paths) != 1 or paths[0].read_text(encoding="utf-8") != source.text:
            raise OSError(f"{source.name} is not a file of the library, or has changed since it was read")
        found.append((paths[0].relative_to(folder).as_posix(), _digest(paths[0])))
    return tuple(found)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _makers() -> str:
    """The digest of the compiler and the grammar that this process uses."""
    return f"{cachefiles.digest_of(MAKERS)} {_digest(_folder('chatwright.dsl') / 'grammar.lark')}"


def _unchanged_makers() -> str:
    """The same. Raises OSError where the compiler's files have changed since the process began."""
    if cachefiles.digest_now(MAKERS) != cachefiles.digest_of(MAKERS):
        raise OSError("the compiler has changed while it ran")
    return _makers()


def _folder(package: str) -> Path:
    """The folder of a package. Raises OSError where there is none."""
    found = importlib.util.find_spec(package)
    folders = (found and found.submodule_search_locations) or ()
    for folder in folders:
        return Path(folder)
    raise OSError(f"{package} is not a folder")
