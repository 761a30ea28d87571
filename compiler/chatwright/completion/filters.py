"""Inverse filters: from text back to values."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Mapping
from typing import Any

from chatwright.ir import program as ir


class Unreadable(Exception):
    """No value prints as this text."""


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
    """The inverse of one filter; for a normalising filter, the normal form."""
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
            return by_schema(text, schema)
        case "python":
            return _python(text)
    return text


def _python(text: str) -> Any:
    """A Python literal, limited to the values that JSON has."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that Python does not know
            value = ast.literal_eval(text)
        return json.loads(json.dumps(value))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise Unreadable from None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable from None


def by_schema(text: str, schema: Any) -> Any:
    """A text, if the schema asks for one; else the value that the text has as JSON or as a Python literal, if any."""
    kinds = _kinds(schema)
    if kinds == {"string"}:
        return text
    if text in _PYTHON:
        return _PYTHON[text]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if "string" in kinds and value is not None else value


_PYTHON = {"True": True, "False": False, "None": None}


def _kinds(schema: Any) -> set[str]:
    """The types that a schema allows; empty if it does not say."""
    if not isinstance(schema, Mapping):
        return set()
    kind = schema.get("type")
    found = (
        {kind}
        if isinstance(kind, str)
        else {k for k in kind if isinstance(k, str)}
        if isinstance(kind, list)
        else set()
    )
    for key in ("anyOf", "oneOf"):
        choices = schema.get(key)
        found |= {k for choice in choices for k in _kinds(choice)} if isinstance(choices, list) else set()
    if not found and isinstance(schema.get("enum"), list) and all(isinstance(v, str) for v in schema["enum"]):
        found = {"string"}
    return found


def read_json_at(text: str, at: int) -> tuple[Any, int]:
    """The JSON value at an offset, and the offset behind it."""
    try:
        value, end = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        raise Unreadable from None
    return value, end


_DECODER = json.JSONDecoder()


def read_python_at(text: str, at: int) -> tuple[Any, int]:
    """The Python literal or JSON value at an offset, and the offset behind it."""
    end = _python_end(text, at)
    found = text[at:end]
    for read_as in (_python, _json):
        try:
            return read_as(found), end
        except Unreadable:
            continue
    if len(found) > 1 and found[0] in "'\"" and found[-1] == found[0] and "\\" not in found:
        return found[1:-1], end
    raise Unreadable


def _python_end(text: str, at: int) -> int:
    """The end of a literal: before a comma or a closing bracket of the surrounding text."""
    depth = 0
    for token in _PYTHON_TOKEN.finditer(text, at):
        sort = token.group()[0]
        if sort in "([{":
            depth += 1
        elif sort in ")]}":
            if not depth:
                return token.start()
            depth -= 1
        elif sort == "," and not depth:
            return token.start()
    return len(text)


_PYTHON_TOKEN = re.compile(
    r"""[()\[\]{},]|'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"|[^()\[\]{},'"]+|['"]""", re.DOTALL
)
