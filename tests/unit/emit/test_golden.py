"""Golden pages: what users read of a construct, its spec, its template and its module, in one Markdown file each.

`pytest --bless` writes the templates and the modules anew; the specs are written by hand.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cases.small import compile_text
from documents import fences

from chatwright.build import build
from chatwright.runtime.view import View
from chatwright.spec import format_of

FOLDER = Path(__file__).with_name("golden")
PAGES = sorted(FOLDER.glob("*.md"))


def page(title: str, note: str, spec: str, view: View) -> str:
    """A page with the outputs of today. Of a module it shows the functions, since the tables behind them are data."""
    compiled = compile_text(spec)
    template = compiled.jinja(view=view)
    functions = build(format_of(compiled).compiled, view).python.partition("\n\n\n")[2].partition("\n\n\nFORMAT = ")[0]
    blocks = [("chatspec", spec), ("jinja", template), ("python", functions)]
    return f"# {title}\n\n{note}\n\n" + "\n".join(f"```{kind}\n{text.rstrip()}\n```\n" for kind, text in blocks)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page(path: Path, request: pytest.FixtureRequest) -> None:
    text = path.read_text(encoding="utf-8")
    head, _, _ = text.partition("```")
    title, _, note = head.removeprefix("# ").strip().partition("\n\n")
    spec = next(fence.text for fence in fences(path) if fence.kind == "chatspec")
    made = page(title, note, spec + "\n", "training" if path.stem == "training_view" else "history")
    if request.config.getoption("--bless"):
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")


def test_the_pages_are_there() -> None:
    assert len(PAGES) >= 15
