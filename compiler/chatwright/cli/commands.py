"""The commands. What each needs is imported when it runs, so that the others start without it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import chatwright
from chatwright.cli.failures import Failure
from chatwright.cli.output import put

app = typer.Typer(
    name="chatwright",
    help="Write a chat format once, and get its template, its renderer and who wrote which byte.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Form(StrEnum):
    text = "text"
    json = "json"


class Stage(StrEnum):
    ast = "ast"
    ir = "ir"
    facts = "facts"
    jinja = "jinja"
    python = "python"


class Show(StrEnum):
    text = "text"
    segments = "segments"
    mask = "mask"


SPEC = "The name of a shipped format, or a .chatspec file."


def run(words: Sequence[str]) -> int:
    """Run the command that the words name."""
    status = app(list(words), prog_name="chatwright", standalone_mode=False)
    return status if isinstance(status, int) else 0


@app.callback(invoke_without_command=True)
def chatwright_(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="The version.")] = False
) -> None:
    if version:
        put(f"chatwright {chatwright.__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        put(f"{context.get_help()}\n")
        raise typer.Exit


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="As JSON, with all there is to know.")] = False) -> None:
    """The shipped formats with their models and options."""
    from chatwright.cli.listing import as_table, entries, to_json

    put(to_json(entries()) if as_json else as_table(entries()))


@app.command()
def check(
    specs: Annotated[list[str], typer.Argument(metavar="SPEC...", help=f"{SPEC} Folders are searched.")],
    form: Annotated[Form, typer.Option("--format", help="How findings are printed.")] = Form.text,
    stage: Annotated[Stage | None, typer.Option("--emit", help="Print what a pass makes of the one SPEC.")] = None,
) -> int:
    """Find what is wrong with specs. Exits with 1 where there are errors."""
    from chatwright.cli.checking import check_all, emit

    if stage is None:
        text, status = check_all(specs, form == Form.json)
    elif len(specs) != 1:
        raise Failure(f"--emit takes one spec, not {len(specs)}")
    else:
        text, status = emit(specs[0], stage.value), 0
    put(text)
    return status


@app.command()
def fmt(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders; - formats standard input.")],
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit with 1 where something would be.")
    ] = False,
) -> int:
    """Put .chatspec files into the one form."""
    from chatwright.cli.formatting import format_paths

    return format_paths(paths, check)


@app.command()
def build(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help=SPEC)],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write; made where it is missing.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that chatwright has not made.")] = False,
) -> None:
    """Write NAME.jinja and NAME.py: the template, and a module that renders with chatwright.runtime alone.

    And NAME.training.jinja: each turn of the model as it wrote it, with generation tags around what it sampled.
    """
    from chatwright.cli.building import build_files

    for path in build_files(spec, out, force):
        put(f"wrote {path}\n")


@app.command()
def render(
    spec: Annotated[str, typer.Argument(metavar="FORMAT", help=SPEC)],
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="The conversation; - or nothing: standard input.")
    ] = None,
    tools: Annotated[str | None, typer.Option("--tools", metavar="FILE", help="A JSON list of tool schemas.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", metavar="NAME=VALUE", help="An option of the format.")
    ] = None,
    prompt: Annotated[
        bool | None,
        typer.Option("--generation-prompt/--no-generation-prompt", "-g/-G", help="End in the generation prompt."),
    ] = None,
    segments: Annotated[bool, typer.Option("--segments", help="The same as --show segments.")] = False,
    show: Annotated[
        Show | None, typer.Option("--show", help="The text, its segments as JSON, or who wrote what.")
    ] = None,
) -> None:
    """Render a conversation.

    FILE holds JSON: a list of messages, or an object with messages, tools, add_generation_prompt and options of the
    format by name. What the command line says wins. The text is printed exactly, without a newline of ours at its end.

    JSON lines have one conversation on each line, and so has the output: an object with the text, or an array of
    segments.
    """
    from chatwright.cli.rendering import print_rendered

    view = show or (Show.segments if segments else Show.text)
    if segments and view != Show.segments:
        raise Failure(f"--segments and --show {view.value} cannot go together")
    print_rendered(spec, file, tools, option or [], prompt, view.value)


@app.command()
def explain(
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="Such as missing-close; none lists all.")] = None,
) -> None:
    """What the code of a finding means, with an example and its cure."""
    from chatwright.cli.pages import index, page

    put(index() if code is None else page(code))
