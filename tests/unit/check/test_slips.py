"""The slips of newcomers: each has a code, a place and a help.

`slips.md` is the table: a slip as it is written, and the diagnostics for it. `pytest --bless` renews the diagnostics.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from chatwright.check.check import check
from chatwright.diagnostics.diagnostic import Diagnostic, render_all
from chatwright.diagnostics.source import Source
from chatwright.syntax.resolve import resolve

TABLE = Path(__file__).with_name("slips.md")
ENTRY = re.compile(
    r"### (?P<title>[^\n]+)\n\n```chatspec\n(?P<slip>.*?)```\n(?:\n```error\n(?P<answer>.*?)```\n)?", re.DOTALL
)
FORMAT = 'format small {\n  bos = "<s>"\n  tokens = ["<|start|>", "<|end|>", "<think>", "</think>"]\n}\n'
USER = 'turn user { "<|start|>user\\n{content}<|end|>\\n" }\n'
ASSISTANT = 'turn assistant { "<|start|>assistant\\n" sampled { "{content}" close "<|end|>" } "\\n" }\n'
#: Declarations that are added where a slip has none of their kind.
NEEDED = {r"^format\b": FORMAT, r"\bturn .*\buser\b": USER, r"\bturn (?:\w*ssistant|model)\b": ASSISTANT}


class Entry(NamedTuple):
    title: str
    slip: str
    answer: str


ENTRIES = [Entry(*found.groups(default="")) for found in ENTRY.finditer(TABLE.read_text(encoding="utf-8"))]


def completed(slip: str) -> str:
    """A slip as a whole spec. The slip is first, so that its lines keep their numbers."""
    return slip + "".join(text for pattern, text in NEEDED.items() if not re.search(pattern, slip, re.MULTILINE))


def findings(text: str) -> list[Diagnostic]:
    tree, found = resolve(Source("slip.chatspec", text), lambda name: None)
    return found + (check(tree) if tree is not None and not found else [])


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.title for entry in ENTRIES])
def test_slip(entry: Entry, request: pytest.FixtureRequest) -> None:
    found = findings(completed(entry.slip))
    assert found, "nothing is found"
    assert found[0].help, "the first finding says nothing about a remedy"
    assert all(d.span.end <= len(entry.slip) for d in found), "a finding is outside of the slip"
    answer = render_all(found) + "\n"
    if request.config.getoption("--bless"):
        page = TABLE.read_text(encoding="utf-8")
        (place,) = [at for at in ENTRY.finditer(page) if at["title"] == entry.title]
        text = f"### {entry.title}\n\n```chatspec\n{entry.slip}```\n\n```error\n{answer}```\n"
        TABLE.write_text(page[: place.start()] + text + page[place.end() :], encoding="utf-8")
    else:
        assert answer == entry.answer


def test_the_declarations_that_are_added_have_no_finding() -> None:
    assert findings(completed("")) == []


def test_the_table_is_whole() -> None:
    titles = re.findall(r"^### (.*)$", TABLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [entry.title for entry in ENTRIES] == titles
    assert len(set(titles)) == len(titles) >= 60
