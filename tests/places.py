"""Where things are in the project, for tests and tools."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
SPECS = ROOT / "specs"
#: Every shipped spec, by name.
SPEC_FILES = {path.stem: path for path in sorted(SPECS.rglob("*.chatspec"), key=lambda path: path.stem)}
