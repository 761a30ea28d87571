"""Checks control tokens: the format declares each one in its scaffold, and each closer is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chatwright.check.findings import Findings
from chatwright.diagnostics.source import Source
from chatwright.runtime.suggest import near
from chatwright.syntax import ast as s
from chatwright.syntax.resolve import FormatTree
from chatwright.syntax.walk import walk

# Characters times tokens that are compared: far more than a real format has, and a bound for all others.
BUDGET = 40_000_000

# The shapes of control tokens: <|…|>, <｜…｜>, one-sided <|… > and <…|>, [NAME], <s>. A plain <tag> is mostly text.
_PIPED = re.compile(r"<[|｜][^<>|｜\s{}]{1,60}[|｜]?>|<[^<>|｜\s{}/]{1,60}[|｜]>")
_BRACKETED = re.compile(r"\[/?[A-Z][A-Z_]{2,40}\]")
_SHORT = re.compile(r"</?(?:s|bos|eos|pad|unk)>")
_TAG = re.compile(r"</?[\w:-]{3,60}>")
_WELL_KNOWN = {f"[{slash}{word}]" for slash in ("", "/") for word in ("INST", "SYSTEM_PROMPT", "TOOL_RESULTS")}


def check_tokens(tree: FormatTree, findings: Findings) -> None:
    """The format declares every control token in its scaffold."""
    check = _Tokens(tree, findings)
    for placed in tree.decls:
        if not isinstance(placed.decl.bare, s.Head | s.Turn | s.Part | s.Rule):
            continue
        refused = {id(node.message) for node in walk(placed.decl.bare) if isinstance(node, s.Reject)}
        for node in walk(placed.decl.bare):
            if isinstance(node, s.Literal) and node.style != "block" and id(node) not in refused:
                check.literal(node, placed.source)
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
        seen: set[str] = set()
        for index, part in enumerate(literal.parts):
            for found in self.undeclared(part) if isinstance(part, str) else ():
                token = found.group()
                if self.findings.full():
                    return
                if token not in seen:
                    seen.add(token)
                    help = self.help(token)
                    message = f"{token} looks like a control token, but the format does not declare it"
                    at = literal.span_in(index, *found.span())
                    self.findings.report("undeclared-token", message, source, at, help)

    def help(self, token: str) -> str:
        meant = self.slip(token)
        if meant is None:
            # Tokens of one shape have the same marks around different words.
            words = {re.sub(r"\W", "", known): known for known in sorted(self.known)}
            meant = words.get(near(re.sub(r"\W", "", token), words) or "")
        return f"did you mean {meant}?" if meant else f'add "{token}" to the tokens of the format'

    def undeclared(self, text: str) -> Iterator[re.Match[str]]:
        """The control tokens in a text that are not declared."""
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
            # A plain tag is text, unless it is a declared token with a typing mistake.
            if plain and self.slip(token) is None:
                continue
            yield found

    def slip(self, token: str) -> str | None:
        return next((known for known in sorted(self.known) if _one_slip(token, known)), None)

    def close(self, term: s.Close, source: Source) -> None:
        if isinstance(term.token, s.Text) and term.token.value not in self.known:
            value = term.token.value
            within = next((token for token in sorted(self.known, key=len, reverse=True) if token in value), None)
            help = self.help(value)
            message = f"`close` takes one of the format's tokens, and {value!r} is none of them"
            if within is not None and value.startswith(within):
                help = f'write close "{within}", and the rest of the text after the `sampled` block'
            self.findings.report("undeclared-token", message, source, term.token.span, help)


def _one_slip(a: str, b: str) -> bool:
    """Whether two texts differ in one letter: replaced, added, left out, or swapped with its neighbour.

    An additional `s` is not a mistake: the plural of a tag is another tag.
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
