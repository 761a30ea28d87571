"""`encode`: makes a job of the command line and runs what is left of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from chatwright.cli.encode_progress import Bar, Lines
from chatwright.cli.encode_summary import as_json, as_text, first_rejects
from chatwright.cli.exit_codes import Failure
from chatwright.cli.loading import load
from chatwright.cli.option_values import option_values
from chatwright.cli.output import complain, put
from chatwright.cli.tokenizer_folder import digest_of
from chatwright.runtime.view import View

if TYPE_CHECKING:
    from chatwright.cli.requests import Binding
    from chatwright.encode import Settings, Summary
    from chatwright.encode.settings import Engine, Overflow
    from chatwright.spec import Spec


class EncodeRequest(msgspec.Struct, frozen=True):
    """The arguments of `encode`."""

    input: Path
    format: str
    out: Path
    options: Sequence[str]
    mask: str | None
    max_length: int | None
    overflow: Overflow
    packing: int | None
    split: bool
    view: View
    weights: bool
    messages: str
    rows_per_shard: int | None
    workers: int | None
    engine: Engine
    as_json: bool


def encode(request: EncodeRequest, binding: Binding) -> None:
    """Run a job and print its summary. A finished job needs no tokenizer. Raises Failure where no row was encoded."""
    from chatwright.encode import finished

    spec = load(request.format)
    options = option_values(request.options, spec.options)
    settings = _settings(request)
    made_from = {
        "format": f"{spec.name}@{spec.hash}",
        "options": {name: repr(value) for name, value in sorted(options.items())},
        "tokenizer": digest_of(binding.tokenizer),
        "tokenization": binding.tokenization,
        "content_specials": binding.specials,
    }
    summary = finished(request.input, request.out, settings, made_from)
    if summary is None:
        summary = _run(request, spec, options, settings, binding, made_from)
    put(as_json(summary) if request.as_json else as_text(summary, request.out))
    rejected = first_rejects(request.out, summary)
    if not summary.samples:
        first = f"; {rejected[0]}" if rejected else "; the input has no rows"
        raise Failure(f"no row of {request.input} could be encoded{first}")
    for line in rejected:
        complain(f"rejected: {line}")


def _settings(request: EncodeRequest) -> Settings:
    from chatwright.encode.settings import ROWS_PER_SHARD, Settings

    select = None
    if request.mask is not None:
        from chatwright.tokens.selecting import selector_of

        select = selector_of(request.mask)
    return Settings(
        select,
        request.max_length,
        request.overflow,
        request.packing,
        request.split,
        request.view,
        request.weights,
        request.messages,
        request.rows_per_shard or ROWS_PER_SHARD,
    )


def _run(
    request: EncodeRequest,
    spec: Spec,
    options: Mapping[str, Any],
    settings: Settings,
    binding: Binding,
    made_from: Mapping[str, Any],
) -> Summary:
    """Bind the format and encode what is left."""
    from chatwright.cli.binding import load_tokenizer
    from chatwright.encode import encode_dataset
    from chatwright.encode.pool import ONE_CORE

    os.environ.update({name: os.environ.get(name, value) for name, value in ONE_CORE.items()})
    renderer = spec.bind(
        load_tokenizer(binding.tokenizer),
        tokenization=binding.tokenization,
        content_specials=binding.specials,
        **options,
    )
    shown = Bar() if sys.stderr.isatty() else Lines()
    try:
        return encode_dataset(
            request.input,
            renderer,
            request.out,
            settings,
            workers=request.workers,
            engine=request.engine,
            progress=shown.tell,
            made_from=made_from,
        )
    except KeyboardInterrupt:
        shown.close()
        complain("stopped; the same command resumes from here")
        raise
    finally:
        shown.close()
