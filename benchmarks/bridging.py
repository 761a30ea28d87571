"""Measures the cost of each prompt in a rollout of 200 turns, by bridging and by rendering again.

Run by itself: `python benchmarks/bridging.py [TURNS | --smallest]`, after `make test` has installed the tokenizers and
peers.
"""

from __future__ import annotations

import os

# One core for everybody, before anything that starts threads is imported.
os.environ |= {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from chats import corpus  # noqa: E402
from conformance.formats import BY_NAME  # noqa: E402
from conformance.oracle import original  # noqa: E402
from conformance.real_tokenizers import backend, tokenizer  # noqa: E402
from renderers.qwen3 import Qwen3Renderer  # noqa: E402

import chatwright  # noqa: E402

NAME = "qwen3"
FIRST = [{"role": "user", "content": "Look at the sources, one file after the other."}]
Message = dict[str, Any]

#: The lengths of the prompts behind which one bridge is timed.
BEHIND = (1_000, 8_500, 34_500, 200_000)

#: Of a turn: what the model wrote, its stop included, the same as a message, and the result that follows.
Turn = tuple[list[int], Message, Message]


def turns(count: int, choice: random.Random, encode: Callable[[str], list[int]]) -> list[Turn]:
    """Turns with reasoning and one call each, and results, of slices of the corpus."""
    text = corpus()

    def some(least: int, most: int) -> str:
        start = choice.randrange(len(text) - most)
        return text[start : start + choice.randint(least, most)].strip()

    found: list[Turn] = []
    for number in range(count):
        thought = some(200, 600).replace("</think>", "")
        call = {"id": f"call{number:05}", "type": "function"}
        call["function"] = {"name": "read_file", "arguments": {"path": f"file{number}.py"}}  # type: ignore[assignment]
        written = (
            f"<think>\n{thought}\n</think>\n\n<tool_call>\n"
            f'{{"name": "read_file", "arguments": {{"path": "file{number}.py"}}}}\n</tool_call><|im_end|>'
        )
        said = {"role": "assistant", "content": "", "reasoning_content": thought, "tool_calls": [call]}
        result = {"role": "tool", "content": some(300, 1200), "tool_call_id": call["id"]}
        found.append((encode(written), said, result))
    return found


def bridging(bridge: Callable[..., Any], first: list[int]) -> Callable[[list[Turn]], list[int]]:
    def rollout(taken: list[Turn]) -> list[int]:
        prompt = first
        for completion, _, result in taken:
            prompt = bridge(prompt, completion, [result]).token_ids
        return prompt

    return rollout


def anew(render: Callable[[list[Message]], list[int]]) -> Callable[[list[Turn]], list[int]]:
    def rollout(taken: list[Turn]) -> list[int]:
        messages = list(FIRST)
        prompt: list[int] = []
        for _, said, result in taken:
            messages += [said, result]
            prompt = render(messages)
        return prompt

    return rollout


def behind(bridge: Callable[..., Any], first: list[int], turn: Turn) -> None:
    """Print the cost of one bridge behind prompts of growing length."""
    completion, _, result = turn
    print(f"{'ids before':>12}{'bridge, ms':>12}{'with the ids that are added':>29}{'with all ids':>14}")
    for length in BEHIND:
        prompt = (first * (length // len(first) + 1))[-length:]
        reading: tuple[Callable[[Any], object], ...] = (len, lambda b: b.added_ids, lambda b: b.token_ids)
        spent = []
        for read in reading:
            times = []
            for _ in range(30):
                start = time.process_time()
                read(bridge(prompt, completion, [result]))
                times.append(time.process_time() - start)
            spent.append(statistics.median(times) * 1e3)
        print(f"{length:12,}{spent[0]:12.2f}{spent[1]:29.2f}{spent[2]:14.2f}")


def main() -> None:
    given = sys.argv[1:]
    count = 4 if given == ["--smallest"] else int(given[0]) if given else 200
    fmt = BY_NAME[NAME]
    hf = tokenizer(fmt)
    template = original(fmt.template)
    bound = chatwright.load(NAME).bind(backend(NAME), backend="fastokens")
    peer = Qwen3Renderer(hf)
    first = bound.render_ids(FIRST, add_generation_prompt=True)

    def apply(messages: list[Message]) -> list[int]:
        kept: list[int] = hf.apply_chat_template(
            messages, chat_template=template, add_generation_prompt=True, return_dict=False
        )
        return kept

    ways = {
        "chatwright, bridge": bridging(bound.bridge_to_next_turn, first),
        "renderers, bridge": bridging(peer.bridge_to_next_turn, first),
        "chatwright, anew": anew(lambda messages: bound.render_ids(messages, add_generation_prompt=True)),
        "apply_chat_template, anew": anew(apply),
    }
    encode = bound.encoder
    spent: dict[str, list[float]] = {name: [] for name in ways}
    ends: dict[str, list[int]] = {}
    for number, length in enumerate((3, count // 2, count)):
        taken = turns(length, random.Random(number), lambda text: [int(id) for id in encode.encode([text]).ids])
        for name, rollout in ways.items():
            start = time.perf_counter()
            ends[name] = rollout(taken)
            if number:  # the first round is a warm-up
                spent[name].append(time.perf_counter() - start)
        assert ends["chatwright, bridge"] == ends["renderers, bridge"]
        if number:
            print(f"{length} turns, {len(ends['chatwright, bridge']):,} tokens at the end")
    least = spent["chatwright, bridge"][-1]
    print(f"{'':28}{'ms a turn':>11}{'at half the length':>20}{'× ours':>9}")
    for name, (half, full) in spent.items():
        print(f"{name:28}{full / count * 1e3:11.2f}{half / (count // 2) * 1e3:20.2f}{full / least:9.1f}")
    behind(bound.bridge, first, taken[0])


if __name__ == "__main__":
    main()
