"""Where a shipped spec does not do what the model's own template does, why, and for which inputs.

Each is declared in the spec too (`spec.deviations`). Ours refuses, always: what is not printed as the original
prints it is not printed at all. A predicate holds for these inputs and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .formats import Format
from .oracle import Case
from .scenarios import BY_NAME

Message = dict[str, Any]


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

    @property
    def example(self) -> Case:
        shown = BY_NAME[self.scenario]
        return Case(shown.messages, shown.tools, False, shown.options)


def _listed(messages: list[Message], *roles: str) -> Iterator[Message]:
    """The messages of these roles (of all, if none are named) whose content is a list that is not empty."""
    for message in messages:
        content = message.get("content")
        if isinstance(content, list) and content and (not roles or message.get("role") in roles):
            yield message


def _parts(*roles: str) -> Callable[[Case], bool]:
    return lambda case: any(_listed(case.messages, *roles))


_DROPPED = "the template prints nothing for a content that is a list of parts"
_REPR = "the template prints a content that is a list of parts as Python shows it"

TABLE = [
    Deviation("qwen3", "parts", _DROPPED, _parts("user", "assistant", "tool", "system"), "part_text", "<|im_end|>"),
    Deviation(
        "qwen3_2507", "parts", _DROPPED, _parts("user", "assistant", "tool", "system"), "part_text", "<|im_end|>"
    ),
    Deviation("llama3_1", "parts", _REPR, _parts("user", "assistant", "system"), "part_text", "[{'type': 'text'"),
    Deviation("gpt_oss", "parts", _REPR, _parts("system", "developer"), "parts_of_system", "[{'type': 'text'"),
    Deviation("deepseek_v4", "parts", _REPR, _parts(), "part_text", "[{'type': 'text'"),
    Deviation("nemotron3_nano", "parts", _REPR, _parts(), "part_text", "[{'type': 'text'"),
    Deviation("mistral_v0_3", "parts", _REPR, _parts(), "result_parts", "[{'type': 'text'"),
    Deviation("qwen2_5", "parts", _REPR, _parts(), "result_parts", "[{'type': 'text'"),
]


def of(fmt: Format, case: Case) -> Deviation | None:
    """The deviation that this input falls under, if any."""
    return next((deviation for deviation in TABLE if deviation.format == fmt.name and deviation.applies(case)), None)
