"""Checks of what the model writes: where `sampled` may stand, what may stand only inside it, and what is lost there."""

from __future__ import annotations

from chatwright.check.findings import Calls, Findings, children, first_line, keyword_span, word_span
from chatwright.diagnostics.diagnostic import Label
from chatwright.syntax import ast as s
from chatwright.syntax import vocabulary as w
from chatwright.syntax.resolve import FormatTree, Placed

_ROLE = "assistant"
# Where a block stands: in `sampled` of the fresh view, in `sampled` where only history prints it, or outside.
INSIDE, PAST, OUTSIDE = "inside", "past", "outside"


def check_sampled(tree: FormatTree, calls: Calls, findings: Findings) -> None:
    """`sampled` in the turns of the model only, `prefill` and `close` inside it only, and no loss of data there."""
    check = _Sampled(calls, findings)
    for placed in tree.decls:
        bare = placed.decl.bare
        if isinstance(bare, s.Turn | s.Head | s.Part):
            models = isinstance(bare, s.Turn) and _ROLE in bare.roles
            check.top(bare, placed, models)
    check.rules()


class _Sampled:
    def __init__(self, calls: Calls, findings: Findings) -> None:
        self.calls = calls
        self.findings = findings
        # (rule, where it is printed, in a turn of the model) -> the place where it is printed so
        self.printed: dict[tuple[str, str, bool], tuple[Placed, s.Node]] = {}
        self.queue: list[tuple[str, str, bool]] = []

    def top(self, bare: s.Turn | s.Head | s.Part, placed: Placed, models: bool) -> None:
        self.node(bare.body, placed, OUTSIDE, models, None)

    def rules(self) -> None:
        while self.queue:
            state = self.queue.pop()
            rule, placed = self.calls.rules[state[0]]
            if rule.reads is not None and state[1] == INSIDE:
                # What it prints is read back by a reader that the rule names.
                state = (state[0], PAST, state[2])
            self.node(rule.body, placed, state[1], state[2], state)

    def node(self, node: s.Node, placed: Placed, where: str, models: bool, via: tuple[str, str, bool] | None) -> None:
        """One node and all below it. `via`: how its rule came to be printed."""
        match node:
            case s.Sampled():
                self.sampled(node, placed, where, models, via)
                where = INSIDE
            case s.Prefill() | s.Close() | s.CloseByNext():
                if where == OUTSIDE:
                    word = "prefill" if isinstance(node, s.Prefill) else "close"
                    message = f"`{word}` says something of what the model writes, and stands inside `sampled` only"
                    self.report("outside-sampled", message, placed, node, via)
            case s.Fresh():
                self.node(node.body, placed, where, models, via)
                if node.past is not None:
                    self.node(node.past, placed, PAST if where == INSIDE else where, models, via)
                return
            case s.Apply():
                if node.name in self.calls.rules:
                    state = (node.name, where, models)
                    if state not in self.printed:
                        self.printed[state] = (placed, node)
                        self.queue.append(state)
            case s.Filter():
                if where == INSIDE and node.name in w.FILTERS and w.FILTERS[node.name].kind == "lossy":
                    self.lossy(node, placed, via)
            case s.When():
                # Conditions print nothing: what they lose is not lost.
                blocks = [body for _, body in node.branches] + ([node.otherwise] if node.otherwise else [])
                for block in blocks:
                    self.node(block, placed, where, models, via)
                return
        for child in children(node):
            if isinstance(node, s.Each | s.Prefill) and child is _condition(node):
                continue
            self.node(child, placed, where, models, via)

    def sampled(
        self, node: s.Sampled, placed: Placed, where: str, models: bool, via: tuple[str, str, bool] | None
    ) -> None:
        if where != OUTSIDE:
            message = "`sampled` stands inside another `sampled`"
        elif not models:
            message = f"only a turn of the role {_ROLE} is written by the model"
        else:
            return
        self.report("sampled-outside-assistant", message, placed, node, via)

    def report(self, code: str, message: str, placed: Placed, node: s.Node, via: tuple[str, str, bool] | None) -> None:
        labels: tuple[Label, ...] = ()
        if via is not None and self.printed[via][0].source is placed.source:
            site = self.printed[via][1]
            labels = (Label(first_line(placed.source, site.span), "printed from here"),)
        at = keyword_span(placed.source, node)
        self.findings.report(code, message, placed.source, at, None, labels)

    def lossy(self, filter: s.Filter, placed: Placed, via: tuple[str, str, bool] | None) -> None:
        labels: tuple[Label, ...] = ()
        if via is not None and self.printed[via][0].source is placed.source:
            site = self.printed[via][1]
            labels = (Label(first_line(placed.source, site.span), "printed by the model here"),)
        at = word_span(placed.source, filter.span, filter.name)
        message = f"{filter.name} loses what the model wrote: nothing reads it back"
        help = "print it in a rule that names its reader: rule shown(value) reads json_or_text { … }"
        self.findings.report("lossy-in-sampled", message, placed.source, at, help, labels)


def _condition(node: s.Each | s.Prefill) -> s.Expr | None:
    return node.where if isinstance(node, s.Each) else node.when
