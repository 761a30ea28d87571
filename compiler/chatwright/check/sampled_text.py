"""Checks the text of `sampled`: it holds no text of another message, and no closer before its end."""

from __future__ import annotations

import msgspec

from chatwright.check.branches import example_close
from chatwright.check.findings import Calls, Findings
from chatwright.diagnostics.diagnostic import Label
from chatwright.diagnostics.source import Source, Span
from chatwright.syntax import ast as s
from chatwright.syntax import vocabulary as w
from chatwright.syntax.resolve import FormatTree
from chatwright.syntax.walk import children, walk

_NEIGHBOURS = ("prev", "next")
# Nodes times closers that are compared: far more than a real format has. Beyond it, nothing more is reported.
BUDGET = 2_000_000
_LISTS = ("messages", "turns", "results")


class _Place(msgspec.Struct, frozen=True):
    """A place in a sampled block: the names of other messages, and the tokens at which this block stops.

    `use` is the first use of a rule on the way here, with its source; None outside of rules.
    """

    source: Source
    foreign: frozenset[str]
    stops: frozenset[str]
    use: tuple[Source, Span] | None = None


def check_sampled_text(tree: FormatTree, calls: Calls, findings: Findings) -> None:
    """Every block `sampled` of a format, with the rules that it prints. A format has at least one."""
    check = _SampledText(tree, calls, findings)
    nodes = [(node, placed.source) for placed in tree.decls for node in walk(placed.decl.bare)]
    for node, source in nodes:
        if isinstance(node, s.Sampled):
            check.block(node, source)
    # A closer or a prefill without `sampled` is reported as such.
    if not any(isinstance(node, s.Sampled | s.Close | s.CloseByNext | s.Prefill) for node, _ in nodes):
        _missing(tree, findings)


def _missing(tree: FormatTree, findings: Findings) -> None:
    """Report a format that says nowhere what the model writes."""
    turns = [(turn, placed) for turn, placed in tree.all(s.Turn) if "assistant" in turn.roles]
    at, source = (turns[0][0].head, turns[0][1].source) if turns else (tree.format.decl.subject, tree.format.source)
    message = "this format has no `sampled`, so it has no generation prompt, no stop token and no parser"
    if turns:
        message = "no turn has a `sampled`, so the format has no generation prompt, no stop token and no parser"
    help = (
        f'write in the turn of the assistant what the model writes: sampled {{ "{{content}}" {example_close(tree)} }}'
    )
    findings.report("missing-sampled", message, source, at, help)


class _SampledText:
    """`others` has the names of other messages that are defined everywhere; `seen` the rules that were gone through."""

    def __init__(self, tree: FormatTree, calls: Calls, findings: Findings) -> None:
        self.tree = tree
        self.calls = calls
        self.findings = findings
        head = tree.one(s.Head)
        taken = head.takes[:1] if head is not None else ()
        self.lists = frozenset((*_LISTS, *(taken if head is not None and head.which == "all" else ())))
        self.others = frozenset((*_NEIGHBOURS, *taken))
        self.seen: set[tuple[str, frozenset[str], frozenset[str]]] = set()
        self.queue: list[tuple[s.Block, _Place]] = []
        self.left = BUDGET

    def block(self, node: s.Sampled, source: Source) -> None:
        self.queue.append((node.body, _Place(source, self.others, self.stops(node))))
        while self.queue and self.left > 0:
            self.terms(*self.queue.pop())

    # ---- closers -----------------------------------------------------------------------------------------------

    def stops(self, block: s.Sampled) -> frozenset[str]:
        """The texts of the closers of a block, also of those in its rules."""
        found: set[str] = set()
        rules: set[str] = set()
        queue: list[s.Node] = [block]
        while queue:
            for node in walk(queue.pop()):
                self.left -= 1
                if self.left < 0:
                    return frozenset()
                if isinstance(node, s.Close):
                    found.add(self.token(node.token))
                elif isinstance(node, s.Apply) and node.name in self.calls.rules and node.name not in rules:
                    rules.add(node.name)
                    queue.append(self.calls.rules[node.name][0].body)
        return frozenset(found - {""})

    def token(self, token: s.Text | s.Name) -> str:
        if isinstance(token, s.Text):
            return token.value
        return (getattr(self.tree, token.id) or "") if token.id in w.SETTLED_TOKENS else ""

    def stopping(self, literal: s.Literal, place: _Place) -> None:
        for index, part in enumerate(literal.parts):
            for stop in sorted(place.stops):
                at = part.find(stop) if isinstance(part, str) else -1
                if at >= 0:
                    self.stops_early(stop, literal.span_in(index, at, at + len(stop)), place)

    def stops_early(self, stop: str, at: Span, place: _Place) -> None:
        message = f"the model stops at {stop}, so the rest of its text is never sampled"
        help = f"leave it out: `close` prints {stop} at the end"
        self.findings.report("closer-in-sampled", message, place.source, at, help, self.labels(place))

    # ---- other messages ----------------------------------------------------------------------------------------

    def is_foreign(self, expr: s.Expr, place: _Place) -> bool:
        """Whether the data of an expression is of another message."""
        while isinstance(expr, s.Get | s.Pipe):
            expr = expr.object if isinstance(expr, s.Get) else expr.value
        match expr:
            case s.Name():
                return expr.id in place.foreign or expr.id in self.lists
            case s.Call(name="prev"):
                return True
            case s.Call():
                return expr.name not in w.FUNCTIONS and any(self.is_foreign(arg, place) for arg in expr.args)
        return False

    def prints(self, expr: s.Expr, place: _Place) -> None:
        if self.is_foreign(expr, place):
            message = "this is the text of another message, which the model did not write"
            help = "print it before `sampled`, where it is not trained"
            self.findings.report("foreign-in-sampled", message, place.source, expr.span, help, self.labels(place))

    def labels(self, place: _Place) -> tuple[Label, ...]:
        if place.use is None or place.use[0] is not place.source:
            return ()
        return (Label(place.use[1], "printed by the model here"),)

    # ---- terms -------------------------------------------------------------------------------------------------

    def terms(self, node: s.Node, place: _Place) -> None:
        """One node and all below it that print in the fresh view."""
        self.left -= 1 + len(place.stops)
        if self.left < 0:
            return
        match node:
            case s.Literal():
                self.stopping(node, place)
                for slot in node.parts:
                    for choice in slot.choices if isinstance(slot, s.Slot) else ():
                        self.prints(choice, place)
            case s.Record():
                for entry in node.entries:
                    self.prints(entry.value, place)
            case s.Apply():
                self.apply(node, place)
            case s.When():
                for block in (*(body for _, body in node.branches), *([node.otherwise] if node.otherwise else [])):
                    self.terms(block, place)
            case s.Each():
                names = frozenset(node.names)
                foreign = place.foreign | names if self.is_foreign(node.items, place) else place.foreign - names
                if node.separator is not None:
                    self.stopping(node.separator, place)
                self.terms(node.body, _Place(place.source, foreign, place.stops, place.use))
            case s.Prefill() | s.Fresh():
                self.terms(node.body, place)
            case s.Close() | s.CloseByNext() | s.Reject():
                pass
            case _:
                for child in children(node):
                    self.terms(child, place)

    def apply(self, term: s.Apply, place: _Place) -> None:
        if term.name in w.SETTLED_TOKENS:
            token = getattr(self.tree, term.name)
            if token in place.stops:
                self.stops_early(token, term.word.span, place)
        if term.name not in self.calls.rules:
            return
        rule, placed = self.calls.rules[term.name]
        pairs = zip(rule.params, term.args, strict=False)
        given = frozenset(name for name, arg in pairs if self.is_foreign(arg, place))
        foreign = (self.others - frozenset(rule.params)) | given
        state = (term.name, foreign, place.stops)
        if state not in self.seen:
            self.seen.add(state)
            use = place.use or (place.source, term.word.span)
            self.queue.append((rule.body, _Place(placed.source, foreign, place.stops, use)))
