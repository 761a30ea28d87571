"""Measures the time of the emitter for a chat, next to the model's own template."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chats import Writer
from conformance.formats import Format
from conformance.oracle import original, variables
from transformers.utils import chat_template_utils

import chatwright
from chatwright.verify.oracle import empty_tokenizer

# How many chats are rendered between two looks at the clock, by their turns.
BATCH = {2: 30, 40: 4, 400: 1}
Render = Callable[[int], object]


class Different(Exception):
    """The emitter and the original give different texts."""


@dataclass(frozen=True)
class Timing:
    """Medians over the rounds. Seconds are per chat; a ratio is that of one round, so load of the machine cancels."""

    format: str
    turns: int
    characters: int
    seconds: dict[str, float]
    ratios: dict[str, float]


class Contest:
    """One format's ways to render, ready and warm."""

    def __init__(self, fmt: Format) -> None:
        self.fmt = fmt
        self.spec = chatwright.load(fmt.name)
        self.source = original(fmt.template)
        self.template = chat_template_utils._compile_jinja_template(self.source)
        self.tokenizer = empty_tokenizer(fmt.bos, fmt.eos)
        # A collection before each measurement would walk over all of transformers, and empty the CPU's caches.
        gc.collect()
        gc.freeze()

    def ways(self, inputs: Sequence[dict[str, Any]]) -> dict[str, Render]:
        """Functions that render the chat with a number. All get the same objects."""
        spec, template, tokenizer, source = self.spec, self.template, self.tokenizer, self.source
        chats = [{"messages": given["messages"], "tools": given["tools"]} for given in inputs]
        return {
            "text": lambda i: spec.text(**chats[i]),
            "joined": lambda i: spec.render(**chats[i]).text(),
            "render": lambda i: spec.render(**chats[i]),
            "segments": lambda i: spec.segments(**chats[i]),
            "template": lambda i: template.render(**inputs[i]),
            "apply": lambda i: tokenizer.apply_chat_template(
                chats[i]["messages"], tools=chats[i]["tools"], chat_template=source, tokenize=False
            ),
        }

    def round(self, turns: int, number: int) -> tuple[dict[str, float], int]:
        """Seconds per chat of each way, on chats that were never rendered before, and their mean length.

        The template gets its variables as transformers makes them, which is not timed. The order of the ways is
        drawn anew in every round: the first one finds the texts outside the CPU's caches.
        """
        writer = Writer(self.fmt, str(number))
        inputs = [variables(self.fmt, writer.chat(turns)) for _ in range(BATCH.get(turns, 1))]
        ways = self.ways(inputs)
        seconds = {}
        for name in writer.random.sample(list(ways), len(ways)):
            way = ways[name]
            gc.collect()
            start = time.thread_time()  # the CPU's time: other processes do not count
            for index in range(len(inputs)):
                way(index)
            seconds[name] = (time.thread_time() - start) / len(inputs)
        return seconds, self.compare(ways, len(inputs))

    def compare(self, ways: dict[str, Render], count: int) -> int:
        """Check that all ways give the same text, and return its mean length. Not timed."""
        total = 0
        for index in range(count):
            wanted = ways["template"](index)
            text = ways["text"](index)
            joined = "".join(segment.text for segment in ways["segments"](index))  # type: ignore[attr-defined]
            if not wanted == text == joined == ways["apply"](index):
                raise Different(f"{self.fmt.name}: the emitter's text is not the template's")
            assert isinstance(text, str)
            total += len(text)
        return total // count

    def time(self, turns: int, rounds: int) -> Timing:
        self.round(turns, -1)
        measured = [self.round(turns, number) for number in range(rounds)]
        seconds = [found for found, _ in measured]
        ours = ("text", "render", "segments")
        ratios = {name: statistics.median(s["template"] / s[name] for s in seconds) for name in ours}
        ratios["apply"] = statistics.median(s["apply"] / s["text"] for s in seconds)
        ratios["joined"] = statistics.median(s["joined"] / s["text"] for s in seconds)
        return Timing(
            format=self.fmt.name,
            turns=turns,
            characters=measured[-1][1],
            seconds={name: statistics.median(s[name] for s in seconds) for name in seconds[0]},
            ratios=ratios,
        )

    def per_turn(self, turns: int, rounds: int) -> float:
        """Microseconds of `text` per turn: the best of some rounds, since only growth matters."""
        best = float("inf")
        for number in range(rounds):
            case = Writer(self.fmt, f"growth {number}").chat(turns)
            gc.collect()
            start = time.thread_time()
            self.spec.text(case.messages, tools=case.tools)
            best = min(best, time.thread_time() - start)
        return best / turns * 1e6
