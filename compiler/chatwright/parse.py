"""Text to abstract syntax. Every declaration is parsed on its own, so one run reports the errors of all of them."""

from __future__ import annotations

import functools
import importlib.resources
import re

from lark import Lark, Token, Tree, UnexpectedInput

from chatwright import syntax as s
from chatwright.diagnostics import Diagnostic
from chatwright.source import Source, Span
from chatwright.strings import Problem, RawSlot
from chatwright.treebuild import TreeBuilder

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 60
_DECLARATION = re.compile(r"(?:^///[^\n]*\n)*^[A-Za-z_]", re.MULTILINE)


@functools.cache
def grammar() -> Lark:
    text = (importlib.resources.files("chatwright.dsl") / "grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", start=["decl", "slot"], propagate_positions=True, maybe_placeholders=True)


def parse(source: Source) -> tuple[s.File, list[Diagnostic]]:
    """Parse a whole source. The file holds what could be parsed; the diagnostics say what could not."""
    out: list[Diagnostic] = []
    decls: list[s.Decl] = []
    for start, end in _pieces(source.text):
        decl = _parse_piece(source, start, end, out)
        if decl is not None:
            decls.append(decl)
    return s.File(tuple(decls)), out


def _pieces(text: str) -> list[tuple[int, int]]:
    """Where each declaration, with its doc comment, starts and ends."""
    starts = [match.start() for match in _DECLARATION.finditer(text)]
    return list(zip(starts, [*starts[1:], len(text)], strict=True)) if starts else []


def _parse_piece(source: Source, start: int, end: int, out: list[Diagnostic]) -> s.Decl | None:
    text = source.text[start:end]
    if not text.endswith("\n"):
        text += "\n"
    try:
        tree = grammar().parse(text, start="decl")
    except UnexpectedInput as error:
        at = start + max(0, error.pos_in_stream or 0)
        out.append(Diagnostic("syntax", "cannot be read here", source, Span(at, at + 1)))
        return None
    builder = TreeBuilder(start, _parse_slot)
    decl = builder.decl(tree)
    out += [Diagnostic(p.code, p.message, source, p.span, p.help) for p in builder.problems]
    return decl


def _parse_slot(raw: RawSlot) -> Tree[Token] | Problem:
    try:
        return grammar().parse(raw.text, start="slot")
    except UnexpectedInput:
        return Problem("syntax", f"a slot cannot hold {raw.text!r}", raw.span)
