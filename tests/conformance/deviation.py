"""One kind of input with which a shipped spec does not do what the model's own template does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chatwright.verify.scenarios import BY_NAME

from .deviation_reasons import REPR
from .format import PICTURES
from .oracle import Case


@dataclass(frozen=True)
class Deviation:
    """One kind of input that the original prints and ours refuses."""

    format: str
    name: str
    #: What the original does with it.
    reason: str
    applies: Callable[[Case], bool]
    #: A scenario that shows it, and a piece of what the original prints for it.
    scenario: str
    prints: str
    #: Options that the scenario needs for that.
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def example(self) -> Case:
        shown = BY_NAME[self.scenario]
        return Case(shown.messages, shown.tools, False, {**shown.options, **self.options})


OLMO = ("olmo3_think_sft", "olmo3_think_32b", "olmo3_1", "olmo3_1_unsloth")
PARTS = "parts"
ANY = ("user", "assistant", "tool", "system")
SHOWN = "[{'type': 'text'"
KIMI = ("text", "image", "image_url")
OMNI = (*PICTURES, "audio", "audio_url")


def shown(applies: Callable[[Case], bool], scenario: str, *formats: str) -> list[Deviation]:
    """Formats that refuse parts where the template prints them as Python shows them."""
    return [Deviation(name, PARTS, REPR, applies, scenario, SHOWN) for name in formats]
