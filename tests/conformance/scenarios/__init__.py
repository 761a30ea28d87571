"""The hand-picked conversations, by name."""

from __future__ import annotations

from . import calls, reasoning, tools, turns, words
from .build import Scenario

ALL: list[Scenario] = [*turns.ALL, *reasoning.ALL, *calls.ALL, *words.ALL, *tools.ALL]
BY_NAME: dict[str, Scenario] = {scenario.name: scenario for scenario in ALL}

__all__ = ["ALL", "BY_NAME", "Scenario"]
