"""The structure that the formatter lays out: items hold groups, groups hold items, and both are made of tokens."""

from __future__ import annotations

import bisect

import msgspec

from chatwright.diagnostics.source import Span
from chatwright.syntax import ast as s
from chatwright.syntax.scan import Token
from chatwright.syntax.walk import children

# Words with a space before a parenthesis, for it holds no arguments.
_APART = ("turn", "when", "where", "not", "and", "or", "in", "is", "|", "=", ":", "==", "!=", "<", ">", "sep")
_NO_SPACE_BEFORE = (")", "]", ",", ":", ".", "?", "+")
_NO_SPACE_AFTER = ("(", "[", ".", "...")


class Group(msgspec.Struct, frozen=True):
    """A pair of brackets with the items in it. `commas`: a comma separates two items."""

    span: Span
    items: tuple[Item, ...]
    commas: bool


class Item(msgspec.Struct, frozen=True):
    """A declaration, a term, a setting, an entry or a value: words, with groups between and after them."""

    span: Span
    groups: tuple[Group, ...]


class Words:
    """The tokens of a text: found by their place, and printed in a line."""

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
        """The space between two words of a line."""
        if right in _NO_SPACE_BEFORE or left in _NO_SPACE_AFTER:
            return ""
        if right == "(":
            return "" if (left.isidentifier() and left not in _APART) else " "
        return " "

    def line(self, tokens: list[Token]) -> str | None:
        """The tokens on one line; None where they need several."""
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
        settings = tuple(_setting(setting) for setting in decl.bare.settings)
        return Item(span, (Group(_bracket(words, span, "{"), settings, False),))
    return Item(span, _blocks(words, decl.bare))


def _blocks(words: Words, node: s.Node) -> tuple[Group, ...]:
    """The blocks that are directly in a declaration or a term."""
    found = [child for child in children(node) if isinstance(child, s.Block)]
    return tuple(Group(block.span, tuple(_term(words, t) for t in block.terms), False) for block in found)


def _term(words: Words, term: s.Term) -> Item:
    if isinstance(term, s.Record):
        entries = tuple(Item(entry.span, ()) for entry in term.entries)
        return Item(term.span, (Group(_bracket(words, term.span, "{"), entries, True),))
    return Item(term.span, _blocks(words, term))


def _setting(setting: s.Setting) -> Item:
    value = setting.given
    if not isinstance(value.data, tuple):
        return Item(setting.span, ())
    items = tuple(Item(item.span, ()) for item in value.data)
    return Item(setting.span, (Group(value.span, items, True),))


def _bracket(words: Words, span: Span, opening: str) -> Span:
    """From the first such bracket of a node to its end."""
    first = next(t for t in words.between(*span) if t.kind == "mark" and words.word(t) == opening)
    return Span(first.start, span.end)
