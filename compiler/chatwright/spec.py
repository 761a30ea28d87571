"""A compiled format, as users hold it."""

from __future__ import annotations

import functools
import linecache
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chatwright.built import Built, about, build, keep, kept
from chatwright.library import find, shipped_name
from chatwright.runtime.errors import ChatwrightError

# The compiler is imported when something is compiled: a format that was kept needs none of it.
if TYPE_CHECKING:
    from chatwright.compile import Compiled
    from chatwright.diagnostics import Diagnostic
    from chatwright.runtime.options import Option
    from chatwright.runtime.rendered import Rendered, Segment
    from chatwright.runtime.renderer import Renderer
    from chatwright.tokens.adapt import Backend
    from chatwright.tokens.bound import BoundRenderer
    from chatwright.tokens.encoding import Specials, Tokenization


class SpecError(ChatwrightError):
    """A .chatspec with errors. `diagnostics` says which."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        from chatwright.diagnostics import render_all

        self.diagnostics = diagnostics
        super().__init__("\n" + render_all(diagnostics))


class Spec:
    """One format: its facts, what is derived from it, and rendering with it."""

    def __init__(self, compiled: Compiled | Built) -> None:
        """A spec from its compiled format, or from what was made of a shipped one earlier."""
        if isinstance(compiled, Built):
            self.built = compiled
            said = compiled.about
        else:
            self.compiled = compiled
            said = about(compiled)
        self.name = said.name
        self.hash = said.hash
        self.models = said.models
        self.tokens = said.tokens
        self.stops = said.stops
        self.deviations: Mapping[str, str] = dict(said.deviations)

    def __repr__(self) -> str:
        return f"<Spec {self.name}@{self.hash}>"

    @functools.cached_property
    def compiled(self) -> Compiled:
        """What the compiler knows of the format; compiled now, where the spec was made from what was kept."""
        return compiled_at(self.name)

    @functools.cached_property
    def built(self) -> Built:
        """The generated module."""
        return build(self.compiled)

    @functools.cached_property
    def renderer(self) -> Renderer:
        """The renderer of the generated module."""
        source, file = self.built.python, self.built.file
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        namespace: dict[str, Any] = {"__name__": f"chatwright.generated.{self.name}"}
        exec(self.built.code, namespace)
        renderer: Renderer = namespace["renderer"]
        return renderer

    @property
    def options(self) -> Mapping[str, Option]:
        """The keyword arguments of this format by name."""
        return self.renderer.options

    def jinja(self) -> str:
        """The Jinja template: what the model's own template gives, on the same keywords."""
        from chatwright.emit.jinja import emit_jinja

        return emit_jinja(self.compiled.program, self.compiled.facts)

    def python(self) -> str:
        """The source of the Python module that renders this format."""
        return self.built.python

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

    def bind(
        self,
        tokenizer: Any,
        *,
        backend: Backend = "auto",
        tokenization: Tokenization = "whole",
        content_specials: Specials = "text",
        **options: Any,
    ) -> BoundRenderer:
        """Bind the format to a tokenizer: rendering then gives token ids with attribution.

        `tokenizer`: a fast or slow one of transformers, a `tokenizers.Tokenizer`, a tiktoken-like or a fastokens one.
        `backend`: "auto" encodes through fastokens where it is installed and gives the same ids. `tokenization`:
        "whole" gives what Hugging Face does, "as_sampled" encodes what the model writes apart from what is around it.
        `content_specials`: a control token in the caller's text becomes ordinary "text", or an "error"; "parse" makes
        a control token of it, as Hugging Face does. `options` are those of the format.

        Raises TokenizerError where the tokenizer lacks a token of the format, OptionError for a wrong option.
        """
        from chatwright.runtime.options import settle
        from chatwright.tokens.adapt import encoder_for
        from chatwright.tokens.bound import bind

        for name in ("bos_token", "eos_token"):
            token = getattr(tokenizer, name, None)
            if name in self.options and isinstance(token, str):
                options.setdefault(name, token)
        settle(self.options, options)
        encoder = encoder_for(tokenizer, backend)
        return bind(self.renderer, self.tokens, encoder, tokenization, content_specials, options)


def load(name: str | os.PathLike[str]) -> Spec:
    """Load a shipped format by name, or a .chatspec by path.

    Raises UnknownFormat where there is none, SpecError where it has errors.
    """
    shipped = shipped_name(name)
    found = kept(shipped) if shipped else None
    if found is not None:
        return Spec(found)
    spec = Spec(compiled_at(name))
    if shipped:
        keep(shipped, spec.built)
    return spec


def compiled_at(name: str | os.PathLike[str]) -> Compiled:
    """Compile a shipped format by name, or a .chatspec by path."""
    from chatwright.compile import compile_source

    source, loader = find(name)
    compiled, diagnostics = compile_source(source, loader)
    if compiled is None:
        raise SpecError([d for d in diagnostics if d.severity == "error"])
    return compiled
