"""Every benchmark starts and runs its smallest case; how fast anything is, no test asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

FOLDER = ROOT / "benchmarks"
ALL = sorted(path for path in FOLDER.glob("*.py") if '__name__ == "__main__"' in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_the_smallest_case_runs(path: Path) -> None:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    line = [sys.executable, str(path), "--smallest"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=FOLDER, env=environment)
    assert done.returncode == 0, done.stderr
    assert any(word[:1].isdigit() for line in done.stdout.splitlines() for word in line.split()), done.stdout


def test_every_other_module_belongs_to_a_benchmark() -> None:
    """So that running these imports all of the folder."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py")}
    imported = {
        name for name in texts for text in texts.values() if f"from {name} import" in text or f"import {name}" in text
    }
    assert set(texts) == imported | {path.stem for path in ALL}
