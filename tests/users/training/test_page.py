"""docs/trl.md is run: its blocks one after the other, the example as it is run once for all tests here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from places import ROOT
from torch_needed import need_trl

from users.test_readme import BLOCK, EXECUTED, workplace

from .conftest import Shown

PAGE = ROOT / "docs" / "trl.md"
EXAMPLE = "$ python examples/sft_with_trl.py\n"
#: What depends on the machine: test_trl.py says how good it has to be.
AFTER = re.compile(r"(?<=end in the stop, )\d+|\d+(?= end in the stop)")


def anyhow(text: str) -> str:
    return AFTER.sub("N", text)


def test_its_blocks_give_what_it_says(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    need_trl()
    folder = workplace(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    assert {kind for kind, _ in BLOCK.findall(text)} == {"console", "pycon"}

    def executed(match: re.Match[str]) -> str:
        block = match[2] if match[2].startswith(EXAMPLE) else EXECUTED[match[1]](match[2], folder)
        return f"```{match[1]}\n{block}```"

    found = BLOCK.sub(executed, text)
    if request.config.getoption("--bless"):
        PAGE.write_text(found, encoding="utf-8")
    assert found == PAGE.read_text(encoding="utf-8")


def test_the_example_prints_what_it_says(shown: Shown, request: pytest.FixtureRequest) -> None:
    text = PAGE.read_text(encoding="utf-8")
    (block,) = [block for _, block in BLOCK.findall(text) if block.startswith(EXAMPLE)]
    if request.config.getoption("--bless"):
        PAGE.write_text(text.replace(block, EXAMPLE + shown.printed), encoding="utf-8")
    else:
        assert anyhow(block) == anyhow(EXAMPLE + shown.printed)
