"""Reads option values from the command line: NAME=VALUE, each value of the type of its option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from chatwright.cli.exit_codes import Failure
from chatwright.conversations.json_text import parse_json
from chatwright.runtime.options import Option, settle


def option_values(words: Sequence[str], options: Mapping[str, Option]) -> dict[str, Any]:
    """The values of NAME=VALUE words.

    Raises OptionError for a name that is not an option, Failure for a value that the option does not take.
    """
    values: dict[str, Any] = {}
    for word in words:
        name, sign, text = word.partition("=")
        if not sign or not name:
            raise Failure(f"--option takes NAME=VALUE, not {word!r}")
        values[name] = _typed(options[name], text) if name in options else text
    settle(options, values)
    return values


def _typed(option: Option, text: str) -> Any:
    if option.type == "bool":
        if text not in ("true", "false"):
            raise Failure(f"{option.name} takes true or false, not {text!r}")
        return text == "true"
    if option.type == "int":
        try:
            return int(text)
        except ValueError:
            raise Failure(f"{option.name} takes a whole number, not {text!r}") from None
    if option.type == "list":
        try:
            value = parse_json(text)
        except ValueError:
            value = None
        if not isinstance(value, list):
            example = msgspec.json.encode(option.choices[:1] or ("a",)).decode()
            raise Failure(f"{option.name} takes a JSON list such as {example}, not {text!r}")
        return value
    return text
