"""Conversations with a text of one's own in every field, and what a control token in them must not do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from cases.tokens.attribution import check, covered

from chatwright.verify.scenarios.build import Message, call, calls, result, says, system, text, tool, user

from .format import Format
from .oracle import Case
from .subject import spec

#: The text of a field that has no other.
WORD = "quince"

Fill = Callable[[str], str]


def fields(fmt: Format) -> tuple[str, ...]:
    """The names of the fields that `conversation` fills for a format."""
    seen: list[str] = []

    def note(field: str) -> str:
        seen.append(field)
        return WORD

    conversation(fmt, note)
    return tuple(dict.fromkeys(seen))


def conversation(fmt: Format, fill: Fill, text_arguments: bool = False) -> Case:
    """A conversation in which `fill` gives the text of each field. All of it is printed: reasoning is not old."""
    parted = "text" in fmt.parts
    arguments: Any = {
        fill("arguments key"): fill("arguments value"),
        "nested": {fill("nested key"): [fill("nested value"), {fill("deep key"): fill("deep value")}]},
    }
    if text_arguments:
        arguments = '{"' + fill("arguments as text") + '": "' + fill("arguments as text") + '"}'
    called = call(fill("call name"), arguments, WORD_ID if fmt.nine else fill("call id"))
    beside = fill("content") if fmt.reasoned_calls_with_content else ""
    messages: list[Message] = [
        system(fill("system")),
        user(fill("user")),
        says(fill("content")),
        user([text(fill("parts")), text(fill("parts"))] if parted else fill("user")),
        calls(beside, called, reasoning_content=fill("reasoning")),
        result(fill("result"), WORD_ID if fmt.nine else fill("result id"), name=fill("result name")),
        says(fill("content"), reasoning_content=fill("reasoning")),
    ]
    return Case(messages, [declared(fill)])


def simpler(fmt: Format, fill: Fill) -> list[Case]:
    """The conversation, and others that ask less of a format: each is a part of it."""
    found = []
    for text_arguments in (False, True):
        whole = conversation(fmt, fill, text_arguments)
        found += [whole, Case(whole.messages[1:], whole.tools), Case(whole.messages, None)]
    plain = [whole.messages[0], *whole.messages[1:4], whole.messages[6]]
    return [*found, Case(plain, None), Case(plain[1:], None), Case(plain[1:3], None), Case(plain[1:2], None)]


#: An id of nine letters, which is what some formats insist on.
WORD_ID = "quince123"


def declared(fill: Fill) -> dict[str, Any]:
    """A tool with a text of one's own at every place of its schema."""
    inner = {"type": "array", "items": {"type": "string", "description": fill("schema text")}}
    properties = {
        fill("schema key"): {"type": "string", "description": fill("schema text"), "enum": [fill("schema value")]},
        "default": {"type": "string", "default": fill("schema value")},
        "inner": {"type": "object", "properties": {fill("schema key"): inner}, "required": [fill("schema value")]},
    }
    schema = {"type": "object", "properties": properties, "required": [fill("schema value")]}
    return tool(fill("tool name"), fill("tool description"), schema)


def scaffolds(segments: Iterable[Any]) -> list[str]:
    """What a format says itself, in runs between what others say."""
    runs = [""]
    for segment in segments:
        if not segment.text:
            continue
        if segment.body:
            runs.append("")
        else:
            runs[-1] += segment.text
    return runs


def controls_of(encoder: Any, ids: Sequence[int]) -> list[int]:
    return [id for id in ids if id in encoder.controls.by_id]


def own_controls(encoder: Any, segments: Iterable[Any]) -> list[int]:
    """The control tokens of a rendering in which everybody else says one harmless word."""
    return controls_of(encoder, encoder.encode([WORD.join(scaffolds(segments))]).ids.tolist())


@cache
def _pattern(texts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))))


def spelled(encoder: Any, segments: Iterable[Any]) -> Counter[tuple[str, int, str]]:
    """The control tokens in the text of others: how often, in which message and part."""
    pattern = _pattern(tuple(encoder.controls.by_text))
    found: Counter[tuple[str, int, str]] = Counter()
    for segment in segments:
        if segment.body:
            found.update((token, segment.message, segment.part) for token in pattern.findall(segment.text))
    return found


def check_harmless(bound: Any, fmt: Format, case: Case, tokens: Any) -> list[int]:
    """No text of callers became a control token, and every token names its owner; returns the control tokens."""
    keywords = {**case.keywords(), **fmt.ours}
    segments = spec(fmt.name).segments(case.messages, **keywords)
    encoder = bound.encoder
    found = controls_of(encoder, tokens.token_ids)
    assert found == own_controls(encoder, segments), case
    whole = tokens.text.encode()
    assert tokens.text == "".join(segment.text for segment in segments)
    assert covered(tokens) == whole
    body = [segment.body for segment in segments for _ in segment.text.encode()]
    for id, start, end in zip(tokens.token_ids, tokens.located.starts, tokens.located.ends, strict=True):
        if id in encoder.controls.by_id:
            assert not any(flag and not whole[at : at + 1].isspace() for at, flag in enumerate(body[start:end], start))
    check(tokens, spec(fmt.name), case.messages, **keywords)
    return found
