"""Reads Parquet files, and the Arrow files of saved data sets: blocks of rows, and rows as Python values."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from chatwright.conversations.json_text import value_of
from chatwright.encode.optional_packages import needed
from chatwright.encode.settings import Block, EncodeError, File

#: The most blocks of a row group: each block reads the group from its start.
DIVISIONS = 16
BATCH = 256


# ---- blocks ------------------------------------------------------------------------------------------------------


def parquet_blocks(file: File, rows: int, number: int) -> Iterator[Block]:
    """Whole row groups with up to `rows` rows together, or even shares of a larger row group."""
    parquet = needed("pyarrow.parquet", "encode")
    with _reading(file):
        metadata = parquet.read_metadata(file.path)
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    total = max(sum(sizes), 1)
    first = group = 0
    while group < len(sizes):
        behind, taken = group + 1, sizes[group]
        while behind < len(sizes) and taken + sizes[behind] <= rows:
            taken += sizes[behind]
            behind += 1
        share = max(rows, -(-taken // DIVISIONS))
        for skip in range(0, taken, share):
            count = min(share, taken - skip)
            size = file.size * count // total
            yield Block(number, file, first + skip, count, group, behind, skip, size)
            number += 1
        first, group = first + taken, behind


def arrow_blocks(file: File, rows: int, number: int) -> Iterator[Block]:
    """Blocks of `rows` rows each."""
    with _reading(file):
        total = sum(batch.num_rows for batch in _batches(file))
    for first in range(0, total, rows):
        count = min(rows, total - first)
        yield Block(number, file, first, count, skip=first, size=file.size * count // total)
        number += 1


@contextmanager
def _reading(file: File) -> Iterator[None]:
    arrow = needed("pyarrow", "encode")
    try:
        yield
    except arrow.ArrowException as error:
        raise EncodeError(f"{file.path} cannot be read: {str(error).splitlines()[0]}") from None


def _batches(file: File) -> Iterator[Any]:
    """The record batches of an Arrow file or stream, without copies."""
    arrow = needed("pyarrow", "encode")
    with arrow.memory_map(file.path) as source:
        try:
            yield from arrow.ipc.open_stream(source)
        except arrow.ArrowInvalid:
            reader = arrow.ipc.open_file(source)
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number)


# ---- rows --------------------------------------------------------------------------------------------------------


def arrow_rows(block: Block, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a block with their numbers: only these columns, without null fields."""
    skip, left, number = block.skip, block.rows, block.first
    with _reading(block.file):
        for batch in _of_parquet(block, columns) if block.file.kind == "parquet" else _batches(block.file):
            passed = min(skip, batch.num_rows)
            skip -= passed
            for start in range(passed, min(batch.num_rows, passed + left), BATCH):
                part = batch.slice(start, min(BATCH, left))
                for row in rows_of(part, columns):
                    yield number, row
                    number += 1
                left -= part.num_rows
            if not left:
                return


def _of_parquet(block: Block, columns: Sequence[str]) -> Iterator[Any]:
    parquet = needed("pyarrow.parquet", "encode")
    # Read in pieces, so that a large row group is never in memory as a whole.
    with parquet.ParquetFile(block.file.path, pre_buffer=False, buffer_size=1 << 20) as file:
        known = [name for name in file.schema_arrow.names if name in columns]
        if known:
            yield from file.iter_batches(BATCH, range(block.start, block.end), known, use_threads=False)
        else:
            empty = needed("pyarrow", "encode").struct([])
            nothing = needed("pyarrow", "encode").nulls(block.skip + block.rows, empty)
            yield needed("pyarrow", "encode").RecordBatch.from_struct_array(nothing)


def rows_of(batch: Any, columns: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a record batch."""
    names = [name for name in batch.schema.names if name in columns]
    return _objects(names, [values(batch.column(name)) for name in names], batch.num_rows)


def values(array: Any) -> list[Any]:
    """The values of an Arrow array, without null fields in objects.

    A column of objects has the fields of all rows, so a null field means that this row does not have it.
    """
    types = needed("pyarrow", "encode").types
    kind = array.type
    if getattr(kind, "extension_name", None) is not None:
        found = values(array.storage)
        return [_json(value) for value in found] if kind.extension_name == "arrow.json" else found
    if types.is_string(kind) or types.is_large_string(kind):
        plain: list[Any] = array.to_numpy(zero_copy_only=False).tolist()
        return plain
    if types.is_dictionary(kind):
        return values(array.dictionary_decode())
    if types.is_list(kind) or types.is_large_list(kind):
        return _lists(array)
    if types.is_struct(kind):
        names = [kind.field(index).name for index in range(kind.num_fields)]
        rows = _objects(names, [values(column) for column in array.flatten()], len(array))
        return _nulled(array, rows)
    if types.is_map(kind):
        return [None if pairs is None else dict(pairs) for pairs in array.to_pylist()]
    others: list[Any] = array.to_pylist()
    return others


def _lists(array: Any) -> list[Any]:
    edges = array.offsets.to_pylist()
    inner = values(array.values.slice(edges[0], edges[-1] - edges[0]))
    base = edges[0]
    lists = [inner[start - base : end - base] for start, end in itertools.pairwise(edges)]
    return _nulled(array, lists)


def _nulled(array: Any, found: list[Any]) -> list[Any]:
    if not array.null_count:
        return found
    return [value if valid else None for value, valid in zip(found, array.is_valid().to_pylist(), strict=True)]


def _objects(names: Sequence[str], columns: Sequence[list[Any]], count: int) -> list[dict[str, Any]]:
    if not names:
        return [{} for _ in range(count)]
    if not any(None in column for column in columns):
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*columns, strict=True)
    ]


def _json(text: str | None) -> Any:
    """The value of a field of JSON text; other text stays text."""
    if text is None:
        return None
    try:
        return value_of(text)
    except ValueError:
        return text
