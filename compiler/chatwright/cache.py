"""Files that save work for the next process. Where one is missing or damaged, the work is done again in silence."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

_DIGEST = hashlib.sha256().digest_size


def folder() -> Path | None:
    """The folder of these files: CHATWRIGHT_CACHE, else the cache folder of the user; None where there is none."""
    if named := os.environ.get("CHATWRIGHT_CACHE"):
        return Path(named) / "chatwright"
    import platformdirs

    found = platformdirs.user_cache_path("chatwright", appauthor=False)
    return found if found.is_absolute() else None


def made() -> Path:
    """The folder of the files that were made when the package was built. They are part of it, as its code is."""
    return Path(__file__).parent / "made"


def read(place: Path, own: bool = True) -> bytes | None:
    """The content of a file, if the file is complete and unchanged.

    With `own`, a file that another user could have written is not opened: it may contain code.
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
    """Write a file so that another process sees all of it or none. Does nothing where that is impossible."""
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


# ---- the files that made a record ----------------------------------------------------------------------------------


@functools.cache
def digest_of(parts: tuple[str, ...]) -> str:
    """The digest of some packages and modules of Chatwright, taken once, before this process imports most of them.

    `parts`: folders and files, relative to the package. Raises OSError if one is not a plain file.
    """
    return digest_now(parts)


def digest_now(parts: Sequence[str]) -> str:
    """The same of the files as they are now. A hundred modules take a millisecond."""
    root = os.path.dirname(__file__)
    digest = hashlib.sha256()
    for part in parts:
        for path in _files(os.path.join(root, part)):
            # Unbuffered: these are a hundred small files at every start of a process.
            with open(path, "rb", buffering=0) as file:
                content = file.read()
            digest.update(f"\0{path[len(root) :]}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _files(part: str) -> Iterator[str]:
    """A file, or all Python files in a folder and those below, in an order that is the same everywhere."""
    if not os.path.isdir(part):
        yield part
        return
    with os.scandir(part) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if entry.is_dir():
            yield from _files(entry.path)
        elif entry.name.endswith(".py"):
            yield entry.path
