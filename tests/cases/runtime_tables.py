"""Values, options and input that fits nothing: what test_runtime.py holds the runtime to."""

from __future__ import annotations

import math
from typing import Any

from chatwright.runtime.options import Option

# ---- values -------------------------------------------------------------------------------------------------------

ODD = [1.0, -0.0, 1e22, 1e-07, 0.1, 123456789012345680.0, 2**70, True, False, None, math.nan, math.inf, -math.inf]
ODD_TEXTS = ["", "é", "\u2028\u2029\x7f", "\x00\x1f", '"\\/', "<&'>", "👩‍👩‍👧", "\ud800", "a\tb\r\nc"]
NESTED = [[], {}, [[]], {"a": {}}, {"b": [1, {"c": None}], "a": [True, 1.0]}, [1, (2, 3)], {1: "x", None: "y"}]

OBJECTS = [
    {},
    {"b": 1, "a": 2},
    {"B": 1, "a": 2, "b": 3, "A": 4},
    {"ab": 1, "Aa": 2, "AB": 3, "aA": 4},
    {"_": 1, "Z": 2, "a": 3, "[": 4},
    {"10": 1, "9": 2, "1": 3},
    {"ß": 1, "SS": 2, "ss": 3, "é": 4, "É": 5},
    {"İ": 1, "i": 2, "I": 3},
    {"x": {"b": 1, "A": 2}},
]

#: what a spec says (trim, strip): how templates write the two pieces.
SPLITS: dict[tuple[str, str | None], tuple[str, str]] = {
    ("", None): ("x.split('<c>')[0].split('<o>')[-1]", "{rest}"),
    ("\n", None): ("x.split('<c>')[0].rstrip('\\n').split('<o>')[-1].lstrip('\\n')", "{rest}.lstrip('\\n')"),
    (" \n", None): ("x.split('<c>')[0].rstrip(' \\n').split('<o>')[-1].lstrip(' \\n')", "{rest}.lstrip(' \\n')"),
    ("", ""): ("x.split('<c>')[0].strip().split('<o>')[-1].strip()", "{rest}.strip()"),
    ("", "\n"): ("x.split('<c>')[0].strip('\\n').split('<o>')[-1].strip('\\n')", "{rest}.strip('\\n')"),
}

#: text, what is cut at the first closer, what at the last.
SPLIT_EXAMPLES: list[Any] = [
    ("<o>a<c>b", ("a", "b"), ("a", "b")),
    ("a<c>b", ("a", "b"), ("a", "b")),
    ("x<o>a<c>b", ("a", "b"), ("a", "b")),
    ("<o>a<c>b<c>d", ("a", "b<c>d"), ("a", "d")),
    ("<o>a<o>b<c>d", ("b", "d"), ("b", "d")),
    ("<c>", ("", ""), ("", "")),
]

#: item, container, whether the one is in the other.
WITHIN: list[Any] = [
    ("a", "cat", True),
    ("x", "cat", False),
    ("", "cat", True),
    ("a", ["a"], True),
    ("a", ["cat"], False),
    ("a", {"a": None}, True),
    (1, [True], True),
    ("a", None, False),
    ("a", [], False),
]

HI = {"role": "user", "content": "Hi"}
#: two messages, whether they are alike.
ALIKE: list[Any] = [
    (HI, {"content": "Hi", "role": "user"}, True),
    (HI, {**HI, "name": None}, True),
    (HI, {**HI, "name": ""}, False),
    (HI, {**HI, "content": "Ho"}, False),
    (HI, {**HI, "content": ["Hi"]}, False),
    ({**HI, "reasoning": "r"}, {**HI, "reasoning": "r", "thinking": "r"}, True),
    ({**HI, "thinking": "r"}, {**HI, "reasoning_content": "r"}, True),
    ({**HI, "thinking": "r"}, {**HI, "reasoning": "r"}, False),
    ({**HI, "thinking": "r"}, {**HI, "thinking": "s"}, False),
]

# ---- options ------------------------------------------------------------------------------------------------------

OPTIONS = {
    option.name: option
    for option in (
        Option("on", "bool", default=False),
        Option("also", "bool", link="on"),
        Option("how", "choice", choices=("low", "high"), default="low"),
        Option("title", "text", default="x"),
        Option("count", "int", default=3),
        Option("tags", "list", choices=("a", "b")),
        Option("note", "text"),
    )
}
DEFAULTS = {"on": False, "also": False, "how": "low", "title": "x", "count": 3, "tags": None, "note": None}

#: values that together show what each can do.
SHOWN: dict[str, Any] = {
    "on": (False, True),
    "also": (False, True),
    "how": ("low", "high"),
    "title": ("x",),
    "count": (3,),
    "tags": ([], ["a", "b"]),
    "note": (),
}

#: option, a value that it does not take, what is said.
WRONG_VALUES: list[tuple[str, Any, str]] = [
    ("on", 1, "on takes True or False, not 1"),
    ("on", "true", "on takes True or False, not 'true'"),
    ("on", [], "on takes True or False, not []"),
    ("also", 0, "also takes True or False, not 0"),
    ("how", "middle", "how takes 'low' or 'high', not 'middle'"),
    ("how", True, "how takes 'low' or 'high', not True"),
    ("how", ["low"], "how takes 'low' or 'high', not ['low']"),
    ("title", 1, "title takes a text, not 1"),
    ("title", ["x"], "title takes a text, not ['x']"),
    ("count", True, "count takes a whole number, not True"),
    ("count", 1.0, "count takes a whole number, not 1.0"),
    ("count", "1", "count takes a whole number, not '1'"),
    ("tags", "a", "tags takes a list, not 'a'"),
    ("tags", {}, "tags takes a list, not {}"),
]

# ---- input --------------------------------------------------------------------------------------------------------

CALL = {"function": {"name": "f", "arguments": {}}}


def message(**fields: Any) -> list[Any]:
    """A conversation whose second message is of this kind."""
    return [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "x", **fields}]


def call(**fields: Any) -> list[Any]:
    return message(tool_calls=[CALL, {**CALL, **fields}])


#: messages, tools, what is said of the first thing that is wrong.
INPUT: dict[str, tuple[Any, Any, str]] = {
    "messages are a text": ("Hi", None, "messages must be a list of messages, not str"),
    "messages are an object": ({}, None, "messages must be a list of messages, not dict"),
    "messages are nothing": (None, None, "messages must be a list of messages, not NoneType"),
    "a message is a text": (["Hi"], None, "message 0: a message is an object with a role, not str"),
    "a message is null": ([*message(), None], None, "message 2: a message is an object with a role, not NoneType"),
    "no role": ([{"content": "x"}], None, "message 0, role: is missing; give the message a role such as user"),
    "role null": (message(role=None), None, "message 1, role: is missing; give the message a role such as user"),
    "role a number": (message(role=1), None, "message 1, role: must be a text, not int"),
    "content a number": (
        message(content=5),
        None,
        "message 1, content: must be a text, a list of parts or null, not int",
    ),
    "content an object": (
        message(content={"type": "text"}),
        None,
        "message 1, content: must be a text, a list of parts or null, not dict",
    ),
    "part a text": (
        message(content=[{"type": "text", "text": "a"}, "b"]),
        None,
        'message 1, content[1]: a part is an object with a type, such as {"type": "text"}',
    ),
    "part without a type": (
        message(content=[{"text": "a"}]),
        None,
        'message 1, content[0]: a part is an object with a type, such as {"type": "text"}',
    ),
    "text part without text": (
        message(content=[{"type": "text"}]),
        None,
        "message 1, content[0].text: is missing or no text",
    ),
    "text part with null": (
        message(content=[{"type": "text", "text": None}]),
        None,
        "message 1, content[0].text: is missing or no text",
    ),
    "reasoning a list": (
        message(reasoning_content=["r"]),
        None,
        "message 1, reasoning_content: must be a text, not list",
    ),
    "thinking a number": (message(thinking=1), None, "message 1, thinking: must be a text, not int"),
    "reasoning an object": (message(reasoning={}), None, "message 1, reasoning: must be a text, not dict"),
    "name a number": (message(name=1), None, "message 1, name: must be a text, not int"),
    "id a number": (message(tool_call_id=1), None, "message 1, tool_call_id: must be a text, not int"),
    "calls a text": (message(tool_calls="f()"), None, "message 1, tool_calls: must be a list, not str"),
    "calls an object": (message(tool_calls=CALL), None, "message 1, tool_calls: must be a list, not dict"),
    "call a text": (
        message(tool_calls=["f"]),
        None,
        "message 1, tool_calls[0]: a tool call is an object with a function",
    ),
    "function a text": (
        call(function="f"),
        None,
        "message 1, tool_calls[1].function: must be an object with a name and arguments",
    ),
    "function without a name": (
        call(function={"arguments": {}}),
        None,
        "message 1, tool_calls[1].function.name: is missing; say which tool is called",
    ),
    "arguments a list": (
        call(function={"name": "f", "arguments": []}),
        None,
        "message 1, tool_calls[1].function.arguments: must be an object (or JSON as text, where the format takes that)",
    ),
    "arguments missing": (
        call(function={"name": "f"}),
        None,
        "message 1, tool_calls[1].function.arguments: must be an object (or JSON as text, where the format takes that)",
    ),
    "tools an object": (message(), {"name": "f"}, "tools must be a list of JSON schemas, not dict"),
    "tools a text": (message(), "f", "tools must be a list of JSON schemas, not str"),
    "tool a text": (message(), ["f"], "tools[0] must be an object with a JSON schema, not str"),
    "tool without a name": (
        message(),
        [{"function": {"name": "f"}}, {"type": "function", "function": {}}],
        "tools[1].function.name is missing; give the tool a name",
    ),
    "tool with another function": (
        message(),
        [{"function": "f"}],
        "tools[0].function.name is missing; give the tool a name",
    ),
}

#: messages and tools that some format takes.
FITS: list[Any] = [
    ([], None),
    ((), ()),
    (message(content=None, name=None, tool_calls=None, reasoning=None, thinking=None), []),
    (message(content=[]), [{"name": "f"}]),
    (message(content=[{"type": "image", "url": 1}, {"type": "text", "text": ""}]), [{"function": {"name": "f"}}]),
    (message(tool_calls=[]), None),
    (message(tool_calls=[{"name": "f", "arguments": "{}"}, CALL]), None),
    (message(anything=object()), None),
]

#: from which piece on which message is at work: the message of each of four pieces.
OWNERS: list[tuple[list[int], list[int]]] = [
    ([0, -1], [-1, -1, -1, -1]),
    ([0, -1, 0, 0], [0, 0, 0, 0]),
    ([0, -1, 2, 1], [-1, -1, 1, 1]),
    ([0, -1, 1, 0, 1, 1], [-1, 1, 1, 1]),
    ([0, -1, 1, 0, 3, 1, 4, -1], [-1, 0, 0, 1]),
    ([0, 0, 3, 1, 2, 0, 3, 1], [0, 0, 0, 1]),
    ([0, 0, 3, 1, 1, 1], [0, 1, 1, 1]),
]
