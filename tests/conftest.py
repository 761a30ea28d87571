"""Options of the whole test run, and the command line as a fixture."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from command_line import Ran, Run

from chatwright.cli import main


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="write what came out into the documents that expect it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a format run in one process, one after the other: they share what is drawn and compiled for it.

    With `--dist loadgroup`; in order otherwise, those of a format would be far apart.
    """
    for item in items:
        fmt = getattr(getattr(item, "callspec", None), "params", {}).get("fmt")
        if fmt is not None:
            item.add_marker(pytest.mark.xdist_group(fmt.name))


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in this process, with a standard input, and gives what it returned and printed."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def runs(*words: str | Path, stdin: bytes | str = b"") -> Ran:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        status = main([str(word) for word in words])
        out, err = capfdbinary.readouterr()
        return Ran(status, out.decode(), err.decode())

    return runs
