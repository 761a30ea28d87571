"""How long `import chatwright` and the first `load` take, each in a process of its own."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

IMPORT = "import time; t = time.perf_counter(); import chatwright; print((time.perf_counter() - t) * 1e3)"
LOAD = """
import sys, time, chatwright
start = time.perf_counter()
spec = chatwright.load(sys.argv[1])
loaded = time.perf_counter()
spec.text([{"role": "user", "content": "What is it?"}])
print((loaded - start) * 1e3, (time.perf_counter() - loaded) * 1e3)
"""
_IMPORT_TIME = re.compile(r"import time: +(\d+) \| +(\d+) \| ( *)(\S+)")


@dataclass(frozen=True)
class Import:
    """Milliseconds: measured inside, and for whole processes with and without it."""

    inside: float
    process: float
    bare: float


@dataclass(frozen=True)
class Load:
    """Milliseconds for the first `load` of a process after `import chatwright`, and for the first text after that.

    `unkept`: for the `load` that found nothing kept by an earlier process, and kept it.
    """

    format: str
    load: float
    text: float
    unkept: float


def run(
    code: str, *args: str, cache: str | None = None, flags: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if cache is not None:
        environment["CHATWRIGHT_CACHE"] = cache
    command = [sys.executable, *flags, "-c", code, *args]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment)


def wall(code: str) -> float:
    start = time.perf_counter()
    run(code)
    return (time.perf_counter() - start) * 1e3


def time_import(rounds: int) -> Import:
    run(IMPORT)
    measured = [(float(run(IMPORT).stdout), wall("import chatwright"), wall("pass")) for _ in range(rounds)]
    return Import(*(statistics.median(column) for column in zip(*measured, strict=True)))


def time_load(names: list[str], rounds: int) -> list[Load]:
    """Every format with a cache folder of this benchmark alone, filled by the first load."""
    found = []
    with tempfile.TemporaryDirectory() as cache:
        for name in names:
            unkept = float(run(LOAD, name, cache=cache).stdout.split()[0])
            measured = [map(float, run(LOAD, name, cache=cache).stdout.split()) for _ in range(rounds)]
            load, text = (statistics.median(column) for column in zip(*measured, strict=True))
            found.append(Load(name, load, text, unkept))
    return found


def import_times(code: str, *args: str) -> list[tuple[str, float, float]]:
    """Modules with their own and their whole milliseconds, as `-X importtime` tells, the slowest first."""
    lines = run(code, *args, flags=("-X", "importtime")).stderr.splitlines()
    found = [match for line in lines if (match := _IMPORT_TIME.match(line))]
    times = [(match[4], int(match[1]) / 1e3, int(match[2]) / 1e3) for match in found]
    return sorted(times, key=lambda row: -row[1])
