"""Where a shipped spec does not do what the model's own template does, why, and for which inputs.

Each is declared in the spec too (`spec.deviations`). Ours refuses, always: what is not printed as the original
prints it is not printed at all. A predicate holds for these inputs and no others.

`outside` is something else: input that is no conversation by any convention (a number as content, a part without a
type). No format promises anything for it; ours may print what the original prints, or refuse in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from .format import Format
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
    """The messages of these roles (of all, if none are named) whose content is a list of parts."""
    for message in messages:
        if isinstance(message.get("content"), list) and (not roles or message.get("role") in roles):
            yield message


def _parts(*roles: str) -> Callable[[Case], bool]:
    return lambda case: any(_listed(case.messages, *roles))


def _parts_but(*roles: str) -> Callable[[Case], bool]:
    return lambda case: any(message["role"] not in roles for message in _listed(case.messages))


def _parts_or_first(case: Case) -> bool:
    """Of an assistant, or of the system message that comes first; the template prints no other."""
    return any(_listed(case.messages, "assistant")) or any(_listed(case.messages[:1], "system", "developer"))


def _media_in_result(case: Case) -> bool:
    results = (part for message in _listed(case.messages, "tool") for part in message["content"])
    return any(isinstance(part, dict) and part.get("type") != "text" and "output" not in part for part in results)


def _calls_of_others(case: Case) -> bool:
    return any("tool_calls" in message and message["role"] != "assistant" for message in case.messages)


def _tools_before_user(case: Case) -> bool:
    """There are tools for the first user message, and another message is first."""
    tools = case.options.get("custom_tools", case.tools)
    turns = case.messages[1:] if case.messages[0]["role"] == "system" else case.messages
    in_user = case.options.get("tools_in_user_message", True)
    return tools is not None and in_user and bool(turns) and turns[0]["role"] != "user"


def _ends_on_tag(case: Case) -> bool:
    """The tag of `continue_final_message`, at the end of a content beside calls."""
    return any(
        "tool_calls" in message and str(message.get("content")).endswith("CONTINUE_FINAL_MESSAGE_TAG ")
        for message in case.messages
        if message["role"] == "assistant"
    )


def _foreign_parts(*known: str) -> Callable[[Case], bool]:
    """Some part is of a kind that the format does not know."""

    def applies(case: Case) -> bool:
        parts = (part for message in _listed(case.messages) for part in message["content"] if isinstance(part, dict))
        return any(part.get("type") not in known for part in parts)

    return applies


def _empty_calls(case: Case) -> bool:
    return any(message.get("tool_calls") == [] for message in case.messages)


def _runs(case: Case, role: str) -> Iterator[list[Message]]:
    """The messages of this role that stand in a row."""
    for key, run in groupby(case.messages, key=lambda message: message["role"]):
        if key == role:
            yield list(run)


def _interleaved(case: Case) -> bool:
    """Two texts, or two messages, of a user beside a picture."""
    for run in _runs(case, "user"):
        kinds = [p.get("type") for message in _listed(run) for p in message["content"] if isinstance(p, dict)]
        spoken = [message for message in run if message.get("content") is not None]
        if set(kinds) - {"text"} and (len(spoken) > 1 or kinds.count("text") > 1):
            return True
    return False


def _silent_users(case: Case) -> bool:
    """A message without content, in a row with others."""
    return any(
        len(run) > 1 and any(message.get("content") in (None, []) for message in run) for run in _runs(case, "user")
    )


def _split_answers(case: Case) -> bool:
    """An answer before another one that calls or has no content; or a list of parts in a row of answers."""
    for run in _runs(case, "assistant"):
        if len(run) > 1 and any(_listed(run)):
            return True
        if any(message.get("tool_calls") or message.get("content") is None for message in run[:-1]):
            return True
    return False


_DROPPED = "the template prints nothing for a content that is a list of parts"
_REPR = "the template prints a content that is a list of parts as Python shows it"
_FOREIGN = "the template prints nothing for a part of a kind that it does not know"
_EMPTY = "the template prints nothing for an empty list of parts beside calls"
_OTHERS = "the template prints the calls of a message that is not the assistant's as if it were"
_RELABELLED = "the template puts the tools into the first message and calls it a user message, whatever it is"
_MOVED = "the template moves the tag of continue_final_message behind the calls"
_UNCLOSED = "the template opens a list of calls for no call, and closes neither it nor the turn"

_JOINED = "the template joins texts that stand together with empty lines, unless a picture stands between"
_UNJOINED = "the template joins messages of users in a row with empty lines, but for those without content"
_GATHERED = "the template moves the calls of answers in a row behind all their texts"

_PARTS = "parts"
_ANY = ("user", "assistant", "tool", "system")
_SHOWN = "[{'type': 'text'"
_KIMI = ("text", "image", "image_url")

TABLE = [
    Deviation("qwen3", _PARTS, _DROPPED, _parts(*_ANY), "part_text", "user\n<|im_end|>"),
    Deviation("qwen3_2507", _PARTS, _DROPPED, _parts(*_ANY), "part_text", "user\n<|im_end|>"),
    Deviation("qwen2_5", _PARTS, _REPR, _parts(*_ANY), "result_parts", _SHOWN),
    Deviation("llama3_1", _PARTS, _REPR, _parts_but("tool", "ipython"), "part_text", _SHOWN),
    Deviation("llama3_1", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "assistant<|end_header_id|>"),
    Deviation("llama3_1", "tools_before_user", _RELABELLED, _tools_before_user, "tools_assistant_first", "Hello!<|eot"),
    Deviation("gpt_oss", _PARTS, _REPR, _parts_or_first, "parts_of_system", _SHOWN),
    Deviation("deepseek_v3_1", _PARTS, _EMPTY, _parts("assistant"), "parts_of_call_empty", "<｜tool▁calls▁begin｜>"),
    Deviation("deepseek_v4", _PARTS, _REPR, _parts("developer", *_ANY), "part_text", _SHOWN),
    Deviation("minimax_m2", _PARTS, _REPR, _media_in_result, "result_image", "{'type': 'image'"),
    Deviation("nemotron3_nano", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("mistral_v0_3", _PARTS, _REPR, _parts("assistant", "tool"), "result_parts", _SHOWN),
    Deviation("mistral_v0_3", "empty_calls", _UNCLOSED, _empty_calls, "calls_empty_last", "[TOOL_CALLS] ["),
    Deviation("gemma4", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "<|turn>user\n<|tool_call>"),
    Deviation("lfm2_5", "continue_tag", _MOVED, _ends_on_tag, "continue_tag", "]<|tool_call_end|>CONTINUE"),
    Deviation(
        "kimi_k2_6", _PARTS, _FOREIGN, _foreign_parts(*_KIMI, "video", "video_url"), "part_unknown", "a<|im_end|>"
    ),
    Deviation("kimi_k2_thinking", _PARTS, _FOREIGN, _foreign_parts(*_KIMI), "part_unknown", "a<|im_end|>"),
    Deviation("gemma4_e4b", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "<|turn>user\n<|tool_call>"),
    Deviation("diffusiongemma", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "user\n<|tool_call>"),
    Deviation("gemma4_v4", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "user\n<|tool_call>"),
    Deviation("gemma4_v4_e4b", "calls_of_others", _OTHERS, _calls_of_others, "call_on_user", "user\n<|tool_call>"),
    Deviation("llama3", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("llama3_nous", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("vikhr_nemo", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("nemotron_super", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("gemma2", _PARTS, _REPR, _parts(), "part_text", _SHOWN),
    Deviation("codellama", _PARTS, _REPR, _parts("user", "assistant"), "part_text", _SHOWN),
    Deviation("granite_speech", _PARTS, _REPR, _parts("user", "assistant"), "part_text", _SHOWN),
    Deviation("deepseek_coder", _PARTS, _REPR, _parts("system"), "parts_of_system", _SHOWN),
    Deviation("devstral_2", _PARTS, _REPR, _parts("tool"), "result_parts", _SHOWN),
    Deviation("devstral_2", "silent_users", _UNJOINED, _silent_users, "users_one_silent", "[INST]Hi[/INST]"),
    Deviation("devstral_2", "split_answers", _GATHERED, _split_answers, "call_then_assistant", "It is sunny.[TOOL"),
    *(
        row
        for name in ("ministral3_3b", "ministral3_8b", "ministral3_14b", "devstral_small_2")
        for row in (
            Deviation(name, _PARTS, _REPR, _parts("tool"), "result_parts", _SHOWN),
            Deviation(name, "interleaved", _JOINED, _interleaved, "part_texts_around_image", "a[IMG]b"),
            Deviation(name, "silent_users", _UNJOINED, _silent_users, "users_one_silent", "[INST]Hi[/INST]"),
            Deviation(name, "split_answers", _GATHERED, _split_answers, "call_then_assistant", "It is sunny.[TOOL"),
        )
    ),
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
