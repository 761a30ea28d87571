"""Files that spare work in the next process. Whatever is wrong with one, the work is done again, without a word."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

_DIGEST = hashlib.sha256().digest_size


def folder() -> Path | None:
    """Where they lie: CHATWRIGHT_CACHE, else the user's cache folder; None where there is no such place."""
    for name in ("CHATWRIGHT_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        if named := os.environ.get(name):
            return Path(named) / "chatwright"
    try:
        return Path.home() / ".cache" / "chatwright"
    except RuntimeError:
        return None


def made() -> Path:
    """The folder of the files that were made when the package was built. They are part of it, as its code is."""
    return Path(__file__).parent / "made"


def read(place: Path, own: bool = True) -> bytes | None:
    """The content of a file that holds exactly what was written.

    With `own`, a file that somebody else could have written is not opened: it may hold code.
    """
    try:
        with place.open("rb") as file:
            status = os.fstat(file.fileno())
            if own and hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
                return None
            digest, content = file.read(_DIGEST), file.read()
    except OSError:
        return None
    return content if hashlib.sha256(content).digest() == digest else None


def write(place: Path, content: bytes) -> None:
    """Write a file so that another process sees all of it or nothing; where that cannot be done, nothing is."""
    draft = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        draft.replace(place)
    except OSError:
        draft.unlink(missing_ok=True)
