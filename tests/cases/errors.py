"""Conversations that are refused, and what is said of them. `line` is a piece of the spec's line that is named."""

from __future__ import annotations

from typing import Any, NamedTuple

from cases.small import HI, call, result, says


class ErrorCase(NamedTuple):
    """`spec` is the name of a shipped format, or declarations."""

    spec: str
    messages: Any
    said: str
    message: int | None
    field: str | None
    line: str | None
    cause: str = "NoneType"
    tools: Any = None


ERRORS: dict[str, ErrorCase] = {
    # ---- what the format needs
    "missing content": ErrorCase(
        "gpt_oss",
        [*HI, {"role": "user"}],
        "is missing, and this format prints it",
        1,
        "content",
        "turn user {",
    ),
    "missing content of the head": ErrorCase(
        "qwen3",
        [{"role": "system"}, *HI],
        "is missing, and this format prints it",
        0,
        "content",
        "{system.content!}",
    ),
    "missing in a run": ErrorCase(
        'turn tool+ {\n  "<|start|>"\n  each m in run {\n    "{m.content!}"\n  }\n  "<|end|>"\n}',
        [*HI, result(), {"role": "tool"}],
        "is missing, and this format prints it",
        2,
        "content",
        '"{m.content!}"',
    ),
    "no turn for the role": ErrorCase(
        "",
        [*HI, {"role": "critic", "content": "x"}],
        "this format has no turn for the role 'critic'; it has user, assistant",
        1,
        "role",
        None,
    ),
    "parts where there are none": ErrorCase(
        "qwen3",
        [*HI, says(["x"])],
        "is a list of parts, but this format takes text",
        1,
        "content",
        "turn assistant",
    ),
    "parts where a mark looks": ErrorCase(
        "qwen3",
        [*HI, {"role": "user", "content": []}],
        "is a list of parts, but this format takes text",
        1,
        "content",
        # FIXME: it is the mark that looked, and its line should be named.
        None,
    ),
    "unknown part": ErrorCase(
        "kimi_k2_6",
        [*HI, {"role": "user", "content": [{"type": "audio"}]}],
        "this format prints no parts of type 'audio'; it prints text, image, image_url, video, video_url",
        1,
        "content",
        "turn user {",
    ),
    # ---- what the spec refuses
    "refused by a turn": ErrorCase(
        "qwen3_5",
        [*HI, {"role": "system", "content": "x"}],
        "System message must be at the beginning.",
        1,
        None,
        "turn system { reject",
    ),
    "text arguments": ErrorCase(
        "glm4_6",
        [*HI, says("x", call(arguments="{}"))],
        "Invalid tool call arguments passed: {}",
        1,
        None,
        "Invalid tool call arguments passed",
    ),
    "refused by a rule with two arguments": ErrorCase(
        "gpt_oss",
        [*HI, says("<|channel|>final<|message|>x")],
        "You have passed a message containing <|channel|> tags in the content field.",
        1,
        None,
        'reject "You have passed a message containing',
    ),
    "refused by a rule": ErrorCase(
        "mistral_v0_3",
        [*HI, says("", call(ident="1"))],
        "Tool call IDs should be alphanumeric strings with length 9!",
        1,
        None,
        "when length(id) != 9 { reject",
    ),
    "refused by a content part": ErrorCase(
        "qwen3_5",
        [*HI, says("x"), {"role": "user", "content": [{"type": "audio"}]}],
        "Unexpected item type in content.",
        2,
        None,
        "part * { reject",
    ),
    "refused in a run": ErrorCase(
        "minimax_m2",
        [*HI, says("", call()), result(), result([{"type": "image"}])],
        "A tool result is text: this format prints no content parts of type image",
        3,
        None,
        "A tool result is text",
    ),
    "refused as a whole": ErrorCase(
        "qwen3_5",
        [{"role": "system", "content": "x"}],
        "No user query found in messages.",
        None,
        None,
        "No user query found in messages.",
    ),
    "refused as a whole, by the order of the roles": ErrorCase(
        "mistral_v0_3",
        [*HI, *HI, says("x")],
        "After the optional system message, conversation roles must alternate",
        None,
        None,
        "After the optional system message",
    ),
    # ---- values of a wrong type, noticed by what prints them
    "no object": ErrorCase(
        "nemotron3_nano",
        [*HI, says("", call(arguments="{}"))],
        "an object is needed here, not a text",
        1,
        None,
        "each key, value in call.arguments",
    ),
    "no list": ErrorCase(
        "glm4_6",
        [*HI, {"role": "tool", "content": 5}],
        "a list is needed here, not a int",
        1,
        None,
        "each piece in message.content",
    ),
    "no text": ErrorCase(
        'head { each tool in tools {\n    "{tool.name}"\n} }',
        HI,
        "a text is needed here, not a list",
        None,
        None,
        '"{tool.name}"',
        tools=[{"name": ["f"]}],
    ),
    "no text in a rule": ErrorCase(
        'head { each tool in tools { shown(tool) } }\n\nrule shown(x) {\n  "{x.name}"\n}',
        HI,
        "a text is needed here, not a list",
        None,
        None,
        '"{x.name}"',
        tools=[{"name": ["f"]}],
    ),
    "no JSON": ErrorCase(
        "llama3_1",
        [*HI, says("", call(arguments={"a": {1}}))],
        "this cannot be rendered: TypeError: Object of type set is not JSON serializable",
        1,
        None,
        "json { name: call.name, parameters: call.arguments }",
        "TypeError",
    ),
    # ---- values of a wrong type, explained afterwards
    "a message that is none": ErrorCase(
        "qwen3",
        [*HI, "x"],
        "a message is an object with a role, not str",
        1,
        None,
        None,
        "TypeError",
    ),
    "no role": ErrorCase("qwen3", [*HI, {}], "is missing; give the message a role", 1, "role", None, "KeyError"),
    "no name of a call": ErrorCase(
        "qwen3",
        [*HI, says("x", {"function": {"arguments": {}}})],
        "is missing; say which tool is called",
        1,
        "tool_calls[0].function.name",
        None,
        "KeyError",
    ),
    "reasoning that is no text": ErrorCase(
        "qwen3",
        [*HI, says("x", reasoning_content=5)],
        "must be a text, not int",
        1,
        "reasoning_content",
        None,
        "AttributeError",
    ),
    "tools that are no list": ErrorCase(
        "qwen3", HI, "tools must be a list of JSON schemas, not int", None, None, None, "TypeError", tools=5
    ),
    "messages that are no list": ErrorCase(
        "qwen3", 5, "messages must be a list of messages, not int", None, None, None, "TypeError"
    ),
}
