"""Whole conversations, drawn per format so that its own template accepts a good part of them.

A conversation is an optional opening and some episodes (a user's message, then answers, calls
and results), cut off anywhere, with now and then a message that has no business there.
"""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from .format import Format
from .oracle import Case
from .values import names, objects, texts, tools, words

Draw = Any
Message = dict[str, Any]

#: `CHATWRIGHT_DEEP=5000` draws so many conversations per format, others every time.
DEEP = int(os.environ.get("CHATWRIGHT_DEEP", "0"))


def drawn(examples: int) -> settings:
    """The settings of a property over drawn conversations."""
    return settings(
        max_examples=DEEP or examples,
        derandomize=not DEEP,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def _rarely(draw: Draw, one_in: int) -> bool:
    """Shrinks to False."""
    return bool(draw(st.integers(0, one_in - 1)) == one_in - 1)


def _part(fmt: Format, kind: str) -> st.SearchStrategy[Message]:
    if kind == "text":
        return texts.map(lambda text: {"type": "text", "text": text})
    return st.just({"type": kind, kind: f"{kind}.bin"})


def _content(draw: Draw, fmt: Format, role: str) -> Message:
    """The content of a message, as the keys that it puts there."""
    if _rarely(draw, 12 if fmt.null_content else 60):
        return draw(st.sampled_from([{}, {"content": None}]))
    if fmt.parts and _rarely(draw, 5):
        media = role in ("user", "tool")
        kinds = st.sampled_from(fmt.parts if media else ("text",))
        pieces = st.lists(kinds.flatmap(lambda kind: _part(fmt, kind)), max_size=3)
        return {"content": draw(pieces)}
    if not fmt.parts and _rarely(draw, 40):
        return {"content": [{"type": "text", "text": draw(texts)}]}
    return {"content": draw(texts)}


def _plain(draw: Draw, fmt: Format, role: str) -> Message:
    made = {"role": role, **_content(draw, fmt, role)}
    if _rarely(draw, 12):
        made["name"] = draw(st.sampled_from(["Ada", "", "f", None]))
    if role == "system" and _rarely(draw, 8):
        made["current_date"] = draw(st.sampled_from(["2025-01-01", ""]))
    return made


def _reasoning(draw: Draw) -> Message:
    """Under no name, one, or several."""
    aliases = st.sampled_from(["reasoning_content", "thinking", "reasoning"])
    if draw(st.booleans()):
        return {}
    keys = draw(st.lists(aliases, min_size=1, max_size=2, unique=True))
    return {key: draw(texts | st.none()) for key in keys}


def _inline(draw: Draw) -> str:
    opening = draw(st.sampled_from(["<think>", "<think>\n", ""]))
    closing = draw(st.sampled_from(["</think>", "\n</think>\n\n"]))
    return f"{opening}{draw(texts)}{closing}{draw(texts)}"


def _answer(draw: Draw, fmt: Format) -> Message:
    made = {**_plain(draw, fmt, "assistant"), **_reasoning(draw)}
    if _rarely(draw, 5):
        made["content"] = _inline(draw)
    if _rarely(draw, 15):
        made["prefix"] = draw(st.booleans())
    return made


def _call(draw: Draw, fmt: Format, number: int) -> Message:
    arguments = draw(objects)
    function = {"name": draw(names), "arguments": arguments}
    if fmt.text_arguments and _rarely(draw, 5):
        function["arguments"] = json.dumps(arguments, ensure_ascii=False)
    if _rarely(draw, 8):
        function = dict(reversed(function.items()))
    ident = f"call{number:05}" if fmt.nine else draw(st.sampled_from([f"call{number:05}", f"functions.f:{number}"]))
    return {"id": ident, "type": "function", "function": function}


def _cycle(draw: Draw, fmt: Format) -> list[Message]:
    """A message that calls, and its results."""
    count = 1 if fmt.single_calls else draw(st.sampled_from([1, 1, 2, 3]))
    calls = [_call(draw, fmt, number) for number in range(count)]
    message = _answer(draw, fmt)
    if draw(st.booleans()):
        message["content"] = draw(st.sampled_from(["", "Let me look."]))
    if not fmt.reasoned_calls_with_content:
        dropped = draw(st.sampled_from([("content",), ("reasoning_content", "thinking", "reasoning")]))
        message = {key: value for key, value in message.items() if key not in dropped}
    order = draw(st.permutations(calls))[: count if not _rarely(draw, 4) else 1]
    results = []
    for answered in order:
        result = _plain(draw, fmt, "tool")
        if not _rarely(draw, 12) or fmt.nine:
            result["tool_call_id"] = answered["id"]
        results.append(result)
    return [{**message, "tool_calls": calls}, *results]


def _episode(draw: Draw, fmt: Format) -> list[Message]:
    messages = [_plain(draw, fmt, "user")]
    cycles = [0, 0, 1, 2] if fmt.tools else [0, 0, 0, 0, 0, 1]
    for _ in range(draw(st.sampled_from(cycles))):
        messages += _cycle(draw, fmt)
    if fmt.alternating or draw(st.booleans()):
        messages.append(_answer(draw, fmt))
    return messages


def _stray(draw: Draw, fmt: Format) -> Message:
    """A message that nobody expects at its place."""
    role = draw(st.sampled_from(["user", "assistant", "system", "developer", "tool", "critic"]))
    return _plain(draw, fmt, role)


def _opening(draw: Draw, fmt: Format) -> list[Message]:
    roles = [None, "system"] if fmt.system else [None]
    if fmt.developer:
        roles.append("developer")
    role = draw(st.sampled_from(roles))
    return [] if role is None else [_plain(draw, fmt, role)]


def _strict(fmt: Format) -> bool:
    """Formats that refuse nearly every message at an unusual place."""
    return fmt.alternating or not fmt.late_system or not fmt.loose_results


@st.composite
def messages(draw: Draw, fmt: Format) -> list[Message]:
    """A conversation that starts and ends wherever it likes."""
    made = _opening(draw, fmt)
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        made += _episode(draw, fmt)
    if _rarely(draw, 12 if _strict(fmt) else 4):
        made.insert(draw(st.integers(0, len(made))), _stray(draw, fmt))
    if _rarely(draw, 3):
        made = made[: draw(st.integers(1, len(made)))]
    if _rarely(draw, 8):
        made.append({"role": "user", "content": draw(words)})
    return made


@st.composite
def cases(draw: Draw, fmt: Format) -> Case:
    """A conversation, its tools, options and the generation prompt."""
    options = {}
    for name, choices in fmt.options.items():
        chosen = draw(st.sampled_from([None, *range(len(choices))]))
        if chosen is not None:
            options[name] = choices[chosen]
    return Case(
        messages=draw(messages(fmt)),
        tools=draw(st.none() | st.lists(tools, max_size=2)),
        prompt=draw(st.booleans()),
        options=options,
    )
