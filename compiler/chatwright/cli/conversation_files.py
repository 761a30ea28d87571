"""Reads conversations: JSON or JSON lines, from a file or standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from chatwright.cli.exit_codes import Failure
from chatwright.conversations.json_text import kind_of, parse_json

STANDARD_INPUT = "-"
BYTE_ORDER_MARK = "\ufeff"


class Conversation(msgspec.Struct, frozen=True):
    """One conversation as it was given. `prompt` and `tools` are None where it does not say.

    `place` is how an error names it: the file, and the line where there is one conversation a line.
    """

    place: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None
    prompt: bool | None
    options: dict[str, Any]


class Conversations(msgspec.Struct, frozen=True):
    """All conversations of an input. `lines`: it was JSON lines."""

    lines: bool
    all: tuple[Conversation, ...]


def read_conversations(name: str) -> Conversations:
    """The conversations in a file, or in standard input for `-`.

    A file whose name ends in .jsonl holds one a line. Any other holds one, or one a line where its first line is JSON
    by itself and the whole is not.
    """
    place = place_of(name)
    text = read_text(name).removeprefix(BYTE_ORDER_MARK)
    if not text.strip():
        raise Failure(f"{place} is empty; a conversation is a JSON list of messages")
    if name.endswith(".jsonl"):
        return _json_lines(text, place)
    try:
        value = parse_json(text)
    except ValueError as error:
        if _is_json(text.strip().split("\n", 1)[0]):
            return _json_lines(text, place)
        raise Failure(f"{place} is not JSON: {error}") from None
    return Conversations(False, (conversation(value, place),))


def read_tools(name: str) -> list[dict[str, Any]]:
    """The tools in a file: a JSON list of schemas, or an object that holds it as `tools`."""
    place = place_of(name)
    try:
        value = parse_json(read_text(name).removeprefix(BYTE_ORDER_MARK))
    except ValueError as error:
        raise Failure(f"{place} is not JSON: {error}") from None
    return _objects(value["tools"] if isinstance(value, dict) and "tools" in value else value, place, "tools")


def place_of(name: str) -> str:
    return "standard input" if name == STANDARD_INPUT else name


def read_text(name: str) -> str:
    """The text of a file, or of standard input for `-`. Fails for what is no UTF-8 text."""
    try:
        data = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
    except OSError as error:
        raise Failure(f"{name} cannot be read: {error.strerror or error}") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        kind = "a binary file" if b"\0" in data[:4096] else "not UTF-8"
        place = place_of(name)
        raise Failure(f"{place} is {kind}: byte 0x{data[error.start]:02x} at offset {error.start}") from None


def conversation(value: Any, place: str) -> Conversation:
    """A conversation from its JSON value: a list of messages, or an object with `messages` and what goes with them."""
    if isinstance(value, list):
        return Conversation(place, _objects(value, place, "messages"), None, None, {})
    if not isinstance(value, dict):
        raise Failure(f"{place}: a conversation is a list of messages or an object with messages, not {kind_of(value)}")
    if "messages" not in value:
        hint = "; one message goes into a list" if "role" in value else ""
        raise Failure(f"{place}: the field messages is missing{hint}")
    options = dict(value)
    messages = _objects(options.pop("messages"), place, "messages")
    tools = options.pop("tools", None)
    prompt = options.pop("add_generation_prompt", None)
    if prompt is not None and not isinstance(prompt, bool):
        raise Failure(f"{place}: add_generation_prompt takes true or false, not {kind_of(prompt)}")
    return Conversation(place, messages, None if tools is None else _objects(tools, place, "tools"), prompt, options)


def _json_lines(text: str, place: str) -> Conversations:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        here = f"{place}, line {number}"
        try:
            value = parse_json(line)
        except ValueError as error:
            raise Failure(f"{here} is not JSON: {error}") from None
        found.append(conversation(value, here))
    return Conversations(True, tuple(found))


def _objects(value: Any, place: str, field: str) -> list[dict[str, Any]]:
    """The value as a list of objects. What is in them is for the format to judge."""
    if not isinstance(value, list):
        raise Failure(f"{place}: {field} must be a list, not {kind_of(value)}")
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            raise Failure(f"{place}: {field}[{index}] must be an object, not {kind_of(item)}")
    return value


def _is_json(text: str) -> bool:
    try:
        parse_json(text)
    except ValueError:
        return False
    return True
