"""What fresh processes make of the shipped formats, one under this hash seed and locale, one under others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import cache

_MAKE = """
import chatwright, json
made = {name: chatwright.load(name) for name in chatwright.formats()}
print(json.dumps({name: [spec.jinja(), spec.python()] for name, spec in made.items()}))
"""


def run(code: str, *args: str, cwd: str | None = None, **environment: str) -> str:
    """What a fresh interpreter prints. It finds nothing in any cache, and nothing of the tests."""
    with tempfile.TemporaryDirectory() as cache_folder:
        given = {"CHATWRIGHT_CACHE": cache_folder, "PYTHONIOENCODING": "utf-8", **environment}
        made = subprocess.run(
            [sys.executable, "-c", code, *args],
            env={**os.environ, **given},
            cwd=cwd or cache_folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    assert made.returncode == 0, made.stderr
    return made.stdout


@cache
def elsewhere(seed: str, locale: str) -> dict[str, tuple[str, str]]:
    """The template and the module of every shipped format, as made by another process."""
    printed = run(_MAKE, PYTHONHASHSEED=seed, LC_ALL=locale, LANG=locale, TZ="Pacific/Chatham")
    return {name: (jinja, python) for name, (jinja, python) in json.loads(printed).items()}
