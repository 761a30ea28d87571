"""Runs all checks on a format that could be parsed and put together."""

from __future__ import annotations

from chatwright.check.branches import check_branches
from chatwright.check.conditions import Solver
from chatwright.check.decls import check_decls
from chatwright.check.findings import Calls, Findings
from chatwright.check.names import check_names
from chatwright.check.roles import check_roles
from chatwright.check.rules import check_rules
from chatwright.check.sampled import check_sampled
from chatwright.check.sampled_text import check_sampled_text
from chatwright.check.settings import check_settings
from chatwright.check.slots import check_slots
from chatwright.check.tokens import check_tokens
from chatwright.diagnostics.diagnostic import Diagnostic, has_errors
from chatwright.syntax.resolve import FormatTree


def check(tree: FormatTree) -> list[Diagnostic]:
    """The findings of a format, in the order of its sources and of the places in each."""
    findings = Findings()
    calls = Calls(tree)
    solver = Solver()
    check_settings(tree, findings)
    check_decls(tree, findings)
    check_roles(tree, findings)
    check_names(tree, calls, findings)
    check_tokens(tree, findings)
    check_sampled(tree, calls, findings)
    check_sampled_text(tree, calls, findings)
    check_branches(tree, calls, solver, findings)
    check_rules(tree, calls, findings)
    if not has_errors(findings.out):
        # This check follows rules and conditions, so these must be valid.
        check_slots(tree, calls, solver, findings)
    order = {id(source): i for i, source in enumerate(tree.sources)}
    return sorted(findings.out, key=lambda d: (order.get(id(d.source), 0), d.span.start, d.span.end))
