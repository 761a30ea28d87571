"""Prints at the end of a run the CPU time that the tests of each folder took, those of all processes together."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

COLLECTING = "collecting"


def spent() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


class Costs:
    """Counts in the process that runs the tests, and adds up in the process that started it."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.tests: Counter[str] = Counter()

    def pytest_collection_finish(self) -> None:
        self.seconds[COLLECTING] += spent()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        before = spent()
        done = yield
        folder = item.nodeid.partition("::")[0].rpartition("/")[0]
        self.seconds[folder] += spent() - before
        self.tests[folder] += 1
        return done

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        sent = getattr(session.config, "workeroutput", None)
        if sent is not None:
            sent["costs"] = (dict(self.seconds), dict(self.tests))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A process of xdist has ended; one that crashed sent nothing."""
        seconds, tests = getattr(node, "workeroutput", {}).get("costs", ({}, {}))
        self.seconds.update(seconds)
        self.tests.update(tests)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("CPU seconds by folder")
        for folder, seconds in self.seconds.most_common():
            terminalreporter.line(f"{seconds:8.1f}  {self.tests[folder]:6} tests  {folder}")
        terminalreporter.line(f"{self.seconds.total():8.1f}  {self.tests.total():6} tests")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Costs())
