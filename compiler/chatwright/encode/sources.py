"""Divides the files of an input into blocks, always into the same ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from chatwright.encode.arrow import arrow_blocks, parquet_blocks
from chatwright.encode.lines import line_blocks, looks_like_lines
from chatwright.encode.settings import Block, EncodeError, File, Kind

KINDS: dict[str, Kind] = {
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".json": "lines",
    ".parquet": "parquet",
    ".arrow": "arrow",
}
#: The endings that a folder is searched for: a `.json` file next to data is rarely data.
SEARCHED = (".jsonl", ".ndjson", ".parquet")
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
TAKEN = (
    "encode takes a file with JSON on each line (.jsonl, .ndjson, .json), a .parquet, a folder of such files, "
    "or a data set that save_to_disk wrote"
)


def files_of(given: Path) -> list[File]:
    """The files of an input, sorted by name. Raises EncodeError."""
    if given.is_dir():
        found = _of_folder(given)
    elif given.is_file():
        found = [(given, given.name)]
    else:
        raise EncodeError(f"{given} does not exist; {TAKEN}")
    return [_file(path, name) for path, name in found]


def _of_folder(folder: Path) -> list[tuple[Path, str]]:
    splits = folder / "dataset_dict.json"
    if splits.is_file():
        names = json.loads(splits.read_text(encoding="utf-8"))["splits"]
        raise EncodeError(f"{folder} contains the splits {', '.join(names)}; name one, such as {folder / names[0]}")
    state = folder / "state.json"
    if state.is_file():
        files = json.loads(state.read_text(encoding="utf-8"))["_data_files"]
        return [(folder / file["filename"], file["filename"]) for file in files]
    paths = sorted(path for path in folder.rglob("*") if path.suffix in SEARCHED and path.is_file())
    found = [(path, path.relative_to(folder).as_posix()) for path in paths]
    found = [(path, name) for path, name in found if not any(part.startswith(".") for part in name.split("/"))]
    if not found:
        raise EncodeError(f"there is no {', '.join(SEARCHED)} in {folder}; {TAKEN}")
    if len({KINDS[path.suffix] for path, _ in found}) > 1:
        raise EncodeError(f"{folder} has both Parquet and JSON lines; name the folder or file of one of them")
    return found


def _file(path: Path, name: str) -> File:
    kind = KINDS.get(path.suffix)
    if kind is None:
        if path.suffix in PACKED:
            raise EncodeError(f"{path} is compressed and cannot be divided into blocks; unpack it first")
        raise EncodeError(f"{path} ends in {path.suffix or 'nothing'}; {TAKEN}")
    status = path.stat()
    if path.suffix == ".json" and not looks_like_lines(path):
        raise EncodeError(f"{path} is not JSON lines; convert a list of rows with: jq -c '.[]' {path}")
    return File(str(path), name, kind, status.st_size, status.st_mtime_ns)


def blocks_of(files: list[File], rows: int) -> Iterator[Block]:
    """The blocks of all files, numbered in order, with at most `rows` rows where the file allows it."""
    ways = {"lines": line_blocks, "parquet": parquet_blocks, "arrow": arrow_blocks}
    number = 0
    for file in files:
        for block in ways[file.kind](file, rows, number):
            yield block
            number += 1


def unchanged(files: list[File]) -> None:
    """Raise EncodeError where a file has changed since the job started."""
    for file in files:
        try:
            status = Path(file.path).stat()
        except OSError as error:
            raise EncodeError(f"{file.path} can no longer be read: {error.strerror or error}") from None
        if (status.st_size, status.st_mtime_ns) != (file.size, file.modified):
            raise EncodeError(
                f"{file.path} was changed while it was encoded, so its shards mix two states; remove the output folder "
                "and run the command again"
            )
