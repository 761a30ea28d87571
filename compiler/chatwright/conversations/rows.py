"""Reads one conversation from a JSON value: a file that a person wrote, or a row of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from chatwright.conversations.json_text import kind_of, value_of
from chatwright.runtime.errors import ChatwrightError, RenderError

MESSAGES, PROMPT, COMPLETION = "messages", "prompt", "completion"
TOOLS, OPTIONS, GENERATION_PROMPT = "tools", "chat_template_kwargs", "add_generation_prompt"
#: Arguments of rendering that are not options of a format.
_NO_OPTIONS = (MESSAGES, TOOLS, GENERATION_PROMPT, "view")
_NO_ROLE = "is missing; give the message a role such as user"


class Fields(msgspec.Struct, frozen=True):
    """The fields of a row that hold its conversation.

    `messages`: the field with the messages. `inline`: every other field is an option of the format, or
    `add_generation_prompt`; otherwise other fields do not count.
    """

    messages: str = MESSAGES
    inline: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields that are read."""
        return (self.messages, PROMPT, COMPLETION, TOOLS, OPTIONS)


class Conversation(msgspec.Struct, frozen=True):
    """A conversation with the arguments that go with it.

    `tools` and `generation_prompt` are None where the row does not have them. The first `given` messages are the prompt
    of a row that has a prompt and a completion: nothing in them is trained.
    """

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None = None
    options: dict[str, Any] = {}
    generation_prompt: bool | None = None
    given: int = 0

    def row(self) -> dict[str, Any]:
        """The row that `BoundRenderer.render_each` takes."""
        return {MESSAGES: self.messages, TOOLS: self.tools or None, OPTIONS: self.options}


def conversation_of(value: Any, fields: Fields) -> Conversation:
    """Read a row: a list of messages, or an object that holds them, or an object with a prompt and a completion.

    A field may hold its value as JSON text. Raises ChatwrightError, which names the message and the field at fault.
    """
    if isinstance(value, list):
        return Conversation(_messages(value, MESSAGES))
    if not isinstance(value, dict):
        wanted = f"a list of messages or an object with {fields.messages}"
        raise ChatwrightError(f"a conversation is {wanted}, not {kind_of(value)}")
    given = 0
    if value.get(fields.messages) is not None:
        read = {fields.messages}
        messages = _messages(value[fields.messages], fields.messages)
    elif value.get(PROMPT) is not None and value.get(COMPLETION) is not None:
        read = {PROMPT, COMPLETION}
        prompt = _messages(value[PROMPT], PROMPT)
        messages, given = [*prompt, *_messages(value[COMPLETION], COMPLETION)], len(prompt)
    else:
        raise ChatwrightError(f"the field {fields.messages} is missing{_hint(value, fields)}")
    options = _options(value.get(OPTIONS) or {})
    generation_prompt = None
    if fields.inline:
        generation_prompt = value.get(GENERATION_PROMPT)
        if generation_prompt is not None and not isinstance(generation_prompt, bool):
            raise ChatwrightError(f"{GENERATION_PROMPT} takes true or false, not {kind_of(generation_prompt)}")
        read |= {TOOLS, OPTIONS, GENERATION_PROMPT}
        options = {**options, **{name: one for name, one in value.items() if name not in read}}
    return Conversation(messages, _tools_of(value.get(TOOLS)), options, generation_prompt, given)


def tools_of(value: Any) -> list[dict[str, Any]]:
    """Read tools: a list of JSON schemas, or JSON text of one. Raises RenderError."""
    if isinstance(value, str):
        value = _inside(value, TOOLS, "a list of JSON schemas")
    if not isinstance(value, list):
        raise RenderError(f"must be a list of JSON schemas, not {kind_of(value)}", field=TOOLS)
    for number, tool in enumerate(value):
        if not isinstance(tool, dict):
            raise RenderError(f"must be an object with a JSON schema, not {kind_of(tool)}", field=f"tools[{number}]")
    return value


def _tools_of(value: Any) -> list[dict[str, Any]] | None:
    """The tools of a row. Columns without a fixed type have empty values of any type where a row has no tools."""
    return tools_of(value) if value or isinstance(value, list) else None


def _hint(row: Mapping[str, Any], fields: Fields) -> str:
    if "role" in row:
        return "; put a single message into a list"
    names = [name for name, value in row.items() if isinstance(value, list) and value and isinstance(value[0], dict)]
    names = [name for name in names if name not in (fields.messages, TOOLS)]
    return f"; --messages {names[0]} reads that field" if names and not fields.inline else ""


def _messages(value: Any, field: str) -> list[dict[str, Any]]:
    if isinstance(value, str):
        value = _inside(value, field, "a list of messages")
    if not isinstance(value, list):
        raise RenderError(f"must be a list of messages, not {kind_of(value)}", field=field)
    for index, message in enumerate(value):
        if not isinstance(message, dict):
            raise RenderError(f"a message is an object with a role, not {kind_of(message)}", message=index)
        role = message.get("role")
        if not isinstance(role, str):  # a format for any role would take this message
            reason = f"must be a text, not {kind_of(role)}" if role is not None else _NO_ROLE
            raise RenderError(reason, message=index, field="role")
    return value


def _options(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        value = _inside(value, OPTIONS, "an object of options")
    if not isinstance(value, dict):
        raise RenderError(f"must be an object of options, not {kind_of(value)}", field=OPTIONS)
    for name in _NO_OPTIONS:
        if name in value:
            raise RenderError(f"{name} is not an option of a format; leave it out", field=OPTIONS)
    return value


def _inside(text: str, field: str, wanted: str) -> Any:
    """The value of a field that holds JSON text: columns do so for values that have no fixed type."""
    try:
        return value_of(text)
    except ValueError:
        raise RenderError(f"is text but not JSON; pass {wanted}, as JSON or not", field=field) from None
