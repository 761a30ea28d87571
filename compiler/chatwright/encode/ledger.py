"""The files of a job: its settings, the blocks that are done, and a lock for the one process that works on it."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock
import msgspec

from chatwright.encode.settings import EncodeError, File, Record, Settings
from chatwright.encode.shards import write_whole

if TYPE_CHECKING:
    from chatwright.tokens.bound import BoundRenderer
    from chatwright.tokens.encoders.encoder import Encoder

STATE = ".chatwright"
DATA = "data"
REJECTS = "rejects.jsonl"
SUMMARY = "summary.json"


class Places:
    """The places of the files of a job: `data` has only shards, a hidden folder has the state of the job."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.data = out / DATA
        self.state = out / STATE
        self.job = self.state / "job.json"
        self.finished = self.state / "finished.json"
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


# ---- the settings of a job -----------------------------------------------------------------------------------------


def identity(renderer: BoundRenderer, settings: Settings, files: list[File], made_by: str) -> dict[str, Any]:
    """All that the output depends on, by names that people know."""
    return {
        "chatwright": made_by,
        "format": f"{renderer.format.name}@{renderer.format.hash}",
        "options": {name: repr(value) for name, value in sorted(renderer.options.items())},
        "tokenizer": fingerprint(renderer.encoder),
        "tokenization": renderer.tokenization,
        "content_specials": renderer.content_specials,
        **_settings_and_input(settings, files),
    }


def request(made_from: Mapping[str, Any], settings: Settings, files: list[File], made_by: str) -> dict[str, Any]:
    """All that the output depends on, without a renderer: `made_from` describes what the renderer is made from."""
    return {"chatwright": made_by, "made_from": made_from, **_settings_and_input(settings, files)}


def _settings_and_input(settings: Settings, files: list[File]) -> dict[str, Any]:
    return {
        **{name: getattr(settings, name) for name in settings.__struct_fields__},
        "select": repr(settings.select) if settings.select is not None else "sampled()",
        "input": [[file.name, file.size, file.modified] for file in files],
    }


#: A text that two different tokenizers with the same control tokens and vocabularies encode differently.
_PROBE = "The quick brown fox doesn't jump: 1234567 x **= y\n\n\t  Größe 中文 🙂 naïve()\r\n<b>"


def fingerprint(encoder: Encoder) -> str:
    """A hash of a tokenizer: of its JSON, where it has one, else of its properties and of the ids of a text."""
    source = getattr(encoder, "json", None)
    if callable(source):
        data = str(source()).encode()
    else:
        import numpy as np

        controls = sorted((text, control.id) for text, control in encoder.controls.by_text.items())
        lengths = encoder.vocabulary.lengths if encoder.vocabulary is not None else np.zeros(0)
        data = repr((encoder.name, controls, encoder.encode([_PROBE]).ids.tolist())).encode() + lengths.tobytes()
    return hashlib.sha256(data).hexdigest()


def begin(places: Places, identity: Mapping[str, Any]) -> bool:
    """Make the folder of a job, or find it again. Returns whether the job resumes.

    Raises EncodeError where the folder contains anything else.
    """
    wanted = msgspec.json.decode(msgspec.json.encode(identity))
    try:
        before = msgspec.json.decode(places.job.read_bytes())
    except FileNotFoundError:
        before = None
    except msgspec.DecodeError:
        raise EncodeError(f"{places.job} is damaged; remove {places.out}, or choose another folder") from None
    if before is not None:
        _same(before, wanted, places.out)
    elif others := [path.name for path in places.out.iterdir() if path.name != STATE]:
        raise EncodeError(f"{places.out} contains {others[0]} and no job; choose an empty folder")
    shutil.rmtree(places.unfinished, ignore_errors=True)
    places.make()
    if before is None:
        write_whole(places.job, msgspec.json.format(msgspec.json.encode(wanted), indent=2), places.unfinished)
    places.data.mkdir(exist_ok=True)  # last: a folder with data and without a job belongs to somebody else
    return before is not None


def _same(before: Mapping[str, Any], wanted: Mapping[str, Any], out: Path) -> None:
    for name in {**before, **wanted}:
        old, new = before.get(name), wanted.get(name)
        if old != new:
            change = "the input has changed" if name == "input" else f"{name} was {old!r}, is now {new!r}"
            raise EncodeError(f"{out} contains a job with different settings: {change}; choose another folder")


@contextlib.contextmanager
def alone(places: Places) -> Iterator[None]:
    """Hold the lock of a job. Raises EncodeError where another process holds it."""
    try:
        places.state.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise EncodeError(f"{places.out} is a file; --out takes a folder") from None
    lock = filelock.FileLock(places.lock)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        raise EncodeError(f"another process writes to {places.out}; wait for it, or stop it") from None
    try:
        yield
    finally:
        lock.release()


def keep_finished(places: Places, asked: Mapping[str, Any]) -> None:
    """Note that all blocks of a job are done, with the request that it answers."""
    write_whole(places.finished, msgspec.json.encode(asked), places.unfinished)


def finished_blocks(places: Places, asked: Mapping[str, Any]) -> int | None:
    """The number of blocks of a job that finished with the same request; None where there is no such job."""
    try:
        before = msgspec.json.decode(places.finished.read_bytes())
        blocks = msgspec.json.decode(places.summary.read_bytes())["blocks"]
    except (OSError, msgspec.DecodeError, KeyError, TypeError):
        return None
    return blocks if before == msgspec.json.decode(msgspec.json.encode(asked)) else None


# ---- which blocks are done ---------------------------------------------------------------------------------------


def record_of(places: Places, number: int) -> Record | None:
    """The record of a block that is done and whose shard is as recorded; None where it must be encoded."""
    try:
        record = msgspec.json.decode(places.record_of(number).read_bytes(), type=Record)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    if record.rejects and not places.rejects_of(number).is_file():
        return None
    if not record.lines:
        return record
    try:
        whole = places.shard_of(number).stat().st_size == record.bytes
    except FileNotFoundError:
        return None
    return record if whole else None
