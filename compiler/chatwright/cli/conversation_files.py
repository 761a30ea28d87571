"""Reads files with conversations: JSON or JSON lines, or standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from chatwright.cli.exit_codes import Failure
from chatwright.conversations.json_text import parse_json
from chatwright.conversations.rows import TOOLS, Conversation, Fields, conversation_of, tools_of
from chatwright.runtime.errors import ChatwrightError

STANDARD_INPUT = "-"
BYTE_ORDER_MARK = "\ufeff"


class Given(msgspec.Struct, frozen=True):
    """A conversation and its place, as errors name it: the file, and the line in a file of JSON lines."""

    place: str
    conversation: Conversation


class Conversations(msgspec.Struct, frozen=True):
    """All conversations of an input. `lines`: the input is JSON lines."""

    lines: bool
    all: tuple[Given, ...]


def read_conversations(name: str) -> Conversations:
    """The conversations in a file, or in standard input for `-`.

    A file whose name ends in .jsonl holds one conversation per line. Any other file holds one conversation, or one per
    line where its first line is a complete JSON value and the whole file is not. Raises Failure.
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
    return Conversations(False, (_given(value, place),))


def read_tools(name: str) -> list[dict[str, Any]]:
    """The tools in a file: a JSON list of schemas, or an object with such a list as `tools`. Raises Failure."""
    place = place_of(name)
    try:
        value = parse_json(read_text(name).removeprefix(BYTE_ORDER_MARK))
    except ValueError as error:
        raise Failure(f"{place} is not JSON: {error}") from None
    try:
        return tools_of(value[TOOLS] if isinstance(value, dict) and TOOLS in value else value)
    except ChatwrightError as error:
        raise Failure(f"{place}: {error}") from None


def place_of(name: str) -> str:
    return "standard input" if name == STANDARD_INPUT else name


def read_text(name: str) -> str:
    """The text of a file, or of standard input for `-`. Raises Failure where it is not UTF-8 text."""
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


def _given(value: Any, place: str) -> Given:
    try:
        return Given(place, conversation_of(value, Fields(inline=True)))
    except ChatwrightError as error:
        raise Failure(f"{place}: {error}") from None


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
        found.append(_given(value, here))
    return Conversations(True, tuple(found))


def _is_json(text: str) -> bool:
    try:
        parse_json(text)
    except ValueError:
        return False
    return True
