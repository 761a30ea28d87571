"""The parser that lark makes of dsl/grammar.lark, and a cache of its tables: to make them takes a fifth of a second."""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import io
import sys
from pathlib import Path
from typing import Any

import lark
from lark import Lark

from chatwright import cache as cachefiles

START = ["decl", "slot"]


@functools.cache
def grammar() -> Lark:
    """The parser, from the cache where that has it whole."""
    text = grammar_text()
    place = cache_file(text)
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


def cache_file(text: str) -> Path | None:
    """Where the tables of this grammar lie for this lark and this Python; None where there is no such folder."""
    folder = cachefiles.folder()
    version = f"{lark.__version__} {sys.version} {START}"
    key = hashlib.sha256(f"{version}\0{text}".encode()).hexdigest()[:24]
    return None if folder is None else folder / f"grammar-{key}.tables"


def _load(place: Path) -> Lark | None:
    tables = cachefiles.read(place)
    try:
        return None if tables is None else Lark.load(io.BytesIO(tables))
    except Exception:
        # Whatever is wrong with a cache, the tables can be made again.
        return None


def _store(parser: Lark, place: Path) -> None:
    tables = io.BytesIO()
    parser.save(tables)
    cachefiles.write(place, tables.getvalue())
