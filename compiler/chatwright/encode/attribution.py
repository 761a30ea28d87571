"""The attribution in a shard: numbered kinds of runs, and a reader of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from chatwright.tokens.bound import BoundRenderer
from chatwright.tokens.rendered_tokens import Run

if TYPE_CHECKING:
    from chatwright.runtime.view import View

#: The key of a shard's metadata, and the columns of runs.
KEY = b"chatwright"
STARTS, MESSAGES, KINDS, ROLES = "run_starts", "run_messages", "run_kinds", "message_roles"


class RunKind(msgspec.Struct, frozen=True):
    """The common properties of the runs of one kind. `role`: None for the role of the message."""

    role: str | None
    part: str
    body: bool
    sampled: bool
    spec: str
    line: int


class Description(msgspec.Struct, frozen=True):
    """The metadata of a shard: the format with its hash, the program that made it, the numbered kinds of runs."""

    format: str
    hash: str
    made_by: str
    kinds: tuple[RunKind, ...]


def described(renderer: BoundRenderer, view: View, made_by: str) -> Description:
    """The metadata of the shards of a job. A kind is twice the index of its attribute, plus one if it is sampled."""
    own = renderer.format.renderer(view).format
    kinds = tuple(
        RunKind(one.role, one.part, one.body, sampled, own.sources[one.source], one.line)
        for one in own.attributes
        for sampled in (False, True)
    )
    return Description(own.name, own.hash, made_by, kinds)


def runs_of_row(row: Mapping[str, Any], metadata: Mapping[bytes, bytes]) -> list[Run]:
    """The runs of the tokens in a row of a shard, as `Sample.runs()` returns them.

    `row` is the row as Python has it, `metadata` that of the shard's schema (`pyarrow.parquet.read_schema(...)
    .metadata`). In a packed row, tokens count from its beginning, messages from that of their sequence.
    """
    kinds = msgspec.json.decode(metadata[KEY], type=Description).kinds
    starts = list(row[STARTS])
    lengths, roles = row.get("seq_lengths"), row[ROLES]
    if lengths is None:
        lengths, roles = [len(row["input_ids"])], [roles]
    out, sequence, behind = [], -1, 0
    for start, end, message, number in zip(starts, [*starts[1:], sum(lengths)], row[MESSAGES], row[KINDS], strict=True):
        if start >= behind:
            sequence += 1
            behind += lengths[sequence]
        kind = kinds[number]
        role = kind.role
        if role is None:
            role = roles[sequence][message] if message >= 0 else "system"
        out.append(Run(start, end, message, role, kind.part, kind.body, kind.sampled, kind.spec, kind.line))
    return out
