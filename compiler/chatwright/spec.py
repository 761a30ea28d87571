"""A compiled format, as users hold it."""

from __future__ import annotations

import functools
import linecache
import os
from collections.abc import Mapping, Sequence
from typing import Any

from chatwright.compile import Compiled, compile_source
from chatwright.diagnostics import Diagnostic, render_all
from chatwright.emit.jinja import emit_jinja
from chatwright.emit.python import emit_python
from chatwright.library import find
from chatwright.runtime.errors import ChatwrightError
from chatwright.runtime.options import Option
from chatwright.runtime.rendered import Rendered, Segment
from chatwright.runtime.renderer import Renderer


class SpecError(ChatwrightError):
    """A .chatspec with errors. `diagnostics` says which."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n" + render_all(diagnostics))


class Spec:
    """One format: its facts, what is derived from it, and rendering with it."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.name = compiled.program.name
        self.models = compiled.program.models
        self.tokens = compiled.program.tokens
        self.stops = compiled.facts.stops
        self.deviations: Mapping[str, str] = dict(compiled.program.deviations)

    def __repr__(self) -> str:
        return f"<Spec {self.name}@{self.compiled.program.hash}>"

    @functools.cached_property
    def renderer(self) -> Renderer:
        """The renderer of the generated module."""
        source = self.python()
        file = f"<{self.name}.py made from {self.compiled.program.sources[0]}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        namespace: dict[str, Any] = {"__name__": f"chatwright.generated.{self.name}"}
        exec(compile(source, file, "exec"), namespace)
        renderer = namespace["renderer"]
        assert isinstance(renderer, Renderer)
        return renderer

    @property
    def options(self) -> Mapping[str, Option]:
        """The keyword arguments of this format by name."""
        return self.renderer.options

    def jinja(self) -> str:
        """The Jinja template: what the model's own template gives, on the same keywords."""
        return emit_jinja(self.compiled.program, self.compiled.facts)

    def python(self) -> str:
        """The source of the Python module that renders this format."""
        return emit_python(self.compiled.program, self.compiled.facts)

    def render(
        self,
        messages: Sequence[dict[str, Any]],
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        **options: Any,
    ) -> Rendered:
        """Render a conversation to pieces with attributes; see Renderer.render."""
        return self.renderer.render(messages, tools, add_generation_prompt, **options)

    def text(
        self,
        messages: Sequence[dict[str, Any]],
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        **options: Any,
    ) -> str:
        """The rendered text; see Renderer.render."""
        return self.renderer.text(messages, tools, add_generation_prompt, **options)

    def segments(
        self,
        messages: Sequence[dict[str, Any]],
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        **options: Any,
    ) -> list[Segment]:
        """The rendered text as segments with full attribution; see Renderer.render."""
        return self.renderer.segments(messages, tools, add_generation_prompt, **options)


def load(name: str | os.PathLike[str]) -> Spec:
    """Load a shipped format by name, or a .chatspec by path.

    Raises UnknownFormat where there is none, SpecError where it has errors.
    """
    source, loader = find(name)
    compiled, diagnostics = compile_source(source, loader)
    if compiled is None:
        raise SpecError([d for d in diagnostics if d.severity == "error"])
    return Spec(compiled)
