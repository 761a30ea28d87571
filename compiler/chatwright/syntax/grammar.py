"""The parser that lark makes of dsl/grammar.lark, and its tables in files: making them takes a fifth of a second."""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import io
from pathlib import Path
from typing import Any

import lark
from lark import Lark

from chatwright import cache as cachefiles

START = ["decl", "slot"]


@functools.cache
def grammar() -> Lark:
    """The parser, from the tables that came with the package or those of an earlier process, where they are whole."""
    text = grammar_text()
    found = _load(cachefiles.made() / tables_name(text), own=False)
    if found is not None:
        return found
    place = cache_file(text)
    if place is None:
        return make_parser(text)
    found = _load(place)
    if found is None:
        found = make_parser(text)
        cachefiles.write(place, tables_of(found))
    return found


def grammar_text() -> str:
    return (importlib.resources.files("chatwright.dsl") / "grammar.lark").read_text(encoding="utf-8")


def make_parser(text: str, strict: bool = False) -> Lark:
    """`strict` proves that the grammar has no conflicts and needs another package; the tests do it."""
    options: dict[str, Any] = {"propagate_positions": True, "maybe_placeholders": True, "strict": strict}
    return Lark(text, parser="lalr", start=START, **options)


# ---- the tables ----------------------------------------------------------------------------------------------------


def tables_name(text: str) -> str:
    """The name of the file for the tables of this grammar by this lark. They are plain values for every Python."""
    key = hashlib.sha256(f"{lark.__version__} {START}\0{text}".encode()).hexdigest()[:24]
    return f"grammar-{key}.tables"


def tables_of(parser: Lark) -> bytes:
    tables = io.BytesIO()
    parser.save(tables)
    return tables.getvalue()


def cache_file(text: str) -> Path | None:
    """The place of the tables in the user's cache folder; None where there is no such folder."""
    folder = cachefiles.folder()
    return None if folder is None else folder / tables_name(text)


def _load(place: Path, own: bool = True) -> Lark | None:
    tables = cachefiles.read(place, own)
    try:
        return None if tables is None else Lark.load(io.BytesIO(tables))
    except Exception:
        # Tables that cannot be loaded are made again, whatever is wrong with them.
        return None
