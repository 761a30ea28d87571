"""The data of an encoding job: its settings, its files and blocks, the record of each block, rejects, progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from chatwright.runtime.errors import ChatwrightError
from chatwright.runtime.view import View

if TYPE_CHECKING:
    from chatwright.tokens.masks import Selector

Overflow = Literal["reject", "cut-end", "cut-start"]
Engine = Literal["local", "ray"]

#: The kinds of files: JSON lines, Parquet row groups, a stream of Arrow batches.
Kind = Literal["lines", "parquet", "arrow"]

ROWS_PER_SHARD = 2000


class EncodeError(ChatwrightError):
    """A job that cannot start or resume."""


class Settings(msgspec.Struct, frozen=True):
    """The settings of a job.

    `select`: the tokens to train on; None: the tokens that the model writes. `max_length`: the most tokens of a sample;
    `overflow` decides about a longer one. `packing`: rows hold several samples, and at most this many tokens.
    `split`: a sample for each turn that the format shows differently later. `view`: without `split`, a conversation as
    the model's own template prints it, or "training": each turn as the model wrote it. `weights`: adds a column of
    weights to the labels. `messages`: the field of a row with the conversation. `rows_per_shard`: rows of the
    input for each shard.
    """

    select: Selector | None = None
    max_length: int | None = None
    overflow: Overflow = "reject"
    packing: int | None = None
    split: bool = False
    view: View = "history"
    weights: bool = False
    messages: str = "messages"
    rows_per_shard: int = ROWS_PER_SHARD

    @property
    def longest(self) -> int | None:
        """The most tokens that a sample may have; None without a limit."""
        limits = [limit for limit in (self.max_length, self.packing) if limit is not None]
        return min(limits, default=None)


class File(msgspec.Struct, frozen=True):
    """A file of the input. `name`: its name in rows; `size`: in bytes; `modified`: in nanoseconds."""

    path: str
    name: str
    kind: Kind
    size: int
    modified: int


class Block(msgspec.Struct, frozen=True):
    """The rows of one file that become one shard.

    `first`: the number of the first row in the file, from 0. `start`, `end`: bytes of JSON lines, row groups of
    Parquet, unused otherwise. `skip`: rows to skip after `start`. `size`: the approximate bytes of the file.
    """

    number: int
    file: File
    first: int
    rows: int
    start: int = 0
    end: int = 0
    skip: int = 0
    size: int = 0


class Record(msgspec.Struct, frozen=True):
    """The result of a block. It is written last: a block with a record is done.

    `rows`: rows read; `blank`: empty lines. `lines`: the rows of the shard, 0 without a shard; `bytes`: its size.
    `trained`: tokens with a weight. `cut`: samples that were too long. `rejects`: the number of rejects.
    """

    number: int
    rows: int
    blank: int
    samples: int
    lines: int
    tokens: int
    trained: int
    cut: int
    rejects: int
    bytes: int


class Reject(msgspec.Struct, frozen=True):
    """A row of the input, or one of its samples, that is not in the output, with the reason.

    `row`: counts from 0 in the file `source`. `sample`: its number in the row; None: all samples. `message` and
    `field`: the part of the conversation at fault, where it is known.
    """

    source: str
    row: int
    reason: str
    sample: int | None = None
    message: int | None = None
    field: str | None = None


class Progress(msgspec.Struct, frozen=True):
    """The progress of a job: the `rows`, `tokens` and `rejects` of this run after `seconds`.

    `done` of `total` bytes of the input are encoded, in this run or earlier. `shards`: the blocks of this run.
    """

    rows: int
    tokens: int
    rejects: int
    seconds: float
    done: int
    total: int
    shards: int
