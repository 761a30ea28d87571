"""`import chatwright.import_hook` lets `import mymodel` find `mymodel.chatspec`, where a `mymodel.py` would be found.

The module has what `chatwright build --python` writes: `render`, `text`, `segments`, `renderer` and `FORMAT`; beside
these `spec`, the format as `chatwright.load` gives it, for tokenizers, parsers and templates. A `.py` of the same name
on the path wins. A spec with errors raises ImportError, which lists them. `chatwright build FILE --stub` writes the
types of such a module beside it.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from chatwright.library import ENDING


class Finder(importlib.abc.MetaPathFinder):
    """Finds `.chatspec` files on the path, behind all other finders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        name = fullname.rpartition(".")[2]
        for folder in sys.path if path is None else path:
            file = Path(folder or ".") / f"{name}{ENDING}"
            if file.is_file():
                loader = Loader(file.absolute())
                found = importlib.machinery.ModuleSpec(fullname, loader, origin=str(loader.file))
                found.has_location = True
                return found
        return None


class Loader(importlib.abc.Loader):
    """Makes a module of a `.chatspec`."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def exec_module(self, module: ModuleType) -> None:
        from chatwright.runtime.errors import ChatwrightError
        from chatwright.spec import format_of, load

        try:
            spec = load(self.file)
        except ChatwrightError as error:
            raise ImportError(f"{self.file}: {error}", name=module.__name__, path=str(self.file)) from None
        module.__dict__["spec"] = spec
        exec(format_of(spec).built.code, module.__dict__)


def install() -> None:
    """Let `import` find specs from now on. Once is enough; importing this module does it."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.append(Finder())


install()
