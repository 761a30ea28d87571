"""Everything that can be wrong with a format that could be read: all findings of all checks in one run."""

from __future__ import annotations

from chatwright.check.branches import check_branches
from chatwright.check.conditions import Solver
from chatwright.check.decls import check_decls
from chatwright.check.findings import Calls, Findings
from chatwright.check.names import check_names
from chatwright.check.rules import check_rules
from chatwright.check.sampled import check_sampled
from chatwright.check.slots import check_slots
from chatwright.check.tokens import check_tokens
from chatwright.diagnostics.diagnostic import Diagnostic, has_errors
from chatwright.syntax.resolve import FormatTree


def check(tree: FormatTree) -> list[Diagnostic]:
    """The findings of a format, in the order of its sources and of their places there."""
    findings = Findings()
    calls = Calls(tree)
    solver = Solver()
    check_decls(tree, findings)
    check_names(tree, calls, findings)
    check_tokens(tree, findings)
    check_sampled(tree, calls, findings)
    check_branches(tree, calls, solver, findings)
    check_rules(tree, calls, findings)
    if not has_errors(findings.out):
        # Adjacent slots are looked for by following rules and conditions that are in order.
        check_slots(tree, calls, solver, findings)
    order = {id(source): i for i, source in enumerate(tree.sources)}
    return sorted(findings.out, key=lambda d: (order.get(id(d.source), 0), d.span.start, d.span.end))
