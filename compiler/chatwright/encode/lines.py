"""Files of JSON lines: divided into blocks by bytes, read line by line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from chatwright.conversations.json_text import value_of
from chatwright.encode.settings import Block, File

CHUNK = 1 << 22
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def line_blocks(file: File, rows: int, number: int) -> Iterator[Block]:
    """Blocks of `rows` lines each, numbered from `number`. Reads the whole file once to count its lines."""
    first = start = 0
    for end in _every(file, rows):
        yield Block(number, file, first, rows, start, end, size=end - start)
        number, first, start = number + 1, first + rows, end
    if start < file.size:
        left = _lines_from(file, start)
        yield Block(number, file, first, left, start, file.size, size=file.size - start)


def _every(file: File, rows: int) -> Iterator[int]:
    """The byte after every `rows`-th line."""
    seen = base = 0
    with Path(file.path).open("rb", buffering=0) as lines:
        while chunk := lines.read(CHUNK):
            count = chunk.count(b"\n")
            if (seen + count) // rows > seen // rows:
                ends = np.flatnonzero(np.frombuffer(chunk, np.uint8) == ord("\n"))
                for place in range(rows - seen % rows - 1, count, rows):
                    yield base + int(ends[place]) + 1
            seen += count
            base += len(chunk)


def _lines_from(file: File, start: int) -> int:
    """The number of lines after a byte; the last line may lack its newline."""
    count, last = 0, b"\n"
    with Path(file.path).open("rb", buffering=0) as lines:
        lines.seek(start)
        while chunk := lines.read(CHUNK):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last != b"\n")


def looks_like_lines(path: Path) -> bool:
    """Whether the first line with text is a complete JSON value."""
    with path.open("rb") as lines:
        for line in lines:
            text = line.removeprefix(BYTE_ORDER_MARK).strip()
            if text:
                try:
                    value_of(text)
                except ValueError:
                    return False
                return True
    return True


def line_rows(block: Block) -> Iterator[tuple[int, Any]]:
    """The rows of a block with their numbers. A line that is not JSON yields a ValueError as its value."""
    at, number = block.start, block.first
    with Path(block.file.path).open("rb", buffering=1 << 20) as lines:
        lines.seek(at)
        while at < block.end and (line := lines.readline()):
            text = line.removeprefix(BYTE_ORDER_MARK) if at == 0 else line
            if not text.isspace() and text:
                try:
                    yield number, value_of(text)
                except ValueError as error:
                    yield number, error
            at += len(line)
            number += 1
