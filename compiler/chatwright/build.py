"""A format made ready to render: the module that is generated from a compiled format."""

from __future__ import annotations

from types import CodeType
from typing import TYPE_CHECKING, NamedTuple

from chatwright.runtime.view import View

if TYPE_CHECKING:
    from chatwright.compile import Compiled


class About(NamedTuple):
    """The description of a format.

    `hash`: of the spec and its bases. `reproduces`: names and hashes of the templates that give the same text.
    `tokens`: its control tokens; `stops`: those that end the model's turn. `deviations`: names and reasons.
    """

    name: str
    hash: str
    models: tuple[str, ...]
    reproduces: tuple[str, ...]
    tokens: tuple[str, ...]
    stops: tuple[str, ...]
    deviations: tuple[tuple[str, str], ...]


class Built(NamedTuple):
    """All that a spec needs to render: its description, the generated module and the code of that module."""

    about: About
    file: str
    python: str
    code: CodeType


def about(compiled: Compiled) -> About:
    """The description of a compiled format."""
    program = compiled.program
    stops = compiled.facts.stops
    own = (program.name, program.hash, program.models, program.reproduces)
    return About(*own, program.tokens, stops, program.deviations)


def build(compiled: Compiled, view: View = "history") -> Built:
    """Generate the module of a format for a view. Raises ChatwrightError for a view that it does not have."""
    from chatwright.emit.python.module import emit_python
    from chatwright.training.views import viewed

    program, facts = viewed(compiled.program, compiled.facts, view)
    python = emit_python(program, facts)
    what = "" if view == "history" else f" ({view})"
    file = f"<{program.name}.py{what} made from {program.sources[0]}>"
    return Built(about(compiled), file, python, compile(python, file, "exec"))
