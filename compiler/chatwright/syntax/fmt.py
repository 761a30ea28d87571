"""Formats a .chatspec in its one layout. There are no options.

A block on one line stays on one line if it fits. Every other block puts its terms on lines of their own, and terms
that shared a line keep sharing one. Line breaks inside a condition are removed. Strings and comments stay unchanged,
and block strings move with their margin.
"""

from __future__ import annotations

from chatwright.diagnostics.diagnostic import Diagnostic
from chatwright.diagnostics.source import Source, Span
from chatwright.syntax import ast as s
from chatwright.syntax.fmt_layout import Group, Item, Words, item_of
from chatwright.syntax.parse import parse
from chatwright.syntax.scan import Token, scan

WIDTH = 120
_STEP = 2
# A line that is too long can be broken before these words.
_BEFORE = ("and", "or", "where", "sep", "reads", "|")


def format_text(text: str) -> str:
    """A text in its layout; unchanged if it cannot be parsed."""
    formatted, _ = format_source(Source("", text))
    return text if formatted is None else formatted


def format_source(source: Source) -> tuple[str | None, list[Diagnostic]]:
    """The text of a source in its layout; None and the syntax errors where it cannot be parsed."""
    file, problems = parse(source)
    if problems:
        return None, problems
    text = source.text.replace("\r\n", "\n").removeprefix("\ufeff")
    if text != source.text:
        return format_source(Source(source.name, text))
    words = Words(text, scan(text).tokens)
    return _Layout(words).file(file), []


class _Layout:
    def __init__(self, words: Words) -> None:
        self.words = words

    def file(self, file: s.File) -> str:
        """All declarations with an empty line between them, and the comments around them."""
        inside = [decl.span for decl in file.decls]
        elements: list[Token | s.Decl] = [*self.comments(Span(0, len(self.words.text)), inside), *file.decls]
        elements.sort(key=lambda e: e.start if isinstance(e, Token) else e.span.start)
        lines: list[str] = []
        at, after_decl = 0, False
        for element in elements:
            start, end = (element.start, element.end) if isinstance(element, Token) else element.span
            new = self.declaration(element) if isinstance(element, s.Decl) else [self.comment(element)]
            breaks = self.words.breaks(at, start)
            if lines and not breaks:
                lines[-1] += f" {new[0]}"
            else:
                lines += [""] if lines and (after_decl or breaks > 1) else []
                lines += new
            at, after_decl = end, isinstance(element, s.Decl) or (after_decl and not breaks)
        return "\n".join([*lines, ""]) if lines else ""

    def declaration(self, decl: s.Decl) -> list[str]:
        item = item_of(self.words, decl)
        lines: list[str] = []
        for token in self.words.between(decl.span.start, item.span.start):
            lines += [line.rstrip() for line in self.words.word(token).split("\n")]
        return lines + self.item(item, 0)

    # ---- comments ----------------------------------------------------------------------------------------------

    def comments(self, span: Span, inside: list[Span]) -> list[Token]:
        """The comments of a range that are in none of the sorted ranges inside it."""
        out: list[Token] = []
        at = 0
        for token in self.words.between(*span):
            while at < len(inside) and inside[at].end <= token.start:
                at += 1
            if token.kind == "comment" and not (at < len(inside) and inside[at].start <= token.start):
                out.append(token)
        return out

    def comment(self, token: Token) -> str:
        return self.words.word(token).rstrip()

    # ---- items and groups --------------------------------------------------------------------------------------

    def item(self, item: Item, indent: int) -> list[str]:
        """The lines of an item; the first without its indentation."""
        words = self.words
        if not item.groups:
            return self.run(words.between(*item.span), indent, 0)
        if not words.breaks(item.groups[0].span.start, item.span.end):
            flat = words.line(words.between(*item.span))
            if flat is not None and indent + len(flat) <= WIDTH:
                return [flat]
        lines: list[str] = [""]
        at, was_broken = item.span.start, False
        for index, group in enumerate(item.groups):
            head = words.between(at, group.span.start)
            flat = self.flat(group)
            run = self.run(head, indent, _STEP)
            fits = flat is not None and len(run) == 1 and indent + len(run[0]) + 1 + len(flat) <= WIDTH
            if index == 0:
                lines = run
            elif self.apart(run[0], was_broken, fits):
                lines += [" " * indent + run[0], *run[1:]]
            else:
                lines[-1] += f" {run[0]}"
                lines += run[1:]
            used = len(lines[-1]) + (indent if len(lines) == 1 else 0)
            if flat is not None and used + 1 + len(flat) <= WIDTH:
                lines[-1] += f" {flat}"
                was_broken = False
            else:
                opened = self.group(group, indent)
                lines[-1] += f" {opened[0]}"
                lines += opened[1:]
                was_broken = True
            at = group.span.end
        tail = words.between(at, item.span.end)
        if tail:
            rest = self.run(tail, indent, 0)
            lines[-1] += f" {rest[0]}"
            lines += rest[1:]
        return lines

    def apart(self, head: str, was_broken: bool, fits: bool) -> bool:
        """Whether the next part of a term starts a line. `} else {` and `} past …` share one with a broken block."""
        if head.startswith("else"):
            return not was_broken or fits
        return head.startswith("past") and not was_broken

    def flat(self, group: Group) -> str | None:
        """A group on one line, if it was on one line or is empty."""
        tokens = self.words.between(*group.span)
        if len(tokens) > 2 and self.words.breaks(*group.span):
            return None
        return self.words.line(tokens)

    def group(self, group: Group, indent: int) -> list[str]:
        """A group over several lines. Items that shared a line keep sharing one."""
        words = self.words
        inner = indent + _STEP
        spans = [item.span for item in group.items]
        elements: list[Token | Item] = [*self.comments(group.span, spans), *group.items]
        elements.sort(key=lambda e: e.start if isinstance(e, Token) else e.span.start)
        lines = [words.text[group.span.start]]
        at = group.span.start + 1
        # Whether the last line can take another item.
        open_line = False
        for element in elements:
            start, end = (element.start, element.end) if isinstance(element, Token) else element.span
            breaks = words.breaks(at, start)
            if isinstance(element, Token):
                new, goes_on = [self.comment(element)], not breaks
            else:
                new = self.item(element, inner)
                new[-1] += "," if group.commas else ""
                fits = len(new) == 1 and len(lines[-1]) + 1 + len(new[0]) <= WIDTH
                goes_on = open_line and not breaks and fits
            if goes_on:
                lines[-1] += f" {new[0]}"
            else:
                lines += [""] if breaks > 1 and len(lines) > 1 else []
                lines += [" " * inner + new[0], *new[1:]]
            open_line = not isinstance(element, Token) and len(new) == 1
            at = end
        return [*lines, " " * indent + words.text[group.span.end - 1]]

    # ---- words -------------------------------------------------------------------------------------------------

    def run(self, tokens: list[Token], indent: int, reserve: int) -> list[str]:
        """Words on one line if they fit with room for a bracket, otherwise on as few lines as possible."""
        flat = self.words.line(tokens)
        if flat is not None and indent + len(flat) + reserve <= WIDTH:
            return [flat]
        return self.filled(tokens, indent, reserve)

    def filled(self, tokens: list[Token], indent: int, reserve: int) -> list[str]:
        words = self.words
        further = " " * (indent + (_STEP if indent == 0 else 2 * _STEP))
        lines, last, must_break = [""], "", False
        at = tokens[0].start
        for chunk in self.chunks(tokens):
            first = words.word(chunk[0])
            comment = chunk[0].kind == "comment"
            if chunk[0].kind == "block":
                new = self.block_string(chunk[0], indent)
            else:
                new = [self.comment(chunk[0])] if comment else [words.line(chunk) or ""]
            used = len(lines[-1]) + (indent if len(lines) == 1 else 0)
            own_line = comment and words.breaks(at, chunk[0].start) > 0
            if not lines[-1]:
                lines[-1] = new[0]
            elif must_break or own_line or first == "when" or used + 1 + len(new[0]) + reserve > WIDTH:
                lines.append(further + new[0])
            else:
                lines[-1] += words.gap(last, first) + new[0]
            lines += new[1:]
            must_break = comment
            last, at = words.word(chunk[-1]), chunk[-1].end
        # A space before the bracket that follows.
        return [*lines, further[:-1]] if must_break else lines

    def chunks(self, tokens: list[Token]) -> list[list[Token]]:
        """The words of a long line, cut at its possible breaks."""
        out: list[list[Token]] = []
        last: Token | None = None
        for token in tokens:
            word = self.words.word(token)
            alone = token.kind in ("comment", "block") or (last is not None and last.kind in ("comment", "block"))
            text_before = last is not None and last.kind in ("string", "raw", "block")
            before = word in _BEFORE or (word == "when" and text_before)
            if last is None or alone or before or (self.words.word(last) == "," and word not in ("]", "}")):
                out.append([])
            out[-1].append(token)
            last = token
        return out

    def block_string(self, token: Token, indent: int) -> list[str]:
        """A block string, with its closing quotes and so its margin at an indentation."""
        lines = self.words.word(token).split("\n")
        margin = lines[-1][: -len('"""')]
        out = [line.removeprefix(margin) if line.startswith(margin) else "" for line in lines[1:-1]]
        pad = " " * indent
        return ['"""', *(pad + line if line else "" for line in out), f'{pad}"""']
