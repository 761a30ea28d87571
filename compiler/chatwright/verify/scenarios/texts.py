"""Texts of messages: parts, white space, scripts, text that looks like markup."""

from __future__ import annotations

from typing import Any

from chatwright.verify.scenarios.build import (
    ASK,
    AUDIO,
    IMAGE,
    IMAGE_URL,
    LOOK,
    SUNNY,
    VIDEO,
    WEATHER,
    Scenario,
    calls,
    developer,
    message,
    result,
    says,
    system,
    text,
    user,
)

HELLO = says("Hello!")


def everywhere(name: str, words: str) -> Scenario:
    """The same text as system, user, reasoning, answer, old and new, and tool result."""
    return Scenario(
        name,
        [
            system(words),
            user(words),
            says(words),
            user(words),
            calls(words, LOOK),
            result(words),
            says(words),
        ],
        [WEATHER],
    )


def around(name: str, words: str) -> Scenario:
    """Like `everywhere`, at the edges of a word and with reasoning."""
    edged = f"{words}a{words}"
    return Scenario(
        name,
        [system(edged), user(edged), says(edged, thinking=edged), user(edged), says(edged, thinking=edged)],
    )


def parts(name: str, *content: Any, **options: Any) -> Scenario:
    """A user message of parts with an answer, and a plain message before it."""
    return Scenario(name, [user("Hi"), HELLO, user(list(content)), says("Ok")], None, options)


PARTS = [
    parts("part_text", text("Hi")),
    parts("part_two_texts", text("Hi "), text(" there\n")),
    parts("part_empty_text", text("")),
    parts("part_blank_first", text(" "), text("a")),
    parts("part_empty_list"),
    parts("part_image", text("What is it?"), IMAGE),
    parts("part_image_url", IMAGE_URL, text("What is it?")),
    parts("part_image_alone", IMAGE),
    parts("part_video", text("Look: "), VIDEO, text(" there")),
    parts("part_audio", AUDIO, text("Listen")),
    parts("part_mixed", text("a"), IMAGE, text("b"), VIDEO, IMAGE_URL, AUDIO, text("c")),
    parts("part_texts_around_image", text("a"), IMAGE, text("b")),
    parts("part_texts_before_image", text("a"), text("b"), IMAGE),
    parts("part_task_before_image", text("Look: <chart2csv>"), IMAGE),
    Scenario("users_image_between", [user("a"), user([IMAGE]), user("b"), HELLO]),
    parts("part_unknown", text("a"), {"type": "smell", "smell": "roses"}),
    parts("part_string", "just text", text("a")),
    parts("part_text_without_type", {"text": "Hi"}),
    parts("part_image_without_type", {"image": "kitten.png"}, {"type": "text", "text": "x"}),
    parts("part_type_alone", {"type": "image"}, text(" "), {"type": "video"}),
    parts("part_video_without_type", {"video": "kitten.mp4"}),
    Scenario("parts_of_system_video", [system([VIDEO, text("Be brief.")]), user("Hi")]),
    Scenario("parts_counted", [user([IMAGE, VIDEO]), says([IMAGE]), user([IMAGE_URL, VIDEO])]),
    Scenario("parts_of_system", [system([text("Be "), text(" brief. ")]), user("Hi")]),
    Scenario("parts_of_system_empty_text", [system([text("")]), user("Hi")]),
    Scenario("parts_of_system_answered", [system([text("Be brief.")]), user("Hi"), HELLO]),
    Scenario("parts_of_developer", [user("Hi"), HELLO, developer([text("Be brief.")])]),
    Scenario("parts_of_unknown_role", [user("Hi"), message("critic", [text("Meh.")])]),
    Scenario("parts_of_system_tools", [system([text("Be brief.")]), ASK], [WEATHER]),
    Scenario("parts_of_system_image", [system([IMAGE, text("Be brief.")]), user("Hi")]),
    Scenario("parts_of_assistant", [user("Hi"), says([text(" a "), text(" b ")]), user("Bye")]),
    Scenario("parts_of_assistant_last", [user("Hi"), says([text("a\n"), text("b")])]),
    Scenario(
        "parts_of_assistant_think",
        [user("Hi"), says([text("<think>a"), text("</think>b")]), user("Bye")],
    ),
    Scenario("parts_of_assistant_image", [user("Draw"), says([text("Here"), IMAGE])]),
    Scenario("parts_of_call", [ASK, calls([text("Wait.")], LOOK), SUNNY]),
    Scenario("parts_of_call_empty", [ASK, calls([], LOOK), SUNNY]),
    Scenario("parts_of_late_system", [user("Hi"), HELLO, system([text("Be brief.")])]),
    Scenario("parts_wrapped", [ASK, HELLO, user([text("<tool_response>x</tool_response>")])]),
    Scenario("user_object", [user({"type": "text", "text": "Hi"}), HELLO]),
    Scenario("user_number", [user(7), HELLO]),
]

SPACE = [
    around("edge_space", " "),
    around("edge_tab", "\t"),
    around("edge_newline", "\n"),
    around("edge_newlines", "\n\n"),
    around("edge_crlf", "\r\n"),
    around("edge_return", "\r"),
    around("edge_mixed", " \n\t\n "),
    around("edge_form_feed", "\f\v"),
    around("edge_no_break_space", "\u00a0"),
    around("edge_ideographic_space", "\u3000"),
    around("edge_line_separator", "\u2028\u2029"),
    around("edge_zero_width", "\u200b\ufeff"),
    around("edge_controls", "\x1c\x1d\x1e\x1f\x85"),
    everywhere("indented", "  a\n    b\n\n  c"),
]

SCRIPT = [
    around("emoji", "👩‍👩‍👧🇮🇹"),
    around("combining", "\u0301\u0327"),
    around("right_to_left", "שלום\u200f"),
    around("arabic", "\u202bمرحبا\u202c"),
    around("astral", "𝔘𠮷"),
    around("variation", "✈\ufe0e☕\ufe0f"),
    everywhere("mixed_scripts", "Zoë naïve 東京 Привет नमस्ते"),
    everywhere("decomposed", "e\u0301 \u1112\u1161\u11ab"),
    everywhere("nul", "a\x00b"),
]

MARKUP = [
    everywhere("markup_chatml", "<|im_end|>\n<|im_start|>assistant\n"),
    everywhere("markup_chatml_inside", "a<|im_end|>b"),
    everywhere("markup_think_open", "a<think>b"),
    everywhere("markup_think_close", "a</think>b"),
    everywhere("markup_call", '<tool_call>\n{"name": "f"}\n</tool_call>'),
    everywhere("markup_response", "<tool_response>a</tool_response>"),
    everywhere("markup_header", "<|eot_id|><|start_header_id|>"),
    everywhere("markup_channel", "<|end|><|start|>assistant<|channel|>"),
    everywhere("markup_turn", '<|turn>model\n<channel|>a<|channel>b<|"|>'),
    everywhere("markup_wide_bars", "<｜User｜><｜tool▁calls▁begin｜>｜DSML｜"),
    everywhere("markup_inst", "[INST] a [/INST]</s>"),
    everywhere("markup_brackets", "[e~[\n]~b]ai\n"),
    everywhere("markup_middle", "<|im_middle|>## Return of x\n"),
    everywhere("markup_observation", "<|observation|>\n/nothink"),
    everywhere("markup_html", "<b>&amp;&lt;'\"</b>"),
    everywhere("markup_jinja", "{{ x }}{% if %}{# c #}{%- raw -%}"),
    everywhere("markup_percent", "%s {0} {x} ${y} \\n \\ \\\\"),
    everywhere("nothink_alone", "/nothink"),
    everywhere("nothink_spaced", "go /nothink "),
    everywhere("flag_think", "/think"),
    everywhere("flag_no_think", "go /no_think "),
    Scenario("flag_override", [system("Be brief. /system_override /no_think"), user("Hi"), HELLO]),
    everywhere("continue_tag", "aCONTINUE_FINAL_MESSAGE_TAG "),
]

ALL = [*PARTS, *SPACE, *SCRIPT, *MARKUP]
