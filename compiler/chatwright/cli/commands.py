"""The table of commands. Each command imports its passes when it runs, so that the others start without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple

import typer

import chatwright
from chatwright.cli.encode_command import encode
from chatwright.cli.library_commands import facts, list_, which
from chatwright.cli.output import put
from chatwright.cli.using_commands import build, parse, render, report
from chatwright.cli.writing_commands import check, explain, fmt, new, verify

FIND, USE, WRITE = "Find a format", "Use a format", "Write a format"


class Command(NamedTuple):
    """A command: its name, its function, its group in the help, and an example of its use."""

    name: str
    function: Callable[..., Any]
    group: str
    example: str


COMMANDS = (
    Command("list", list_, FIND, "chatwright list chatml"),
    Command("which", which, FIND, "chatwright which models/mine"),
    Command("facts", facts, FIND, "chatwright facts chatml"),
    Command("render", render, USE, "chatwright render chatml chat.json --show mask --generation-prompt"),
    Command("parse", parse, USE, "chatwright parse chatml completion.txt --tools tools.json"),
    Command("report", report, USE, "chatwright report chatml chat.json --tokenizer models/mine --out chat.html"),
    Command("build", build, USE, "chatwright build chatml --out build"),
    Command("encode", encode, USE, "chatwright encode chats.jsonl --format chatml --tokenizer models/mine --out data"),
    Command("new", new, WRITE, "chatwright new my_format --like chatml"),
    Command("check", check, WRITE, "chatwright check my_format.chatspec"),
    Command("fmt", fmt, WRITE, "chatwright fmt my_format.chatspec"),
    Command("verify", verify, WRITE, "chatwright verify my_format.chatspec --against chat_template.jinja"),
    Command("explain", explain, WRITE, "chatwright explain missing-close"),
)

app = typer.Typer(
    name="chatwright",
    help="Write a chat format once; derive its template, its renderer, its parser and its masks.",
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run(words: Sequence[str]) -> int:
    """Run the command that the words name. Returns its exit code."""
    status = app(list(words), prog_name="chatwright", standalone_mode=False)
    return status if isinstance(status, int) else 0


@app.callback(invoke_without_command=True)
def chatwright_(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        put(f"chatwright {chatwright.__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        context.get_help()  # prints by itself
        raise typer.Exit


for command in COMMANDS:
    app.command(command.name, rich_help_panel=command.group, epilog=f"Example: `{command.example}`")(command.function)
