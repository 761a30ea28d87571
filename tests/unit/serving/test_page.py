"""docs/rl-training.md is run: its statements against the server of the tests, its command with their model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from places import ROOT
from users.test_readme import BLOCK, executed_python, workplace

import chatwright.serving

from .server import Server
from .tiny import example

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "rl-training.md"
TEXT = PAGE.read_text(encoding="utf-8")
URL = "http://localhost:8000"


def test_its_statements_give_what_it_says(server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = workplace(tmp_path)
    found = [text for kind, text in BLOCK.findall(TEXT) if kind == "pycon"]
    assert len(found) > 4 and any(URL in block for block in found)
    out = [executed_python(block.replace(URL, server.url), folder).replace(server.url, URL) for block in found]
    if request.config.getoption("--bless"):
        text = TEXT
        for block, now in zip(found, out, strict=True):
            text = text.replace(block, now)
        PAGE.write_text(text, encoding="utf-8")
    else:
        assert out == found


def test_its_command_prints_what_it_says(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script itself is run beside the other examples; here it has the model that is there already."""
    (block,) = [text for kind, text in BLOCK.findall(TEXT) if kind == "console"]
    command, _, printed = block.partition("\n")
    assert command == "$ python examples/rollout.py"
    monkeypatch.setattr(example(), "tiny_model", lambda bound: server.model)
    import torch

    torch.manual_seed(0)
    example().main()
    assert capsys.readouterr().out == printed


def test_every_block_is_run() -> None:
    assert {kind for kind, _ in BLOCK.findall(TEXT)} == {"pycon", "console"}


def test_its_table_has_every_error() -> None:
    named = set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))
    errors = {
        name
        for name in chatwright.serving.__all__
        if isinstance(getattr(chatwright.serving, name), type)
        and issubclass(getattr(chatwright.serving, name), Exception)
    }
    assert named == errors - {"GenerateError"}
