"""Parses text to abstract syntax, each declaration on its own, so that one run reports the errors of all of them."""

from __future__ import annotations

import re

from lark import Token as LarkToken
from lark import Tree, UnexpectedInput

from chatwright.diagnostics.diagnostic import Diagnostic
from chatwright.diagnostics.source import Source, Span
from chatwright.syntax import ast as s
from chatwright.syntax.ast_builder import TreeBuilder
from chatwright.syntax.declarations import Piece, brackets, cut, whole_line
from chatwright.syntax.errors import of_declaration, of_slot
from chatwright.syntax.grammar import grammar
from chatwright.syntax.scan import MAX_TOKENS, Scan, scan
from chatwright.syntax.strings import Problem, RawSlot, cut_string

MAX_CHARACTERS = 1_000_000
# Levels of lark's tree. An operator of an expression takes one, a block two.
MAX_TREE = 100
# Attempts to find further errors in a declaration that has one.
MAX_ATTEMPTS = 4
MAX_PROBLEMS = 100
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def parse(source: Source) -> tuple[s.File, list[Diagnostic]]:
    """Parse a whole source. The file has the valid declarations, the diagnostics have the errors of the others."""
    text = source.text
    if len(text) > MAX_CHARACTERS:
        message = f"a spec has at most {MAX_CHARACTERS:,} characters, and this one has {len(text):,}"
        return s.File(()), [Diagnostic("too-large", message, source, Span(0, 1))]
    strange = _NO_TEXT.search(text)
    if strange is not None:
        message = f"the character U+{ord(strange.group()):04X} is not allowed in a spec; is this a text file?"
        return s.File(()), [Diagnostic("syntax", message, source, Span(*strange.span()))]
    scanned = scan(text)
    if not scanned.complete:
        return s.File(()), _diagnostics(source, _too_many(text, scanned))
    pieces, problems = cut(text, scanned.tokens)
    problems = [*scanned.problems, *problems]
    decls: list[s.Decl] = []
    for piece in pieces:
        decl, found = _declaration(source, piece, scanned.problems)
        problems += found
        if decl is not None:
            decls.append(decl)
        if len(problems) > MAX_PROBLEMS:
            break
    return s.File(tuple(decls)), _diagnostics(source, problems)


def _too_many(text: str, scanned: Scan) -> list[Problem]:
    """The problems of a file with too many tokens: their number, and the first ones that may have caused it."""
    pieces, _ = cut(text, scanned.tokens)
    deep = [p for piece in pieces for p in brackets(text, piece) if p.code == "too-deep"]
    last = scanned.tokens[-1]
    message = f"a spec has at most {MAX_TOKENS:,} words and marks"
    return [*scanned.problems[:3], *deep[:3], Problem("too-large", message, Span(last.start, last.end))]


def _diagnostics(source: Source, problems: list[Problem]) -> list[Diagnostic]:
    """The diagnostics in order, one for each place."""
    first: dict[int, Problem] = {}
    for problem in problems:
        first.setdefault(problem.span.start, problem)
    ordered = sorted(first.values(), key=lambda p: p.span)[:MAX_PROBLEMS]
    return [Diagnostic(p.code, p.message, source, p.span, p.help) for p in ordered]


def _declaration(source: Source, piece: Piece, lexical: list[Problem]) -> tuple[s.Decl | None, list[Problem]]:
    """One declaration, or its problems."""
    problems = brackets(source.text, piece)
    if any(p.code == "too-deep" for p in problems):
        return None, problems
    unpaired = bool(problems)
    if any(token.kind.startswith("open") for token in piece.tokens):
        # An unclosed string has swallowed the closing brackets.
        problems = []
    known = [*problems, *(p for p in lexical if piece.start <= p.span.start < piece.end)]
    lines = {source.line(p.span.start) for p in known}
    tree, errors = _attempts(source, piece, lines, unpaired)
    if tree is None or known:
        return None, problems + errors + _of_strings(source, piece)
    deep = _too_deep(tree, piece.start)
    if deep is not None:
        return None, [deep]
    builder = TreeBuilder(piece.start, _parse_slot)
    return builder.decl(tree), builder.problems


def _attempts(
    source: Source, piece: Piece, known: set[int], unpaired: bool
) -> tuple[Tree[LarkToken] | None, list[Problem]]:
    """Parse a declaration. After an error, parse the rest without the line of the error, if its brackets are paired."""
    problems: list[Problem] = []
    text = source.text[piece.start : piece.end] + "\n"
    left_out = 0
    for _ in range(MAX_ATTEMPTS):
        try:
            tree = grammar().parse(text, start="decl")
        except UnexpectedInput as error:
            problem = of_declaration(error, source.text, piece)
        else:
            return (None if problems else tree), problems
        at = problem.span.start
        if left_out and not any(left_out <= token.start < at for token in piece.tokens):
            # There is nothing between the removed line and this error: only the gap is wrong.
            break
        if source.line(at) not in known and not (unpaired and at >= piece.end):
            problems.append(problem)
        line = whole_line(source.text, piece, at)
        if line is None:
            break
        start, end = line.start - piece.start, line.end - piece.start
        text = text[:start] + " " * (end - start) + text[end:]
        left_out = line.end
    return None, problems


def _parse_slot(raw: RawSlot) -> Tree[LarkToken] | Problem:
    try:
        tree = grammar().parse(raw.text, start="slot")
    except UnexpectedInput as error:
        return of_slot(error, raw)
    deep = _too_deep(tree, raw.span.start)
    return tree if deep is None else deep


def _of_strings(source: Source, piece: Piece) -> list[Problem]:
    """The problems in the strings of a declaration that has syntax errors."""
    problems: list[Problem] = []
    for token in piece.tokens:
        if token.kind == "string":
            cut = cut_string(source.text[token.start : token.end], token.start)
            problems += cut.problems
            slots = [_parse_slot(part) for part in cut.parts if isinstance(part, RawSlot)]
            problems += [slot for slot in slots if isinstance(slot, Problem)]
    return problems


def _too_deep(tree: Tree[LarkToken], base: int) -> Problem | None:
    """The problem of a tree that is too deep for the recursive builder of the syntax."""
    level: list[Tree[LarkToken]] = [tree]
    for _ in range(MAX_TREE):
        level = [child for node in level for child in node.children if isinstance(child, Tree)]
        if not level:
            return None
    start = getattr(level[0].meta, "start_pos", 0) + base
    end = getattr(level[0].meta, "end_pos", 0) + base
    message = "this is nested too deeply or chains too many operators"
    return Problem("too-deep", message, Span(start, max(end, start + 1)), "move a part of it into a rule")
