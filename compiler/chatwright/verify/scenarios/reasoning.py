"""Reasoning: as a field under each alias, inline, absent, empty; new and old."""

from __future__ import annotations

from chatwright.verify.scenarios.build import (
    ASK,
    LOOK,
    LOOK_AGAIN,
    SNOWY,
    SUNNY,
    WEATHER,
    Scenario,
    calls,
    developer,
    says,
    system,
    user,
)

Q, Q2 = user("2+2?"), user("And 3+3?")
R = "Two and two.\n\nFour."

FIELD = [
    Scenario("reasoning_content", [Q, says("4", reasoning_content=R)]),
    Scenario("thinking", [Q, says("4", thinking=R)]),
    Scenario("reasoning", [Q, says("4", reasoning=R)]),
    Scenario(
        "three_names",
        [Q, says("4", reasoning="c", thinking="b", reasoning_content="a")],
    ),
    Scenario("thinking_and_reasoning", [Q, says("4", reasoning="c", thinking="b")]),
    Scenario("reasoning_null_thinking", [Q, says("4", reasoning_content=None, thinking=R)]),
    Scenario("reasoning_empty_thinking", [Q, says("4", reasoning_content="", thinking=R)]),
    Scenario("thinking_empty_reasoning", [Q, says("4", thinking="", reasoning=R)]),
    Scenario("reasoning_empty_content_filled", [Q, says("4", reasoning="", reasoning_content=R)]),
    Scenario("reasoning_empty", [Q, says("4", reasoning_content="")]),
    Scenario("reasoning_blank", [Q, says("4", reasoning_content=" \n ")]),
    Scenario("reasoning_null", [Q, says("4", reasoning_content=None)]),
    Scenario("reasoning_edges", [Q, says("4", reasoning_content="\n\n four \n")]),
    Scenario("reasoning_spaces", [Q, says(" 4 ", reasoning_content="  four\t")]),
    Scenario("reasoning_alone", [Q, says("", reasoning_content=R)]),
    Scenario("reasoning_alone_null", [Q, says(None, reasoning_content=R)]),
    Scenario("reasoning_alone_absent", [Q, says(reasoning_content=R)]),
    Scenario("reasoning_looks_closed", [Q, says("4", reasoning_content="a</think>b<think>c")]),
    Scenario("content_starts_with_newlines", [Q, says("\n\n4\n", reasoning_content=R)]),
    Scenario("reasoning_on_user", [user("2+2?", reasoning_content="x"), says("4")]),
]

PLACE = [
    Scenario("reasoning_old", [Q, says("4", reasoning_content=R), Q2]),
    Scenario(
        "reasoning_old_and_new",
        [Q, says("4", reasoning_content=R), Q2, says("6", reasoning_content="Six.")],
    ),
    Scenario("reasoning_then_plain", [Q, says("4", reasoning_content=R), Q2, says("6")]),
    Scenario(
        "reasoning_thrice",
        [
            system("Think."),
            Q,
            says("4", thinking="a"),
            Q2,
            says("6", thinking="b"),
            Q,
            says("4", thinking="c"),
        ],
    ),
    Scenario("reasoning_two_messages", [Q, says("a", thinking="x"), says("b", thinking="y")]),
    Scenario(
        "reasoning_two_messages_old",
        [Q, says("a", thinking="x"), says("b", thinking="y"), Q2],
    ),
    Scenario("reasoning_without_user", [system("S"), says("a", thinking="x"), says("b")]),
    Scenario("reasoning_before_developer", [Q, says("4", thinking="x"), developer("D"), says("6", thinking="y")]),
    Scenario("reasoning_late_system", [Q, says("4", thinking="x"), system("S")]),
]

INLINE = [
    Scenario("inline", [Q, says(f"<think>\n{R}\n</think>\n\n4")]),
    Scenario("inline_without_opening", [Q, says(f"{R}\n</think>\n\n4")]),
    Scenario("inline_unclosed", [Q, says(f"<think>\n{R}")]),
    Scenario("inline_empty", [Q, says("<think>\n\n</think>\n\n4")]),
    Scenario("inline_empty_tight", [Q, says("<think></think>4")]),
    Scenario("inline_empty_then_more", [Q, says("<think>\n\n</think>\n\na"), says("b")]),
    Scenario("inline_alone", [Q, says("<think>four</think>")]),
    Scenario("inline_old", [Q, says(f"<think>\n{R}\n</think>\n\n4"), Q2]),
    Scenario("inline_old_unclosed", [Q, says("Hm <think> four"), Q2]),
    Scenario("inline_old_without_opening", [Q, says(" four </think> 4 "), Q2, says("6")]),
    Scenario("inline_old_empty", [Q, says("<think></think>"), Q2, says("6")]),
    Scenario("inline_twice", [Q, says("<think>a</think>b<think>c</think>d")]),
    Scenario("inline_twice_old", [Q, says("<think>a</think>b<think>c</think>d"), Q2]),
    Scenario("inline_preceded", [Q, says("So: <think>a</think> 4")]),
    Scenario("inline_reversed", [Q, says("a</think>b<think>c")]),
    Scenario("inline_nested", [Q, says("<think>a<think>b</think>c</think>d")]),
    Scenario("inline_spaces", [Q, says(" \n<think> \n a \n </think> \n 4 \n ")]),
    Scenario("inline_and_field", [Q, says("<think>a</think>4", reasoning_content="b")]),
    Scenario("inline_and_field_old", [Q, says("<think>a</think>4", thinking="b"), Q2]),
    Scenario("inline_and_empty_field", [Q, says("<think>a</think>4", reasoning_content="")]),
    Scenario("inline_and_blank_field", [Q, says("a</think>4", reasoning_content=" ")]),
    Scenario("inline_in_user", [user("<think>a</think>b"), says("4")]),
    Scenario("inline_in_result", [ASK, calls("", LOOK), {**SUNNY, "content": "a</think>b"}]),
    Scenario("inline_after_result", [ASK, calls("", LOOK), SUNNY, says("<think>a</think>4")]),
    Scenario("channel", [Q, says("<|channel>thought\nfour<channel|>4"), Q2]),
    Scenario("channel_unclosed", [Q, says("a<|channel>b<channel|>c<|channel>d")]),
    Scenario("channel_tags", [Q, says("<|channel|>analysis<|message|>x<|end|>")]),
    Scenario("channel_tags_in_reasoning", [Q, says("4", thinking="<|channel|>final<|message|>")]),
]

CALLS = [
    Scenario("reasoned_call", [ASK, calls("", LOOK, reasoning_content="Ask.")], [WEATHER]),
    Scenario("reasoned_call_null", [ASK, calls(None, LOOK, thinking="Ask.")], [WEATHER]),
    Scenario("reasoned_call_with_content", [ASK, calls("Wait.", LOOK, reasoning="Ask.")]),
    Scenario("reasoned_call_old", [ASK, calls("", LOOK, thinking="Ask."), SUNNY, says("Ok"), Q2]),
    Scenario(
        "reasoned_cycle",
        [ASK, calls("", LOOK, thinking="Ask."), SUNNY, says("Sunny.", thinking="Told.")],
        [WEATHER],
    ),
    Scenario(
        "reasoned_cycle_open",
        [
            Q,
            says("4", thinking="old"),
            ASK,
            calls("", LOOK, thinking="a"),
            SUNNY,
            calls("", LOOK_AGAIN, thinking="b"),
            SNOWY,
        ],
        [WEATHER],
    ),
    Scenario(
        "reasoned_cycle_interrupted",
        [ASK, calls("", LOOK, thinking="a"), SUNNY, Q2, says("6", thinking="b")],
    ),
    Scenario("reasoned_call_blank", [ASK, calls("", LOOK, reasoning_content=" \n")]),
    Scenario("reasoned_call_empty", [ASK, calls("", LOOK, reasoning_content="")]),
    Scenario("inline_call", [ASK, calls("<think>\nAsk.\n</think>\n\n", LOOK), SUNNY]),
    Scenario("inline_call_with_content", [ASK, calls("<think>Ask.</think>\nWait.\n", LOOK), SUNNY]),
    Scenario("inline_call_old", [ASK, calls("<think>Ask.</think> Wait. ", LOOK), SUNNY, Q2]),
    Scenario("inline_call_old_unclosed", [ASK, calls("Wait <think> ask", LOOK), SUNNY, Q2]),
    Scenario("inline_call_unclosed", [ASK, calls("Wait <think> ask", LOOK), SUNNY]),
    Scenario("inline_call_without_opening", [ASK, calls("Ask.</think>Wait.", LOOK), SUNNY]),
]

ALL = [*FIELD, *PLACE, *INLINE, *CALLS]
