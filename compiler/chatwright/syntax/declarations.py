"""Cuts the tokens of a file into declarations, and pairs the brackets in each."""

from __future__ import annotations

from typing import NamedTuple

from chatwright.diagnostics.source import Span
from chatwright.runtime.suggest import did_you_mean, near
from chatwright.syntax.foreign import FOREIGN, keyword
from chatwright.syntax.scan import Token
from chatwright.syntax.snippets import DECLARATIONS, TERMS
from chatwright.syntax.strings import Problem

# Nested blocks and parentheses: more than a reader can follow, fewer than the loops that Python can nest.
MAX_DEPTH = 20
_OPENS = ("{", "(", "[")
_CLOSES = {"}": "{", ")": "(", "]": "["}


class Piece(NamedTuple):
    """One declaration with its doc comment, without other comments."""

    tokens: list[Token]

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def end(self) -> int:
        return self.tokens[-1].end


def cut(text: str, tokens: list[Token]) -> tuple[list[Piece], list[Problem]]:
    """The declarations of a file. Each token outside a declaration is a problem, so nothing is lost."""
    cutter = _Cutter(text)
    for token in tokens:
        if token.kind not in ("comment", "foreign"):
            cutter.take(token)
    cutter.close()
    return cutter.pieces, cutter.problems


class _Cutter:
    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces: list[Piece] = []
        self.problems: list[Problem] = []
        self.tokens: list[Token] = []
        self.depth = 0
        # After a problem, tokens are skipped up to the next declaration.
        self.lost = False

    def take(self, token: Token) -> None:
        word = self.text[token.start : token.end]
        unindented = token.start == 0 or self.text[token.start - 1] in "\n\ufeff"
        if unindented and token.kind == "doc":
            self.close()
            self.tokens = [token]
        elif unindented and token.kind == "name" and self.begins(word):
            if not self.only_doc():
                self.close()
            self.lost = False
            if word in DECLARATIONS or word == "override":
                self.tokens.append(token)
            else:
                self.unknown(word, token)
        elif self.tokens and not self.only_doc():
            if unindented and token.kind == "name":
                message = f"a declaration begins at column 0, and {word} begins none"
                self.problem(token, message, "indent the text inside a block")
            self.tokens.append(token)
            self.depth += (word in _OPENS) - (word in _CLOSES) if token.kind == "mark" else 0
        elif not self.lost:
            self.stray(word, token)

    def begins(self, word: str) -> bool:
        """Whether a word at column 0 begins a declaration, or a misspelled one."""
        if self.depth <= 0 or not self.tokens or word in DECLARATIONS or word == "override":
            return True
        return near(word, DECLARATIONS) is not None and word not in TERMS

    def only_doc(self) -> bool:
        return len(self.tokens) == 1 and self.tokens[0].kind == "doc"

    def close(self) -> None:
        if self.only_doc():
            self.problem(self.tokens[0], "this doc comment has no declaration after it", "write // for other comments")
        elif self.tokens:
            self.pieces.append(Piece(self.tokens))
        self.tokens = []
        self.depth = 0

    def problem(self, token: Token, message: str, help: str | None) -> None:
        line = self.text.find("\n", token.start, token.end)
        span = Span(token.start, token.end if line < 0 else line)
        self.problems.append(Problem("syntax", message, span, help))

    def unknown(self, word: str, token: Token) -> None:
        self.tokens = []
        self.lost = True
        if word in TERMS or word in ("else", "past"):
            message = f"`{word}` belongs inside a block, but a declaration begins at column 0"
            self.problem(token, message, "indent the text inside a block")
            return
        otherwise = f"the declarations are {', '.join(DECLARATIONS)}"
        help = keyword(word) if word in FOREIGN else did_you_mean(word, DECLARATIONS, otherwise)
        self.problem(token, f"there is no declaration `{word}`", help)

    def stray(self, word: str, token: Token) -> None:
        self.tokens = []
        self.lost = True
        if word in DECLARATIONS:
            self.problem(token, "a declaration begins at column 0", "remove the white space before it")
        else:
            message = "this is outside every declaration: each one begins at column 0 with its keyword"
            self.problem(token, message, f"write it inside a block: {DECLARATIONS['turn']}")


def brackets(text: str, piece: Piece) -> list[Problem]:
    """The brackets of a declaration that have no partner or are nested too deeply."""
    opened: list[Token] = []
    for token in piece.tokens:
        char = text[token.start : token.end] if token.kind == "mark" else ""
        if char in _OPENS:
            opened.append(token)
            if len(opened) > MAX_DEPTH:
                message = f"more than {MAX_DEPTH} nested blocks or parentheses"
                return [Problem("too-deep", message, Span(token.start, token.end), "move a part of it into a rule")]
        elif char in _CLOSES:
            if not opened:
                message = f"this {char} closes nothing"
                return [Problem("syntax", message, Span(token.start, token.end), None)]
            last = opened.pop()
            if text[last.start] != _CLOSES[char]:
                message = f"this {text[last.start]} is not closed before the {char} after it"
                return [Problem("syntax", message, Span(last.start, last.end), None)]
    if not opened:
        return []
    last = opened[-1]
    message = f"this {text[last.start]} is not closed before the declaration ends"
    return [Problem("syntax", message, Span(last.start, last.end), None)]


def whole_line(text: str, piece: Piece, at: int) -> Span | None:
    """The line of an offset, if it is inside a block and closes every bracket that it opens."""
    begin, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    end = len(text) if end < 0 else end
    depth, outer = 0, 0
    line: list[Token] = []
    for token in piece.tokens:
        if token.start >= end:
            break
        if token.start < begin:
            outer = depth
        else:
            line.append(token)
        if token.kind == "mark":
            char = text[token.start : token.end]
            depth += (char in _OPENS) - (char in _CLOSES)
        outer = depth if token.start < begin else outer
        if line and depth < outer:
            return None
    if not line or outer <= 0 or depth != outer:
        return None
    return Span(line[0].start, line[-1].end)
