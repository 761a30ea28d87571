"""Runs a job: sends the blocks that are not done through an engine, then writes the summary."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import chatwright
from chatwright.encode import ledger
from chatwright.encode.optional_packages import needed
from chatwright.encode.settings import Block, EncodeError, Engine, File, Progress, Record, Settings
from chatwright.encode.sources import blocks_of, files_of, unchanged
from chatwright.encode.summary import Summary, close, summed

if TYPE_CHECKING:
    from chatwright.tokens.bound import BoundRenderer


def encode_dataset(
    input: str | os.PathLike[str],
    renderer: BoundRenderer,
    out: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    workers: int | None = None,
    engine: Engine = "local",
    progress: Callable[[Progress], None] | None = None,
    made_from: Mapping[str, Any] | None = None,
) -> Summary:
    """Encode a data set of conversations to Parquet shards of token ids, labels and attribution.

    `input`: a file of JSON lines, a Parquet file, a folder of such files, or a data set that `save_to_disk` wrote.
    `renderer`: a format bound to a tokenizer. Several workers get a copy each, so a script needs its
    `if __name__ == "__main__"`. `out`: a folder that is empty or missing, or that has a job with the same arguments,
    which resumes. `workers`: the number of processes on this machine (default: one per core), or of the cluster with
    the engine "ray". `progress` is called after each shard. `made_from`: plain data that describe what the renderer is
    made from, for `finished`.

    `rejects.jsonl` lists the rows that cannot be encoded, with numbers and reasons. The output depends only on the
    arguments, not on workers, engine or interruptions. Raises EncodeError for a job that cannot start or resume.
    """
    from chatwright.encode.job import Job
    from chatwright.encode.pool import run_local

    chosen = settings or Settings()
    _checked(chosen, workers)
    needed("pyarrow.parquet", "encode")
    files = files_of(Path(input))
    places = ledger.Places(Path(out))
    made_by = _made_by()
    with ledger.alone(places):
        ledger.begin(places, ledger.identity(renderer, chosen, files, made_by))
        job = Job(renderer, chosen, str(places.out.resolve()), made_by)
        run = _Run(places, files, chosen, progress)
        count = workers or cores()
        if engine == "ray":
            from chatwright.encode.ray_engine import run_on_ray

            run.through(run_on_ray(job, run.todo(), workers))
        else:
            run.through(run_local(job, run.todo(), count))
        unchanged(files)
        summary = run.closed()
        if made_from is not None:
            ledger.keep_finished(places, ledger.request(made_from, chosen, files, made_by))
        return summary


def finished(
    input: str | os.PathLike[str],
    out: str | os.PathLike[str],
    settings: Settings | None,
    made_from: Mapping[str, Any],
) -> Summary | None:
    """The summary of a job that is done; None where anything is left to do. Needs no renderer.

    Arguments as for `encode_dataset`. A job is done if it finished with the same arguments and `made_from`, and all its
    shards are there.
    """
    chosen, places = settings or Settings(), ledger.Places(Path(out))
    if not places.finished.is_file():
        return None
    asked = ledger.request(made_from, chosen, files_of(Path(input)), _made_by())
    blocks = ledger.finished_blocks(places, asked)
    records = [ledger.record_of(places, number) for number in range(blocks)] if blocks is not None else [None]
    done = [record for record in records if record is not None]
    if len(done) < len(records):
        return None
    summary = summed(done, chosen.packing, new=0)
    return summary if not summary.rejects or places.rejects.is_file() else None


def _made_by() -> str:
    return f"chatwright {chatwright.__version__}"


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _checked(settings: Settings, workers: int | None) -> None:
    for name in ("max_length", "packing", "rows_per_shard"):
        value = getattr(settings, name)
        if value is not None and value < 1:
            raise EncodeError(f"{name} must be at least 1, not {value}")
    if workers is not None and workers < 1:
        raise EncodeError(f"workers must be at least 1, not {workers}")
    if settings.split and settings.view != "history":
        raise EncodeError("split shows each turn as the model wrote it and excludes view; leave one of them out")
    if settings.view not in ("history", "training"):
        raise EncodeError(f"view must be history or training, not {settings.view!r}")
    if settings.overflow not in ("reject", "cut-end", "cut-start"):
        raise EncodeError(f"overflow must be reject, cut-end or cut-start, not {settings.overflow!r}")


class _Run:
    """One run of a job: the blocks that are left, and its progress."""

    def __init__(
        self, places: ledger.Places, files: list[File], settings: Settings, progress: Callable[[Progress], None] | None
    ) -> None:
        self.places = places
        self.files = files
        self.settings = settings
        self.progress = progress
        self.began = time.monotonic()
        self.total = sum(file.size for file in files)
        self.blocks = self.new = self.rows = self.tokens = self.rejects = self.done = 0
        self.sizes: dict[int, int] = {}

    def todo(self) -> Iterator[Block]:
        """The blocks that are not done. The file is divided while others are encoded."""
        for block in blocks_of(self.files, self.settings.rows_per_shard):
            self.blocks += 1
            if ledger.record_of(self.places, block.number) is not None:
                self.done += block.size
                continue
            self.sizes[block.number] = block.size
            yield block

    def through(self, records: Iterator[Record]) -> None:
        self._tell()
        for record in records:
            self.new += 1
            self.rows += record.rows
            self.tokens += record.tokens
            self.rejects += record.rejects
            self.done += self.sizes.pop(record.number)
            self._tell()

    def _tell(self) -> None:
        if self.progress is not None:
            seconds = time.monotonic() - self.began
            told = Progress(self.rows, self.tokens, self.rejects, seconds, self.done, self.total, self.new)
            self.progress(told)

    def closed(self) -> Summary:
        """The summary, after a check that every block is done."""
        summary = summed(itertools.starmap(self._recorded, enumerate(self._all())), self.settings.packing, self.new)
        close(self.places, summary, self.blocks)
        return summary

    def _all(self) -> Iterator[Block]:
        return blocks_of(self.files, self.settings.rows_per_shard)

    def _recorded(self, number: int, block: Block) -> Record:
        record = ledger.record_of(self.places, block.number)
        if record is None:
            raise EncodeError(f"shard {number} of {self.places.out} disappeared meanwhile; run the command again")
        return record
