"""Tool calls, their arguments, and the results that answer them."""

from __future__ import annotations

from chatwright.verify.scenarios.build import (
    ABSENT,
    ASK,
    AUDIO,
    CLOCK,
    IMAGE,
    LOOK,
    LOOK_AGAIN,
    SNOWY,
    SUNNY,
    VIDEO,
    WEATHER,
    Scenario,
    call,
    calls,
    message,
    result,
    says,
    system,
    text,
    user,
)

DONE, NEXT = says("It is sunny."), user("And Oslo?")
BOTH = [WEATHER, CLOCK]


def once(name: str, arguments: object) -> Scenario:
    """One call with these arguments, answered."""
    return Scenario(name, [ASK, calls("", call("f", arguments)), SUNNY], [WEATHER])


SHAPE = [
    Scenario("call", [ASK, calls("", LOOK)], [WEATHER]),
    Scenario("call_null_content", [ASK, calls(None, LOOK)], [WEATHER]),
    Scenario("call_absent_content", [ASK, calls(ABSENT, LOOK)], [WEATHER]),
    Scenario("call_with_content", [ASK, calls("Let me look.", LOOK)], [WEATHER]),
    Scenario("call_with_spaced_content", [ASK, calls(" \nLet me look. \n", LOOK), SUNNY]),
    Scenario("call_with_blank_content", [ASK, calls(" \n", LOOK), SUNNY, DONE]),
    Scenario("call_answered", [ASK, calls("", LOOK), SUNNY], [WEATHER]),
    Scenario("call_cycle", [system("S"), ASK, calls("", LOOK), SUNNY, DONE], [WEATHER]),
    Scenario("call_cycle_next", [ASK, calls("Wait.", LOOK), SUNNY, DONE, NEXT], [WEATHER]),
    Scenario("two_calls", [ASK, calls("", LOOK, LOOK_AGAIN)], BOTH),
    Scenario("two_calls_with_content", [ASK, calls("Both.", LOOK, LOOK_AGAIN), SUNNY], BOTH),
    Scenario("two_calls_answered", [ASK, calls("", LOOK, LOOK_AGAIN), SUNNY, SNOWY, DONE]),
    Scenario("results_in_other_order", [ASK, calls("", LOOK, LOOK_AGAIN), SNOWY, SUNNY, DONE]),
    Scenario(
        "two_cycles",
        [ASK, calls("", LOOK), SUNNY, calls("More.", LOOK_AGAIN), SNOWY, DONE, NEXT],
        [WEATHER],
    ),
    Scenario("two_calling_messages", [ASK, calls("", LOOK), calls("", LOOK_AGAIN), SNOWY]),
    Scenario("call_then_user", [ASK, calls("", LOOK), NEXT], [WEATHER]),
    Scenario("call_then_assistant", [ASK, calls("", LOOK), DONE], [WEATHER]),
    Scenario("call_first", [calls("", LOOK), SUNNY, DONE]),
    Scenario("result_then_user", [ASK, calls("", LOOK), SUNNY, NEXT], [WEATHER]),
    Scenario("result_after_answer", [ASK, calls("", LOOK), SUNNY, DONE, SUNNY]),
    Scenario("result_without_call", [ASK, SUNNY]),
    Scenario("result_after_plain_answer", [ASK, DONE, SUNNY, NEXT]),
    Scenario("calls_empty", [ASK, says("No.", tool_calls=[]), NEXT]),
    Scenario("calls_empty_last", [ASK, says("No.", tool_calls=[])]),
    Scenario("calls_empty_alone", [ASK, says("", tool_calls=[]), NEXT]),
    Scenario("calls_empty_without_content", [ASK, says(tool_calls=[])]),
    Scenario("calls_empty_with_reasoning", [ASK, says("No.", tool_calls=[], thinking="x")]),
    Scenario("calls_null", [ASK, says("No.", tool_calls=None), NEXT]),
    Scenario("call_on_user", [user("Hi", tool_calls=[LOOK]), says("Ok")]),
    Scenario("wrapped_user", [ASK, says("Hm"), user("<tool_response>\nx\n</tool_response>"), DONE]),
    Scenario("wrapped_user_spaced", [ASK, says("Hm"), user(" <tool_response>x</tool_response>\n"), DONE]),
    Scenario("only_wrapped_user", [user("<tool_response>x</tool_response>"), DONE]),
]

IDS = [
    Scenario("ids_dotted", [ASK, calls("", call("f", {"a": 1}, "functions.f:0")), SUNNY]),
    Scenario("ids_short", [ASK, calls("", call("f", {"a": 1}, "c1")), result("x", "c1"), DONE]),
    Scenario("ids_none", [ASK, calls("", call("f", {}, ABSENT)), result("x", ABSENT), DONE]),
    Scenario("id_only_in_result", [ASK, calls("", call("f", {}, ABSENT)), SUNNY]),
    Scenario("id_only_in_call", [ASK, calls("", LOOK), result("x", ABSENT), DONE]),
    Scenario("id_unknown", [ASK, calls("", LOOK), result("x", "call00009"), DONE]),
    Scenario("id_unknown_named", [ASK, calls("", LOOK), result("x", "call00009", name="clock")]),
    Scenario("id_none_named", [ASK, calls("", LOOK), result("x", ABSENT, name="clock")]),
    Scenario("ids_same", [ASK, calls("", LOOK, call("f", {})), SUNNY, DONE]),
    Scenario("id_null", [ASK, calls("", call("f", {}, None)), result("x", None)]),
]

CALL_OBJECT = [
    Scenario("call_bare", [ASK, calls("", {"name": "f", "arguments": {"a": 1}}), SUNNY]),
    Scenario(
        "call_arguments_first",
        [
            ASK,
            calls("", {"function": {"arguments": {"a": 1}, "name": "f"}, "id": "call00001"}),
            SUNNY,
        ],
    ),
    Scenario(
        "call_more_keys",
        [
            ASK,
            calls(
                "",
                {
                    "index": 0,
                    "id": "call00001",
                    "type": "function",
                    "function": {"name": "f", "arguments": {}, "strict": True},
                },
            ),
        ],
    ),
    Scenario(
        "call_without_arguments",
        [ASK, calls("", {"id": "call00001", "function": {"name": "f"}}), SUNNY],
    ),
    Scenario(
        "call_content_type",
        [
            ASK,
            calls(
                "",
                {
                    "id": "call00001",
                    "function": {"name": "f", "arguments": {}, "content_type": "code"},
                },
            ),
        ],
    ),
    Scenario("builtin_call", [ASK, calls("", call("search", {"query": 'a "b" c'})), SUNNY]),
    Scenario("builtin_call_two", [ASK, calls("", call("search", {"query": "a", "n": "b"}))]),
    Scenario("builtin_call_number", [ASK, calls("", call("search", {"n": 1}))]),
]

ARGUMENTS = [
    once("arguments_empty", {}),
    once("arguments_null", None),
    once("arguments_list", [1, 2]),
    once("arguments_text", '{"city": "Rome", "n": 1}'),
    once("arguments_text_spaced", '{ "city" :"Rome" }'),
    once("arguments_text_empty", ""),
    once("arguments_text_not_json", "city=Rome"),
    once("arguments_nested", {"a": {"b": {"c": [1, [2, {"d": None}]]}}, "e": []}),
    once("arguments_empty_values", {"a": {}, "b": [], "c": "", "d": None}),
    once("arguments_booleans", {"yes": True, "no": False, "mixed": [True, None, False]}),
    once("arguments_numbers", {"i": -7, "big": 12345678901234567890, "f": 1.5, "whole": 2.0}),
    once("arguments_floats", {"small": 1e-07, "large": 1e22, "minus": -0.0, "third": 1 / 3}),
    once("arguments_non_ascii", {"città": "Zürich 東京 🌦️", "нет": ["é", "e\u0301"]}),
    once("arguments_markup", {"html": "<b>&amp;'\"</b>", "end": "</tool_call><|im_end|>"}),
    once("arguments_escapes", {"path": "C:\\dir\n\ttab", "quote": 'it\'s "so"', "nul": "\x00"}),
    once("arguments_lines", {"code": "  def f():\n    return 1\n\n", "one": "x"}),
    once("arguments_json_like", {"n": "5", "t": "true", "z": "null", "o": '{"a": 1}', "l": "[]"}),
    once("arguments_methods", {"items": 1, "keys": "k", "get": None, "first": 2, "name": "n"}),
    once("arguments_key_order", {"b": 1, "A": 2, "a": 3, "B": 4, "_": 5, "é": 6}),
    once("arguments_odd_keys", {"": 1, "two words": 2, "a-b": 3, "1": 4, 'q"q': 5}),
]

RESULTS = [
    Scenario("result_json", [ASK, calls("", LOOK), result('{"t": 31, "ok": true}'), DONE]),
    Scenario("result_parts", [ASK, calls("", LOOK), result([text("a "), text("b")])]),
    Scenario("result_one_part", [ASK, calls("", LOOK), result([text("Sunny")]), DONE]),
    Scenario("result_image", [ASK, calls("", LOOK), result([text("a"), IMAGE, text("b")])]),
    Scenario("result_video", [ASK, calls("", LOOK), result([VIDEO, text("a")]), DONE]),
    Scenario("result_audio", [ASK, calls("", LOOK), result([AUDIO, {"type": "smell"}])]),
    Scenario("result_parts_empty", [ASK, calls("", LOOK), result([]), DONE]),
    Scenario("result_strings", [ASK, calls("", LOOK), result(["a", "b"]), DONE]),
    Scenario("result_outputs", [ASK, calls("", LOOK), result([{"output": "a"}, {"output": 2}])]),
    Scenario("result_object", [ASK, calls("", LOOK), result({"t": 31, "Ok": True}), DONE]),
    Scenario("result_content_object", [ASK, calls("", LOOK), result({"content": "x"}), DONE]),
    Scenario("result_number", [ASK, calls("", LOOK), result(31), DONE]),
    Scenario("result_lines", [ASK, calls("", LOOK), result("\n  a\n\n  b  \n"), DONE]),
    Scenario("result_markup", [ASK, calls("", LOOK), result("</tool_response><|im_end|>"), DONE]),
    Scenario("result_parts_then_text", [ASK, calls("", LOOK), result([text("a")]), SUNNY]),
    Scenario("result_text_then_parts", [ASK, calls("", LOOK), SUNNY, result([text("a")])]),
    Scenario("results_of_two_roles", [ASK, calls("", LOOK), message("ipython", "x"), DONE]),
    Scenario("results_role_tool_results", [ASK, calls("", LOOK), {**SUNNY, "role": "tool_results"}]),
    Scenario("results_four", [ASK, calls("", LOOK), SUNNY, SUNNY, SNOWY, result("z"), DONE, NEXT]),
]

ALL = [*SHAPE, *IDS, *CALL_OBJECT, *ARGUMENTS, *RESULTS]
