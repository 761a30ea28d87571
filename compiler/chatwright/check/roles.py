"""Checks turns, `skip`, `head` and parts against each other: no role and no kind of part belongs to two of them."""

from __future__ import annotations

from typing import NamedTuple

from chatwright.check.findings import Findings
from chatwright.diagnostics.diagnostic import Label
from chatwright.diagnostics.source import Source, Span
from chatwright.runtime.generated import STANDARD_ROLES
from chatwright.runtime.suggest import near
from chatwright.syntax import ast as s
from chatwright.syntax.resolve import FormatTree


class _Taken(NamedTuple):
    """A declaration that takes all messages of a role: how it is written, and the role in it."""

    by: str
    source: Source
    span: Span


def check_roles(tree: FormatTree, findings: Findings) -> None:
    """Each role has one turn, and no other declaration takes the messages of that turn. A kind of part has one part."""
    taken = _taken(tree)
    for skip, placed in tree.all(s.Skip):
        findings.once(skip.words, placed.source)
    seen: dict[str, tuple[Source, Span]] = {}
    for turn, placed in tree.all(s.Turn):
        findings.once(turn.words, placed.source)
        for word in _distinct(turn):
            if word.text in taken:
                _never(word, taken[word.text], placed.source, findings)
            if word.text in seen:
                findings.twice(f"role {word.text} has two turns", placed.source, word.span, seen[word.text])
            seen.setdefault(word.text, (placed.source, word.span))
            _mistyped(word, placed.source, findings)
    parts: dict[str, tuple[Source, Span]] = {}
    for part, placed in tree.all(s.Part):
        findings.once(part.words, placed.source)
        for word in _distinct(part):
            if word.text in parts:
                message = f"parts of kind {word.text} are declared twice"
                findings.twice(message, placed.source, word.span, parts[word.text])
            parts.setdefault(word.text, (placed.source, word.span))


def _distinct(bare: s.Turn | s.Skip | s.Part) -> list[s.Word]:
    """The roles or kinds of a declaration without repetition; `*` where it has no list."""
    words = bare.words or (s.Word("*", bare.who),)
    return list({word.text: word for word in reversed(words)}.values())[::-1]


def _taken(tree: FormatTree) -> dict[str, _Taken]:
    """The roles without a turn that gets their messages."""
    taken: dict[str, _Taken] = {}
    for skip, placed in tree.all(s.Skip):
        for word in _distinct(skip):
            taken[word.text] = _Taken(f"skip {word.text}", placed.source, word.span)
    for head, placed in tree.all(s.Head):
        if head.which == "all":
            for word in head.words:
                taken[word.text] = _Taken(f"head takes all {word.text}", placed.source, word.span)
    return taken


def _never(role: s.Word, taken: _Taken, source: Source, findings: Findings) -> None:
    labels = (Label(taken.span, "taken here"),) if taken.source is source else ()
    message = f"this turn never gets a message of role {role.text}: `{taken.by}` takes them"
    if role.text == "*":
        message = "this turn never gets a message: `skip *` takes the messages of every other role"
    findings.report("unreachable-branch", message, source, role.span, None, labels)


def _mistyped(role: s.Word, source: Source, findings: Findings) -> None:
    """Report a role that is almost one of the roles that every conversation has."""
    text = role.text.lower()
    alike = [r for r in STANDARD_ROLES if abs(len(r) - len(text)) <= 1 and r[0] == text[0]]
    meant = None if role.text in alike else near(text, alike)
    if meant:
        message = f"no conversation has the role {role.text}"
        findings.report("unknown-name", message, source, role.span, f"did you mean {meant}?")
