"""Measures rendering to token ids with a mask, next to other packages, on one core. See benchmarks/README.md."""

from __future__ import annotations

import os

# One core for everybody, before anything that starts threads is imported.
os.environ |= {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse
import copy
import ctypes
import gc
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from chats import FreshWriter, Supply  # noqa: E402
from conformance.format import Format  # noqa: E402
from conformance.formats import BY_NAME  # noqa: E402
from conformance.oracle import Case, frozen_clock  # noqa: E402
from contestants import ALL, FORMATS, Chat, Way, ids_of, ready  # noqa: E402
from run import Report  # noqa: E402

import chatwright  # noqa: E402

#: Turns, and how many chats are rendered between two looks at the clock.
SIZES = {2: 24, 40: 4, 400: 1}
GROWTH = (40, 400, 4000)
PACKAGES = ("transformers", "tokenizers", "fastokens", "renderers", "trl", "numpy")

FAST, SLOW = "ours on fastokens", "ours on tokenizers"
MASK, RENDER, SAMPLE = "apply_chat_template, mask", "renderers, render", "renderers, sample"
BARE, BATCH = "fastokens encode", "tokenizers encode_batch_fast"

#: (turns, one, other, how many times faster the other at least is, or how many times slower at most).
AT_LEAST = (
    (400, MASK, FAST, 40.0),
    (400, RENDER, FAST, 20.0),
    (400, SAMPLE, f"{FAST}, sample", 20.0),
    (2, MASK, FAST, 10.0),
    (2, RENDER, FAST, 10.0),
)
AT_MOST = ((400, FAST, BARE, 2.0), (400, SLOW, BATCH, 1.1), (40, SLOW, BATCH, 1.1))
MOST_GROWTH = 1.25

NAMES = [contestant.name for contestant in ALL]


class Rounds:
    """Rounds of one format: in each, all contestants take the same chats, of text that none of them has seen."""

    def __init__(self, fmt: Format, names: list[str], seed: int) -> None:
        self.fmt = fmt
        self.spec = chatwright.load(fmt.name)
        self.supply = Supply(seed)
        self.ways = ready(names, fmt)
        self.number = 0

    def chats(self, turns: int, count: int) -> list[Chat]:
        self.number += 1
        writer = FreshWriter(self.fmt, str(self.number), self.supply)
        found = []
        for _ in range(count):
            case = writer.chat(turns)
            case = case if turns > 2 else Case(case.messages)
            found.append(Chat(case, self.spec.text(case.messages, tools=case.tools, **self.fmt.ours)))
        return found

    def round(self, turns: int) -> dict[str, float]:
        """Seconds of the process per chat, for each contestant, in a new random order."""
        given = self.chats(turns, SIZES.get(turns, 1))
        order = random.Random(self.number).sample(list(self.ways), len(self.ways))
        seconds = {}
        for name in order:
            # Some contestants change their arguments, or remember the objects.
            own = copy.deepcopy(given)
            seconds[name] = seconds_of(self.ways[name], own)
        return seconds

    def agreement(self) -> dict[str, bool]:
        """The contestants that give the ids of transformers on one chat."""
        with frozen_clock():
            (chat,) = self.chats(40, 1)
            want = ids_of(self.ways["apply_chat_template"](chat))
            found = {name: ids_of(way(chat)) for name, way in self.ways.items()}
        return {name: ids == want for name, ids in found.items() if ids is not None}


def seconds_of(way: Way, chats: list[Chat]) -> float:
    """CPU time per chat, of all threads of this process."""
    gc.collect()
    start = time.process_time()
    for chat in chats:
        way(chat)
    return (time.process_time() - start) / len(chats)


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(seconds[name] for seconds in rounds) for name in NAMES if name in rounds[0]}


def ratio(rounds: list[dict[str, float]], one: str, other: str) -> float:
    """The median of the ratios within a round, so that the machine's load cancels."""
    return statistics.median(seconds[one] / seconds[other] for seconds in rounds)


def measure(report: Report, fmt: Format, sizes: Iterable[int], rounds: int) -> None:
    contest = Rounds(fmt, NAMES, seed=1)
    others = [name for name, same in contest.agreement().items() if not same]
    report.say(f"\n{fmt.name}" + (f" (other ids than transformers: {', '.join(others)})" if others else ""))
    for turns in sizes:
        contest.round(turns)
        found = [contest.round(turns) for _ in range(rounds)]
        tokens = token_count(contest, turns)
        times = medians(found)
        report.data["tokens"].append(
            {"format": fmt.name, "turns": turns, "tokens": tokens, "seconds": times, "other_ids": others}
        )
        report.say(f"  {turns} turns, {tokens} tokens{'':14}{'µs a chat':>12}{'of ours':>10}")
        for name, seconds in times.items():
            report.say(f"    {name:32}{seconds * 1e6:12.0f}{ratio(found, name, FAST):9.2f}×")
        judge(report, fmt, turns, found)


def token_count(contest: Rounds, turns: int) -> int:
    chats = contest.chats(turns, 3)
    return round(statistics.mean(len(contest.ways[FAST](chat)[0]) for chat in chats))


def judge(report: Report, fmt: Format, turns: int, found: list[dict[str, float]]) -> None:
    for at, one, other, least in AT_LEAST:
        if at == turns:
            times = ratio(found, one, other)
            goal(report, fmt, turns, f"{other} faster than {one}", f"at least {least:g}×", times, times >= least)
    for at, one, other, most in AT_MOST:
        if at == turns:
            times = ratio(found, one, other)
            goal(report, fmt, turns, f"{one} to {other}", f"at most {most:g}×", times, times <= most)


def goal(report: Report, fmt: Format, turns: int, what: str, wanted: str, found: float, ok: bool) -> None:
    mark = report.goal(f"{fmt.name}, {turns} turns: {what}", wanted, f"{found:.2f}×", ok)
    report.say(f"      {what}: {found:.2f}×, wanted {wanted}  {mark}")


# ---- growth ------------------------------------------------------------------------------------------------------


def measure_growth(report: Report, fmt: Format, rounds: int) -> None:
    contest = Rounds(fmt, [FAST], seed=2)
    costs = {turns: statistics.median(per_token(contest, turns) for _ in range(rounds)) for turns in GROWTH}
    growth = costs[GROWTH[-1]] / costs[GROWTH[-2]]
    shown = "  ".join(f"{turns} turns {cost:.1f}" for turns, cost in costs.items())
    ok = growth <= MOST_GROWTH
    mark = report.goal(f"{fmt.name}: flat cost per token", f"{MOST_GROWTH:g}×", f"{growth:.2f}×", ok)
    report.say(f"  nanoseconds a token: {shown}  4000 : 400 = {growth:.2f}×  {mark}")
    report.data["growth"].append({"format": fmt.name, "nanoseconds": costs})


def per_token(contest: Rounds, turns: int) -> float:
    (chat,) = contest.chats(turns, 1)
    start = time.process_time()
    ids, _ = contest.ways[FAST](chat)
    return (time.process_time() - start) / len(ids) * 1e9


# ---- memory ------------------------------------------------------------------------------------------------------


def measure_memory(report: Report, fmt: Format) -> None:
    """The peak memory of each contestant for one chat of 400 turns, without the memory it had after loading."""
    report.say("  peak memory for one chat of 400 turns (MB beyond what is loaded)")
    for name in NAMES:
        command = [sys.executable, str(HERE / "tokens.py"), fmt.name, "--memory-of", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            report.say(f"    {name:32}   failed: {done.stderr.strip().splitlines()[-1:]}")
            continue
        megabytes = float(done.stdout)
        report.data["memory"].append({"format": fmt.name, "name": name, "megabytes": megabytes})
        report.say(f"    {name:32}{megabytes:12.1f}")


def memory_of(fmt: Format, name: str) -> float:
    """Megabytes by which the resident memory of this process grows at its peak."""
    contest = Rounds(fmt, [name], seed=3)
    way = contest.ways[name]
    way(contest.chats(2, 1)[0])
    (chat,) = contest.chats(400, 1)
    gc.collect()
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)  # memory freed by loading would hide what is needed now
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # Linux: reset the peak
    before = _status("VmRSS")
    kept = way(chat)
    peak = _status("VmHWM")
    del kept
    return max(peak - before, 0) / 1024


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))


# ---- the table of the page ---------------------------------------------------------------------------------------

PAGE = HERE / "README.md"
BEGIN, END = "<!-- made by benchmarks/tokens.py --write -->\n", "<!-- end -->\n"
SHOWN = (
    ("transformers, mask", MASK),
    ("`renderers`", RENDER),
    ("`encode_batch_fast`", BATCH),
    ("ours on `tokenizers`", SLOW),
    ("fastokens alone", BARE),
    ("**ours**", FAST),
)


def table(data: dict[str, Any]) -> Iterator[str]:
    """The measurements in Markdown."""
    machine = data["machine"]
    yield f"Milliseconds a chat, on one core of {machine['processor'] or 'an unnamed processor'}, {machine['system']},"
    packages = ", ".join(f"{name} {machine[name]}" for name in PACKAGES)
    yield f"Python {machine['python']}, {packages}. Load of the machine when it began: {machine['load']}.\n"
    yield "| format | turns | tokens | " + " | ".join(title for title, _ in SHOWN) + " |"
    yield "|---|" + "--:|" * (2 + len(SHOWN))
    for row in data["tokens"]:
        times = " | ".join(f"{row['seconds'][name] * 1e3:.2f}" for _, name in SHOWN)
        yield f"| {row['format']} | {row['turns']} | {row['tokens']:,} | {times} |"


def write(data: dict[str, Any]) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + "\n" + "\n".join(table(data)) + "\n\n" + END + after, encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [fmt.name for fmt in FORMATS]
    parser.add_argument("formats", nargs="*", choices=[*names, []], help="formats (default: all three)")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each measurement (default: 9)")
    parser.add_argument("--quick", action="store_true", help="three rounds, no memory, no growth")
    parser.add_argument("--smallest", action="store_true", help="one round of short chats, whatever the goals")
    parser.add_argument("--json", action="store_true", help="print everything as JSON at the end")
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/README.md")
    parser.add_argument("--memory-of", metavar="NAME", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    args = arguments()
    formats = [BY_NAME[name] for name in args.formats] or list(FORMATS)
    if args.memory_of:
        print(memory_of(formats[0], args.memory_of))
        return 0
    report = Report(args.json)
    report.data |= {"tokens": [], "growth": [], "memory": []}
    report.data["machine"] |= {name: version(name) for name in PACKAGES}
    report.say("  ".join(f"{name} {value}" for name, value in report.data["machine"].items()))
    if args.smallest:
        measure(report, formats[0], (2,), 1)
        return 0
    for fmt in formats:
        measure(report, fmt, SIZES, 3 if args.quick else args.rounds)
        if not args.quick:
            measure_growth(report, fmt, 5)
            measure_memory(report, fmt)
    if args.write:
        write(report.data)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
