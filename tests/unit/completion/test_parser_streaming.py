"""The parser over all formats: any text, any chunking, text and tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from conformance.formats import FIRST
from hypothesis import given, settings
from hypothesis import strategies as st

import chatwright
from chatwright.completion import events as ev
from chatwright.completion.graph import region_of
from chatwright.completion.marks import Control
from chatwright.completion.message import ParsedResponse
from chatwright.completion.parser import Parser
from chatwright.completion.stream import Stream
from chatwright.ir import program as ir
from chatwright.ir.walk import statements
from chatwright.spec import format_of

pytestmark = pytest.mark.slow

NAMES = [fmt.name for fmt in FIRST]

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "find",
            "parameters": {
                "type": "object",
                "properties": {"street": {"type": "string"}, "number": {"type": "integer"}},
            },
        },
    }
]
DATA = [
    " ", "\n", "\n\n", '{"name": "find", "arguments": {"street": "5"}}', '{"name": "find", "parameters": {}}', "find",
    '{"', '"', "{", "}", "[", "]", "<", ">", "street", "é", "🙂", "5", "functions.find:0", "'", "=", ", ", "(", ")",
]  # fmt: skip
PARSERS: dict[tuple[str, bool], Parser] = {}


def parser_of(name: str, tokens: bool) -> Parser:
    found = PARSERS.get((name, tokens))
    if found is None:
        spec = chatwright.load(name)
        found = PARSERS[name, tokens] = spec.parser(control=(*spec.tokens, *spec.stops) if tokens else ())
    return found


def literals(name: str) -> list[str]:
    """What the format prints in the model's turn, whole and in words."""
    program = format_of(chatwright.load(name)).compiled.program
    bodies = [
        region_of(program),
        *(rule.body for rule in program.rules if rule.name in ("fields", "literal", "argument")),
    ]
    texts = [stmt.text for body in bodies for stmt in statements(body) if isinstance(stmt, ir.Text)]
    words = [word for text in texts for word in re.split(r"(\s+)", text)]
    return [text for text in dict.fromkeys((*texts, *words, *program.tokens, *chatwright.load(name).stops)) if text]


@st.composite
def completions(draw: st.DrawFn, name: str) -> str:
    """Pieces of the format in any order, with numbered words between them."""
    marks = literals(name)
    pieces = draw(st.lists(st.one_of(st.sampled_from(marks), st.sampled_from(DATA), st.just(None)), max_size=25))
    return "".join(f"w{number}w" if piece is None else piece for number, piece in enumerate(pieces))


def chunked(draw: st.DrawFn, text: str) -> list[str]:
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def atoms(name: str, text: str) -> list[str | Control]:
    """A text as a tokenizer with the format's tokens gives it, character by character."""
    spec = chatwright.load(name)
    tokens = sorted({*spec.tokens, *spec.stops}, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, tokens))})", text)
    out: list[str | Control] = []
    for number, part in enumerate(parts):
        out += [Control(part)] if number % 2 else list(part)
    return out


def fed(stream: Stream, pieces: Sequence[Any]) -> tuple[list[ev.Event], ParsedResponse]:
    events = [event for piece in pieces for event in stream.feed(piece)]
    return [*events, *stream.close()], stream.finish()


def told(events: list[ev.Event]) -> ParsedResponse:
    """The message that the events tell."""
    assert isinstance(events[-1], ev.End)
    last = events[-1].response
    reasoning = "".join(e.text for e in events if isinstance(e, ev.ReasoningDelta))
    assert reasoning == (last.reasoning_content or "")
    assert "".join(e.text for e in events if isinstance(e, ev.ContentDelta)) == last.content
    ends = [e for e in events if isinstance(e, ev.ToolCallEnd)]
    assert tuple(e.call for e in ends) == last.tool_calls
    assert [e.index for e in ends] == list(range(len(ends)))
    for end in ends:
        starts = [e for e in events if isinstance(e, ev.ToolCallStart) and e.index == end.index]
        written = "".join(e.text for e in events if isinstance(e, ev.ArgumentsDelta) and e.index == end.index)
        if end.call.status in ("ok", "unknown_tool"):
            assert [(e.name, e.id) for e in starts] == [(end.call.name, end.call.id)]
            assert json.loads(written) == end.call.arguments
        assert len(starts) <= 1
    return last


def without_spans(response: ParsedResponse) -> Any:
    calls = [(c.raw, c.name, c.arguments, c.status, c.id) for c in response.tool_calls]
    return (
        response.content,
        response.reasoning_content,
        calls,
        response.reasoning_complete,
        response.rest,
        response.stop,
    )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_chunking_changes_the_message(name: str, data: st.DataObject) -> None:
    text = data.draw(completions(name))
    parser = parser_of(name, False)
    once = parser.parse(text, tools=TOOLS)
    events, streamed = fed(parser.stream(tools=TOOLS), data.draw(st.composite(chunked)(text)))
    assert without_spans(streamed) == without_spans(once)
    assert told(events) == streamed
    events, by_character = fed(parser.stream(tools=TOOLS), list(text))
    assert told(events) == by_character
    assert without_spans(by_character) == without_spans(once)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_word_is_lost_and_none_is_read_twice(name: str, data: st.DataObject) -> None:
    text = data.draw(completions(name))
    found = parser_of(name, False).parse(text, tools=TOOLS)
    shown = [found.content, found.reasoning_content or "", found.rest, *(call.raw for call in found.tool_calls)]
    assert sorted(re.findall(r"w\d+w", " ".join(shown))) == sorted(re.findall(r"w\d+w", text))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_tokens_are_read_as_text_is_where_each_marker_is_a_token(name: str, data: st.DataObject) -> None:
    pieces = atoms(name, data.draw(completions(name)))
    texts = [piece.text if isinstance(piece, Control) else piece.encode() for piece in pieces]
    control = [index for index, piece in enumerate(pieces) if isinstance(piece, Control)]
    parser = parser_of(name, True)
    once = parser.parse_tokens(texts, control, tools=TOOLS)
    events, streamed = fed(parser.stream(tools=TOOLS), pieces)
    assert streamed == once == told(events)
    for call in once.tool_calls:
        assert call.token_span is not None
        start, end = call.token_span
        covered = b"".join(t if isinstance(t, bytes) else t.encode() for t in texts[start:end]).decode()
        assert covered == call.raw


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(text=st.text(max_size=60), pieces=st.lists(st.binary(max_size=5), max_size=12))
def test_any_text_and_any_bytes_are_read(name: str, text: str, pieces: list[bytes]) -> None:
    parser_of(name, False).parse(text)
    parser = parser_of(name, True)
    _, streamed = fed(parser.stream(), pieces)
    assert parser.parse_tokens(pieces) == streamed
    assert without_spans(parser.parse_tokens([b"".join(pieces)])) == without_spans(streamed)


def test_a_character_is_never_split() -> None:
    stream = parser_of("qwen2_5", True).stream()
    events = [event for byte in "é🙂".encode() for event in stream.feed(bytes([byte]))]
    assert [e.text for e in events if isinstance(e, ev.ContentDelta)] == ["é", "🙂"]


TOLD = [
    (
        "qwen3",
        ['<tool_call>\n{"name": "find", ', '"arguments": {"q": ', '"a"}', "}", "\n</tool_call>"],
        ['{"q":', ' "a"', "}"],
    ),
    (
        "gpt_oss",
        ["<|channel|>commentary to=functions.find <|constrain|>json<|message|>", '{"q": ', '"a"}'],
        ['{"q":', ' "a"}'],
    ),
    (
        "qwen3_5",
        ["<tool_call>\n<function=find>\n", "<parameter=q>\na\n</parameter>\n", "</function>\n</tool_call>"],
        ['{"q": "a"}'],
    ),
]


def test_names_and_arguments_are_told_as_they_come() -> None:
    for name, pieces, before in TOLD:
        stream = parser_of(name, False).stream(tools=TOOLS)
        events = [event for piece in pieces for event in stream.feed(piece)]
        last = [*events, *stream.close()]
        assert ev.ToolCallStart(0, "find") in events[:-1]
        assert [e.text for e in last if isinstance(e, ev.ArgumentsDelta)] == before
