"""A compiled format, as users hold it."""

from __future__ import annotations

import copy
import functools
import linecache
import os
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from chatwright.build import Built, View, about, build
from chatwright.kept import keep, keep_data, kept, kept_data
from chatwright.library import find, shipped_name
from chatwright.runtime.errors import ChatwrightError
from chatwright.runtime.options import settle

# The compiler is imported when something is compiled: a format that was kept needs none of it.
if TYPE_CHECKING:
    from chatwright.analysis.bridging import Asked
    from chatwright.compile import Compiled
    from chatwright.completion.parser import Parser
    from chatwright.diagnostics.diagnostic import Diagnostic
    from chatwright.emit.response.template import ResponseTemplate
    from chatwright.runtime.options import Option
    from chatwright.runtime.rendered import Rendered, Segment
    from chatwright.runtime.renderer import Renderer
    from chatwright.stability.verdict import Judged, Stability
    from chatwright.tokens.bound import BoundRenderer
    from chatwright.tokens.encoders.adapt import Backend
    from chatwright.tokens.encoding import Specials, Tokenization
    from chatwright.training.notes import Note


class Revision(NamedTuple):
    """A template whose text a format reproduces. `sha256` is that of the template in UTF-8, in hexadecimal."""

    name: str
    sha256: str


class SpecError(ChatwrightError):
    """A .chatspec with errors. `diagnostics` says which."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        from chatwright.diagnostics.diagnostic import render_all

        self.diagnostics = diagnostics
        super().__init__("\n" + render_all(diagnostics))


class Spec:
    """One format: its facts, what is derived from it, and rendering with it."""

    def __init__(self, compiled: Compiled | Built, shipped: bool = False) -> None:
        """A spec from its compiled format, or from what was made of a shipped one earlier."""
        self._shipped = shipped
        if isinstance(compiled, Built):
            self.built = compiled
            said = compiled.about
        else:
            self.compiled = compiled
            said = about(compiled)
        self.name = said.name
        self.hash = said.hash
        self.models = said.models
        self.reproduces = tuple(Revision(*revision.split()) for revision in said.reproduces)
        self.tokens = said.tokens
        self.stops = said.stops
        self.deviations: Mapping[str, str] = dict(said.deviations)
        self._bridging: dict[str, tuple[Asked, ...]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return (load, (self.name,)) if self._shipped else (Spec, (self.compiled,))

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
        return _loaded(self.built)

    @functools.cached_property
    def sampled_last(self) -> Renderer:
        """Renders a conversation whose last message the model has just written.

        The text begins with the prompt that the messages before give (`render(messages[:-1],
        add_generation_prompt=True)`), and goes on with the turn as the model wrote it, its stop included. A
        conversation that does not end in a message of the model is rendered as by `renderer`, and so is every one
        with `add_generation_prompt=True`.

        Where the options give a prompt that the message does not go on from (it has reasoning, but the prompt holds a
        closed, empty think block), the turn is printed as it is under other options; `sampled` tells what the model
        would have written there.
        """
        return self._renderer_of("sampled_last")

    @functools.cached_property
    def training(self) -> Renderer:
        """Renders conversations for training: each turn of the model as it was when the model wrote it.

        What others wrote is printed as the model saw it when it wrote next. A longer conversation begins with the text
        of a shorter one that ends in a message of the model. `segments` and `render(...).spans` say what was sampled.
        """
        return self._renderer_of("training")

    def _renderer_of(self, view: View) -> Renderer:
        """The renderer of a view, made now unless an earlier process kept it."""
        shipped = self.name if self._shipped else None
        found = kept(shipped, view) if shipped else None
        if found is None:
            found = build(self.compiled, view)
            if shipped:
                keep(self.compiled, found, view)
        return _loaded(found)

    @property
    def options(self) -> Mapping[str, Option]:
        """The keyword arguments of this format by name."""
        return self.renderer.options

    @property
    def trains(self) -> bool:
        """Whether there is a turn that the model writes."""
        return bool(self.compiled.facts.sampler)

    @functools.cached_property
    def samplers(self) -> tuple[str, ...]:
        """The roles of the turn that the model writes."""
        from chatwright.analysis.views import sampling_turn

        turn = sampling_turn(self.compiled.program)
        return turn.roles if turn is not None else ()

    @functools.cached_property
    def roles(self) -> tuple[str, ...]:
        """All roles that turns name."""
        return tuple(role for turn in self.compiled.program.turns for role in turn.roles)

    @property
    def counts_parts(self) -> bool:
        """Whether the format numbers the parts of contents, such as pictures."""
        return self.compiled.facts.counts_parts

    def bridging(self, **options: Any) -> tuple[Asked, ...]:
        """What the text behind a turn of the model asks of the messages before it, by the role that asks."""
        from chatwright.analysis.bridging import asked
        from chatwright.training.views import viewed

        values = settle(self.options, options)
        key = repr(values)
        if key not in self._bridging:
            settled = dict(zip(self.options, values, strict=True))
            self._bridging[key] = asked(*viewed(self.compiled, "training"), settled)
        return self._bridging[key]

    def stability(self, **options: Any) -> Stability:
        """What stays of a text when messages are appended: two verdicts, by the role of these messages, each a proof
        or a conversation that shows the change. Options that are not given have their defaults."""
        from chatwright.stability.verdict import stability

        return stability(self._judged, **options)

    @property
    def _judged(self) -> Judged:
        from chatwright.stability.verdict import Judged

        fresh = self.sampled_last if self.trains else None
        return Judged(self.compiled.tree, self.compiled.program, self.options, self.renderer, fresh)

    def stability_table(self) -> tuple[Stability, ...]:
        """The verdicts for every value of the options that turns ask for."""
        from chatwright.stability.verdict import stability_table

        return stability_table(self._judged)

    def is_prefix_stable(self, **options: Any) -> bool:
        """Whether it is proved that users' messages, results and answers leave the text of a conversation that ends
        in an answer as it is. Raises OptionError."""
        values = dict(zip(self.options, settle(self.options, options), strict=True))
        return any(stable for chosen, stable in self._prefix_stable if chosen.items() <= values.items())

    @functools.cached_property
    def _prefix_stable(self) -> list[tuple[dict[str, Any], bool]]:
        """Found now, unless an earlier process did: with each value of the options that turns ask for."""
        found = kept_data(self.name, "prefix_stable") if self._shipped else None
        if found is None:
            from chatwright.stability.verdict import prefix_stable_table

            found = list(prefix_stable_table(self.compiled.program, self.options))
            if self._shipped:
                keep_data(self.compiled, "prefix_stable", found)
        return list(found)

    def jinja(self, training: bool = False) -> str:
        """The Jinja template: what the model's own template gives, on the same keywords.

        With `training` that of the training view, with `{%- generation %}` around what the model sampled, for
        `apply_chat_template(return_assistant_tokens_mask=True)`. Raises ChatwrightError for a format in which the model
        writes nothing.
        """
        from chatwright.emit.jinja.template import emit_jinja
        from chatwright.training.views import viewed

        if training and not self.trains:
            raise ChatwrightError(f"in {self.name} nothing stands in `sampled`, so there is nothing to train on")
        return emit_jinja(*viewed(self.compiled, "training" if training else "history"), training=training)

    def response_template(self) -> dict[str, Any]:
        """How transformers reads what the model wrote: the `response_template` of its `tokenizer.parse_response`.

        One for all options. It says less than the parser of this format: `response_notes` tells what. Of a damaged call
        it makes content or an error. Raises ChatwrightError for a format in which the model writes nothing.
        """
        return copy.deepcopy(dict(self._response.template))

    @property
    def response_notes(self) -> tuple[str, ...]:
        """What the response template of transformers cannot say of this format, in sentences."""
        return self._response.unsaid

    @functools.cached_property
    def _response(self) -> ResponseTemplate:
        from chatwright.emit.response.template import response_template

        if not self.trains:
            raise ChatwrightError(f"in {self.name} nothing stands in `sampled`, so there is nothing to read")
        return response_template(self.compiled.program)

    @property
    def training_notes(self) -> tuple[Note, ...]:
        """What one training text cannot show, and which turns no prompt begins: sentences with lines of the spec.

        Where there are notes of the kind `context`, one sample for each turn, made by `sampled_last`, is exact.
        """
        from chatwright.training.notes import notes

        return notes(self.compiled.program)

    def python(self) -> str:
        """The source of the Python module that renders this format."""
        return self.built.python

    def parser(self, *, control: Collection[str] = (), stops: Collection[str] = (), **options: Any) -> Parser:
        """The parser of what the model writes under these options; see Parser for `control` and `stops`."""
        from chatwright.completion.parser import Parser
        from chatwright.runtime.options import settle

        settled = dict(zip(self.options, settle(self.options, options), strict=True))
        return Parser(self.compiled.program, settled, control, stops)

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
        from chatwright.tokens.bound import bind
        from chatwright.tokens.encoders.adapt import encoder_for

        for name in ("bos_token", "eos_token"):
            token = getattr(tokenizer, name, None)
            if name in self.options and isinstance(token, str):
                options.setdefault(name, token)
        settle(self.options, options)
        encoder = encoder_for(tokenizer, backend)
        eos = getattr(tokenizer, "eos_token", None)
        stops = (eos,) if isinstance(eos, str) else ()
        return bind(self, encoder, tokenization, content_specials, options, stops)


def _loaded(built: Built) -> Renderer:
    """The renderer that a generated module exports."""
    source, file = built.python, built.file
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": f"chatwright.generated.{built.about.name}"}
    exec(built.code, namespace)
    renderer: Renderer = namespace["renderer"]
    return renderer


def load(name: str | os.PathLike[str]) -> Spec:
    """Load a shipped format by name, or a .chatspec by path.

    Raises UnknownFormat where there is none, SpecError where it has errors.
    """
    shipped = shipped_name(name)
    found = kept(shipped) if shipped else None
    if found is not None:
        return Spec(found, shipped=True)
    spec = Spec(compiled_at(name), shipped=shipped is not None)
    if shipped:
        keep(spec.compiled, spec.built)
    return spec


def compiled_at(name: str | os.PathLike[str]) -> Compiled:
    """Compile a shipped format by name, or a .chatspec by path."""
    from chatwright.compile import compile_source

    source, loader = find(name)
    compiled, diagnostics = compile_source(source, loader)
    if compiled is None:
        raise SpecError([d for d in diagnostics if d.severity == "error"])
    return compiled
