"""The work on one block: rows to samples to a shard, and to rejects. Everything is a function of block and job."""

from __future__ import annotations

import itertools
import pickle
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from chatwright.encode.arrow import arrow_rows
from chatwright.encode.attribution import described
from chatwright.encode.columns import Made, schema_of, table_of
from chatwright.encode.ledger import Places
from chatwright.encode.lines import line_rows
from chatwright.encode.rows import Conversation, columns_of, conversation_of
from chatwright.encode.settings import Block, EncodeError, Record, Reject, Settings
from chatwright.encode.shards import ShardWriter, write_whole
from chatwright.runtime.errors import ChatwrightError, RenderError
from chatwright.tokens import masks
from chatwright.tokens.bound import BoundRenderer
from chatwright.tokens.rendered_tokens import RenderedTokens
from chatwright.tokens.samples import Sample, split

#: Rows that are encoded at once, and tokens that make a row group and are packed together.
BATCH = 256
GROUP_TOKENS = 1 << 20


class Job(msgspec.Struct, frozen=True):
    """All that a worker needs beside its blocks."""

    renderer: BoundRenderer
    settings: Settings
    out: str
    made_by: str

    def to_bytes(self) -> bytes:
        return pickle.dumps((self.renderer, self.settings, self.out, self.made_by))

    @staticmethod
    def from_bytes(data: bytes) -> Job:
        return Job(*pickle.loads(data))


class Worker:
    """Encodes blocks of one job. It keeps nothing from one block to the next."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.settings = job.settings
        self.places = Places(Path(job.out))
        self.select = job.settings.select or masks.sampled()
        self.schema = schema_of(self.settings, described(job.renderer, self.settings.split, job.made_by))

    def encode(self, block: Block) -> Record:
        """Write the shard of a block, its rejects and, last, its record."""
        work = _Work(self, block)
        try:
            return work.finished()
        except BaseException:
            if work.shard is not None:
                work.shard.drop()
            raise


class _Work:
    """One block on its way."""

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
                self.waiting_tokens += len(made.sample)
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
        return arrow_rows(self.block, columns_of(self.settings.messages))

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
        """The samples of some rows; rows that give none are rejected."""
        given: list[tuple[int, Conversation]] = []
        bad: dict[int, Exception] = {}
        for row, value in batch:
            try:
                given.append((row, conversation_of(value, self.settings.messages)))
            except Exception as error:
                bad[row] = error
        found = dict(zip((row for row, _ in given), self._rendered([own for _, own in given]), strict=True))
        conversations = dict(given)
        for row, _ in batch:
            result = bad.get(row) or found[row]
            if isinstance(result, Exception):
                self._reject(row, result)
                continue
            yield from self._of_row(row, conversations[row], result)

    def _rendered(self, given: list[Conversation]) -> list[RenderedTokens | list[Sample] | Exception]:
        """What each conversation becomes, or why it does not."""
        if self.settings.split:
            return [_caught(self._split, own) for own in given]
        try:
            return [*self.worker.job.renderer.render_each([own.row() for own in given])]
        except Exception:  # of one of them, and nobody's on purpose: the others are not to blame
            return [_caught(self._one, own) for own in given]

    def _one(self, own: Conversation) -> RenderedTokens:
        return self.worker.job.renderer.render(own.messages, tools=own.tools, **own.options)

    def _split(self, own: Conversation) -> list[Sample]:
        select = self._select(own)
        return split(self.worker.job.renderer, own.messages, tools=own.tools, select=select, **own.options)

    def _select(self, own: Conversation) -> masks.Selector:
        """What is trained of a conversation: nothing of its prompt."""
        if not own.given:
            return self.worker.select
        return self.worker.select & masks.messages(*range(own.given, len(own.messages)))

    def _of_row(self, row: int, own: Conversation, result: RenderedTokens | list[Sample]) -> Iterator[Made]:
        try:
            samples = result if isinstance(result, list) else [Sample(result, self._select(own).weights(result))]
        except Exception as error:
            self._reject(row, error)
            return
        for number, sample in enumerate(samples):
            try:
                fitting = self._fitted(sample).checked()
            except ChatwrightError as error:
                self._reject(row, error, number if self.settings.split else None)
                continue
            self._weighed(row, fitting)
            self.samples += 1
            self.cut += len(fitting) < len(sample)
            self.tokens += len(fitting)
            self.trained += fitting.trained
            yield Made(self.block.file.name, row, number, fitting)

    def _fitted(self, sample: Sample) -> Sample:
        """The sample at its length. Raises ChatwrightError where it is too long and is not to be cut."""
        longest = self.settings.longest
        if longest is None or len(sample) <= longest:
            return sample
        if self.settings.overflow == "reject":
            raise ChatwrightError(
                f"it has {len(sample)} tokens, and {longest} are allowed; "
                "--overflow cut-end or cut-start cuts such samples"
            )
        return sample.truncated(longest, "right" if self.settings.overflow == "cut-end" else "left")

    def _weighed(self, row: int, sample: Sample) -> None:
        if self.settings.weights:
            return
        other = sample.weights[(sample.weights != 0) & (sample.weights != 1)]
        if len(other):
            raise EncodeError(
                f"row {row} of {self.block.file.name} has a token of weight {other[0]:g}, which labels cannot say; "
                "--weights writes a column of weights"
            )

    def _reject(self, row: int, error: Exception, sample: int | None = None) -> None:
        place = error if isinstance(error, RenderError) else None
        message, field = (place.message, place.field) if place is not None else (None, None)
        self.rejects.append(Reject(self.block.file.name, row, _reason(error), sample, message, field))


def _caught(make: Any, own: Conversation) -> Any:
    try:
        return make(own)
    except Exception as error:
        return error


def _reason(error: Exception) -> str:
    if isinstance(error, ChatwrightError):
        return str(error)
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, ValueError):
        return str(error)
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}:{where.lineno}"
    return f"internal error: {type(error).__name__}: {error} ({place}); this is a fault of chatwright, please report it"
