"""A page in headless Chromium, as tests/browser drives it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Literal

import pytest

HOME = Path(__file__).parent / "browser"
MISSING = "node or the browser's packages are missing: run `npm ci` in tests/browser"


class Browser:
    """One Chromium, with one page at a time. What goes wrong in it raises AssertionError."""

    def __init__(self) -> None:
        self._driver = subprocess.Popen(
            ["node", str(HOME / "drive.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def do(self, action: str, **given: Any) -> Any:
        driver = self._driver
        assert driver.stdin and driver.stdout and driver.stderr
        try:
            driver.stdin.write(json.dumps({"do": action, **given}).encode() + b"\n")
            driver.stdin.flush()
            answer = driver.stdout.readline()
        except BrokenPipeError:
            answer = b""
        assert answer, f"the browser ended: {driver.stderr.read().decode()[-2000:]}"
        found = json.loads(answer)
        assert "error" not in found, f"{action} {given}: {found['error']}"
        return found["value"]

    def open(self, path: Path, **settings: Any) -> None:
        """`settings`: `dark`, `width`, `height`, `scripts`."""
        self.do("open", url=path.as_uri(), **settings)

    def value(self, code: str) -> Any:
        return self.do("evaluate", code=code)

    def hover(self, selector: str) -> None:
        self.do("hover", selector=selector)

    def click(self, selector: str) -> None:
        self.do("click", selector=selector)

    def press(self, *keys: str) -> None:
        self.do("press", keys=keys)

    def colour_by(self, way: Literal["sampled", "body", "part"]) -> None:
        self.click(f"#by label:has(input[value={way}])")

    @property
    def log(self) -> list[str]:
        """What went wrong or out since the page was opened."""
        found: list[str] = self.do("log")
        return found

    def close(self) -> None:
        assert self._driver.stdin
        self._driver.stdin.close()
        self._driver.wait(timeout=20)


def started() -> Browser:
    """A browser; where there is none the test is left out, but not in continuous integration."""
    if shutil.which("node") is None or not (HOME / "node_modules" / "playwright-core").is_dir():
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return Browser()
