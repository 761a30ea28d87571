"""Encodes one block: rows to samples to a shard, and to rejects. The output depends only on the block and the job."""

from __future__ import annotations

import gc
import itertools
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from chatwright.conversations.rows import Conversation, Fields, conversation_of
from chatwright.encode.arrow import arrow_rows
from chatwright.encode.attribution import described
from chatwright.encode.columns import Made, schema_of, table_of
from chatwright.encode.job import Job
from chatwright.encode.ledger import Places
from chatwright.encode.lines import line_rows
from chatwright.encode.sampling import Making
from chatwright.encode.settings import Block, EncodeError, Record, Reject
from chatwright.encode.shards import ShardWriter, write_whole
from chatwright.runtime.errors import ChatwrightError, RenderError

if TYPE_CHECKING:
    from chatwright.runtime.view import View

#: The rows that are encoded at once; the tokens of a row group, which are packed together.
BATCH = 256
GROUP_TOKENS = 1 << 20


class Worker:
    """Encodes blocks of one job. It keeps no state between blocks."""

    def __init__(self, job: Job) -> None:
        self.settings = job.settings
        self.fields = Fields(job.settings.messages)
        self.places = Places(Path(job.out))
        view: View = "fresh" if self.settings.split else self.settings.view
        self.schema = schema_of(self.settings, described(job.renderer, view, job.made_by))
        self.making = Making(job.renderer, self.settings)

    def encode(self, block: Block) -> Record:
        """Write the shard of a block, its rejects and, at the end, its record."""
        work = _Work(self, block)
        # All objects are freed once they are written; searching them for cycles again and again takes long.
        collecting = gc.isenabled()
        gc.disable()
        try:
            return work.finished()
        except BaseException:
            if work.shard is not None:
                work.shard.drop()
            raise
        finally:
            if collecting:
                gc.enable()


class _Work:
    """The state of one block while it is encoded."""

    def __init__(self, worker: Worker, block: Block) -> None:
        self.worker = worker
        self.block = block
        self.settings = worker.settings
        self.shard: ShardWriter | None = None
        self.rejects: list[Reject] = []
        self.waiting: list[Made] = []
        self.waiting_tokens = 0
        self.rows = self.samples = self.lines = self.tokens = self.trained = self.cut = 0

    def finished(self) -> Record:
        rows = self._read()
        while batch := list(itertools.islice(rows, BATCH)):
            self.rows += len(batch)
            for made in self._made(batch):
                self.waiting.append(made)
                self.waiting_tokens += len(made.ids)
            if self.waiting_tokens >= GROUP_TOKENS:
                self._flush()
        self._flush()
        places, number = self.worker.places, self.block.number
        size = self.shard.finish() if self.shard is not None else 0
        if self.rejects:
            lines = b"".join(msgspec.json.encode(reject) + b"\n" for reject in self.rejects)
            write_whole(places.rejects_of(number), lines, places.unfinished)
        record = Record(
            number,
            self.rows,
            self.block.rows - self.rows,
            self.samples,
            self.lines,
            self.tokens,
            self.trained,
            self.cut,
            len(self.rejects),
            size,
        )
        write_whole(places.record_of(number), msgspec.json.encode(record), places.unfinished)
        return record

    def _read(self) -> Iterator[tuple[int, Any]]:
        if self.block.file.kind == "lines":
            return line_rows(self.block)
        return arrow_rows(self.block, self.worker.fields.columns)

    def _flush(self) -> None:
        if not self.waiting:
            return
        table = table_of(self.waiting, self.settings, self.worker.schema)
        if self.shard is None:
            places = self.worker.places
            self.shard = ShardWriter(places.shard_of(self.block.number), places.unfinished, self.worker.schema)
        self.shard.write(table)
        self.lines += table.num_rows
        self.waiting, self.waiting_tokens = [], 0

    # ---- rows to samples -----------------------------------------------------------------------------------------

    def _made(self, batch: Sequence[tuple[int, Any]]) -> Iterator[Made]:
        """The samples of some rows, in order. Rejects the rows that give none."""
        given: dict[int, Conversation] = {}
        found: dict[int, list[Made] | Exception] = {}
        for row, value in batch:
            try:
                if isinstance(value, ValueError):
                    raise value
                given[row] = conversation_of(value, self.worker.fields)
            except Exception as error:
                found[row] = error
        found.update(zip(given, self.worker.making.samples(self.block.file.name, list(given.items())), strict=True))
        for row, _ in batch:
            result = found[row]
            if isinstance(result, Exception):
                self._reject(row, result)
                continue
            for made in result:
                try:
                    fitting = self.worker.making.fitted(made)
                except EncodeError:
                    raise
                except ChatwrightError as error:
                    self._reject(row, error, made.number if self.settings.split else None)
                    continue
                self.samples += 1
                self.cut += len(fitting.ids) < len(made.ids)
                self.tokens += len(fitting.ids)
                self.trained += fitting.trained
                yield fitting

    def _reject(self, row: int, error: Exception, sample: int | None = None) -> None:
        place = error if isinstance(error, RenderError) else None
        message, field = (place.message, place.field) if place is not None else (None, None)
        self.rejects.append(Reject(self.block.file.name, row, _reason(error), sample, message, field))


def _reason(error: Exception) -> str:
    if isinstance(error, ChatwrightError):
        return str(error)
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, ValueError):
        return str(error)
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}:{where.lineno}"
    return f"internal error: {type(error).__name__}: {error} ({place}); this is a bug in chatwright, please report it"
