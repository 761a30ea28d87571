"""Builds columns of many samples at once, from arrays, without an object per token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from chatwright.encode.attribution import KEY, KINDS, MESSAGES, ROLES, STARTS, Description
from chatwright.encode.optional_packages import needed
from chatwright.encode.packing import packed
from chatwright.encode.settings import Settings
from chatwright.tokens.encoders.vocabulary import Ids
from chatwright.tokens.layout import Layout
from chatwright.tokens.masks import Weights
from chatwright.tokens.samples import IGNORE

Numbers = npt.NDArray[Any]


class Made(msgspec.Struct, frozen=True):
    """A sample as arrays, and its source: the file, the row in the file, the number of the sample in the row.

    `ids` and `weights` are those of its tokens, which are the window from `start` to `end` of a rendering. Of the
    pieces of that: `bounds` is the token at which each begins, and the number of tokens; `messages`, `kinds` (twice
    the attribute, one more if it is sampled). `roles` are those of the messages.
    """

    source: str
    row: int
    number: int
    ids: Ids
    weights: Weights
    start: int
    end: int
    bounds: Numbers
    messages: Numbers
    kinds: Numbers
    roles: list[str]

    @property
    def trained(self) -> int:
        return int(np.count_nonzero(self.weights))


def kinds_of(layout: Layout) -> Numbers:
    """The kinds of all pieces of a rendering, as integers."""
    return layout.codes.astype(np.int32) * 2 + layout.sampled


def schema_of(settings: Settings, description: Description) -> Any:
    """The columns of a shard."""
    arrow = needed("pyarrow", "encode")
    numbers, text = arrow.list_(arrow.int32()), arrow.string()
    each = [("source", text), ("row", arrow.int64()), ("sample", arrow.int32())]
    roles = arrow.list_(text)
    if settings.packing is not None:
        each = [(f"{name}s", arrow.list_(kind)) for name, kind in each]
        each += [("seq_lengths", numbers), ("position_ids", numbers)]
        roles = arrow.list_(roles)
    tokens = [("input_ids", numbers), ("labels", numbers)]
    if settings.weights:
        tokens.append(("weights", arrow.list_(arrow.float32())))
    runs = [(ROLES, roles), (STARTS, numbers), (MESSAGES, numbers), (KINDS, numbers)]
    return arrow.schema([*each, *tokens, *runs], metadata={KEY: msgspec.json.encode(description)})


def table_of(made: Sequence[Made], settings: Settings, schema: Any) -> Any:
    """The samples as a table: one per row, or packed."""
    lengths = [len(one.ids) for one in made]
    if settings.packing is None:
        return _Columns(made, np.arange(len(made) + 1), schema).table(False)
    rows = packed(lengths, settings.packing)
    ordered = [made[index] for row in rows for index in row]
    return _Columns(ordered, np.cumsum([0, *map(len, rows)]), schema).table(True)


class _Columns:
    """The columns of some samples. `rows`: the first sample of each row, then the number of samples."""

    def __init__(self, made: Sequence[Made], rows: Numbers, schema: Any) -> None:
        self.arrow = needed("pyarrow", "encode")
        self.made = made
        self.rows = rows
        self.schema = schema
        #: The token at which each sample begins, and how many there are.
        self.edges = np.cumsum([0, *(len(one.ids) for one in made)])
        #: The token of its row at which each sample begins.
        before = np.repeat(self.edges[rows[:-1]], np.diff(rows))
        self.begins = self.edges[:-1] - before

    def table(self, packing: bool) -> Any:
        tokens = self.edges[self.rows]
        ids = np.concatenate([one.ids for one in self.made]).astype(np.int32)
        weights = np.concatenate([one.weights for one in self.made])
        columns = {
            "input_ids": self.lists(ids, tokens),
            "labels": self.lists(np.where(weights != 0, ids, np.int32(IGNORE)), tokens),
            **self.origins(packing),
            **self.runs(),
        }
        if "weights" in self.schema.names:
            columns["weights"] = self.lists(weights, tokens)
        if packing:
            within = np.arange(len(ids), dtype=np.int32) - np.repeat(self.edges[:-1], np.diff(self.edges))
            columns["position_ids"] = self.lists(within.astype(np.int32), tokens)
            columns["seq_lengths"] = self.lists(np.diff(self.edges).astype(np.int32), self.rows)
        return self.arrow.table([columns[name] for name in self.schema.names], schema=self.schema)

    def origins(self, packing: bool) -> dict[str, Any]:
        """The sources of the samples, and the roles of their messages."""
        arrow = self.arrow
        sources = arrow.array([one.source for one in self.made], arrow.string())
        rows = np.array([one.row for one in self.made], np.int64)
        numbers = np.array([one.number for one in self.made], np.int32)
        roles = [one.roles for one in self.made]
        flat = arrow.array([role for own in roles for role in own], arrow.string())
        listed = self.lists(flat, np.cumsum([0, *map(len, roles)]))
        if not packing:
            return {"source": sources, "row": arrow.array(rows), "sample": arrow.array(numbers), ROLES: listed}
        return {
            "sources": self.lists(sources, self.rows),
            "rows": self.lists(rows, self.rows),
            "samples": self.lists(numbers, self.rows),
            ROLES: self.lists(listed, self.rows),
        }

    def runs(self) -> dict[str, Any]:
        """The pieces of the text that own a token, cut to the window of each sample."""
        counts = np.array([len(one.kinds) for one in self.made])
        of = np.repeat(np.arange(len(counts)), counts)
        first = np.array([one.start for one in self.made])[of]
        until = np.array([one.end for one in self.made])[of]
        starts = np.maximum(np.concatenate([one.bounds[:-1] for one in self.made]), first)
        ends = np.minimum(np.concatenate([one.bounds[1:] for one in self.made]), until)
        kept = starts < ends
        messages = np.concatenate([one.messages for one in self.made])[kept]
        kinds = np.concatenate([one.kinds for one in self.made])[kept]
        starts = (starts - first + self.begins[of])[kept]
        edges = np.concatenate(([0], np.cumsum(np.bincount(of[kept], minlength=len(counts)))))[self.rows]
        return {
            STARTS: self.lists(starts.astype(np.int32), edges),
            MESSAGES: self.lists(messages, edges),
            KINDS: self.lists(kinds, edges),
        }

    def lists(self, values: Any, edges: Numbers) -> Any:
        """The values as lists that end at the given places."""
        inner = self.arrow.array(values) if isinstance(values, np.ndarray) else values
        return self.arrow.ListArray.from_arrays(self.arrow.array(edges.astype(np.int32)), inner)
