"""After `import chatwright.import_hook`, `import mymodel` finds `mymodel.chatspec` on the path.

The module has the names of `chatwright build --python` (`render`, `text`, `segments`, `renderer`, `FORMAT`) and
`spec`, the format that `chatwright.load` returns. A `.py` of the same name takes precedence. A spec with errors raises
ImportError, which lists them. `chatwright build FILE --stub` writes the types of such a module next to the spec.
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
    """Finds `.chatspec` files on the path, after all other finders."""

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
    """Makes a module from a `.chatspec`."""

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
    """Let `import` find specs from now on. The import of this module calls it once."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.append(Finder())


install()
