"""The arguments and options that several commands share: each has one name and one meaning."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from chatwright.cli.completion import complete_spec


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


SPEC = "A shipped format by name or by model id, or a .chatspec file."
TOKENIZER = "A folder with tokenizer.json, or such a file."
OPTION = "Set an option of the format; repeat it for several."
TOKENS = "Tokens"

Format = Annotated[str, typer.Argument(metavar="FORMAT", help=SPEC, autocompletion=complete_spec)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]

# What the commands that render share.
File = Annotated[
    str | None, typer.Argument(metavar="FILE", help="The conversation as JSON. Without FILE, or for -: standard input.")
]
Tools = Annotated[str | None, typer.Option("--tools", metavar="FILE", help="A JSON list of tool schemas.")]
Prompt = Annotated[
    bool | None,
    typer.Option(
        "--generation-prompt/--no-generation-prompt", "-g/-G", help="End the text with the generation prompt, or not."
    ),
]
Options = Annotated[list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help=OPTION)]
Specials = Annotated[
    ContentSpecials,
    typer.Option(
        "--content-specials",
        help="Treat a control token in the caller's text as text, as an error, or as a control token.",
        rich_help_panel=TOKENS,
    ),
]
Viewed = Annotated[
    View,
    typer.Option(
        "--view",
        help="Print the text of the model's own template, or the last turn or each turn as the model wrote it.",
    ),
]
Cut = Annotated[
    Tokenization,
    typer.Option(
        "--tokenization",
        help="Encode the whole text at once, as Hugging Face does, or encode sampled text separately.",
        rich_help_panel=TOKENS,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that chatwright did not make.")]
