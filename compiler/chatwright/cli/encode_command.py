"""What `encode` takes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chatwright.cli.shared_options import (
    SPEC,
    TOKENIZER,
    ContentSpecials,
    Cut,
    Options,
    Specials,
    Tokenization,
    View,
    Viewed,
)


class Overflow(StrEnum):
    reject = "reject"
    cut_end = "cut-end"
    cut_start = "cut-start"


class Engine(StrEnum):
    local = "local"
    ray = "ray"


def encode(
    input: Annotated[Path, typer.Argument(metavar="INPUT", help="JSON lines, Parquet, a folder, a saved data set.")],
    format: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help=SPEC)],
    tokenizer: Annotated[str, typer.Option("--tokenizer", metavar="PATH", help=TOKENIZER)],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write; a begun job goes on.")],
    option: Options = None,
    mask: Annotated[
        str | None, typer.Option("--mask", metavar="SELECTORS", help="What is trained; without: what the model writes.")
    ] = None,
    max_length: Annotated[int | None, typer.Option("--max-length", min=1, help="Tokens of a sample at most.")] = None,
    overflow: Annotated[
        Overflow, typer.Option("--overflow", help="A longer sample is rejected, or cut at its end or start.")
    ] = Overflow.reject,
    packing: Annotated[int | None, typer.Option("--packing", min=1, help="Put samples into rows of so many.")] = None,
    split: Annotated[bool, typer.Option("--split", help="A sample for each turn that would later change.")] = False,
    view: Viewed = View.history,
    weights: Annotated[bool, typer.Option("--weights", help="A column of weights beside the labels.")] = False,
    messages: Annotated[str, typer.Option("--messages", metavar="FIELD", help="Where conversations are.")] = "messages",
    rows_per_shard: Annotated[
        int | None, typer.Option("--rows-per-shard", min=1, help="Rows of the input for each shard (2000).")
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", "-j", min=1, help="Processes (a core each).")] = None,
    engine: Annotated[Engine, typer.Option("--engine", help="This machine, or a Ray cluster.")] = Engine.local,
    specials: Specials = ContentSpecials.text,
    tokenization: Cut = Tokenization.whole,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Encode a data set to Parquet shards: token ids, labels, whose each token is, and the row it came from.

    Rows have messages, and tools and chat_template_kwargs if they want; or a prompt and a completion. Rows that cannot
    be encoded are in DIR/rejects.jsonl with their numbers and reasons. The same command goes on where one was stopped.
    """
    from chatwright.cli.binding import Binding
    from chatwright.cli.encode_job import EncodeRequest
    from chatwright.cli.encode_job import encode as run_encode

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
