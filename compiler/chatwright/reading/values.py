"""Text back to values: the readers of the filters."""

from __future__ import annotations

import ast
import json
from typing import Any

from chatwright import ir


class Unreadable(Exception):
    """A text that no value prints as."""


def read_filtered(text: str, value: ir.Expr, schema: Any) -> Any:
    """The value that printed `text` through the filters of an expression."""
    filters: list[ir.Pipe] = []
    while isinstance(value, ir.Pipe):
        filters.append(value)
        value = value.value
    found: Any = text
    for pipe in filters:
        found = read(pipe.filter, pipe.args, found, schema)
    return found


def read(name: str, args: tuple[str | int, ...], text: str, schema: Any) -> Any:
    """The inverse of one filter; of a normalising one, the normal form."""
    match name:
        case "strip" | "lstrip" | "rstrip":
            chars = "\n" if "newlines" in args else None
            return {"strip": str.strip, "lstrip": str.lstrip, "rstrip": str.rstrip}[name](text, chars)
        case "json":
            return _json(text)
        case "json_or_raw":
            try:
                return _json(text)
            except Unreadable:
                return text
        case "json_or_text":
            return _by_schema(text, schema)
        case "python":
            try:
                return ast.literal_eval(text)
            except (ValueError, SyntaxError):
                raise Unreadable from None
    return text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise Unreadable from None


def _by_schema(text: str, schema: Any) -> Any:
    """A text where the schema says so; else what it is as JSON or as Python prints it, if it is either."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind == "string":
        return text
    python = {"True": True, "False": False, "None": None}
    if text in python:
        return python[text]
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_json_at(text: str, at: int) -> tuple[Any, int]:
    """A JSON value that starts at an offset, and where it ends."""
    try:
        value, end = json.JSONDecoder().raw_decode(text, at)
    except (ValueError, RecursionError):
        raise Unreadable from None
    return value, end
