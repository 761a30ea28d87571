"""What several commands take, said once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class ContentSpecials(StrEnum):
    text = "text"
    error = "error"
    parse = "parse"


class Tokenization(StrEnum):
    whole = "whole"
    as_sampled = "as_sampled"


class View(StrEnum):
    history = "history"
    fresh = "fresh"
    training = "training"


SPEC = "The name of a shipped format, or a .chatspec file."
TOKENIZER = "A folder with tokenizer.json, or such a file."

# What the commands that render share.
File = Annotated[str | None, typer.Argument(metavar="FILE", help="The conversation; - or nothing: standard input.")]
Tools = Annotated[str | None, typer.Option("--tools", metavar="FILE", help="A JSON list of tool schemas.")]
Prompt = Annotated[
    bool | None,
    typer.Option("--generation-prompt/--no-generation-prompt", "-g/-G", help="End in the generation prompt."),
]
Options = Annotated[list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="An option of the format.")]
Specials = Annotated[
    ContentSpecials,
    typer.Option("--content-specials", help="A control token in the caller's text is text, an error, or parsed."),
]
Viewed = Annotated[
    View,
    typer.Option(
        "--view", help="The whole as the model's template prints it, the last turn or each turn as the model wrote it."
    ),
]
Cut = Annotated[
    Tokenization,
    typer.Option("--tokenization", help="As Hugging Face does, or what the model writes apart from the rest."),
]
