"""Which package may import which, and that no modules import each other in a circle. Imports for types count."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache

from places import ROOT

PACKAGE = ROOT / "compiler" / "chatwright"

#: What each package, and each module in the root, may import. A row may only name rows above it.
LAYERS: dict[str, str] = {
    # Leaves.
    "cache": "",
    "runtime": "",
    "conversations": "runtime",
    "diagnostics": "",
    # From the text of a spec to its program.
    "syntax": "cache diagnostics runtime",
    "ir": "",
    "check": "diagnostics runtime syntax",
    "lower": "diagnostics ir syntax",
    # From a program to all that is derived from it.
    "analysis": "ir runtime",
    "training": "analysis ir runtime",
    "completion": "analysis ir",
    "emit": "analysis completion ir runtime training",
    "stability": "analysis ir runtime syntax",
    "compile": "analysis check diagnostics ir lower runtime syntax",
    "build": "compile emit runtime training",
    # A format as it is found, kept, and held.
    "library": "diagnostics runtime syntax",
    "kept": "build cache compile runtime",
    "loaded_format": "analysis build compile completion diagnostics ir kept library runtime stability training",
    "ahead": "build kept library loaded_format runtime syntax",
    "tokens": "analysis cache completion runtime",
    "spec": "completion emit loaded_format runtime stability tokens training",
    "recognize": "library runtime spec",
    "import_hook": "library runtime spec",
    "chatwright": "library loaded_format recognize runtime spec tokens",
    # What is built on that.
    "adapters": "chatwright tokens",
    "serving": "completion runtime tokens",
    "encode": "chatwright conversations runtime tokens",
    "verify": "completion recognize runtime spec",
    "cli": "analysis chatwright compile completion conversations diagnostics emit encode ir library loaded_format"
    " recognize runtime spec stability syntax tokens verify",
    "__main__": "cli",
}


@cache
def modules() -> Mapping[str, ast.Module]:
    """The syntax tree of every module by its full name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules of the project that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules() else node.module for name in inner]
        else:
            continue
        yield from (name for name in names if name in modules())


@cache
def imports() -> Mapping[str, frozenset[str]]:
    """The modules that each module imports."""
    return {name: frozenset(imported(tree)) - {name} for name, tree in modules().items()}


def layer(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def arrows() -> dict[tuple[str, str], tuple[str, str]]:
    """The imports between layers, with one pair of modules for each."""
    pairs = [(above, below) for above, names in imports().items() for below in names]
    return {(layer(a), layer(b)): (a, b) for a, b in pairs if layer(a) != layer(b)}


def test_every_import_is_allowed() -> None:
    allowed = {(above, below) for above, names in LAYERS.items() for below in names.split()}
    assert {arrow: where for arrow, where in arrows().items() if arrow not in allowed} == {}


def test_the_table_names_every_layer_and_no_unused_import() -> None:
    assert {layer(module) for module in modules()} - set(LAYERS) == set()
    assert {(above, below) for above, names in LAYERS.items() for below in names.split()} - set(arrows()) == set()


def test_a_row_names_only_rows_above_it() -> None:
    rows = list(LAYERS)
    late = [
        (above, below)
        for above, names in LAYERS.items()
        for below in names.split()
        if rows.index(below) > rows.index(above)
    ]
    assert late == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(imports()) == []


def circles(graph: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """The groups of nodes that reach each other."""
    reach = {node: _reached(graph, node) for node in graph}
    groups = {frozenset(other for other in reach[node] if node in reach[other]) for node in graph}
    return sorted(sorted(group) for group in groups if group)


def _reached(graph: Mapping[str, frozenset[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def test_a_circle_is_found() -> None:
    assert circles({"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("b"), "d": frozenset()}) == [["b", "c"]]
