"""JSON that people wrote: its value, or in one line what is wrong with it and where."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def parse_json(text: str) -> Any:
    """The value of a JSON text. Raises ValueError with one line that says what is wrong and where."""
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
        raise ValueError(f"{half} is half of a surrogate pair, and no character") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def kind_of(value: Any) -> str:
    """What a value is called in JSON, for an error."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
