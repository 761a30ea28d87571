"""The shipped formats as a table and as JSON."""

from __future__ import annotations

import msgspec

import chatwright
from chatwright.cli.output import console
from chatwright.runtime.options import Option
from chatwright.spec import format_of

LONGEST_DEFAULT = 24


class Entry(msgspec.Struct, frozen=True):
    """What the list says of one format."""

    name: str
    about: str
    models: tuple[str, ...]
    options: tuple[Option, ...]
    stops: tuple[str, ...]


def entries() -> list[Entry]:
    found = []
    for name in chatwright.formats():
        spec = chatwright.load(name)
        about = first_sentences(format_of(spec).compiled.tree.format.decl.doc or "")
        found.append(Entry(name, about, spec.models, tuple(spec.options.values()), spec.stops))
    return found


def first_sentences(doc: str) -> str:
    """The sentences that end on the first line, or the line where none does."""
    line, more, _ = doc.partition("\n")
    if more and not line.endswith("."):
        sentences, dot, _ = line.rpartition(". ")
        return f"{sentences}." if dot else line
    return line


def to_json(found: list[Entry]) -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def as_table(found: list[Entry]) -> str:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for entry in found:
        about = Text(f"{entry.about}\n")
        about.append("  ".join(entry.models), "bright_black")
        if entry.options:
            about.append("\noptions: " + "  ".join(map(signature, entry.options)), "green")
        table.add_row(entry.name, about)
    screen = console()
    with screen.capture() as captured:
        screen.print(table)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def signature(option: Option) -> str:
    """An option as the list shows it, in the form it is given in: with its default, its choices, or its type."""
    value: str = option.type.upper()
    if option.type == "choice":
        value = "|".join(option.choices)
    elif option.link is not None:
        value = option.link
    elif option.default is not None:
        default = msgspec.json.encode(option.default).decode()
        value = default if len(default) <= LONGEST_DEFAULT else value
    return f"{option.name}={value}"
