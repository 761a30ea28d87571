"""The hand-picked conversations, by name."""

from __future__ import annotations

from chatwright.verify.scenarios import calls, reasoning, tools, turns
from chatwright.verify.scenarios import texts as words
from chatwright.verify.scenarios.build import Scenario

#: The conversations by subject.
TOPICS: dict[str, list[Scenario]] = {
    "turns": turns.ALL,
    "reasoning": reasoning.ALL,
    "calls": calls.ALL,
    "words": words.ALL,
    "tools": tools.ALL,
}
ALL: list[Scenario] = [scenario for scenarios in TOPICS.values() for scenario in scenarios]
BY_NAME: dict[str, Scenario] = {scenario.name: scenario for scenario in ALL}

__all__ = ["ALL", "BY_NAME", "TOPICS", "Scenario"]
