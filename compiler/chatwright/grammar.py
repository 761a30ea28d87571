"""The parser that lark makes of dsl/grammar.lark, and a cache of its tables: to make them takes a fifth of a second."""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import lark
from lark import Lark

START = ["decl", "slot"]
_DIGEST = hashlib.sha256().digest_size


@functools.cache
def grammar() -> Lark:
    """The parser, from the cache where that has it whole."""
    text = grammar_text()
    place = _cache_file(text)
    if place is not None:
        cached = _load(place)
        if cached is not None:
            return cached
    made = make_parser(text)
    if place is not None:
        _store(made, place)
    return made


def grammar_text() -> str:
    return (importlib.resources.files("chatwright.dsl") / "grammar.lark").read_text(encoding="utf-8")


def make_parser(text: str, strict: bool = False) -> Lark:
    """`strict` proves that the grammar has no conflicts and needs another package; the tests do it."""
    options: dict[str, Any] = {"propagate_positions": True, "maybe_placeholders": True, "strict": strict}
    return Lark(text, parser="lalr", start=START, **options)


# ---- the cache -----------------------------------------------------------------------------------------------------


def _cache_file(text: str) -> Path | None:
    """Where the tables of this grammar lie for this lark and this Python; None where there is no such folder."""
    version = f"{lark.__version__} {sys.version} {START}"
    key = hashlib.sha256(f"{version}\0{text}".encode()).hexdigest()[:24]
    named = os.environ.get("CHATWRIGHT_CACHE") or os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    if named:
        folder = Path(named)
    else:
        try:
            folder = Path.home() / ".cache"
        except RuntimeError:
            return None
    return folder / "chatwright" / f"grammar-{key}.tables"


def _load(place: Path) -> Lark | None:
    """The parser of a cache file: nothing unless the file is the user's own and holds exactly what was written.

    The tables are a pickle, which may run code, so a file that somebody else could have written is not opened.
    """
    try:
        with place.open("rb") as file:
            status = os.fstat(file.fileno())
            if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
                return None
            content = file.read()
        tables = content[_DIGEST:]
        if hashlib.sha256(tables).digest() != content[:_DIGEST]:
            return None
        return Lark.load(io.BytesIO(tables))
    except Exception:
        # Whatever is wrong with a cache, the tables can be made again.
        return None


def _store(parser: Lark, place: Path) -> None:
    """Write the tables so that another process sees all of them or none; without a word where that cannot be done."""
    tables = io.BytesIO()
    try:
        parser.save(tables)
        content = hashlib.sha256(tables.getvalue()).digest() + tables.getvalue()
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(place)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except Exception:
        return
