"""The signatures of the commands that find a format and describe it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chatwright.cli.output import put
from chatwright.cli.shared_options import Format, Json


def list_(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]...", help="Show only formats with this word in their name, family or models."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the shipped formats, one on a line."""
    from chatwright.cli.listing import as_lines, matching, to_json

    found = matching(words or [])
    put(to_json(found) if as_json else as_lines(found))


def which(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a tokenizer.")],
    as_json: Json = False,
) -> None:
    """Name the format of a tokenizer, found by the hash of its chat template."""
    from chatwright.cli.listing import to_json
    from chatwright.cli.listing import which as find

    found = find(folder)
    put(to_json(found) if as_json else f"{found.format}\n")


def facts(spec: Format, as_json: Json = False) -> None:
    """Describe a format: its prompts, its stop tokens, and the text that stays when messages are appended.

    With --json, each change comes with a conversation that shows it.
    """
    from chatwright.cli.facts_shown import as_text, report, to_json

    found = report(spec)
    put(to_json(found) if as_json else as_text(found))
