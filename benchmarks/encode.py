"""Measures `encode_dataset` against `datasets.map(apply_chat_template)` with masks: same rows, same cores."""

from __future__ import annotations

import os

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import chatwright  # noqa: E402
from chatwright.encode import Settings, encode_dataset  # noqa: E402

FORMAT = "qwen3"
#: Turns of a chat, and how many chats a round has: nearly all that there is text for.
SIZES = {2: 19_000, 40: 1400}
SHARD = {2: 1000, 40: 50}
GOAL = 10.0
PACKAGES = ("transformers", "tokenizers", "fastokens", "datasets", "pyarrow", "numpy")

Row = dict[str, Any]


def tokenizer() -> Any:
    """A new tokenizer of transformers for a format, with empty caches."""
    import tokenizers
    from conformance.formats import BY_NAME
    from conformance.real_tokenizers import backend
    from transformers import PreTrainedTokenizerFast

    fmt = BY_NAME[FORMAT]
    given = {key: token for key, token in (("bos_token", fmt.bos), ("eos_token", fmt.eos)) if token is not None}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizers.Tokenizer.from_str(backend(FORMAT).to_str()), **given)


class Chats:
    """Chats of text that appears in no other chat."""

    def __init__(self, seed: int) -> None:
        from chats import FreshWriter, Supply
        from conformance.formats import BY_NAME

        self.writer = FreshWriter(BY_NAME[FORMAT], str(seed), Supply(seed))

    def rows(self, turns: int, count: int) -> list[Row]:
        found = []
        for _ in range(count):
            case = self.writer.chat(turns)
            found.append({"messages": case.messages, "tools": case.tools if turns > 2 else None})
        return found


# ---- the two ways ------------------------------------------------------------------------------------------------


class Clock:
    """Wall seconds, and CPU seconds of this process and its children."""

    def __enter__(self) -> Clock:
        self._began = time.perf_counter(), _processor()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self._began[0], _processor() - self._began[1]


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


class Theirs:
    """`datasets.map` with `apply_chat_template` and its mask, by the training template; a process for each core."""

    def __init__(self, tokenizer: Any, batched: bool) -> None:
        self.tokenizer = tokenizer
        self.template = chatwright.load(FORMAT).jinja(view="training")
        self.batched = batched

    def __call__(self, row: Row) -> Row:
        if not self.batched:
            return self.applied(json.loads(row["messages"]), json.loads(row["tools"]))
        # A batch has one list of tools, so rows with tools of their own are rendered one by one.
        found = [
            self.applied(json.loads(messages), json.loads(tools))
            for messages, tools in zip(row["messages"], row["tools"], strict=True)
        ]
        return {name: [one[name] for one in found] for name in found[0]}

    def applied(self, messages: Any, tools: Any) -> Row:
        return dict(
            self.tokenizer.apply_chat_template(
                messages,
                tools=tools,
                chat_template=self.template,
                return_dict=True,
                return_assistant_tokens_mask=True,
            )
        )

    def run(self, rows: list[Row], cores: int) -> tuple[Clock, list[list[int]]]:
        """Reading the rows is not timed. They are JSON in text, the fastest form for it."""
        import datasets

        datasets.logging.set_verbosity_error()
        texts = [{name: json.dumps(row[name]) for name in ("messages", "tools")} for row in rows]
        data = datasets.Dataset.from_list(texts)
        with tempfile.TemporaryDirectory() as folder:
            with Clock() as clock:
                done = data.map(
                    self,
                    num_proc=cores,
                    batched=self.batched,
                    batch_size=100,
                    remove_columns=data.column_names,
                    cache_file_name=str(Path(folder) / "out.arrow"),
                    load_from_cache_file=False,
                )
            return clock, done["input_ids"][:]


class Ours:
    """`encode_dataset` from a file of JSON lines to shards, with attribution."""

    def __init__(self, tokenizer: Any, turns: int) -> None:
        self.renderer = chatwright.load(FORMAT).bind(tokenizer)
        self.shard = SHARD[turns]

    def run(self, rows: list[Row], cores: int) -> tuple[Clock, list[list[int]]]:
        import pyarrow.parquet

        settings = Settings(rows_per_shard=min(self.shard, -(-len(rows) // cores)), view="training")
        with tempfile.TemporaryDirectory() as folder:
            file, out = Path(folder) / "rows.jsonl", Path(folder) / "out"
            file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            with Clock() as clock:
                summary = encode_dataset(file, self.renderer, out, settings, workers=cores)
            assert (summary.samples, summary.rejects) == (len(rows), 0), summary
            return clock, pyarrow.parquet.read_table(out / "data")["input_ids"].to_pylist()


#: Of each way: rows a second as a whole, without the start of its processes, for a second of processor.
Rates = tuple[float, float, float]


def measure(turns: int, size: int, rounds: int, cores: int) -> dict[str, Any]:
    """The medians of several rounds, each with new rows."""
    found: dict[str, list[Rates]] = {}
    for number in range(rounds):
        chats = Chats(number)
        rows = chats.rows(turns, size)
        few = chats.rows(turns, 2 * cores)
        plain = tokenizer()
        ways = {"map": Theirs(plain, False), "map, batched": Theirs(plain, True), "encode": Ours(tokenizer(), turns)}
        ids = {}
        for name in random.Random(number).sample(list(ways), len(ways)):
            start, _ = ways[name].run(few, cores)
            whole, ids[name] = ways[name].run(rows, cores)
            count = len(rows)
            rates = count / whole.wall, count / (whole.wall - start.wall), count / (whole.cpu - start.cpu)
            found.setdefault(name, []).append(rates)
        assert ids["encode"] == ids["map"] == ids["map, batched"], "the ids are not the same"
    rates = {name: tuple(map(statistics.median, zip(*all, strict=True))) for name, all in found.items()}
    best = [max(rates["map"][which], rates["map, batched"][which]) for which in range(3)]
    return {
        "turns": turns,
        "rows": size,
        "tokens": sum(map(len, ids["encode"])) // size,
        "rates": rates,
        "ratios": [rates["encode"][which] / best[which] for which in range(3)],
    }


# ---- memory ------------------------------------------------------------------------------------------------------


def memory_of(count: int) -> float:
    """The peak memory, in MB, of a process that encodes so many rows. Rows repeat, since their texts do not matter."""
    rows = Chats(0).rows(10, 200)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.jsonl"
        with file.open("w", encoding="utf-8") as out:
            for number in range(count):
                out.write(json.dumps(rows[number % len(rows)]) + "\n")
        renderer = chatwright.load(FORMAT).bind(tokenizer())
        del rows
        encode_dataset(file, renderer, Path(folder) / "out", Settings(rows_per_shard=500), workers=1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured_memory(count: int) -> float:
    done = subprocess.run(
        [sys.executable, __file__, "--memory-of", str(count)], capture_output=True, text=True, check=True
    )
    return float(done.stdout.strip().splitlines()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="rounds of each measurement (default: 1)")
    parser.add_argument("--cores", type=int, default=2, help="processes of both (default: 2)")
    parser.add_argument("--turns", type=int, choices=list(SIZES), help="one size only, no memory")
    parser.add_argument("--smallest", action="store_true", help="two rows, no memory, whatever the goal")
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.memory_of:
        print(memory_of(args.memory_of))
        return 0
    print("  ".join(f"{name} {version(name)}" for name in PACKAGES), f" load {os.getloadavg()[0]:.2f}")
    missed = False
    for turns in [2] if args.smallest else [args.turns] if args.turns else SIZES:
        found = measure(turns, 2 if args.smallest else SIZES[turns], args.rounds, args.cores)
        print(f"\n{FORMAT}, {turns} turns, {found['rows']:,} rows of {found['tokens']:,} tokens, {args.cores} cores")
        print(f"  {'rows a second':14} {'whole':>10} {'without start':>14} {'of processor':>13}")
        for name, rates in found["rates"].items():
            print(f"  {name:14} {rates[0]:10,.0f} {rates[1]:14,.0f} {rates[2]:13,.0f}")
        ratios = found["ratios"]
        missed |= ratios[0] < GOAL
        print(f"  {'encode : map':14} {ratios[0]:10.1f} {ratios[1]:14.1f} {ratios[2]:13.1f}   (goal: {GOAL:.0f})")
    if args.smallest:
        return 0
    if not args.turns:
        small, large = measured_memory(2000), measured_memory(20000)
        print(f"\npeak memory of one worker: {small:,.0f} MB for 2,000 rows, {large:,.0f} MB for 20,000")
        missed |= large > small * 1.2
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
