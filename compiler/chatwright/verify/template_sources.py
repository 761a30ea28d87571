"""Compares the findings of engines in the source of two templates. The same text from another source can lose every
tool call, because engines read the source to choose parsers, find switches and pass on contents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from jinja2 import nodes

from chatwright.verify import engine_readers as readers
from chatwright.verify.comparison import Ways
from chatwright.verify.verdict import Note

#: The conclusion of an engine that the model always thinks.
ALWAYS = "<|im_start|>assistant\\n<think>\\n"


@cache
def literals(source: str) -> tuple[str, ...]:
    """The texts of a template: in quotes, and outside of tags."""
    tree = readers.parsed(source)
    quoted = [node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str)]
    return (*quoted, *(node.data for node in tree.find_all(nodes.TemplateData)))


def inside(piece: str, source: str) -> bool:
    return any(piece in literal for literal in literals(source))


def rows(source: str, tokens: tuple[str, ...]) -> set[str]:
    """Consecutive tokens in a literal of a template, with only words and white space between them."""
    if not tokens:
        return set()
    token = "|".join(re.escape(token) for token in sorted(tokens, key=len, reverse=True))
    row = re.compile(rf"(?:{token})(?:[ \n\w]*(?:{token}))+")
    return {found for literal in literals(source) for found in row.findall(literal)}


#: Conclusions of engines from a source and the tokens of its tokenizer.
READERS: dict[str, Callable[[str, tuple[str, ...]], Any]] = {
    "parser": lambda source, tokens: readers.native_parser(source),
    "thinking": lambda source, tokens: readers.thinking(source),
    "reasoning": readers.reasoning_parser,
    "calls": readers.calls_parser,
    "parts": lambda source, tokens: readers.takes_parts(source, macros=False),
    "parts, also in macros": lambda source, tokens: readers.takes_parts(source, macros=True),
}


def lost(original: str, ours: str) -> set[str]:
    """Words that some engine finds in the original and not in ours."""
    return {needle for needle in readers.engines().needles if needle in original and needle not in ours}


def split(original: str, ours: str, tokens: tuple[str, ...]) -> list[str]:
    """Control tokens that are whole in some literal of the original, and in none of ours."""
    return [token for token in tokens if inside(token, original) and not inside(token, ours)]


def apart(original: str, ours: str, tokens: tuple[str, ...]) -> set[str]:
    """Tokens that are together in a literal of the original, and separate in ours."""
    return {row for row in rows(original, tokens) if not inside(row, ours)}


def concluded(original: str, ours: str, tokens: tuple[str, ...]) -> dict[str, tuple[Any, Any]]:
    """Conclusions of engines that differ between the original and ours."""
    found = {name: (read(original, tokens), read(ours, tokens)) for name, read in READERS.items()}
    return {name: both for name, both in found.items() if both[0] != both[1]}


def notes(ways: Ways) -> Iterator[Note]:
    """Notes on findings of engines that differ between the spec's template and the original."""
    original, ours, spec = ways.original.source, ways.template, ways.spec
    for needle in sorted(lost(original, ours)):
        yield Note("source", f"engines search for {needle!r} in the source; the original has it, ours does not")
    for token in split(original, ours, (*spec.tokens, *spec.stops)):
        yield Note("source", f"{token!r} is whole in a literal of the original, and in none of ours")
    for row in sorted(apart(original, ours, spec.tokens)):
        yield Note("source", f"{row!r} is together in a literal of the original, and separate in ours")
    for name, (theirs, mine) in concluded(original, ours, spec.tokens).items():
        yield Note("source", f"{name}: an engine concludes {theirs!r} from the original, and {mine!r} from ours")
