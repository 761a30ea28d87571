"""A row of a data set as a conversation: its messages, its tools, its options, and what of it is only given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from chatwright.conversations.json_text import kind_of
from chatwright.encode.lines import value_of
from chatwright.runtime.errors import ChatwrightError, RenderError
from chatwright.runtime.validate import validate

PROMPT, COMPLETION = "prompt", "completion"
TOOLS, OPTIONS = "tools", "chat_template_kwargs"

#: What rendering takes beside the options of a format.
NO_OPTIONS = ("messages", "tools", "add_generation_prompt", "view")


class Conversation(msgspec.Struct, frozen=True):
    """What is rendered of a row. The first `given` messages are a prompt, of which nothing is trained."""

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None
    options: dict[str, Any]
    given: int = 0

    def row(self) -> dict[str, Any]:
        """As `BoundRenderer.render_each` takes it."""
        return {"messages": self.messages, TOOLS: self.tools, OPTIONS: self.options}


def columns_of(messages: str) -> tuple[str, ...]:
    """The fields of a row that are read."""
    return (messages, PROMPT, COMPLETION, TOOLS, OPTIONS)


def conversation_of(value: Any, field: str) -> Conversation:
    """The conversation of a row: a list of messages, or an object that has them in `field`, or prompt and completion.

    Raises ChatwrightError that says what is wrong with the row.
    """
    if isinstance(value, ValueError):
        raise ChatwrightError(str(value))
    if isinstance(value, list):
        return Conversation(_messages(value, "messages"), None, {})
    if not isinstance(value, dict):
        raise ChatwrightError(f"a row is an object with {field}, or a list of messages, not {kind_of(value)}")
    given = 0
    if value.get(field) is not None:
        messages = _messages(value[field], field)
    elif value.get(PROMPT) is not None and value.get(COMPLETION) is not None:
        prompt = _messages(value[PROMPT], PROMPT)
        messages, given = [*prompt, *_messages(value[COMPLETION], COMPLETION)], len(prompt)
    else:
        raise ChatwrightError(f"the field {field} is missing{_hint(value, field)}")
    tools = value.get(TOOLS)
    options = value.get(OPTIONS)
    return Conversation(
        messages,
        _tools(tools) if tools else None,
        _options(options) if options else {},
        given,
    )


def _hint(row: Mapping[str, Any], field: str) -> str:
    if "role" in row:
        return "; one message goes into a list"
    names = [name for name, value in row.items() if isinstance(value, list) and value and isinstance(value[0], dict)]
    names = [name for name in names if name not in (field, TOOLS)]
    return f"; --messages {names[0]} takes it from there" if names else ""


def _messages(value: Any, field: str) -> list[dict[str, Any]]:
    if isinstance(value, str):
        value = _inside(value, field, "a list of messages")
    if not isinstance(value, list):
        raise RenderError(f"must be a list of messages, not {kind_of(value)}", field=field)
    for message in value:
        # A format that takes any role would take one that is missing or no text, too.
        if message.__class__ is not dict or message.get("role").__class__ is not str:
            validate(value, None)
    return value


def _tools(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, str):
        value = _inside(value, TOOLS, "a list of JSON schemas")
    if not isinstance(value, list):
        raise RenderError(f"must be a list of JSON schemas, not {kind_of(value)}", field=TOOLS)
    for number, tool in enumerate(value):
        if not isinstance(tool, dict):
            raise RenderError(f"must be an object with a JSON schema, not {kind_of(tool)}", field=f"tools[{number}]")
    return value


def _options(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        value = _inside(value, OPTIONS, "an object of options")
    if not isinstance(value, dict):
        raise RenderError(f"must be an object of options, not {kind_of(value)}", field=OPTIONS)
    for name in NO_OPTIONS:
        if name in value:
            raise RenderError(f"{name} is no option of a format; leave it out", field=OPTIONS)
    return value


def _inside(text: str, field: str, wanted: str) -> Any:
    """The value of a field that holds JSON as text, as columns often do that have no one shape."""
    try:
        return value_of(text)
    except ValueError:
        raise RenderError(f"is a text; give {wanted}, or that as JSON", field=field) from None
