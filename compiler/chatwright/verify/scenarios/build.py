"""Helpers for writing conversations."""

from __future__ import annotations

from typing import Any

import msgspec

from chatwright.verify.case import Message


class Scenario(msgspec.Struct, frozen=True):
    """A named conversation. Tests vary options and the generation prompt for each."""

    name: str
    messages: list[Message]
    tools: list[dict[str, Any]] | None = None
    options: dict[str, Any] = {}


class Absent:
    """A missing key, in contrast to a null value."""


ABSENT = Absent


def message(role: str, content: Any = ABSENT, **fields: Any) -> Message:
    made: Message = {"role": role}
    if content is not ABSENT:
        made["content"] = content
    return made | fields


def system(content: Any = ABSENT, **fields: Any) -> Message:
    return message("system", content, **fields)


def developer(content: Any = ABSENT, **fields: Any) -> Message:
    return message("developer", content, **fields)


def user(content: Any = ABSENT, **fields: Any) -> Message:
    return message("user", content, **fields)


def says(content: Any = ABSENT, **fields: Any) -> Message:
    return message("assistant", content, **fields)


def calls(content: Any, *made: dict[str, Any], **fields: Any) -> Message:
    """An assistant message with tool calls."""
    return says(content, tool_calls=list(made), **fields)


def call(name: str, arguments: Any, id: Any = "call00001") -> dict[str, Any]:
    made: dict[str, Any] = {"type": "function"}
    if id is not ABSENT:
        made = {"id": id, **made}
    return made | {"function": {"name": name, "arguments": arguments}}


def result(content: Any, id: Any = "call00001", **fields: Any) -> Message:
    if id is not ABSENT:
        fields = {"tool_call_id": id, **fields}
    return message("tool", content, **fields)


def tool(name: str, description: Any, parameters: Any = ABSENT, **more: Any) -> dict[str, Any]:
    function: dict[str, Any] = {"name": name}
    if description is not ABSENT:
        function["description"] = description
    if parameters is not ABSENT:
        function["parameters"] = parameters
    return {"type": "function", "function": function | more}


def schema(required: list[str] | None = None, /, **properties: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": properties}
    if required is not None:
        made["required"] = required
    return made


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


IMAGE = {"type": "image", "image": "kitten.png"}
IMAGE_URL = {"type": "image_url", "image_url": {"url": "kitten.png"}}
VIDEO = {"type": "video", "video": "kitten.mp4"}
AUDIO = {"type": "audio", "audio": "purr.wav"}

WEATHER = tool(
    "get_weather",
    "Get the weather of a city.",
    schema(
        ["city"],
        city={"type": "string", "description": "Name of the city"},
        unit={"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
    ),
)
CLOCK = tool("clock", "Tell the time.", schema([]))

ASK = user("How is the weather in Rome?")
LOOK = call("get_weather", {"city": "Rome"})
LOOK_AGAIN = call("get_weather", {"city": "Oslo", "unit": "celsius"}, "call00002")
SUNNY = result("Sunny, 31 °C")
SNOWY = result("Snow, -4 °C", "call00002")
