"""Finds the fault of a conversation that could not be rendered. Runs only after rendering failed."""

from __future__ import annotations

from typing import Any

from chatwright.runtime.errors import RenderError
from chatwright.runtime.values import REASONING


def validate(messages: Any, tools: Any) -> None:
    """Raise a RenderError for the first fault that makes the input unfit for every format."""
    if not isinstance(messages, list | tuple):
        raise RenderError(f"messages must be a list of messages, not {type(messages).__name__}")
    for index, message in enumerate(messages):
        _message(index, message)
    if tools is None:
        return
    if not isinstance(tools, list | tuple):
        raise RenderError(f"tools must be a list of JSON schemas, not {type(tools).__name__}")
    for index, tool in enumerate(tools):
        if not isinstance(tool, dict):
            raise RenderError(f"tools[{index}] must be an object with a JSON schema, not {type(tool).__name__}")
        function = tool.get("function", tool)
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise RenderError(f"tools[{index}].function.name is missing; give the tool a name")


def _message(index: int, message: Any) -> None:
    def fail(field: str | None, text: str) -> RenderError:
        return RenderError(text, message=index, field=field)

    if not isinstance(message, dict):
        raise fail(None, f"a message is an object with a role, not {type(message).__name__}")
    role = message.get("role")
    if role is None:
        raise fail("role", "is missing; give the message a role such as user")
    if not isinstance(role, str):
        raise fail("role", f"must be a text, not {type(role).__name__}")
    content = message.get("content")
    if content is not None and not isinstance(content, str | list | tuple):
        raise fail("content", f"must be a text, a list of parts or null, not {type(content).__name__}")
    if isinstance(content, list | tuple):
        for number, part in enumerate(content):
            if not isinstance(part, dict) or not isinstance(part.get("type"), str):
                raise fail(f"content[{number}]", 'a part is an object with a type, such as {"type": "text"}')
            if part["type"] == "text" and not isinstance(part.get("text"), str):
                raise fail(f"content[{number}].text", "is missing or no text")
    for name in (*REASONING, "name", "tool_call_id"):
        if not isinstance(message.get(name, ""), str | None):
            raise fail(name, f"must be a text, not {type(message[name]).__name__}")
    calls = message.get("tool_calls")
    if calls is not None and not isinstance(calls, list | tuple):
        raise fail("tool_calls", f"must be a list, not {type(calls).__name__}")
    for number, call in enumerate(calls or ()):
        _call(fail, f"tool_calls[{number}]", call)


def _call(fail: Any, place: str, call: Any) -> None:
    if not isinstance(call, dict):
        raise fail(place, "a tool call is an object with a function")
    function = call.get("function") or call
    if not isinstance(function, dict):
        raise fail(f"{place}.function", "must be an object with a name and arguments")
    if not isinstance(function.get("name"), str):
        raise fail(f"{place}.function.name", "is missing; say which tool is called")
    if not isinstance(function.get("arguments"), dict | str):
        raise fail(f"{place}.function.arguments", "must be an object (or JSON as text, where the format takes that)")
