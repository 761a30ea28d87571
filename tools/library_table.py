"""The table of families in specs/README.md, made from specs/index.json. `python tools/library_table.py` writes it."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from places import SPECS

from chatwright.library import Entry, index

PAGE = SPECS / "README.md"
BEGIN = "<!-- made by tools/library_table.py: do not edit from here on -->\n"
#: The most owners of models, and the most formats without a base, that a row names.
MOST = 4


def page() -> str:
    """The whole page: the text that people write, then the table."""
    families: dict[str, list[Entry]] = {}
    for entry in index().formats:
        families.setdefault(entry.family, []).append(entry)
    rows = [_row(family, families[family]) for family in sorted(families)]
    head = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
    table = ["| family | formats | begins with | models of |", "|---|---|---|---|", *rows]
    return f"{head}{BEGIN}\n" + "\n".join(table) + "\n"


def _row(family: str, formats: list[Entry]) -> str:
    """A family: its folder, its size, the formats that extend no other of the family, the owners of most models."""
    names = {entry.name for entry in formats}
    roots = [entry.name for entry in formats if entry.extends not in names]
    owners = Counter(model.partition("/")[0] for entry in formats for model in entry.models)
    link = f"[{family}]({family}/)"
    return f"| {link} | {len(formats)} | {_first(roots)} | {_first([name for name, _ in owners.most_common()])} |"


def _first(names: list[str]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return ", ".join(f"`{name}`" for name in names[:MOST]) + more


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
