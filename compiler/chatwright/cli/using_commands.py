"""The signatures of the commands that use one format: they render, parse and write what is derived from it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chatwright.cli.exit_codes import Failure
from chatwright.cli.output import put
from chatwright.cli.shared_options import (
    TOKENIZER,
    TOKENS,
    ContentSpecials,
    Cut,
    File,
    Force,
    Format,
    Options,
    Prompt,
    Specials,
    Tokenization,
    Tools,
    View,
    Viewed,
)


class Show(StrEnum):
    text = "text"
    mask = "mask"


def render(
    spec: Format,
    file: File = None,
    tools: Tools = None,
    option: Options = None,
    prompt: Prompt = None,
    show: Annotated[
        Show, typer.Option("--show", help="Print the text, or a transcript of who wrote each part.")
    ] = Show.text,
    as_json: Annotated[bool, typer.Option("--json", help="Print the segments of the text as JSON.")] = False,
    view: Viewed = View.history,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            "--tokenizer",
            metavar="PATH",
            help=f"{TOKENIZER} With --show mask: print who wrote each token.",
            rich_help_panel=TOKENS,
        ),
    ] = None,
    ids: Annotated[
        bool,
        typer.Option("--ids", help="With --tokenizer: print the id after each token.", rich_help_panel=TOKENS),
    ] = False,
    specials: Specials = ContentSpecials.text,
    tokenization: Cut = Tokenization.whole,
) -> None:
    """Render a conversation.

    FILE holds JSON: a list of messages, or an object with messages, tools, add_generation_prompt and options of the
    format by name. Options on the command line take precedence. The text is printed exactly, without a final newline.

    A file of JSON lines has one conversation per line. The output then has one line per conversation: an object with
    the text, or an array of segments.
    """
    from chatwright.cli.rendering import print_rendered, print_tokens
    from chatwright.cli.requests import Binding, Request

    if as_json and show != Show.text:
        raise Failure(f"--json and --show {show.value} exclude each other")
    request = Request(spec, file, tools, option or [], prompt, view.value)
    if tokenizer is None:
        if ids or specials != ContentSpecials.text or tokenization != Tokenization.whole:
            raise Failure("--ids, --content-specials and --tokenization need --tokenizer PATH")
        print_rendered(request, "segments" if as_json else show.value)
    elif show != Show.mask:
        raise Failure("--tokenizer needs --show mask")
    else:
        print_tokens(request, Binding(tokenizer, specials.value, tokenization.value), ids)


def report(
    spec: Format,
    tokenizer: Annotated[str, typer.Option("--tokenizer", metavar="PATH", help=TOKENIZER)],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.html", help="The output file.")],
    file: File = None,
    number: Annotated[
        int | None,
        typer.Option("--number", "-n", min=1, help="The number of the conversation in JSON lines, from 1."),
    ] = None,
    tools: Tools = None,
    option: Options = None,
    prompt: Prompt = None,
    view: Viewed = View.history,
    specials: Specials = ContentSpecials.text,
    tokenization: Cut = Tokenization.whole,
    force: Force = False,
) -> None:
    """Write a web page that shows a conversation token by token: its author, its kind, its line in the spec.

    The page is one file and needs no network. FILE has the same form as for `render`.
    """
    from chatwright.cli.report import write_report
    from chatwright.cli.requests import Binding, Request

    request = Request(spec, file, tools, option or [], prompt, view.value)
    write_report(request, Binding(tokenizer, specials.value, tokenization.value), number, out, force)
    put(f"wrote {out}\n")


def parse(
    spec: Format,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="The completion as text. Without FILE, or for -: standard input."),
    ] = None,
    tools: Tools = None,
    option: Options = None,
    prompt: Annotated[
        str | None,
        typer.Option("--prompt", metavar="FILE", help="The prompt before the completion, or the end of the prompt."),
    ] = None,
) -> None:
    """Parse a completion: print its content, reasoning and tool calls as JSON.

    Without --prompt, parsing starts where the format's own prompt ends under these options. A damaged call is printed
    with the reason.
    """
    from chatwright.cli.parse_command import print_parsed

    print_parsed(spec, file, tools, option or [], prompt)


def build(
    spec: Format,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="The output folder; created if it is missing.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="The folder of a tokenizer that gets the format.")
    ] = None,
    python: Annotated[bool, typer.Option("--python", help="With --out: write only NAME.py and NAME.pyi.")] = False,
    stub: Annotated[
        bool, typer.Option("--stub", help="Write NAME.pyi next to NAME.chatspec, for chatwright.import_hook.")
    ] = False,
    force: Force = False,
) -> None:
    """Write the files of a format: NAME.jinja, NAME.training.jinja, NAME.response.json, NAME.py.

    NAME.jinja is the template. NAME.training.jinja prints each turn of the model as the model wrote it, with generation
    tags around sampled text. NAME.response.json is the response_template of transformers. NAME.py is a module that
    renders and imports only chatwright.runtime.

    --into writes the template, the response template and chat_control_tokens into the folder from which transformers
    loads a tokenizer, and keeps a copy of the files that were there.
    """
    from chatwright.cli.building import build_files, build_python, build_stub
    from chatwright.cli.installing import install

    if (out is not None) + (into is not None) + stub != 1:
        raise Failure("build takes one of --out DIR, --into DIR and --stub")
    if python and out is None:
        raise Failure("--python needs --out DIR")
    if stub:
        for path in build_stub(spec, force):
            put(f"wrote {path}\n")
    elif out is not None:
        for path in (build_python if python else build_files)(spec, out, force):
            put(f"wrote {path}\n")
    elif into is not None:
        for line in install(spec, into, force):
            put(f"{line}\n")
