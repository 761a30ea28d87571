"""What a job has on the disk: what it was told, which blocks are done, and that only one process works on it."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from chatwright.encode.settings import Block, EncodeError, File, Record, Settings
from chatwright.encode.shards import write_whole
from chatwright.tokens.bound import BoundRenderer
from chatwright.tokens.encoders.encoder import Encoder

STATE = ".chatwright"
DATA = "data"
REJECTS = "rejects.jsonl"
SUMMARY = "summary.json"


class Places:
    """Where the files of a job are: `data` has the shards and nothing else, a hidden folder what the job keeps."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.data = out / DATA
        self.state = out / STATE
        self.job = self.state / "job.json"
        self.lock = self.state / "lock"
        self.unfinished = self.state / "unfinished"
        self.rejects = out / REJECTS
        self.summary = out / SUMMARY

    def shard_of(self, number: int) -> Path:
        return self.data / f"shard-{number:06d}.parquet"

    def record_of(self, number: int) -> Path:
        return self.state / "records" / f"{number:06d}.json"

    def rejects_of(self, number: int) -> Path:
        return self.state / "rejects" / f"{number:06d}.jsonl"

    def make(self) -> None:
        for folder in (self.unfinished, self.record_of(0).parent, self.rejects_of(0).parent):
            folder.mkdir(parents=True, exist_ok=True)


# ---- what a job was told -----------------------------------------------------------------------------------------


def identity(renderer: BoundRenderer, settings: Settings, files: list[File], made_by: str) -> dict[str, Any]:
    """All that the output depends on, by the names that a person knows it by."""
    told = {name: getattr(settings, name) for name in settings.__struct_fields__}
    return {
        "chatwright": made_by,
        "format": f"{renderer.format.name}@{renderer.format.hash}",
        "options": {name: repr(value) for name, value in sorted(renderer.options.items())},
        "tokenizer": fingerprint(renderer.encoder),
        "tokenization": renderer.tokenization,
        "content_specials": renderer.content_specials,
        **told,
        "select": repr(settings.select) if settings.select is not None else "sampled()",
        "input": [[file.name, file.size, file.modified] for file in files],
    }


#: What two tokenizers that are not the same encode otherwise, if their control tokens and vocabularies agree.
_PROBE = "The quick brown fox doesn't jump: 1234567 x **= y\n\n\t  Größe 中文 🙂 naïve()\r\n<b>"


def fingerprint(encoder: Encoder) -> str:
    """A hash of a tokenizer: of its file, if it has one, else of what it says of itself and how it encodes."""
    source = getattr(encoder, "json", None)
    if callable(source):
        data = str(source()).encode()
    else:
        controls = sorted((text, control.id) for text, control in encoder.controls.by_text.items())
        lengths = encoder.vocabulary.lengths if encoder.vocabulary is not None else np.zeros(0)
        data = repr((encoder.name, controls, encoder.encode([_PROBE]).ids.tolist())).encode() + lengths.tobytes()
    return hashlib.sha256(data).hexdigest()


def begin(places: Places, told: Mapping[str, Any]) -> bool:
    """Make the folder of a job, or find it as this job left it. Whether it goes on with what is there.

    Raises EncodeError where the folder holds anything else.
    """
    wanted = msgspec.json.decode(msgspec.json.encode(told))
    try:
        before = msgspec.json.decode(places.job.read_bytes())
    except FileNotFoundError:
        before = None
    except msgspec.DecodeError:
        raise EncodeError(f"{places.job} is damaged; remove {places.out}, or take another folder") from None
    if before is not None:
        _same(before, wanted, places.out)
    elif others := [path.name for path in places.out.iterdir() if path.name != STATE]:
        raise EncodeError(f"{places.out} holds {others[0]} already, and no job; take an empty folder")
    shutil.rmtree(places.unfinished, ignore_errors=True)
    places.make()
    if before is None:
        write_whole(places.job, msgspec.json.format(msgspec.json.encode(wanted), indent=2), places.unfinished)
    places.data.mkdir(exist_ok=True)  # last: a folder with data and no job is somebody else's
    return before is not None


def _same(before: Mapping[str, Any], wanted: Mapping[str, Any], out: Path) -> None:
    for name in {**before, **wanted}:
        old, new = before.get(name), wanted.get(name)
        if old != new:
            told = "the input is not what it was" if name == "input" else f"{name} was {old!r} and is {new!r}"
            raise EncodeError(
                f"{out} holds a job that was told something else: {told}; take another folder, or remove this one"
            )


@contextlib.contextmanager
def alone(places: Places) -> Iterator[None]:
    """Work on a job as its only process. Raises EncodeError where another one does."""
    try:
        places.state.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise EncodeError(f"{places.out} is a file; --out takes a folder") from None
    with places.lock.open("wb") as lock:
        try:
            import fcntl
        except ImportError:  # not on this system, where two processes would do the same work twice
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EncodeError(f"another process writes to {places.out}; wait for it, or stop it") from None
        yield


# ---- which blocks are done ---------------------------------------------------------------------------------------


def record_of(places: Places, block: Block) -> Record | None:
    """The record of a block that is done: it says so, and its shard is what it says."""
    try:
        record = msgspec.json.decode(places.record_of(block.number).read_bytes(), type=Record)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    if record.rejects and not places.rejects_of(block.number).is_file():
        return None
    if not record.lines:
        return record
    try:
        whole = places.shard_of(block.number).stat().st_size == record.bytes
    except FileNotFoundError:
        return None
    return record if whole else None
