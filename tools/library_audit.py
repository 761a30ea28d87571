"""docs/library-audit.md: the exceptions among the shipped formats, made from the formats themselves.

`python tools/library_audit.py` writes it. The analysis of stability, the analysis of what reading loses, and a
comparison of how engines read the two templates answer for each format.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from chatwright.spec import format_of

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from conformance.format import Format
from conformance.formats import ALL
from conformance.oracle import original
from places import ROOT

import chatwright
from chatwright.completion.losses import lossy
from chatwright.runtime.options import settle
from chatwright.stability.verdict import Roles, Stability
from chatwright.verify.template_sources import concluded

PAGE = ROOT / "docs" / "library-audit.md"
BEGIN = "<!-- made by tools/library_audit.py: do not edit from here on -->\n"
#: The roles whose messages follow an answer in every conversation.
FOLLOWING = ("user", "tool", "assistant")


class Findings(NamedTuple):
    """The findings about a format; the defaults are those of a format without exceptions."""

    text_stays: str = "yes"
    written_stays: str = "yes"
    options: str = "none"
    lost: str = "nothing"
    engines: str = "nothing"


#: The tables of the page: the heading, the fields that a row shows, the titles of its columns.
TABLES = (
    (
        "Texts that change later",
        ("text_stays", "written_stays", "options"),
        ("text stays", "written text stays", "options that change this"),
    ),
    ("Lost in reading", ("lost",), ("lost in reading",)),
    ("Engines read the templates differently", ("engines",), ("read differently",)),
)


def page(found: Mapping[str, Findings]) -> str:
    """The whole page: the text that people write, then the tables."""
    head = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
    tables = [_table(heading, fields, titles, found) for heading, fields, titles in TABLES]
    return f"{head}{BEGIN}\n" + "\n".join(tables)


def _table(heading: str, fields: Iterable[str], titles: Iterable[str], found: Mapping[str, Findings]) -> str:
    """The formats with the same exceptions in one row, and no row for formats without any."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, one in sorted(found.items()):
        groups.setdefault(tuple(getattr(one, field) for field in fields), []).append(name)
    groups.pop(tuple(Findings._field_defaults[field] for field in fields), None)
    rows = [_row([*titles, "formats"]), _row("---" for _ in (*titles, "formats"))]
    rows += [_row([*cells, ", ".join(names)]) for cells, names in sorted(groups.items())]
    return f"## {heading}\n\n" + "\n".join(rows) + "\n"


def findings(fmt: Format) -> Findings:
    """The findings about a format."""
    spec = chatwright.load(fmt.name)
    table = spec.stability_table()
    defaults = dict(zip(spec.options, settle(spec.options, {}), strict=True))
    usual = next((one for one in table if one.asked.items() <= defaults.items()), None) or spec.stability()
    return Findings(
        _verdict(usual.render),
        _verdict(usual.sampled),
        _options(table, usual),
        ", ".join(sorted(loss.kind for loss in lossy(format_of(spec).compiled.program))) or "nothing",
        ", ".join(concluded(original(fmt.template), spec.jinja(), spec.tokens)) or "nothing",
    )


def _verdict(roles: Roles) -> str:
    """The messages after an answer that change the text before them."""
    said = {role: roles.findings[role].verdict for role in FOLLOWING if role in roles.findings}
    moved = [f"{verdict} before {role}" for role, verdict in said.items() if verdict != "stable"]
    return ", ".join(moved) or "yes"


def _options(table: Iterable[Stability], usual: Stability) -> str:
    """The options under which the verdict differs."""
    changed: list[str] = []
    for found in table:
        if (_verdict(found.render), _verdict(found.sampled)) != (_verdict(usual.render), _verdict(usual.sampled)):
            asked: dict[str, Any] = {k: v for k, v in found.asked.items() if v != usual.options.get(k)}
            changed.append(" ".join(f"{name}={value}" for name, value in asked.items()))
    simple = [one for one in changed if one.count("=") == 1]
    return ", ".join(f"`{one}`" for one in simple or changed) or "none"


def read(text: str) -> dict[str, Findings]:
    """The findings that a page states, of the formats with exceptions."""
    found: dict[str, dict[str, str]] = {}
    _, _, tables = text.partition(BEGIN)
    for section, (_, fields, _titles) in zip(tables.split("\n## ")[1:], TABLES, strict=True):
        for line in section.splitlines():
            cells = line.removeprefix("| ").removesuffix(" |").split(" | ")
            if not line.startswith("| ") or cells[-1] in ("formats", "---"):
                continue
            for name in cells[-1].split(", "):
                found.setdefault(name, {}).update(zip(fields, cells[:-1], strict=True))
    return {name: Findings(**fields) for name, fields in found.items()}


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page({fmt.name: findings(fmt) for fmt in ALL}), encoding="utf-8")
