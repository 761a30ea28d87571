"""What the formatter lays out: items that hold groups, groups that hold items, and the tokens of both."""

from __future__ import annotations

import bisect

import msgspec

from chatwright.check.findings import children
from chatwright.diagnostics.source import Span
from chatwright.syntax import ast as s
from chatwright.syntax.scan import Token

# Words that keep their distance from a parenthesis: what follows is no argument.
_APART = ("turn", "when", "where", "not", "and", "or", "in", "is", "|", "=", ":", "==", "!=", "<", ">", "sep")
_NO_SPACE_BEFORE = (")", "]", ",", ":", ".", "?", "+")
_NO_SPACE_AFTER = ("(", "[", ".", "...")


class Group(msgspec.Struct, frozen=True):
    """A pair of brackets. Its items are set apart by commas where `commas` says so."""

    span: Span
    items: tuple[Item, ...]
    commas: bool


class Item(msgspec.Struct, frozen=True):
    """A declaration, a term, a setting, an entry or a value: words, and groups between and behind them."""

    span: Span
    groups: tuple[Group, ...]


class Words:
    """The tokens of a text, found by place, and how they look in a line."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.starts = [token.start for token in tokens]

    def between(self, start: int, end: int) -> list[Token]:
        """The tokens that start in a range."""
        return self.tokens[bisect.bisect_left(self.starts, start) : bisect.bisect_left(self.starts, end)]

    def word(self, token: Token) -> str:
        return self.text[token.start : token.end]

    def breaks(self, start: int, end: int) -> int:
        """The number of line ends in a range: two or more make an empty line."""
        return self.text.count("\n", start, end)

    def gap(self, left: str, right: str) -> str:
        """What stands between two words of a line."""
        if right in _NO_SPACE_BEFORE or left in _NO_SPACE_AFTER:
            return ""
        if right == "(":
            return "" if (left.isidentifier() and left not in _APART) else " "
        return " "

    def line(self, tokens: list[Token]) -> str | None:
        """The tokens on one line; None if they cannot stand on one."""
        out: list[str] = []
        last = ""
        for index, token in enumerate(tokens):
            if token.kind in ("comment", "doc", "block"):
                return None
            word = self.word(token)
            if word == "," and index + 1 < len(tokens) and self.word(tokens[index + 1]) in ("]", "}"):
                continue
            if out:
                out.append(self.gap(last, word))
            out.append(word)
            last = word
        return "".join(out)


def item_of(words: Words, decl: s.Decl) -> Item:
    """A declaration from its first keyword on."""
    head = [t for t in words.between(decl.span.start, decl.bare.span.start) if t.kind == "name"]
    span = Span(head[0].start if head else decl.bare.span.start, decl.bare.span.end)
    if isinstance(decl.bare, s.Format):
        settings = tuple(_setting(words, setting) for setting in decl.bare.settings)
        return Item(span, (Group(_bracket(words, span, "{"), settings, False),))
    return Item(span, _blocks(words, decl.bare))


def _blocks(words: Words, node: s.Node) -> tuple[Group, ...]:
    """The blocks that stand directly in a declaration or a term."""
    found = [child for child in children(node) if isinstance(child, s.Block)]
    return tuple(Group(block.span, tuple(_term(words, t) for t in block.terms), False) for block in found)


def _term(words: Words, term: s.Term) -> Item:
    if isinstance(term, s.Record):
        entries = tuple(Item(entry.span, ()) for entry in term.entries)
        return Item(term.span, (Group(_bracket(words, term.span, "{"), entries, True),))
    return Item(term.span, _blocks(words, term))


def _setting(words: Words, setting: s.Setting) -> Item:
    if not isinstance(setting.value, tuple):
        return Item(setting.span, ())
    span = _bracket(words, setting.span, "[")
    depth = 0
    values: list[Item] = []
    start = -1
    for token in words.between(span.start + 1, span.end - 1):
        word = words.word(token)
        depth += (token.kind == "mark") * ((word == "[") - (word == "]"))
        if token.kind == "comment" or (word == "," and token.kind == "mark" and depth == 0):
            start = -1
            continue
        if start < 0:
            start = token.start
            values.append(Item(Span(start, token.end), ()))
        else:
            values[-1] = Item(Span(start, token.end), ())
    return Item(setting.span, (Group(span, tuple(values), True),))


def _bracket(words: Words, span: Span, opening: str) -> Span:
    """From the first such bracket of a node to its end."""
    first = next(t for t in words.between(*span) if t.kind == "mark" and words.word(t) == opening)
    return Span(first.start, span.end)
