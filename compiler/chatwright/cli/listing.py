"""The shipped formats, one on a line, and the format of a tokenizer. Both read the index and compile nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec

from chatwright.cli.exit_codes import Failure
from chatwright.cli.output import on_terminal, width
from chatwright.library import Entry, formats, index, suggestion
from chatwright.recognize import Recognized, recognize


def matching(words: list[str]) -> list[Entry]:
    """The formats that match every word. Raises Failure where there are none.

    A word matches a part of a format's name, of its family, of a model id, or of the name of a template.
    """
    found = [entry for entry in index().formats if all(_matches(entry, word.lower()) for word in words)]
    if not found:
        raise Failure(f"no format, family or model matches {' '.join(words)}; {suggestion(' '.join(words))}")
    return found


def _matches(entry: Entry, word: str) -> bool:
    return any(word in text.lower() for text in (entry.name, entry.family, *entry.models, *entry.templates))


def as_lines(found: list[Entry]) -> str:
    """A format on each line: its name and its description. A terminal gets colour and lines cut to its width."""
    longest = max(len(name) for name in formats())
    if not on_terminal():
        return "".join(f"{entry.name:<{longest}}  {entry.about}\n" for entry in found)
    room = max(width() - longest - 2, 20)
    return "".join(f"\x1b[1;36m{entry.name:<{longest}}\x1b[0m  {_cut(entry.about, room)}\n" for entry in found)


def _cut(text: str, room: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= room else f"{set_cell_size(text, room - 1).rstrip()}…"


def to_json(value: list[Entry] | Recognized) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def which(folder: Path) -> Recognized:
    """The format of the tokenizer in a folder. Raises UnknownTemplate."""
    return recognize(folder)
