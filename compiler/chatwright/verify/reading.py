"""Reads the model's turn back: the parsed message replaces the original one, and its rendering must be the same."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from chatwright.completion.losses import lossy
from chatwright.completion.message import ParsedResponse
from chatwright.completion.parser import Parser
from chatwright.runtime.errors import ChatwrightError
from chatwright.spec import Spec, format_of
from chatwright.verify import oracle
from chatwright.verify.case import Case, Message

#: A longer turn is not parsed: it would show no more.
LONGEST = 1200


class Readings:
    """Reads the last messages of cases back, by one parser for each setting of the options.

    `ours` has the special tokens that the emitter gets by default.
    """

    def __init__(self, spec: Spec, ours: Mapping[str, Any]) -> None:
        self.spec, self.ours = spec, ours
        self.kinds = {loss.kind for loss in lossy(format_of(spec).compiled.program)}
        self.parsers: dict[str, Parser] = {}

    def cut(self, case: Case) -> Case | None:
        """A case up to the model's last message; None if it has none, or one that text cannot represent (`plain`)."""
        at = max((n for n, m in enumerate(case.messages) if n and m.get("role") == "assistant"), default=0)
        if case.prompt or not at or not format_of(self.spec).samplers:
            return None
        last = {key: value for key, value in case.messages[at].items() if value is not None}
        if not plain(last, (*self.spec.tokens, *self.spec.stops)) or self.lost(last):
            return None
        messages = with_ids(case.messages[: at + 1], format_of(self.spec).compiled.program.ids)
        return Case(messages, case.tools, False, {**self.ours, **case.options})

    def lost(self, message: Message) -> bool:
        """Whether a message contains values that the format is known to lose, or that no call can have: filters may
        empty blank reasoning, a blank name counts as missing, a quote ends a text without escapes, and without types
        only words and numbers keep their values."""
        reasoning = message.get("reasoning_content")
        if isinstance(reasoning, str) and not reasoning.strip():
            return True
        if any(not str(call["function"]["name"]).strip() for call in message.get("tool_calls") or ()):
            return True
        if "untyped-values" in self.kinds:
            values = [v for call in message.get("tool_calls") or () for v in call["function"]["arguments"].values()]
            if any(not v or isinstance(v, list | dict) for v in values if not isinstance(v, bool | int | float)):
                return True
        if "unescaped" in self.kinds:
            return any(mark in text for text in texts_of(message.get("tool_calls") or []) for mark in "'\"\\\n")
        return False

    def fault(self, case: Case) -> str | None:
        """The fault in parsing the model's last message. None if the parser is right, or if nothing is comparable: the
        format refuses the message, or none of its prompts can begin it."""
        with oracle.untouched(case) as given, oracle.frozen_clock():
            cut = self.cut(given)
            told = None if cut is None else sampled(self.spec, cut, len(cut.messages) - 1)
            if cut is None or told is None or not told[0].startswith(told[1] + told[2]):
                return None
            before, content = cut.messages[:-1], cut.messages[-1].get("content") or ""
            stops = self.spec.stops  # history may omit a prompt that was sampled from nevertheless
            ended = told[2] if not stops or any(stop in told[2] for stop in stops) else told[2] + stops[0]
            found = self.parser(cut.options).parse(ended, messages=before, tools=cut.tools)
            wrong = fault(self.kinds, self.spec, cut, len(before), told[0], found, content != content.strip())
        return None if wrong is None else f"of {told[2]!r} {wrong}"

    def parser(self, options: Mapping[str, Any]) -> Parser:
        known = {name: value for name, value in options.items() if name in self.spec.options}
        key = repr(sorted(known.items()))
        found = self.parsers.get(key)
        if found is None:
            found = self.parsers[key] = self.spec.parser(**known)
        return found


def sampled(spec: Spec, case: Case, index: int) -> tuple[str, str, str] | None:
    """The text of a case up to a message of the model, the prompt before it, and its sampled text; None if the format
    refuses one of these, or if the sampled text is empty or long."""
    try:
        prompt = spec.text(case.messages[:index], tools=case.tools, add_generation_prompt=True, **case.options)
        segments = spec.segments(case.messages[: index + 1], tools=case.tools, **case.options)
    except ChatwrightError:
        return None
    written = "".join(s.text for s in segments if s.sampled and s.message == index)
    if not written or len(written) > LONGEST:
        return None
    return "".join(s.text for s in segments), prompt, written


def fault(
    kinds: Collection[str], spec: Spec, case: Case, index: int, text: str, found: ParsedResponse, loose: bool
) -> str | None:
    """The fault in the parsed form of a message of a case; None if it is right.

    `kinds` are the format's losses, `text` is the rendering of the case up to the message. With `loose`, white space
    does not count.
    """
    if any(call.status not in ("ok", "unknown_tool") for call in found.tool_calls):
        return f"read {found.tool_calls}"
    if found.rest:
        return f"left over {found.rest!r}"
    try:
        back = spec.text([*case.messages[:index], found.message()], tools=case.tools, **case.options)
    except ChatwrightError as error:
        return f"read {found}, which is refused: {error}"
    if back != text and (not loose or "".join(back.split()) != "".join(text.split())):
        return f"renders {back[-200:]!r}, not {text[-200:]!r}"
    return difference(kinds, case.messages[index], found.message(), loose)


def difference(kinds: Collection[str], message: Message, found: Message, loose: bool) -> str | None:
    """The difference between a parsed message and the original, except for the format's losses."""
    calls = [(c["function"]["name"], c["function"]["arguments"]) for c in message.get("tool_calls") or ()]
    read = [(c["function"]["name"], c["function"]["arguments"]) for c in found.get("tool_calls") or ()]
    calls = [] if "no-calls" in kinds else calls[:1] if "one-call" in kinds else calls
    if not calls and read and "content-as-calls" in kinds:
        return None
    if json.dumps(calls, sort_keys="key-order" in kinds) != json.dumps(read, sort_keys="key-order" in kinds):
        return f"calls {read}, not {calls}"
    if not set(kinds) & {"call-ids", "no-calls"}:
        ids = [c.get("id") for c in message.get("tool_calls") or ()]
        if ids != [c.get("id") for c in found.get("tool_calls") or ()]:
            return f"other ids than {ids}"
    content, other = message.get("content") or "", found["content"]
    if "content-space" in kinds or loose:
        content, other = content.strip(), other.strip()
    if "placeholder" in kinds and not (content or read):
        return None
    if content != other and not (calls and set(kinds) & {"content-with-calls", "content-as-reasoning"}):
        return f"content {other!r}, not {content!r}"
    return None


def texts_of(value: Any) -> list[str]:
    """All texts in data, including keys."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for item in pair for text in texts_of(item)]
    return [text for item in value for text in texts_of(item)] if isinstance(value, list) else []


def plain(message: Message, tokens: Sequence[str]) -> bool:
    """Whether a message has plain data only: calls in OpenAI's shape with arguments as an object, and no parts."""
    if any(token in text for text in texts_of(message) for token in (*tokens, "<think>", "</think>")):
        return False
    if not isinstance(message.get("content", ""), str) or {"prefix", "name"} & set(message):
        return False
    calls = message.get("tool_calls", ())
    if calls == [] or not isinstance(calls, list | tuple):
        return False
    return all(_whole(call) for call in calls)


def _whole(call: Any) -> bool:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or list(function) != ["name", "arguments"]:
        return False
    if not isinstance(function["arguments"], dict) or not set(call) <= {"id", "type", "function"}:
        return False
    return not any(looks_like_json(value) for value in function["arguments"].values())


def looks_like_json(value: Any) -> bool:
    """Whether a text could also be another value; only the schema of a tool can decide."""
    if not isinstance(value, str):
        return False
    try:
        json.loads(value)
    except ValueError:
        return value in ("True", "False", "None")
    return True


def with_ids(messages: list[Message], ids: str | int | None) -> list[Message]:
    """The messages with ids as the model writes them, if the name of a call is part of its id."""
    if not isinstance(ids, str):
        return messages
    out = []
    for message in messages:
        calls = message.get("tool_calls")
        if isinstance(calls, list) and all(isinstance(call.get("function"), dict) for call in calls):
            named = [
                {**call, "id": ids.format(name=call["function"].get("name"), index=index)}
                for index, call in enumerate(calls)
            ]
            out.append({**message, "tool_calls": named})
        else:
            out.append(message)
    return out
