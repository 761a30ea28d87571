"""The parser on completions that are not as they should be, on tokens against text, and on prompts."""

from __future__ import annotations

import time
from typing import Any

import pytest

import chatwright
from chatwright.completion.marks import Control
from chatwright.completion.parser import Parser

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "find",
            "parameters": {"type": "object", "properties": {"q": {"type": "string"}, "n": {"type": "integer"}}},
        },
    }
]
GOOD = '<tool_call>\n{"name": "find", "arguments": {"q": "a"}}\n</tool_call>'
DSML = '<｜DSML｜tool_calls>\n<｜DSML｜invoke name="find">\n'
KIMI = "</think><|tool_calls_section_begin|>"
HARMONY = "<|channel|>commentary to=functions.find <|constrain|>json<|message|>"
# ruff: noqa: E501
# format, completion, content, reasoning, and of each call: status, name, arguments
DAMAGED: list[tuple[str, str, str, str | None, list[tuple[str, str | None, Any]]]] = [
    ("qwen3", GOOD, "", None, [("ok", "find", {"q": "a"})]),
    ("qwen3", f"Hi\n{GOOD}\n{GOOD}", "Hi", None, [("ok", "find", {"q": "a"})] * 2),
    ("qwen3", '<tool_call>{"arguments":{"q":"a"},"name":"find"}</tool_call>', "", None, [("ok", "find", {"q": "a"})]),
    ("qwen3", GOOD.replace("}}", "}"), "", None, [("invalid_json", "find", None)]),
    ("qwen3", GOOD.replace("}}", "}}}"), "", None, [("malformed_structure", "find", {"q": "a"})]),
    ("qwen3", GOOD.replace('"find"', "3"), "", None, [("missing_name", None, {"q": "a"})]),
    ("qwen3", GOOD.replace('"name": "find", ', ""), "", None, [("missing_name", None, {"q": "a"})]),
    ("qwen3", GOOD.replace("find", "lose"), "", None, [("unknown_tool", "lose", {"q": "a"})]),
    ("qwen3", GOOD.removesuffix("</tool_call>"), "", None, [("unclosed_block", "find", {"q": "a"})]),
    ("qwen3", GOOD[:40], "", None, [("unclosed_block", "find", None)]),
    ("qwen3", "<tool_call>\n[1]\n</tool_call>", "", None, [("malformed_structure", None, None)]),
    ("qwen3", '<tool_call>\n{"name": "find"}\n</tool_call>', "", None, [("malformed_structure", "find", None)]),
    ("qwen3", "<tool_call></tool_call>", "", None, [("invalid_json", None, None)]),
    ("qwen3", f"<tool_call>\n{GOOD}", "", None, [("unclosed_block", None, None), ("ok", "find", {"q": "a"})]),
    ("qwen3", f"{GOOD} bye", " bye", None, [("ok", "find", {"q": "a"})]),
    ("qwen3", "a </tool_call> b", "a </tool_call> b", None, []),
    ("qwen3", GOOD.removeprefix("<tool_call>"), GOOD.removeprefix("<tool_call>"), None, []),
    ("qwen3", f"<think>\nMaybe {GOOD}", "", f"Maybe {GOOD}", []),
    ("qwen3", f"<think>\nMaybe {GOOD}\n</think>\n\nNo.", "No.", f"Maybe {GOOD}", []),
    ("qwen3", "<think>\nHm.\n</think>No.", "No.", "Hm.", []),
    ("qwen3_5", "<tool_call>\n<function=find>\n<parameter=q>\n 5 \n\n</parameter>\n<parameter=n>\n5\n</parameter>\n"
     "</function>\n</tool_call>", "", None, [("ok", "find", {"q": " 5 \n", "n": 5})]),
    ("qwen3_5", "<tool_call><function=find><parameter=q>5</parameter></function></tool_call>", "", None,
     [("ok", "find", {"q": "5"})]),
    ("qwen3_5", "<tool_call>\n<function=find>\n<parameter=q>\n5\n</function>\n</tool_call>", "", None,
     [("malformed_structure", "find", None)]),
    ("qwen3_5", "<tool_call>\n<function=>\n</function>\n</tool_call>", "", None, [("missing_name", None, {})]),
    ("qwen3_5", "<tool_call>\n<function=find>\n<parameter=q>\n5", "", None, [("unclosed_block", "find", None)]),
    ("qwen3_5", GOOD, "", None, [("malformed_structure", None, None)]),
    ("glm4_6", "<think>a</think><tool_call>find<arg_key>q</arg_key><arg_value> 5</arg_value></tool_call>", "", "a",
     [("ok", "find", {"q": " 5"})]),
    ("glm4_6", "Hello<|user|>", "Hello", None, []),
    ("gpt_oss", f'{HARMONY}{{"q": "a"}}<|call|>', "", None, [("ok", "find", {"q": "a"})]),
    ("gpt_oss", f'{HARMONY}{{"q": "a"', "", None, [("unclosed_block", "find", None)]),
    ("gpt_oss", f'{HARMONY}{{"q": <|call|>', "", None, [("invalid_json", "find", None)]),
    ("gpt_oss", f'{HARMONY}{{"q": "a"}}'.replace("find", "lose"), "", None, [("unknown_tool", "lose", {"q": "a"})]),
    ("gpt_oss", "<|channel|>analysis<|message|>cut", "", "cut", []),
    ("gpt_oss", "no channel", "no channel", None, []),
    ("kimi_k2_6", f"{KIMI}<|tool_call_begin|>functions.find:0<|tool_call_argument_begin|>{{<|tool_call_end|>", "", None,
     [("invalid_json", "find", "{")]),
    ("kimi_k2_6", f"{KIMI}<|tool_call_begin|>find<|tool_call_argument_begin|>{{}}<|tool_call_end|>", "", None,
     [("missing_name", None, {})]),
    ("kimi_k2_6", f"{KIMI}<|tool_call_begin|>functions.find:0{{}}<|tool_call_end|>", "", None,
     [("malformed_structure", None, None)]),
    ("minimax_m2", '</think><minimax:tool_call>\njunk\n<invoke name="find">\n</invoke>\n</minimax:tool_call>', "", None,
     [("malformed_structure", None, None), ("ok", "find", {})]),
    ("minimax_m2", '</think><minimax:tool_call><invoke name="find"><parameter name="q">a</invoke>b</parameter></invoke>'
     "</minimax:tool_call>", "", None, [("ok", "find", {"q": "a</invoke>b"})]),
    ("minimax_m2", '</think><minimax:tool_call>\n<invoke name="find">\n</invoke>\n<invoke na', "", None,
     [("ok", "find", {}), ("unclosed_block", None, None)]),
    ("deepseek_v3_1", 'Hi<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>find<｜tool▁sep｜>{"q": 1<｜tool▁call▁end｜>', "Hi", None,
     [("invalid_json", "find", None)]),
    ("deepseek_v4", DSML + '<｜DSML｜parameter name="n" string="false">x</｜DSML｜parameter>\n</｜DSML｜invoke>\n', "", None,
     [("invalid_json", "find", None)]),
    ("deepseek_v4", DSML + '<｜DSML｜parameter name="n" string="true">1</｜DSML｜parameter>\n</｜DSML｜invoke>\n', "", None,
     [("ok", "find", {"n": "1"})]),
    ("gemma4", '<|tool_call>call:find{q:<|"|>a<|"|>,n:[1,{x:true}]}<tool_call|><|tool_response>', "", None,
     [("ok", "find", {"q": "a", "n": [1, {"x": True}]})]),
    ("gemma4", "<|tool_call>call:find{q:a}<tool_call|>", "", None, [("invalid_json", "find", None)]),
    ("gemma4", "<|tool_call>call:find{q:" + "[" * 50_000, "", None, [("unclosed_block", "find", None)]),
    ("lfm2_5", "<|tool_call_start|>[find(q=\"a, b\"), find(q='x', n=3)]<|tool_call_end|>", "", None,
     [("ok", "find", {"q": "a, b"}), ("ok", "find", {"q": "x", "n": 3})]),
    ("lfm2_5", "<|tool_call_start|>[find(q=]<|tool_call_end|>", "", None, [("invalid_json", "find", None)]),
    ("lfm2_5", "<|tool_call_start|>[find(n=1), find(q=", "", None,
     [("ok", "find", {"n": 1}), ("unclosed_block", "find", None)]),
    ("mistral_v0_3", '[TOOL_CALLS][{"name": "find", "arguments": {}}]</s>', "", None, [("ok", "find", {})]),
    ("mistral_v0_3", "[TOOL_CALLS] oops</s>", "", None, [("invalid_json", None, None)]),
    ("llama3_1", '{"name": "find", "parameters": {"q": "a"}}<|eot_id|>', "", None, [("ok", "find", {"q": "a"})]),
    ("llama3_1", '{"name": "Bob", "age": 3}<|eot_id|>', '{"name": "Bob", "age": 3}', None, []),
    ("llama3_1", '{"name": "find", "param', '{"name": "find", "param', None, []),
    ("llama3_1", 'As {"name": "find", "parameters": {}}', 'As {"name": "find", "parameters": {}}', None, []),
    ("llama3_1", '<|python_tag|>find.call(q="a")<|eom_id|>', "", None, [("ok", "find", {"q": "a"})]),
    ("llama3_1", "<|python_tag|>print(1)<|eom_id|>", "", None, [("malformed_structure", None, None)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "content", "reasoning", "calls"), DAMAGED)
def test_damaged_completions(
    name: str, text: str, content: str, reasoning: str | None, calls: list[tuple[str, str | None, Any]]
) -> None:
    options = {"builtin_tools": ["find"]} if name == "llama3_1" else {}
    found = chatwright.load(name).parser(**options).parse(text, tools=TOOLS)
    assert (found.content, found.reasoning_content) == (content, reasoning)
    assert [(call.status.value, call.name, call.arguments) for call in found.tool_calls] == calls
    assert all(call.raw in text for call in found.tool_calls)


def with_tokens(name: str, **options: Any) -> Parser:
    spec = chatwright.load(name)
    return spec.parser(control=(*spec.tokens, *spec.stops), **options)


def test_a_marker_typed_as_text_is_text() -> None:
    parser = with_tokens("qwen3")
    typed = parser.parse_tokens(["I write ", GOOD, "<|im_end|>", "!", "<|im_end|>", "x"], [4], tools=TOOLS)
    assert (typed.content, typed.tool_calls, typed.stop) == (f"I write {GOOD}<|im_end|>!", (), "<|im_end|>")
    assert typed.rest == "x"
    body = '{"name": "find", "arguments": {"q": "</tool_call>"}}'
    fed = parser.parse_tokens(["Hi", "\n", "<tool_call>", body, "</tool_call>", "<|im_end|>"], [2, 4, 5], tools=TOOLS)
    assert [(c.status, c.arguments, c.token_span) for c in fed.tool_calls] == [("ok", {"q": "</tool_call>"}, (2, 5))]
    assert fed.content == "Hi"


def test_a_token_that_has_no_place_is_shown_as_it_is_written() -> None:
    parser = with_tokens("qwen3")
    found = parser.parse_tokens(["a", "<|im_start|>", "b", "<think>"], [1, 3])
    assert found.content == "a<|im_start|>b<think>"
    assert parser.parse_tokens(["a", "<|other|>"], [1]).content == "a<|other|>"


def test_markers_that_are_no_tokens_are_found_in_text() -> None:
    parser = chatwright.load("qwen3").parser(control=("<|im_end|>",))
    found = parser.parse_tokens([GOOD[:5], GOOD[5:], "<|im_end|>"], [2], tools=TOOLS)
    assert [(call.status, call.token_span) for call in found.tool_calls] == [("ok", (0, 2))]


def test_spans_count_tokens_and_not_characters() -> None:
    parser = with_tokens("minimax_m2")
    texts = ["é".encode()[:1], "é".encode()[1:], "</think>", "\n\n", "<minimax:tool_call>", "\n", '<invoke name="',
             "find", '">\n', "</invoke>\n", '<invoke name="find', '">\n</invoke>\n', "</minimax:tool_call>"]  # fmt: skip
    control = [2, 4, 12]
    found = parser.parse_tokens(texts, control, tools=TOOLS)
    assert found.reasoning_content == "é"
    assert [call.token_span for call in found.tool_calls] == [(6, 10), (10, 12)]


QWEN_PROMPT = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.parametrize(
    ("name", "prompt", "text", "content", "reasoning", "complete"),
    [
        ("qwen3", QWEN_PROMPT, "<think>\na\n</think>\n\nb", "b", "a", True),
        ("qwen3", QWEN_PROMPT + "<think>\n", "a\n</think>\n\nb", "b", "a", True),
        ("qwen3", QWEN_PROMPT + "<think>\n", "a", "", "a", False),
        ("qwen3", QWEN_PROMPT + "<think>\n\n</think>\n\n", "b", "b", None, True),
        ("qwen3", QWEN_PROMPT + "The answer", " is 5", "The answer is 5", None, True),
        (
            "gpt_oss",
            "<|start|>user<|message|>Hi<|end|><|start|>assistant<|channel|>analysis<|message|>",
            "a",
            "",
            "a",
            False,
        ),
        ("gpt_oss", "<|start|>assistant<|channel|>final<|message|>", "b", "b", None, True),
        ("deepseek_v3_1", "<｜User｜>Hi<｜Assistant｜><think>", "a</think>b", "b", "a", True),
        ("deepseek_v3_1", "<｜tool▁output▁begin｜>1<｜tool▁output▁end｜>", "b", "b", None, True),
        ("gemma4", "<|turn>user\nHi<turn|>\n<|turn>model\n<|channel>thought\n<channel|>", "b", "b", None, True),
        ("gemma4", "response:f{value:1}<tool_response|>", "b", "b", None, True),
        ("minimax_m2", "]~b]ai\n<think>\n", "a\n</think>\n\nb", "b", "a", True),
    ],
)
def test_the_prompt_tells_where_reading_begins(
    name: str, prompt: str, text: str, content: str, reasoning: str | None, complete: bool
) -> None:
    options = {"thinking": True} if name == "deepseek_v3_1" else {}
    for parser in (chatwright.load(name).parser(**options), with_tokens(name, **options)):
        found = parser.parse(text, prompt=prompt) if not parser.spelling.marks else None
        if found is None:
            pieces = parser.pieces(text)
            stream = parser.stream(prompt=prompt)
            for piece in pieces:
                stream.feed(piece)
            found = stream.finish()
        assert (found.content, found.reasoning_content, found.reasoning_complete) == (content, reasoning, complete)


def test_the_options_tell_where_reading_begins() -> None:
    spec = chatwright.load("qwen3_5")
    assert spec.parser(enable_thinking=True).parse("a\n</think>\n\nb").reasoning_content == "a"
    assert spec.parser(enable_thinking=False).parse("b").content == "b"


def test_a_type_that_allows_text_and_null() -> None:
    schema = {"type": "object", "properties": {"q": {"type": ["string", "null"]}, "r": {"anyOf": [{"type": "string"}]}}}
    tools = [{"type": "function", "function": {"name": "find", "parameters": schema}}]
    text = "<tool_call>\n<function=find>\n<parameter=q>\n{}\n</parameter>\n<parameter=r>\n5\n</parameter>\n</function>\n</tool_call>"
    parser = chatwright.load("qwen3_5").parser()
    assert parser.parse(text.format("null"), tools=tools).tool_calls[0].arguments == {"q": None, "r": "5"}
    assert parser.parse(text.format("7"), tools=tools).tool_calls[0].arguments == {"q": "7", "r": "5"}


def test_a_control_token_that_is_fed_by_itself() -> None:
    stream = with_tokens("qwen3").stream(tools=TOOLS)
    for piece in (b"Hi", Control("<tool_call>"), b'{"name": "find", "argu', b'ments": {}}', Control("</tool_call>")):
        stream.feed(piece)
    call = stream.finish().tool_calls[0]
    assert (call.status, call.token_span) == ("ok", (1, 5))


HOSTILE = {
    "prose": "A word, and another. ",
    "begins of markers": "<</<tool_cal</thin<|im_",
    "openers": "<tool_call>",
    "white space": "\n ",
    "brackets": '<tool_call>{"name": "find", "arguments": [[[[',
    "pairs": "<parameter=a>\n5\n</parameter>\n",
    "pairs of a damaged call": "<parameter=a>5",
    "invocations": '<invoke name="',
    "quotes": "find(a='",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["qwen3", "qwen3_5", "minimax_m2", "lfm2_5", "gemma4", "llama3_1"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_the_cost_is_linear(name: str, kind: str) -> None:
    """Twenty times the text may cost at most eighty times the time: a square would cost four hundred times."""
    spec = chatwright.load(name)
    parser = spec.parser()
    opener = {"minimax_m2": "<minimax:tool_call>", "lfm2_5": "<|tool_call_start|>[", "gemma4": "<|tool_call>call:find{",
              "llama3_1": '{"name": "'}.get(name, "<tool_call>\n<function=find>\n")  # fmt: skip
    for begin in ("", opener):
        taken = []
        for count in (1_000, 20_000):
            text = begin + HOSTILE[kind] * count
            best = min(_timed(lambda t=text: parser.parse(t, prompt="", tools=TOOLS)) for _ in range(3))
            taken.append(best)
        assert taken[1] < 80 * max(taken[0], 0.0002), (begin, taken)


def _timed(run: Any) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


@pytest.mark.slow
def test_a_stream_is_linear() -> None:
    spec = chatwright.load("qwen3")
    parser = spec.parser(control=(*spec.tokens, *spec.stops))
    taken = []
    for count in (1_000, 20_000):
        for pieces in (["word "] * count, ["\n"] * count, [Control("<tool_call>")] * count, ["<"] * count):
            stream = parser.stream()
            taken.append(_timed(lambda s=stream, p=pieces: [s.feed(piece) for piece in p] and s.finish()))
    assert sum(taken[4:]) < 80 * sum(taken[:4])
