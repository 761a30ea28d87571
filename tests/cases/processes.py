"""Compiles formats in fresh processes, under other hash seeds and locales."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import cache

from conformance.formats import FIRST

#: Compiles, whatever is made ahead or kept.
_MAKE = """
import json, sys
from chatwright.compile import compile_source
from chatwright.library import shipped
from chatwright.loaded_format import LoadedFormat
from chatwright.spec import Spec
made = {name: Spec(LoadedFormat(compile_source(shipped(name), shipped)[0])) for name in json.loads(sys.argv[1])}
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
    """The template and the module of the first formats, as another process compiles them."""
    names = json.dumps([fmt.name for fmt in FIRST])
    printed = run(_MAKE, names, PYTHONHASHSEED=seed, LC_ALL=locale, LANG=locale, TZ="Pacific/Chatham")
    return {name: (jinja, python) for name, (jinja, python) in json.loads(printed).items()}
