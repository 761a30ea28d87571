"""Files with JSON on each line: blocks by bytes, rows by lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from chatwright.conversations.json_text import parse_json
from chatwright.encode.settings import Block, File

CHUNK = 1 << 22
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def line_blocks(file: File, rows: int, number: int) -> Iterator[Block]:
    """Blocks of so many lines each, numbered from `number` on. The file is read once, for its newlines."""
    first = start = 0
    for end in _every(file, rows):
        yield Block(number, file, first, rows, start, end, size=end - start)
        number, first, start = number + 1, first + rows, end
    if start < file.size:
        left = _lines_from(file, start)
        yield Block(number, file, first, left, start, file.size, size=file.size - start)


def _every(file: File, rows: int) -> Iterator[int]:
    """The byte behind every so many-th line."""
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
    """How many lines there are behind a byte; the last need not end."""
    count, last = 0, b"\n"
    with Path(file.path).open("rb", buffering=0) as lines:
        lines.seek(start)
        while chunk := lines.read(CHUNK):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last != b"\n")


def looks_like_lines(path: Path) -> bool:
    """Whether the first line that is not blank is JSON by itself."""
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
    """The rows of a block by their numbers. What is not JSON is a ValueError in the place of its value."""
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


def value_of(text: bytes | str) -> Any:
    """The value of a JSON text. Raises ValueError that says what is wrong, and where in the line."""
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:  # msgspec's own error among them
        reason = str(error)
    try:
        parse_json(text.decode() if isinstance(text, bytes) else text)
    except UnicodeDecodeError as error:
        reason = f"it is not UTF-8: byte 0x{error.object[error.start]:02x} at byte {error.start} of the line"
    except ValueError as error:
        reason = str(error)
    raise ValueError(f"is not JSON: {reason}")
