"""Formats files in place."""

from __future__ import annotations

import sys
from pathlib import Path

from chatwright.cli.checking import spec_files
from chatwright.cli.conversation_files import STANDARD_INPUT, place_of, read_text
from chatwright.cli.exit_codes import SPEC_ERRORS
from chatwright.cli.output import complain, put, write_files
from chatwright.diagnostics.diagnostic import render_all, style_for
from chatwright.diagnostics.source import Source
from chatwright.syntax.fmt import format_source


def format_paths(names: list[str], check: bool) -> int:
    """Format files, and standard input to standard output for `-`. Returns the exit code."""
    untidy: dict[str, str] = {}
    status = 0
    for name in spec_files(names):
        source = Source(place_of(name), read_text(name))
        text, problems = format_source(source)
        if text is None:
            complain(render_all(problems, style_for(sys.stderr)))
            status = SPEC_ERRORS
        elif name == STANDARD_INPUT and not check:
            put(text)
        elif text != source.text:
            untidy[name] = text
    if check:
        for name in untidy:
            put(f"would format {place_of(name)}\n")
        return SPEC_ERRORS if untidy else status
    write_files({Path(name): text for name, text in untidy.items()})
    for name in untidy:
        put(f"formatted {name}\n")
    return status
