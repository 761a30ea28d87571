"""The signature of `encode`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chatwright.cli.completion import complete_spec
from chatwright.cli.shared_options import (
    SPEC,
    TOKENIZER,
    ContentSpecials,
    Cut,
    Json,
    Options,
    Specials,
    Tokenization,
    View,
    Viewed,
)

ROWS = "Samples"
RUN = "Run"


class Overflow(StrEnum):
    reject = "reject"
    cut_end = "cut-end"
    cut_start = "cut-start"


class Engine(StrEnum):
    local = "local"
    ray = "ray"


# ---- the arguments --------------------------------------------------------------------------------------------------

Input = Annotated[
    Path, typer.Argument(metavar="INPUT", help="JSON lines, Parquet, a folder of these, or a saved data set.")
]
FormatOption = Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help=SPEC, autocompletion=complete_spec)]
Tokenizer = Annotated[str, typer.Option("--tokenizer", metavar="PATH", help=TOKENIZER)]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The output folder; an existing job is resumed.")]
Mask = Annotated[
    str | None,
    typer.Option(
        "--mask",
        metavar="SELECTORS",
        help="The tokens to train on. Default: the tokens that the model writes.",
        rich_help_panel=ROWS,
    ),
]
MaxLength = Annotated[
    int | None,
    typer.Option("--max-length", min=1, help="The most tokens that a sample may have.", rich_help_panel=ROWS),
]
OnOverflow = Annotated[
    Overflow,
    typer.Option("--overflow", help="Reject a longer sample, or cut its end or start.", rich_help_panel=ROWS),
]
Packing = Annotated[
    int | None,
    typer.Option("--packing", min=1, help="Pack samples into rows of this many tokens.", rich_help_panel=ROWS),
]
Split = Annotated[
    bool,
    typer.Option(
        "--split", help="Make one sample of each turn that later prompts show differently.", rich_help_panel=ROWS
    ),
]
Weights = Annotated[
    bool, typer.Option("--weights", help="Add a column of weights to the labels.", rich_help_panel=ROWS)
]
Messages = Annotated[
    str, typer.Option("--messages", metavar="FIELD", help="The field of a row that holds the conversation.")
]
RowsPerShard = Annotated[
    int | None,
    typer.Option("--rows-per-shard", min=1, help="Input rows per shard. [default: 2000]", rich_help_panel=RUN),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", "-j", min=1, help="Number of processes. [default: one per core]", rich_help_panel=RUN),
]
On = Annotated[Engine, typer.Option("--engine", help="Run on this machine, or on a Ray cluster.", rich_help_panel=RUN)]


# ---- the command ----------------------------------------------------------------------------------------------------


def encode(
    input: Input,
    format: FormatOption,
    tokenizer: Tokenizer,
    out: Out,
    option: Options = None,
    mask: Mask = None,
    max_length: MaxLength = None,
    overflow: OnOverflow = Overflow.reject,
    packing: Packing = None,
    split: Split = False,
    view: Viewed = View.history,
    weights: Weights = False,
    messages: Messages = "messages",
    rows_per_shard: RowsPerShard = None,
    workers: Workers = None,
    engine: On = Engine.local,
    specials: Specials = ContentSpecials.text,
    tokenization: Cut = Tokenization.whole,
    as_json: Json = False,
) -> None:
    """Encode a data set to Parquet shards: token ids, labels, the owner of each token, and the source row.

    A row holds messages, and optionally tools and chat_template_kwargs; or a prompt and a completion. DIR/rejects.jsonl
    lists the rows that cannot be encoded, with number and reason. Run the same command again to resume a stopped job.
    """
    from chatwright.cli.encode_job import EncodeRequest
    from chatwright.cli.encode_job import encode as run_encode
    from chatwright.cli.requests import Binding

    request = EncodeRequest(
        input,
        format,
        out,
        option or [],
        mask,
        max_length,
        overflow.value,
        packing,
        split,
        view.value,
        weights,
        messages,
        rows_per_shard,
        workers,
        engine.value,
        as_json,
    )
    run_encode(request, Binding(tokenizer, specials.value, tokenization.value))
