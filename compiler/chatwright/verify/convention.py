"""The convention for messages and tools, which every format may assume.

Outside of it, for a number as content or a part without a type, no format promises anything: it may print the text of
the original, or refuse with a message.
"""

from __future__ import annotations

from typing import Any

from chatwright.verify.case import Case


def outside(case: Case) -> str | None:
    """The first violation of the convention for messages and tools, or None."""
    for index, message in enumerate(case.messages):
        content = message.get("content")
        if content is not None and not isinstance(content, str | list):
            return f"message {index}: the content is neither a text nor a list of parts"
        if isinstance(content, list) and not all(_is_part(part) for part in content):
            return f"message {index}: a part has no type, or a text part no text"
        if not all(_is_call(call) for call in message.get("tool_calls") or ()):
            return f"message {index}: a call has no function with a name and arguments"
    for index, tool in enumerate(case.tools or ()):
        if tool.get("type", "function") != "function" or not isinstance(tool.get("function"), dict):
            return f"tools[{index}] is not a function"
    return None


def _is_part(part: Any) -> bool:
    if not isinstance(part, dict) or not isinstance(part.get("type"), str):
        return False
    return part["type"] != "text" or isinstance(part.get("text"), str)


def _is_call(call: Any) -> bool:
    function = call.get("function")
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return False
    return isinstance(function.get("arguments"), dict | str)
