"""The passes in a row: source to program and facts. Nothing here reads files or prints."""

from __future__ import annotations

import msgspec

from chatwright import ir
from chatwright.check import check
from chatwright.diagnostics import Diagnostic
from chatwright.facts import Facts, facts
from chatwright.invariants import broken
from chatwright.lower import lower
from chatwright.resolve import FormatTree, Loader, resolve
from chatwright.runtime.errors import ChatwrightError
from chatwright.source import Source


class InternalError(ChatwrightError):
    """A mistake of the compiler, never of a spec."""


class Compiled(msgspec.Struct, frozen=True):
    """A format that went through all passes."""

    tree: FormatTree
    program: ir.Program
    facts: Facts


def compile_source(source: Source, load: Loader) -> tuple[Compiled | None, list[Diagnostic]]:
    """Compile one source. `load` gives the source of another format by name. None where there are errors."""
    tree, out = resolve(source, load)
    if tree is None or _broken(out):
        return None, out
    out += check(tree)
    if _broken(out):
        return None, out
    program, problems = lower(tree)
    out += problems
    if _broken(out):
        return None, out
    complaints = broken(program)
    if complaints:
        raise InternalError(f"lowering {program.name} broke its own rules: {'; '.join(complaints)}")
    return Compiled(tree, program, facts(program)), out


def _broken(diagnostics: list[Diagnostic]) -> bool:
    return any(d.severity == "error" for d in diagnostics)
