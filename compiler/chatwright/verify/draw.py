"""Draws whole conversations, in a shape that a template mostly accepts.

A conversation is an optional opening and some episodes (a user's message, then answers, calls and results). It ends
anywhere, and now and then contains a message at an unusual place.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from chatwright.verify.case import Case, Message
from chatwright.verify.drawn_values import names, objects, texts_with, tools, words
from chatwright.verify.shape import Shape, part

Draw = Any


def _rarely(draw: Draw, one_in: int) -> bool:
    """Shrinks to False."""
    return bool(draw(st.integers(0, one_in - 1)) == one_in - 1)


def _part(shape: Shape, kind: str) -> st.SearchStrategy[Message]:
    if kind == "text":
        return texts_with(shape.markup).map(lambda text: part("text", text))
    return st.just(part(kind))


def _content(draw: Draw, shape: Shape, role: str) -> Message:
    """The keys that hold the content of a message."""
    if _rarely(draw, 12 if shape.null_content else 60):
        return dict(draw(st.sampled_from([{}, {"content": None}])))
    if shape.parts and _rarely(draw, 5):
        media = role in ("user", "tool")
        kinds = st.sampled_from(shape.parts if media else ("text",))
        pieces = st.lists(kinds.flatmap(lambda kind: _part(shape, kind)), max_size=3)
        return {"content": draw(pieces)}
    if not shape.parts and _rarely(draw, 40):
        return {"content": [part("text", draw(texts_with(shape.markup)))]}
    return {"content": draw(texts_with(shape.markup))}


def _plain(draw: Draw, shape: Shape, role: str) -> Message:
    made = {"role": role, **_content(draw, shape, role)}
    if _rarely(draw, 12):
        made["name"] = draw(st.sampled_from(["Ada", "", "f", None]))
    if role == "system" and _rarely(draw, 8):
        made["current_date"] = draw(st.sampled_from(["2025-01-01", ""]))
    return made


def _reasoning(draw: Draw, shape: Shape) -> Message:
    """Reasoning under no key, one key, or several keys."""
    aliases = st.sampled_from(["reasoning_content", "thinking", "reasoning"])
    if draw(st.booleans()):
        return {}
    keys = draw(st.lists(aliases, min_size=1, max_size=2, unique=True))
    return {key: draw(texts_with(shape.markup) | st.none()) for key in keys}


def _inline(draw: Draw, shape: Shape) -> str:
    opening = draw(st.sampled_from(["<think>", "<think>\n", ""]))
    closing = draw(st.sampled_from(["</think>", "\n</think>\n\n"]))
    return f"{opening}{draw(texts_with(shape.markup))}{closing}{draw(texts_with(shape.markup))}"


def _answer(draw: Draw, shape: Shape) -> Message:
    made = {**_plain(draw, shape, "assistant"), **_reasoning(draw, shape)}
    if _rarely(draw, 5):
        made["content"] = _inline(draw, shape)
    if _rarely(draw, 15):
        made["prefix"] = draw(st.booleans())
    return made


def _call(draw: Draw, shape: Shape, number: int) -> Message:
    arguments = draw(objects)
    called = names | st.sampled_from(shape.words) if shape.words else names
    function = {"name": draw(called), "arguments": arguments}
    if shape.text_arguments and _rarely(draw, 5):
        function["arguments"] = json.dumps(arguments, ensure_ascii=False)
    if _rarely(draw, 8):
        function = dict(reversed(function.items()))
    ident = f"call{number:05}" if shape.nine else draw(st.sampled_from([f"call{number:05}", f"functions.f:{number}"]))
    return {"id": ident, "type": "function", "function": function}


def _cycle(draw: Draw, shape: Shape) -> list[Message]:
    """A message with calls, and their results."""
    count = 1 if shape.single_calls else draw(st.sampled_from([1, 1, 2, 3]))
    calls = [_call(draw, shape, number) for number in range(count)]
    message = _answer(draw, shape)
    if draw(st.booleans()):
        message["content"] = draw(st.sampled_from(["", "Let me look."]))
    if not shape.reasoned_calls_with_content:
        dropped = draw(st.sampled_from([("content",), ("reasoning_content", "thinking", "reasoning")]))
        message = {key: value for key, value in message.items() if key not in dropped}
    order = draw(st.permutations(calls))[: count if not _rarely(draw, 4) else 1]
    results = []
    for answered in order:
        result = _plain(draw, shape, "tool")
        if not _rarely(draw, 12) or shape.nine:
            result["tool_call_id"] = answered["id"]
        results.append(result)
    return [{**message, "tool_calls": calls}, *results]


def _episode(draw: Draw, shape: Shape) -> list[Message]:
    messages = [_plain(draw, shape, "user")]
    cycles = [0, 0, 1, 2] if shape.tools else [0, 0, 0, 0, 0, 1]
    for _ in range(draw(st.sampled_from(cycles))):
        messages += _cycle(draw, shape)
    if shape.alternating or draw(st.booleans()):
        messages.append(_answer(draw, shape))
    return messages


def _stray(draw: Draw, shape: Shape) -> Message:
    """A message at an unusual place."""
    role = draw(st.sampled_from(["user", "assistant", "system", "developer", "tool", "critic"]))
    return _plain(draw, shape, role)


def _opening(draw: Draw, shape: Shape) -> list[Message]:
    roles: list[str | None] = [None, "system"] if shape.system else [None]
    if shape.developer:
        roles.append("developer")
    role = draw(st.sampled_from(roles))
    return [] if role is None else [_plain(draw, shape, role)]


def _strict(shape: Shape) -> bool:
    """Formats that refuse nearly every message at an unusual place."""
    return shape.alternating or not shape.late_system or not shape.loose_results


@st.composite
def messages(draw: Draw, shape: Shape) -> list[Message]:
    """A conversation that starts and ends anywhere."""
    made = _opening(draw, shape)
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        made += _episode(draw, shape)
    if _rarely(draw, 12 if _strict(shape) else 4):
        made.insert(draw(st.integers(0, len(made))), _stray(draw, shape))
    if _rarely(draw, 3):
        made = made[: draw(st.integers(1, len(made)))]
    if _rarely(draw, 8):
        made.append({"role": "user", "content": draw(words)})
    return made


@st.composite
def cases(draw: Draw, shape: Shape) -> Case:
    """A conversation, its tools, options and the generation prompt."""
    options = {}
    for name, choices in shape.options.items():
        chosen = draw(st.sampled_from([None, *range(len(choices))]))
        if chosen is not None:
            options[name] = choices[chosen]
    return Case(
        messages=draw(messages(shape)),
        tools=draw(st.none() | st.lists(tools, max_size=2)),
        prompt=draw(st.booleans()),
        options=options,
    )
