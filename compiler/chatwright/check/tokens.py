"""Checks the control tokens in scaffold: each that is written must be declared, and each closer must be one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chatwright.check.findings import Findings, walk, word_span
from chatwright.diagnostics.source import Source, Span
from chatwright.diagnostics.suggest import near
from chatwright.syntax import ast as s
from chatwright.syntax.resolve import FormatTree

# Characters times tokens that are looked at: far beyond every real format, and a bound for the others.
BUDGET = 40_000_000

# What control tokens look like: <|…|>, <｜…｜>, one-sided <|… > and <…|>, [NAME], <s>. A plain <tag> is mostly text.
_PIPED = re.compile(r"<[|｜][^<>|｜\s{}]{1,60}[|｜]?>|<[^<>|｜\s{}/]{1,60}[|｜]>")
_BRACKETED = re.compile(r"\[/?[A-Z][A-Z_]{2,40}\]")
_SHORT = re.compile(r"</?(?:s|bos|eos|pad|unk)>")
_TAG = re.compile(r"</?[\w:-]{3,60}>")
_WELL_KNOWN = {f"[{slash}{word}]" for slash in ("", "/") for word in ("INST", "SYSTEM_PROMPT", "TOOL_RESULTS")}


def check_tokens(tree: FormatTree, findings: Findings) -> None:
    """Every control token of the scaffold is one that the format declares."""
    check = _Tokens(tree, findings)
    for placed in tree.decls:
        if not isinstance(placed.decl.bare, s.Head | s.Turn | s.Part | s.Rule):
            continue
        refused = {id(node.message) for node in walk(placed.decl.bare) if isinstance(node, s.Reject)}
        for node in walk(placed.decl.bare):
            if isinstance(node, s.Literal) and node.style != "block" and id(node) not in refused:
                check.literal(node, placed.source)
            elif isinstance(node, s.Each | s.Join) and node.sep:
                check.text(node.sep, placed.source, node.span)
            elif isinstance(node, s.Close):
                check.close(node, placed.source)


class _Tokens:
    def __init__(self, tree: FormatTree, findings: Findings) -> None:
        self.findings = findings
        self.left = BUDGET
        settled = [token for token in (tree.bos, tree.eos) if token]
        self.known = {token for token in (*tree.tokens, *settled) if token}
        self.stops = {stop for stop in tree.stops if stop and stop not in self.known}
        shapes = [_PIPED, _SHORT, _TAG, _BRACKETED]
        self.brackets = any(_BRACKETED.fullmatch(token) for token in self.known)
        longest = sorted(map(re.escape, self.known), key=len, reverse=True)
        self.declared = re.compile("|".join(longest) or r"(?!)")
        stops = sorted(map(re.escape, self.stops), key=len, reverse=True)
        self.shaped = re.compile("|".join([*stops, *(shape.pattern for shape in shapes)]))

    def literal(self, literal: s.Literal, source: Source) -> None:
        for part in literal.parts:
            if isinstance(part, str):
                self.text(part, source, literal.span)

    def text(self, text: str, source: Source, span: Span) -> None:
        for found in dict.fromkeys(self.undeclared(text)):
            if self.findings.full():
                return
            meant = self.nearest(found)
            help = f"did you mean {meant}?" if meant else f'add "{found}" to the tokens of the format'
            message = f"{found} is written like a control token, and is none of the format's tokens"
            self.findings.report("undeclared-token", message, source, _find(source, span, found), help)

    def undeclared(self, text: str) -> Iterator[str]:
        self.left -= len(text) * (len(self.known) + len(self.stops) + 1)
        if self.left < 0:
            return
        covered = [found.span() for found in self.declared.finditer(text)]
        for found in self.shaped.finditer(text):
            token = found.group()
            if token in self.known or any(start < found.end() and found.start() < end for start, end in covered):
                continue
            if _BRACKETED.fullmatch(token) and not (self.brackets or token in _WELL_KNOWN):
                continue
            plain = _TAG.fullmatch(token) and not _SHORT.fullmatch(token) and token not in self.stops
            # A plain tag is text, unless it is a declared one with a slip of the finger.
            if plain and self.slip(token) is None:
                continue
            yield token

    def slip(self, token: str) -> str | None:
        return next((known for known in sorted(self.known) if _one_slip(token, known)), None)

    def nearest(self, token: str) -> str | None:
        return self.slip(token) or near(token, self.known)

    def close(self, term: s.Close, source: Source) -> None:
        if isinstance(term.token, s.Text) and term.token.value not in self.known:
            value = term.token.value
            meant = self.nearest(value)
            within = next((token for token in sorted(self.known, key=len, reverse=True) if token in value), None)
            help = f"did you mean {meant}?" if meant else f'add "{value}" to the tokens of the format'
            message = f"`close` takes one of the format's tokens, and {value!r} is none"
            if within is not None and value.startswith(within):
                help = f'close "{within}", and what follows it stands behind the `sampled` block'
            self.findings.report("undeclared-token", message, source, term.token.span, help)
        if term.past:
            self.text(term.past, source, term.span)


def _one_slip(a: str, b: str) -> bool:
    """Whether two texts differ in one letter: exchanged, added, left out, or two neighbours turned round.

    An `s` more or less is no slip: the plural of a tag is another tag.
    """
    if a == b or abs(len(a) - len(b)) > 1 or min(len(a), len(b)) < 5:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    if len(a) == len(b):
        turned = a[start : start + 2] == b[start : start + 2][::-1] and a[start + 2 :] == b[start + 2 :]
        return turned or a[start + 1 :] == b[start + 1 :]
    short, long = sorted((a, b), key=len)
    return long[start] not in "s/" and long[start + 1 :] == short[start:]


def _find(source: Source, span: Span, token: str) -> Span:
    at = source.text.find(token, *span)
    return Span(at, at + len(token)) if at >= 0 else word_span(source, span, token)
