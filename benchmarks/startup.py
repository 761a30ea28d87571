"""Measures `import chatwright`, the first `load` and `bind`, each in a process of its own."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from chatwright import ahead

IMPORT = "import time; t = time.perf_counter(); import chatwright; print((time.perf_counter() - t) * 1e3)"
LOAD = """
import pathlib, sys, time, chatwright
from chatwright import cache
cache.made = lambda: pathlib.Path(sys.argv[2])
start = time.perf_counter()
spec = chatwright.load(sys.argv[1])
loaded = time.perf_counter()
spec.text([{"role": "user", "content": "What is it?"}])
print((loaded - start) * 1e3, (time.perf_counter() - loaded) * 1e3)
"""
BIND = """
import os, sys, time, chatwright, tokenizers
import numpy, chatwright.tokens.bound, chatwright.tokens.encoders.adapt
spec, tokenizer = chatwright.load(sys.argv[1]), tokenizers.Tokenizer.from_file(sys.argv[2])
spec.text([{"role": "user", "content": "What is it?"}])
start = time.process_time()
bound = spec.bind(tokenizer, backend=sys.argv[3])
done = time.process_time()
bound.render_ids([{"role": "user", "content": "What is it?"}])
print((done - start) * 1e3, (time.process_time() - done) * 1e3)
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

    `new`: for the `load` on a new machine, which finds only the files that came with the package. `compiled`: for the
    `load` that finds nothing, compiles the format and records it, as all did before the package came with them.
    """

    format: str
    load: float
    text: float
    new: float
    compiled: float


@dataclass(frozen=True)
class Bind:
    """CPU milliseconds for binding a format to the tokenizer of its models, and for the first ids after that.

    `new`: on a new machine. `again`: when an earlier process has recorded the facts of the tokenizer. `all_at_once`:
    on a new machine with all loaded and compared at once, as every `bind` did before.
    """

    format: str
    new: float
    again: float
    ids: float
    all_at_once: float


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
    """Every format with a cache folder of this benchmark alone, filled by the load that compiles."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        cache, made, none = (os.path.join(folder, name) for name in ("cache", "made", "none"))
        ahead.make(Path(made), names)
        for name in names:
            new = float(run(LOAD, name, made, cache=none).stdout.split()[0])
            compiled = float(run(LOAD, name, none, cache=cache).stdout.split()[0])
            measured = [map(float, run(LOAD, name, none, cache=cache).stdout.split()) for _ in range(rounds)]
            load, text = (statistics.median(column) for column in zip(*measured, strict=True))
            found.append(Load(name, load, text, new, compiled))
    return found


def time_bind(places: dict[str, Path], rounds: int) -> list[Bind]:
    """Formats with the `tokenizer.json` of their models."""
    found = []
    for name, place in places.items():

        def bind(cache: str, backend: str, name: str = name, place: Path = place) -> tuple[float, float]:
            spent, ids = run(BIND, name, str(place), backend, cache=cache).stdout.split()
            return float(spent), float(ids)

        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            new, _ = bind(one, "auto")
            again = [bind(one, "auto") for _ in range(rounds)]
            before, _ = bind(other, "fastokens")
        spent, ids = (statistics.median(column) for column in zip(*again, strict=True))
        found.append(Bind(name, new, spent, ids, before))
    return found


def import_times(code: str, *args: str) -> list[tuple[str, float, float]]:
    """Modules with their own and their whole milliseconds, as `-X importtime` prints them, the slowest first."""
    lines = run(code, *args, flags=("-X", "importtime")).stderr.splitlines()
    found = [match for line in lines if (match := _IMPORT_TIME.match(line))]
    times = [(match[4], int(match[1]) / 1e3, int(match[2]) / 1e3) for match in found]
    return sorted(times, key=lambda row: -row[1])
