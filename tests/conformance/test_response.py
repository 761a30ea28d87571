"""The response template: through transformers it gives what our parser gives, wherever its format can say it.

Over the conformance conversations each assistant turn is rendered, and what was sampled of it is read twice, behind the
text before it: by our parser, and by transformers with the template that is derived from the same grammar.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from functools import cache
from typing import Any

import pytest
from transformers.utils.chat_parsing import ResponseParser, parse_response
from transformers.utils.chat_parsing.response_templates import ResponseTemplate, load_response_template

import chatwright
from chatwright.completion.message import ParsedResponse
from chatwright.spec import format_of
from chatwright.verify.reading import texts_of

from .format import Format
from .formats import FIRST
from .oracle import Case
from .real_tokenizers import tokenizer
from .subject import parser_of
from .test_reading import turns

#: Things that a response template of transformers cannot express, by their words in UNSAID.
REASONS = {
    "types": "A value of an argument is text; only the schema of a tool makes something else of it, not its look.",
    "keys": "In JSON with bare keys, a key that is not a word is an error.",
    "python": "Calls that are Python are no kind of content that it knows; they stay in the content, markers included.",
}

#: Which of the reasons make a difference in a format. Held exact: none is missing, none too many.
UNSAID: dict[str, set[str]] = {
    "gemma4": {"keys"},
    "glm4_6": {"types"},
    "lfm2_5": {"python"},
    "llama3_1": {"python"},
    "minimax_m2": {"types"},
    "nemotron3_nano": {"types"},
    "qwen3_5": {"types"},
}

#: What the formats say of it themselves, derived from their grammars: the beginning of each sentence.
NOTES = {
    "gemma4": ("A call with an argument name that is not a word is an error",),
    "glm4_6": ("Arguments are read as texts",),
    "lfm2_5": ("Calls that begin with '<|tool_call_start|>' stay in the content",),
    "llama3_1": ("Calls that begin with '<|python_tag|>' stay in the content", "More than one call is an error"),
    "minimax_m2": ("Arguments are read as texts",),
    "nemotron3_nano": ("Arguments are read as texts",),
    "qwen3_5": ("Arguments are read as texts",),
}

LONGEST = 3000
spec_of = cache(chatwright.load)
by_format = pytest.mark.parametrize("fmt", FIRST, ids=lambda fmt: fmt.name)
Turn = tuple[str, Case, int, str, str]


@cache
def sampled_turns(name: str) -> list[Turn]:
    """The name of a conversation, it, the index of a turn, the text before what is sampled of it, that."""
    fmt = next(fmt for fmt in FIRST if fmt.name == name)
    spec = spec_of(name)
    found = []
    for title, case, index in turns(fmt):
        try:
            segments = spec.segments(case.messages[: index + 1], tools=case.tools, **case.options)
        except chatwright.ChatwrightError:
            continue
        text = "".join(segment.text for segment in segments)
        sampled = "".join(s.text for s in segments if s.sampled and s.message == index)
        if sampled and len(sampled) <= LONGEST and sampled in text:
            found.append((title, case, index, text[: text.rindex(sampled)], sampled))
    return found


@cache
def template_of(name: str) -> ResponseTemplate:
    return load_response_template(spec_of(name).response_template())


def ours(fmt: Format, case: Case, index: int, prefix: str, sampled: str) -> ParsedResponse:
    parser = parser_of(fmt.name, case.options)
    return parser.parse(sampled, messages=case.messages[:index], tools=case.tools, prompt=prefix)


def plain(message: dict[str, Any]) -> dict[str, Any]:
    """A message without what is empty: transformers leaves that out."""
    found = {key: value for key, value in message.items() if value not in ("", None, [])}
    calls = [{k: v for k, v in call.items() if (k, v) != ("id", "")} for call in found.get("tool_calls", ())]
    return {**found, "tool_calls": calls} if calls else found


def theirs(fmt: Format, case: Case, prefix: str, sampled: str) -> dict[str, Any] | Exception:
    try:
        return plain(parse_response(sampled, template_of(fmt.name), prefix=prefix, tools=case.tools))
    except (ValueError, KeyError) as error:  # both are raised there, for text that cannot be read
        return error


def as_texts(message: dict[str, Any]) -> dict[str, Any]:
    """A message whose arguments are texts, as JSON or as Python prints them."""

    def text(value: Any) -> str:
        return json.dumps({"True": True, "False": False, "None": None}.get(value, value) if value in _WORDS else value)

    def shown(value: Any) -> str:
        if not isinstance(value, str):
            return text(value)
        try:
            return text(json.loads(value))
        except ValueError:
            return text(value)

    calls = [
        {**call, "function": {**call["function"], "arguments": {k: shown(v) for k, v in arguments.items()}}}
        for call in message.get("tool_calls", ())
        if isinstance(arguments := call["function"]["arguments"], dict)
    ]
    return {**message, "tool_calls": calls}


_WORDS = ("True", "False", "None")


def reason(want: dict[str, Any], got: dict[str, Any] | Exception) -> str:
    """Why two readings differ: one of REASONS, or how."""
    if isinstance(got, Exception):
        keys = [key for call in want.get("tool_calls", ()) for key in call["function"]["arguments"]]
        return "keys" if any(not key.isidentifier() for key in keys) else f"raised {got}"
    if as_texts(want) == as_texts(got):
        return "types"
    if "tool_calls" not in got and any(
        opener in got.get("content", "") for opener in ("<|tool_call_start|>[", "<|python_tag|>")
    ):
        return "python"
    return f"read {got}, not {want}"


@by_format
def test_transformers_reads_what_our_parser_reads(fmt: Format) -> None:
    seen: Counter[str] = Counter()
    for _, case, index, prefix, sampled in sampled_turns(fmt.name):
        want = plain(ours(fmt, case, index, prefix, sampled).message())
        got = theirs(fmt, case, prefix, sampled)
        seen["all"] += 1
        if got != want:
            seen[reason(want, got)] += 1
    assert seen["all"] >= 100
    assert set(seen) - {"all"} == UNSAID.get(fmt.name, set())


@by_format
def test_what_a_template_cannot_say_is_told_by_the_format(fmt: Format) -> None:
    notes = spec_of(fmt.name).response_notes
    begun = NOTES.get(fmt.name, ())
    assert len(notes) == len(begun)
    assert all(note.startswith(start) for note, start in zip(notes, begun, strict=True))


def some(fmt: Format, count: int, longest: int = 400) -> list[Turn]:
    """Turns that differ in what was sampled, the ones with most markers first."""
    distinct = {turn[4]: turn for turn in sampled_turns(fmt.name) if len(turn[4]) <= longest}
    ranked = sorted(distinct.values(), key=lambda turn: (-turn[4].count("<") - turn[4].count("["), turn[4]))
    return ranked[: count - count // 4] + ranked[-(count // 4) :]


@by_format
def test_tokens_are_read_as_text_is(fmt: Format) -> None:
    """Through `tokenizer.parse_response`, with the model's tokenizer or one that has its control tokens."""
    loaded = tokenizer(fmt)
    loaded.response_template = spec_of(fmt.name).response_template()
    for _, case, _, prefix, sampled in some(fmt, 16):
        ids = [loaded(text, add_special_tokens=False)["input_ids"] for text in (prefix, sampled)]
        if [loaded.decode(one) for one in ids] != [prefix, sampled]:
            continue  # a tokenizer that normalizes
        want = theirs(fmt, case, prefix, sampled)
        assert not isinstance(want, Exception)
        assert plain(loaded.parse_response(ids[1], prefix=ids[0], tools=case.tools)) == want


@by_format
def test_a_stream_ends_in_the_same_message(fmt: Format) -> None:
    template = template_of(fmt.name)
    rng = random.Random(4)
    for _, case, _, prefix, sampled in some(fmt, 12):
        want = theirs(fmt, case, prefix, sampled)
        for longest in (1, 9):
            parser = ResponseParser(template, prefix=prefix, tools=case.tools)
            at = 0
            while at < len(sampled):
                step = rng.randint(1, longest)
                parser.feed(sampled[at : at + step])
                at += step
            assert plain(parser.finalize()[0]) == want, sampled


def squeezed(message: dict[str, Any]) -> dict[str, Any]:
    """A message without white space in its texts, and its arguments as texts."""
    texts = {key: "".join(value.split()) for key, value in message.items() if isinstance(value, str)}
    return {**texts, "tool_calls": as_texts(message)["tool_calls"]}


@by_format
def test_a_cut_completion_is_an_error_or_has_no_call_that_is_not_whole(fmt: Format) -> None:
    """Cut off at any character. What our parser finds whole is read alike; of a call that it finds damaged nothing is
    made but content or an error."""
    seen: Counter[str] = Counter()
    for _, case, index, prefix, sampled in some(fmt, 6, 260):
        for end in range(len(sampled)):
            text = sampled[:end]
            parsed = ours(fmt, case, index, prefix, text)
            want, got = plain(parsed.message()), theirs(fmt, case, prefix, text)
            damaged = [call for call in parsed.tool_calls if call.status not in ("ok", "unknown_tool")]
            if isinstance(got, Exception):
                assert damaged or text.startswith(("{", "[TOOL_CALLS]")), (text, got)  # nothing else delimits these
                seen["error"] += 1
            elif fmt.name in PYTHON:
                assert "tool_calls" not in got
                seen["content"] += 1
            else:
                if "<|python_tag|>" not in text:  # where some are, one marker begins them
                    assert as_texts(got)["tool_calls"] == as_texts(want)["tool_calls"], (text, got, parsed)
                seen["alike" if squeezed(got) == squeezed(want) else "content"] += 1
    assert seen["alike"] > 20 or fmt.name in PYTHON


#: Formats all of whose calls are Python.
PYTHON = {"lfm2_5"}


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]{2,}", text))


def sources(name: str) -> list[str]:
    """The text of a spec and of all that it is made of."""
    return [source.text for source in format_of(spec_of(name)).compiled.tree.sources]


@by_format
def test_a_damaged_completion_is_an_error_or_loses_no_word(fmt: Format) -> None:
    """Without any stretch of it: what is left of the words of the message is in the message that is read, if one is."""
    rng = random.Random(7)
    spec = spec_of(fmt.name)
    known = {word for source in sources(fmt.name) for word in words(source)}
    read = 0
    for _, case, index, prefix, sampled in some(fmt, 6, 260):
        data = words("\n".join(texts_of(ours(fmt, case, index, prefix, sampled).message())))
        for _ in range(60):
            at, size = rng.randrange(len(sampled)), rng.randint(1, 12)
            text = sampled[:at] + sampled[at + size :]
            got = theirs(fmt, case, prefix, text)
            if isinstance(got, Exception):
                continue
            read += 1
            before_stop = min((text.find(stop) for stop in spec.stops if stop in text), default=len(text))
            lost = (words(text[:before_stop]) & data) - words("\n".join(texts_of(got)))
            assert not set(lost) - known, (text, got)
    assert read > 50
