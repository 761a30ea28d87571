"""Reads JSON that people wrote, and names its errors and their places."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import msgspec


def parse_json(text: str) -> Any:
    """The value of a JSON text. Raises ValueError with one line: the reason and its place."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
        if "\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        where = (
            f"column {error.colno}" if "\n" not in text.rstrip("\n") else f"line {error.lineno}, column {error.colno}"
        )
        raise ValueError(f"{error.msg[:1].lower()}{error.msg[1:]} at {where}") from None
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise ValueError(f"{half} is half of a surrogate pair, not a character") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def value_of(text: bytes | str) -> Any:
    """The value of a JSON text or line, read fast. Raises ValueError with the reason and its place in the line."""
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:  # msgspec's own error among them
        reason = str(error)
    try:
        parse_json(text.decode() if isinstance(text, bytes) else text)
    except UnicodeDecodeError as error:
        reason = f"it is not UTF-8: byte 0x{error.object[error.start]:02x} at byte {error.start} of the line"
    except ValueError as error:
        reason = str(error)
    raise ValueError(f"is not JSON: {reason}")


def kind_of(value: Any) -> str:
    """The name of the JSON type of a value, for an error."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
