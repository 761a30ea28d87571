"""What all checks share: the collection of findings, and the table of rules and their uses."""

from __future__ import annotations

from collections.abc import Iterable

from chatwright.diagnostics.diagnostic import Diagnostic, Label
from chatwright.diagnostics.source import Source, Span
from chatwright.syntax import ast as s
from chatwright.syntax.resolve import FormatTree, Placed
from chatwright.syntax.walk import walk

# A file can have a million findings on purpose; more than these help no one.
MAX_FINDINGS = 100
MAX_MESSAGE = 400


class Findings:
    """The diagnostics of a run, at most one for each code and place."""

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

    def twice(self, message: str, source: Source, span: Span, first: tuple[Source, Span]) -> None:
        """Report a repetition, with a label at the first occurrence where that is in the same source."""
        labels = (Label(first[1], "first here"),) if first[0] is source else ()
        self.report("duplicate", message, source, span, None, labels)

    def once(self, words: Iterable[s.Word], source: Source, message: str = "{} is listed twice here") -> None:
        """Report each word that repeats an earlier one."""
        first: dict[str, Span] = {}
        for word in words:
            if word.text in first:
                self.twice(message.format(word.text), source, word.span, (source, first[word.text]))
            first.setdefault(word.text, word.span)


def shortened(message: str) -> str:
    """A message on one line, cut to a readable length where a name in it is long."""
    line = message.replace("\n", "\\n")
    return line if len(line) <= MAX_MESSAGE else f"{line[:MAX_MESSAGE]}…"


class Calls:
    """The rules of a format and their uses.

    `sites` has the uses of each rule, `uses` the uses in each declaration by its identity.
    """

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

    def inside(self, name: str) -> list[s.Apply | s.Call]:
        """The uses of rules in the body of a rule."""
        return self.uses[id(self.rules[name][1])]
