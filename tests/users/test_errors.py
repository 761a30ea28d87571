"""The pages about diagnostics: each is the documentation of a code, the text of `explain`, and a test.

A page has a fixed structure: the code as heading, its title, a spec that gives this code and no other, the diagnostics
with their carets, some advice, and the corrected spec. `pytest tests/users/test_errors.py --bless` renews the
diagnostics.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from places import ROOT

from chatwright.check.check import check
from chatwright.diagnostics.codes import CODES
from chatwright.diagnostics.diagnostic import Diagnostic, render_all
from chatwright.diagnostics.source import Source
from chatwright.syntax.fmt import format_source
from chatwright.syntax.resolve import resolve

FOLDER = ROOT / "dsl" / "errors"
PAGES = sorted(FOLDER.glob("*.md"))
STRUCTURE = re.compile(
    r"# (?P<code>[a-z-]+)\n\n(?P<sentence>[^\n]+)\n\n"
    r"```chatspec\n(?P<example>.*?\n)```\n\n```error\n(?P<error>.*?)```\n\n"
    r"(?P<advice>(?:(?!```).)+)\n\n```chatspec fixed\n(?P<fixed>.*?\n)```\n",
    re.DOTALL,
)


def findings(text: str) -> list[Diagnostic]:
    tree, found = resolve(Source("example.chatspec", text), lambda name: None)
    return found + (check(tree) if tree is not None and not found else [])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page(path: Path, request: pytest.FixtureRequest) -> None:
    page = path.read_text(encoding="utf-8")
    parts = STRUCTURE.fullmatch(page)
    assert parts is not None, "the page has another structure"
    assert parts["code"] == path.stem
    assert parts["sentence"] == CODES[path.stem].title
    found = findings(parts["example"])
    assert {d.code for d in found} == {path.stem}
    said = render_all(found) + "\n"
    if request.config.getoption("--bless"):
        start, end = parts.span("error")
        path.write_text(page[:start] + said + page[end:], encoding="utf-8")
    else:
        assert said == parts["error"]
    assert findings(parts["fixed"]) == []
    # Every diagnostic has its line of carets, so that the comparison fixes line, column and width.
    assert len(re.findall(r"^ *\| *\^+$", parts["error"], re.MULTILINE)) == len(found)
    # Both specs have the layout of the formatter.
    for shown in (parts["example"], parts["fixed"]):
        formatted, _ = format_source(Source("x", shown))
        assert formatted in (None, shown)
    assert max(map(len, page.split("\n"))) <= 125


def test_each_code_has_a_page_and_each_page_a_code() -> None:
    assert [path.stem for path in PAGES] == sorted(CODES)
