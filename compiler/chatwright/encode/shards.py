"""Writes shards: a file gets its name only when it is complete."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from chatwright.encode.optional_packages import needed

#: Columns without a dictionary: ids repeat little, so it would cost more than it saves.
PLAIN = ("input_ids", "position_ids")


def write_whole(path: Path, data: bytes, drafts: Path) -> None:
    """Write a file that is on the disk before it gets its name. `drafts`: the folder of unfinished files."""
    temporary = drafts / f"{path.name}.{os.getpid()}"
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    settle(temporary, path)


def settle(temporary: Path, path: Path) -> None:
    """Give a finished file its name, and sync the folder."""
    os.replace(temporary, path)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class ShardWriter:
    """Writes tables to a shard. Nothing has the shard's name before `finish`."""

    def __init__(self, path: Path, drafts: Path, schema: Any) -> None:
        self.path = path
        self._temporary = drafts / f"{path.name}.{os.getpid()}"
        self._file = self._temporary.open("wb")
        plain = {*PLAIN, "weights"}
        columns = [name for name in schema.names if name not in plain]
        parquet = needed("pyarrow.parquet", "encode")
        try:
            self._writer = parquet.ParquetWriter(
                self._file, schema, compression="zstd", compression_level=1, use_dictionary=columns
            )
        except BaseException:
            self.drop()
            raise

    def write(self, table: Any) -> None:
        """Write a table as one row group."""
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))

    def finish(self) -> int:
        """Close the shard and give it its name. Returns its size in bytes."""
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._file.close()
        settle(self._temporary, self.path)
        return size

    def drop(self) -> None:
        """Remove the unfinished file."""
        with contextlib.suppress(Exception):  # its last writes do not matter
            self._writer.close()
        self._file.close()
        self._temporary.unlink(missing_ok=True)
