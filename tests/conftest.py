"""Options of the whole test run, and the command line as a fixture."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from command_line import Ran, Run
from xdist.scheduler import LoadScopeScheduling

import chatwright
from chatwright.cli import main

pytest_plugins = ["costs"]

FORMATS = {name: number for number, name in enumerate(chatwright.formats())}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="write what came out into the documents that expect it")
    parser.addoption("--quick", action="store_true", help="leave out slow tests and those of one shipped format")


#: The line of a file whose tests are all slow.
SLOW_FILE = "pytestmark = pytest.mark.slow\n"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A quick run does not even import the files whose tests are all slow: they import large libraries."""
    if config.getoption("quick") and collection_path.suffix == ".py":
        return SLOW_FILE in collection_path.read_text(encoding="utf-8") or None
    return None


def format_of(nodeid: str) -> str | None:
    """The format that a test is about, which is in the name of the test."""
    words = nodeid.partition("[")[2].removesuffix("]").split("-")
    return next((word for word in words if word in FORMATS), None)


class ByFormat(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a format run in one process, one after the other: they share what is drawn, rendered and compiled.

    xdist has groups of its own, but pytest 9.2 keeps the ids of tests where xdist does not look for the group.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/users/training/"):
            return "training"  # these share what is trained once
        return format_of(nodeid) or nodeid


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """The tests of a format follow each other, those of no format come first."""
    items.sort(key=lambda item: FORMATS.get(format_of(item.nodeid) or "", -1))
    if config.getoption("quick"):
        left_out = {item for item in items if format_of(item.nodeid) or item.get_closest_marker("slow")}
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=list(left_out))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFormat:
    return ByFormat(config, log)


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
