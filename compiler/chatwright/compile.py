"""The passes in a row: source to program and facts. Nothing here reads files or prints."""

from __future__ import annotations

import msgspec

from chatwright.analysis.facts import Facts, facts
from chatwright.check.check import check
from chatwright.diagnostics.diagnostic import Diagnostic, has_errors
from chatwright.diagnostics.source import Source
from chatwright.ir import program as ir
from chatwright.ir.invariants import broken
from chatwright.lower.lower import lower
from chatwright.runtime.errors import ChatwrightError
from chatwright.syntax.resolve import FormatTree, Loader, resolve


class InternalError(ChatwrightError):
    """A mistake of the compiler, never of a spec."""


class Compiled(msgspec.Struct, frozen=True):
    """A format that went through all passes.

    `read`: every source that was read for it, its own first, including sources that left nothing in the format.
    """

    tree: FormatTree
    program: ir.Program
    facts: Facts
    read: tuple[Source, ...]


def compile_source(source: Source, load: Loader) -> tuple[Compiled | None, list[Diagnostic]]:
    """Compile one source. `load` gives the source of another format by name. None where there are errors."""
    read = {source.name: source}

    def reading(name: str) -> Source | None:
        found = load(name)
        if found is not None:
            read[found.name] = found
        return found

    tree, out = resolve(source, reading)
    if tree is None or has_errors(out):
        return None, out
    out += check(tree)
    if has_errors(out):
        return None, out
    program, problems = lower(tree)
    out += problems
    if has_errors(out):
        return None, out
    complaints = broken(program)
    if complaints:
        raise InternalError(f"lowering {program.name} broke its own rules: {'; '.join(complaints)}")
    return Compiled(tree, program, facts(program), tuple(read.values())), out
