"""Parses a completion and prints its message."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chatwright.cli.conversation_files import STANDARD_INPUT, read_text, read_tools
from chatwright.cli.loading import load
from chatwright.cli.option_values import option_values
from chatwright.cli.output import put


def print_parsed(spec: str, file: str | None, tools: str | None, options: Sequence[str], prompt: str | None) -> None:
    """Print the message of a completion as JSON. `prompt`: a file with the prompt before it, or the end of that."""
    loaded = load(spec)
    parser = loaded.parser(**option_values(options, loaded.options))
    found = parser.parse(
        read_text(file or STANDARD_INPUT),
        tools=None if tools is None else read_tools(tools),
        prompt=None if prompt is None else read_text(prompt),
    )
    put(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
