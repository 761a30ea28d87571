"""Writing shards: whole under their names, or not at all, whatever happens in the middle."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from chatwright.encode.optional_packages import needed

#: Ids do not repeat much, so that a dictionary of them costs more than it saves.
PLAIN = ("input_ids", "position_ids")


def write_whole(path: Path, data: bytes, beside: Path) -> None:
    """Write a file that is complete and on the disk when it has its name. `beside`: a folder for what is not."""
    temporary = beside / f"{path.name}.{os.getpid()}"
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    settle(temporary, path)


def settle(temporary: Path, path: Path) -> None:
    """Give a file that is on the disk its name, and see that the name is there too."""
    os.replace(temporary, path)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class ShardWriter:
    """Writes tables to a shard. Nothing has the shard's name before `finish`."""

    def __init__(self, path: Path, beside: Path, schema: Any) -> None:
        self.path = path
        self._temporary = beside / f"{path.name}.{os.getpid()}"
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
        """Close the shard and give it its name; its bytes."""
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._file.close()
        settle(self._temporary, self.path)
        return size

    def drop(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(Exception):  # what it still wants to write is of no use
            self._writer.close()
        self._file.close()
        self._temporary.unlink(missing_ok=True)
