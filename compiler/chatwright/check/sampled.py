"""Checks the model's text: the places of `sampled`, `prefill` and `close`, and filters that lose data."""

from __future__ import annotations

from chatwright.check.findings import Calls, Findings
from chatwright.diagnostics.diagnostic import Label
from chatwright.syntax import ast as s
from chatwright.syntax import vocabulary as w
from chatwright.syntax.resolve import FormatTree, Placed
from chatwright.syntax.walk import children

_ROLE = "assistant"
# The place of a block: in `sampled` of the fresh view, in `sampled` where only history prints it, or outside.
INSIDE, PAST, OUTSIDE = "inside", "past", "outside"


def check_sampled(tree: FormatTree, calls: Calls, findings: Findings) -> None:
    """`sampled` is only in turns of the model, `prefill` and `close` are only inside it, and no filter loses data."""
    check = _Sampled(calls, findings)
    for placed in tree.decls:
        bare = placed.decl.bare
        if isinstance(bare, s.Turn | s.Head | s.Part):
            models = isinstance(bare, s.Turn) and _ROLE in bare.roles
            check.node(bare.body, placed, OUTSIDE, models, None)
    check.rules()


class _Sampled:
    def __init__(self, calls: Calls, findings: Findings) -> None:
        self.calls = calls
        self.findings = findings
        # (rule, place, in a turn of the model) -> the first use of the rule at such a place
        self.printed: dict[tuple[str, str, bool], tuple[Placed, s.Node]] = {}
        self.queue: list[tuple[str, str, bool]] = []

    def rules(self) -> None:
        while self.queue:
            state = self.queue.pop()
            rule, placed = self.calls.rules[state[0]]
            if rule.reads is not None and state[1] == INSIDE:
                # The reader that the rule names reads its text back.
                state = (state[0], PAST, state[2])
            self.node(rule.body, placed, state[1], state[2], state)

    def node(self, node: s.Node, placed: Placed, where: str, models: bool, via: tuple[str, str, bool] | None) -> None:
        """One node and all nodes below it. `via`: the key in `printed` of the rule that holds it."""
        match node:
            case s.Sampled():
                self.sampled(node, placed, where, models, via)
                where = INSIDE
            case s.Prefill() | s.Close() | s.CloseByNext():
                if where == OUTSIDE:
                    message = f"`{node.KEYWORD}` describes the model's text, so it must be inside `sampled`"
                    labels = self.labels(placed, via, "printed from here")
                    help = f"write it in the block of the model's text: sampled {{ … {node.KEYWORD} … }}"
                    self.findings.report("outside-sampled", message, placed.source, node.head, help, labels)
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
                # Conditions print nothing, so they lose nothing.
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
            message = "`sampled` cannot be inside another `sampled`"
            help = "leave out the inner `sampled`, and keep its terms"
        elif not models:
            message = f"the model writes only turns of the role {_ROLE}"
            help = f"its messages have this role in every format: turn {_ROLE} {{ … }}; the text can name another"
        else:
            return
        labels = self.labels(placed, via, "printed from here")
        self.findings.report("sampled-outside-assistant", message, placed.source, node.head, help, labels)

    def lossy(self, filter: s.Filter, placed: Placed, via: tuple[str, str, bool] | None) -> None:
        labels = self.labels(placed, via, "printed by the model here")
        message = f"{filter.name} loses a part of the model's text, which nothing can read back"
        help = "print it in a rule that names its reader: rule shown(value) reads json_or_text { … }"
        self.findings.report("lossy-in-sampled", message, placed.source, filter.word.span, help, labels)

    def labels(self, placed: Placed, via: tuple[str, str, bool] | None, text: str) -> tuple[Label, ...]:
        """A label at the use of the rule, where that is in the same source."""
        if via is None or self.printed[via][0].source is not placed.source:
            return ()
        return (Label(self.printed[via][1].span, text),)


def _condition(node: s.Each | s.Prefill) -> s.Expr | None:
    return node.where if isinstance(node, s.Each) else node.when
