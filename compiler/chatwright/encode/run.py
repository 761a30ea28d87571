"""Runs a job: the blocks that are not done yet through an engine, then the summary."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import chatwright
from chatwright.encode import ledger
from chatwright.encode.job import Job
from chatwright.encode.optional_packages import needed
from chatwright.encode.pool import run_local
from chatwright.encode.settings import Block, EncodeError, Engine, File, Progress, Record, Settings
from chatwright.encode.sources import blocks_of, files_of, unchanged
from chatwright.encode.summary import Summary, close, summed
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
) -> Summary:
    """Encode a data set of conversations to Parquet shards of token ids, labels and attribution.

    `input`: a file with JSON on each line, a Parquet file, a folder of such files, or a data set that `save_to_disk`
    wrote. `renderer`: a format bound to a tokenizer; with several workers it is sent to them, so that a script needs
    its `if __name__ == "__main__"`. `out`: a folder that is empty, missing, or that a job with the same arguments
    began: this one goes on there. `workers`: processes of this machine (default: a core each), or of the cluster with
    the engine "ray". `progress` is called after each shard.

    Rows that cannot be encoded are in `rejects.jsonl`, with their numbers and reasons. The output depends on the
    arguments alone, not on workers, engine or interruptions. Raises EncodeError for a job that cannot begin or go on.
    """
    chosen = settings or Settings()
    _checked(chosen, workers)
    needed("pyarrow.parquet", "encode")
    files = files_of(Path(input))
    places = ledger.Places(Path(out))
    made_by = f"chatwright {chatwright.__version__}"
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
        return run.closed()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _checked(settings: Settings, workers: int | None) -> None:
    for name in ("max_length", "packing", "rows_per_shard"):
        value = getattr(settings, name)
        if value is not None and value < 1:
            raise EncodeError(f"{name} must be at least 1, not {value}")
    if workers is not None and workers < 1:
        raise EncodeError(f"workers must be at least 1, not {workers}")
    if settings.split and settings.view != "history":
        raise EncodeError("split shows each turn as it was written: view does not go with it; leave one of them out")
    if settings.view not in ("history", "training"):
        raise EncodeError(f"view must be history or training, not {settings.view!r}")
    if settings.overflow not in ("reject", "cut-end", "cut-start"):
        raise EncodeError(f"overflow must be reject, cut-end or cut-start, not {settings.overflow!r}")


class _Run:
    """One run of a job: what is left to do, and how far it is."""

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
        """The blocks that are not done, found while others are encoded."""
        for block in blocks_of(self.files, self.settings.rows_per_shard):
            self.blocks += 1
            if ledger.record_of(self.places, block) is not None:
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
        """The summary, after every block has been seen to be done."""
        summary = summed(itertools.starmap(self._recorded, enumerate(self._all())), self.settings.packing, self.new)
        close(self.places, summary, self.blocks)
        return summary

    def _all(self) -> Iterator[Block]:
        return blocks_of(self.files, self.settings.rows_per_shard)

    def _recorded(self, number: int, block: Block) -> Record:
        record = ledger.record_of(self.places, block)
        if record is None:
            raise EncodeError(f"shard {number} of {self.places.out} is gone while others were written; run this again")
        return record
