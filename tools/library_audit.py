"""docs/library-audit.md: what holds of each shipped format, made from the formats. Running this file writes it.

A format's row is asked of the stability analysis, of the analysis of what reading loses, of the tables that the engine
tests hold exact, and of what engines read in the source.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chatwright.spec import format_of

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from conformance.engine_limits import listed
from conformance.format import Format
from conformance.formats import ALL
from conformance.oracle import original
from places import ROOT

import chatwright
from chatwright.completion.losses import lossy
from chatwright.stability.verdict import Roles, Stability
from chatwright.verify.scenarios import ALL as SCENARIOS
from chatwright.verify.template_sources import concluded

PAGE = ROOT / "docs" / "library-audit.md"
BEGIN = "<!-- made by tools/library_audit.py: do not edit from here on -->\n"
HEADER = ("format", "text stays", "what was written stays", "options that change that", "lost in reading")
HEADER += ("minijinja", "JavaScript", "engines read otherwise")
#: Roles whose messages follow an answer in every conversation.
FOLLOWING = ("user", "tool", "assistant")


def page(rows: Iterable[str]) -> str:
    """The whole page: what is written by hand, then the table."""
    head = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
    table = [_row(HEADER), _row("---" for _ in HEADER), *rows]
    return f"{head}{BEGIN}\n" + "\n".join(table) + "\n"


def row(fmt: Format) -> str:
    """The row of a format."""
    spec = chatwright.load(fmt.name)
    found = spec.stability()
    return _row(
        [
            fmt.name,
            _verdict(found.render),
            _verdict(found.sampled),
            _options(spec, found),
            ", ".join(loss.kind for loss in lossy(format_of(spec).compiled.program)) or "nothing",
            _share(fmt, "minijinja"),
            _share(fmt, "@huggingface/jinja"),
            ", ".join(concluded(original(fmt.template), spec.jinja(), spec.tokens)) or "nothing",
        ]
    )


def _verdict(roles: Roles) -> str:
    """Behind which messages, of those that follow an answer, the text does not stay."""
    said = {role: roles.findings[role].verdict for role in FOLLOWING if role in roles.findings}
    moved = [f"{verdict} before {role}" for role, verdict in said.items() if verdict != "stable"]
    return ", ".join(moved) or "yes"


def _options(spec: chatwright.Spec, usual: Stability) -> str:
    """The options under which another verdict is given."""
    changed: list[str] = []
    for found in spec.stability_table():
        if (_verdict(found.render), _verdict(found.sampled)) != (_verdict(usual.render), _verdict(usual.sampled)):
            asked: dict[str, Any] = {k: v for k, v in found.asked.items() if v != usual.options.get(k)}
            changed.append(" ".join(f"{name}={value}" for name, value in asked.items()))
    simple = [one for one in changed if one.count("=") == 1]
    return ", ".join(f"`{one}`" for one in simple or changed) or "none"


def _share(fmt: Format, engine: str) -> str:
    differing = len(listed(engine, fmt.name))
    return "all" if not differing else f"{len(SCENARIOS) - differing} of {len(SCENARIOS)}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page([row(fmt) for fmt in ALL]), encoding="utf-8")
