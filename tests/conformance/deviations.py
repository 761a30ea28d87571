"""Where a shipped spec does not do what the model's own template does, why, and for which inputs.

Each is declared in the spec too (`spec.deviations`). Ours refuses, always: what is not printed as the original
prints it is not printed at all. A predicate holds for these inputs and no others.

`outside` is something else: input that is no conversation by any convention (a number as content, a part without a
type). No format promises anything for it; ours may print what the original prints, or refuse in words.
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


def outside(case: Case) -> str | None:
    """What of the input is outside of the convention that messages and tools follow, if anything is."""
    for index, message in enumerate(case.messages):
        content = message.get("content")
        if content is not None and not isinstance(content, str | list):
            return f"message {index}: the content is neither a text nor a list of parts"
        if isinstance(content, list) and not all(_is_part(part) for part in content):
            return f"message {index}: a part has no type, or a text part no text"
        if not all(_is_call(call) for call in message.get("tool_calls") or ()):
            return f"message {index}: a call has no function with a name and arguments"
    for index, tool in enumerate(case.tools or ()):
        if tool.get("type", "function") != "function" or not isinstance(tool.get("function"), dict):
            return f"tools[{index}] is no function"
    return None


def _is_part(part: Any) -> bool:
    if not isinstance(part, dict) or not isinstance(part.get("type"), str):
        return False
    return part["type"] != "text" or isinstance(part.get("text"), str)


def _is_call(call: Any) -> bool:
    function = call.get("function")
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return False
    return isinstance(function.get("arguments"), dict | str)
