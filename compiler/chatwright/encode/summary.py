"""The summary of a job: its counts, and one file with all rejects."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

import msgspec

from chatwright.encode.ledger import Places
from chatwright.encode.settings import Record
from chatwright.encode.shards import settle, write_whole


class Summary(msgspec.Struct, frozen=True):
    """Counts over a whole job.

    `rows`: rows of the input, without `blank` lines. `samples`: in `lines` rows of `shards` files. `trained`: tokens
    with a weight; `trained_share`: their share of `tokens`. `cut`: samples that were too long and were cut. `rejects`:
    rows or samples in `rejects.jsonl`. `filled`: the share of packed rows that holds tokens; None without packing.
    `new`: the blocks that this run encoded, of all `blocks` of the input; a block whose rows were all rejected has no
    shard.
    """

    blocks: int

    shards: int
    rows: int
    blank: int
    samples: int
    lines: int
    tokens: int
    trained: int
    trained_share: float
    cut: int
    rejects: int
    filled: float | None
    new: int


def summed(records: Iterable[Record], packing: int | None, new: int) -> Summary:
    """The counts of all blocks."""
    counts = dict.fromkeys(("rows", "blank", "samples", "lines", "tokens", "trained", "cut", "rejects"), 0)
    shards = blocks = 0
    for record in records:
        blocks += 1
        shards += record.lines > 0
        for name in counts:
            counts[name] += getattr(record, name)
    tokens, lines = counts["tokens"], counts["lines"]
    return Summary(
        blocks=blocks,
        shards=shards,
        trained_share=round(counts["trained"] / tokens, 6) if tokens else 0.0,
        filled=round(tokens / (lines * packing), 6) if packing and lines else None,
        new=new,
        **counts,
    )


def close(places: Places, summary: Summary, blocks: int) -> None:
    """Write `summary.json`, and `rejects.jsonl` if there are rejects, in the order of the input."""
    if summary.rejects:
        temporary = places.unfinished / f"{places.rejects.name}.{os.getpid()}"
        with temporary.open("wb") as out:
            for number in range(blocks):
                path = places.rejects_of(number)
                if path.is_file():
                    with path.open("rb") as part:
                        shutil.copyfileobj(part, out)
            out.flush()
            os.fsync(out.fileno())
        settle(temporary, places.rejects)
    told = {name: value for name, value in msgspec.structs.asdict(summary).items() if name != "new"}
    write_whole(places.summary, msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n", places.unfinished)
