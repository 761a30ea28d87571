"""`encode`: what the command line says made a job, how far it is on the way, and what it came to."""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from chatwright.cli.exit_codes import Failure
from chatwright.cli.loading import load
from chatwright.cli.option_values import option_values
from chatwright.cli.output import complain, put
from chatwright.runtime.view import View
from chatwright.tokens.selecting import selector_of

if TYPE_CHECKING:
    from chatwright.cli.binding import Binding
    from chatwright.encode import Progress, Summary
    from chatwright.encode.settings import Engine, Overflow

#: Seconds between two lines that say how far it is, where there is no terminal, and rejects that are shown.
EVERY = 10.0
SHOWN = 3


class EncodeRequest(msgspec.Struct, frozen=True):
    """What is to be encoded, as the command line names it."""

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
    """Run a job and print its summary. Raises Failure where not one sample came of it."""
    from chatwright.encode import Settings, encode_dataset
    from chatwright.encode.pool import ONE_CORE
    from chatwright.encode.settings import ROWS_PER_SHARD

    from chatwright.cli.binding import load_tokenizer  # isort: skip

    spec = load(request.format)
    options = option_values(request.options, spec.options)
    settings = Settings(
        selector_of(request.mask) if request.mask is not None else None,
        request.max_length,
        request.overflow,
        request.packing,
        request.split,
        request.view,
        request.weights,
        request.messages,
        request.rows_per_shard or ROWS_PER_SHARD,
    )
    os.environ.update({name: os.environ.get(name, value) for name, value in ONE_CORE.items()})
    renderer = spec.bind(
        load_tokenizer(binding.tokenizer),
        tokenization=binding.tokenization,
        content_specials=binding.specials,
        **options,
    )
    shown = _Bar() if sys.stderr.isatty() else _Lines()
    try:
        summary = encode_dataset(
            request.input,
            renderer,
            request.out,
            settings,
            workers=request.workers,
            engine=request.engine,
            progress=shown.tell,
        )
    except KeyboardInterrupt:
        shown.close()
        complain("stopped; the same command goes on from here")
        raise
    finally:
        shown.close()
    put(as_json(summary) if request.as_json else as_text(summary, request.out))
    rejected = _first_rejects(request.out, summary)
    if not summary.samples:
        first = f"; {rejected[0]}" if rejected else "; the input has no rows"
        raise Failure(f"not one row of {request.input} could be encoded{first}")
    for line in rejected:
        complain(f"rejected: {line}")


# ---- what it came to ---------------------------------------------------------------------------------------------


def as_json(summary: Summary) -> str:
    return msgspec.json.format(msgspec.json.encode(summary), indent=2).decode() + "\n"


def as_text(summary: Summary, out: Path) -> str:
    """The counts, one a line."""
    lines = [
        ("shards", f"{summary.shards:,}", _shards(summary, out)),
        ("rows", f"{summary.rows:,}", f"and {summary.blank:,} blank lines" if summary.blank else ""),
        ("samples", f"{summary.samples:,}", f"of which {summary.cut:,} were cut" if summary.cut else ""),
        ("tokens", f"{summary.tokens:,}", ""),
        ("trained", f"{summary.trained:,}", f"{summary.trained_share:.1%} of all tokens"),
        ("rejects", f"{summary.rejects:,}", f"in {out / 'rejects.jsonl'}" if summary.rejects else ""),
    ]
    if summary.filled is not None:
        lines.insert(3, ("packed rows", f"{summary.lines:,}", f"filled to {summary.filled:.1%}"))
    widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
    return "".join(f"{name:<{widths[0]}}  {count:>{widths[1]}}  {what}".rstrip() + "\n" for name, count, what in lines)


def _shards(summary: Summary, out: Path) -> str:
    """Where the shards are, and how many of them an earlier run wrote."""
    before = summary.blocks - summary.new
    return f"in {out / 'data'}" + (f", {before:,} written before" if before else "")


def _first_rejects(out: Path, summary: Summary) -> list[str]:
    """The first rejects, as lines for people."""
    if not summary.rejects:
        return []
    from chatwright.encode.settings import Reject

    with (out / "rejects.jsonl").open("rb") as file:
        found = [msgspec.json.decode(line, type=Reject) for line in itertools.islice(file, SHOWN)]
    lines = []
    for reject in found:
        sample = "" if reject.sample is None else f", sample {reject.sample}"
        lines.append(f"{reject.source}, row {reject.row}{sample}: {reject.reason}")
    if summary.rejects > SHOWN:
        lines.append(f"and {summary.rejects - SHOWN:,} more")
    return lines


# ---- on the way --------------------------------------------------------------------------------------------------


def rates(progress: Progress) -> str:
    """Rows, tokens and how many of each a second."""
    seconds = max(progress.seconds, 1e-3)
    rejects = f", {progress.rejects:,} rejects" if progress.rejects else ""
    return (
        f"{progress.rows:,} rows, {progress.rows / seconds:,.0f} rows/s, "
        f"{_short(progress.tokens)} tokens, {_short(progress.tokens / seconds)} tokens/s{rejects}"
    )


def _short(number: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{letter}"
    return f"{number:.0f}"


class _Lines:
    """Lines now and then, for logs."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last = now()

    def tell(self, progress: Progress) -> None:
        if self._now() - self._last >= EVERY:
            self._last = self._now()
            share = progress.done / progress.total if progress.total else 1.0
            complain(f"{share:.0%}: {rates(progress)}")

    def close(self) -> None:
        """Nothing is left to draw."""


class _Bar:
    """A bar on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Drawn

        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        self._drawn = Drawn(*columns, console=Console(stderr=True), transient=False)
        self._task = self._drawn.add_task("starting", total=None)
        self._drawn.start()

    def tell(self, progress: Progress) -> None:
        self._drawn.update(
            self._task, total=max(progress.total, 1), completed=progress.done, description=rates(progress)
        )

    def close(self) -> None:
        self._drawn.stop()
