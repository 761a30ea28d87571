"""What the checks share: collecting findings, walking over nodes, exact spans of words inside a node."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chatwright.diagnostics.diagnostic import Diagnostic, Label
from chatwright.diagnostics.source import Source, Span
from chatwright.syntax import ast as s
from chatwright.syntax.resolve import FormatTree, Placed

# One finding of a kind says it; a file made to produce a million of them says no more by it.
MAX_FINDINGS = 100
MAX_MESSAGE = 400


class Findings:
    """The diagnostics of one check, without repetition."""

    def __init__(self) -> None:
        self.out: list[Diagnostic] = []
        self._seen: set[tuple[str, int, Span]] = set()

    def full(self) -> bool:
        return len(self.out) >= MAX_FINDINGS

    def report(
        self,
        code: str,
        message: str,
        source: Source,
        span: Span,
        help: str | None = None,
        labels: tuple[Label, ...] = (),
    ) -> None:
        key = (code, id(source), span)
        if key not in self._seen and not self.full():
            self._seen.add(key)
            self.out.append(Diagnostic(code, shortened(message), source, span, help, labels))


def shortened(message: str) -> str:
    """A message on one line and of a length to read, whatever the names in it are."""
    line = message.replace("\n", "\\n")
    return line if len(line) <= MAX_MESSAGE else f"{line[:MAX_MESSAGE]}…"


def children(node: s.Node) -> Iterator[s.Node]:
    """The nodes directly below a node, in their order."""
    for name in node.__struct_fields__:
        if name != "span":
            yield from _nodes_in(getattr(node, name))


def _nodes_in(value: object) -> Iterator[s.Node]:
    if isinstance(value, s.Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


def walk(node: s.Node) -> Iterator[s.Node]:
    """A node and all below it, in their order."""
    stack = [node]
    while stack:
        at = stack.pop()
        yield at
        stack += reversed(list(children(at)))


def word_span(source: Source, within: Span, word: str, nth: int = 0) -> Span:
    """Where a word stands inside a node; the whole node where it cannot be found."""
    pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
    found = pattern.search(source.text, within.start, within.end)
    while found and nth:
        found, nth = pattern.search(source.text, found.end(), within.end), nth - 1
    return Span(found.start(), found.end()) if found else within


def keyword_span(source: Source, node: s.Node) -> Span:
    """The word that a node begins with."""
    found = re.compile(r"\w+").match(source.text, node.span.start, node.span.end)
    return Span(found.start(), found.end()) if found else node.span


def first_line(source: Source, span: Span) -> Span:
    """A span without its further lines."""
    end = source.text.find("\n", span.start, span.end)
    return span if end < 0 else Span(span.start, end)


class Calls:
    """Which rules a format has, who uses them, and where."""

    def __init__(self, tree: FormatTree) -> None:
        self.rules: dict[str, tuple[s.Rule, Placed]] = {rule.name: (rule, p) for rule, p in tree.all(s.Rule)}
        self.sites: dict[str, list[tuple[Placed, s.Apply | s.Call]]] = {name: [] for name in self.rules}
        self.uses: dict[int, list[s.Apply | s.Call]] = {}
        for placed in tree.decls:
            own = [
                node
                for node in walk(placed.decl.bare)
                if isinstance(node, s.Apply | s.Call) and node.name in self.rules
            ]
            self.uses[id(placed)] = own
            for node in own:
                self.sites[node.name].append((placed, node))

    def of_rule(self, name: str) -> list[s.Apply | s.Call]:
        return self.uses[id(self.rules[name][1])]
