"""A format as users hold it."""

from __future__ import annotations

import copy
import functools
import os
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chatwright.loaded_format import LoadedFormat, Revision, load_format
from chatwright.runtime.errors import ChatwrightError
from chatwright.runtime.view import View

if TYPE_CHECKING:
    from chatwright.completion.parser import Parser
    from chatwright.emit.response.template import ResponseTemplate
    from chatwright.runtime.options import Option
    from chatwright.runtime.rendered import Rendered, Segment
    from chatwright.stability.verdict import Stability
    from chatwright.tokens.bound import BoundRenderer
    from chatwright.tokens.encoders.adapt import Backend
    from chatwright.tokens.encoding import Specials, Tokenization
    from chatwright.training.notes import Note

Message = dict[str, Any]


class Spec:
    """One chat format: its facts, rendering with it, and its derived artefacts.

    Every method that renders takes the same arguments. `messages`: dicts in the convention of OpenAI and Hugging Face.
    `tools`: their JSON schemas. `add_generation_prompt`: whether the text ends in the generation prompt. `options`:
    those of the format, see `Spec.options`. `view`:

    - "history": the conversation as the model's own template prints it.
    - "fresh": the last message as the model has just written it, behind the prompt that it was given. A conversation
      that does not end in a message of the model, or is rendered with `add_generation_prompt`, is as in "history".
    - "training": every turn of the model as the model wrote it, and all other text as the model saw it when it wrote
      next. The text of a conversation that ends in a message of the model begins the text of every longer one.

    They raise RenderError for a conversation that the format refuses, OptionError for a wrong option, and ValueError
    for an unknown view.
    """

    def __init__(self, format: LoadedFormat) -> None:
        """`chatwright.load` and `chatwright.for_tokenizer` make one."""
        self._format = format

    def __reduce__(self) -> tuple[Any, ...]:
        return Spec, (self._format,)

    def __repr__(self) -> str:
        return f"<Spec {self.name}@{self.hash}>"

    # ---- facts -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._format.name

    @property
    def hash(self) -> str:
        """The hash of the spec and its bases: 12 hexadecimal digits."""
        return self._format.hash

    @property
    def models(self) -> tuple[str, ...]:
        """The ids of the models that speak this format."""
        return self._format.models

    @property
    def reproduces(self) -> tuple[Revision, ...]:
        """The templates that the format reproduces."""
        return self._format.reproduces

    @property
    def tokens(self) -> tuple[str, ...]:
        """The control tokens that the format declares."""
        return self._format.tokens

    @property
    def stops(self) -> tuple[str, ...]:
        """The tokens that end the model's turn, the one that the model writes itself first."""
        return self._format.stops

    @property
    def deviations(self) -> Mapping[str, str]:
        """Where the format differs from the original on purpose: the reason by name."""
        return self._format.deviations

    @property
    def options(self) -> Mapping[str, Option]:
        """The options of the format by name."""
        return self._format.options

    @property
    def roles(self) -> tuple[str, ...]:
        """All roles that turns name."""
        return self._format.roles

    @property
    def trains(self) -> bool:
        """Whether the format has a turn that the model writes."""
        return self._format.trains

    # ---- rendering ---------------------------------------------------------------------------------------------

    def text(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        view: View = "history",
        **options: Any,
    ) -> str:
        """The text of a conversation."""
        renderer = self._format.renderer(view)
        return renderer.text(messages, tools=tools, add_generation_prompt=add_generation_prompt, **options)

    def segments(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        view: View = "history",
        **options: Any,
    ) -> list[Segment]:
        """The text of a conversation as segments: each with its message, its part, and whether the model writes it."""
        renderer = self._format.renderer(view)
        return renderer.segments(messages, tools=tools, add_generation_prompt=add_generation_prompt, **options)

    def render(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        view: View = "history",
        **options: Any,
    ) -> Rendered:
        """The pieces of a conversation with their attributes as arrays, from which text and segments are made."""
        renderer = self._format.renderer(view)
        return renderer.render(messages, tools=tools, add_generation_prompt=add_generation_prompt, **options)

    def bind(
        self,
        tokenizer: Any,
        *,
        backend: Backend = "auto",
        tokenization: Tokenization = "whole",
        content_specials: Specials = "text",
        **options: Any,
    ) -> BoundRenderer:
        """Bind the format to a tokenizer, to render token ids with attribution.

        `tokenizer`: a fast or slow one of transformers, a `tokenizers.Tokenizer`, a tiktoken-like or a fastokens one.
        `backend`: "auto" encodes through `tokenizers`, and after much text through fastokens, where that is installed
        and gives the same ids; "fastokens" loads it at once, "tokenizers" never uses it. `tokenization`: "whole"
        encodes as Hugging Face does, "as_sampled" encodes what the model writes apart from the text around it.
        `content_specials`: a control token in the caller's text becomes ordinary "text", or raises an "error"; "parse"
        makes a control token of it, as Hugging Face does. `options`: those of the format, for every call.

        Raises TokenizerError where the tokenizer lacks a token of the format, OptionError for a wrong option.
        """
        from chatwright.tokens.bound import bind
        from chatwright.tokens.encoders.adapt import encoder_for

        for name in ("bos_token", "eos_token"):
            token = getattr(tokenizer, name, None)
            if name in self.options and isinstance(token, str):
                options.setdefault(name, token)
        self._format.settled(options)
        encoder = encoder_for(tokenizer, backend)
        eos = getattr(tokenizer, "eos_token", None)
        stops = (eos,) if isinstance(eos, str) else ()
        return bind(self._format, encoder, tokenization, content_specials, options, stops)

    # ---- derived from the format -----------------------------------------------------------------------

    def jinja(self, *, view: View = "history") -> str:
        """The Jinja template of a view.

        "history" prints what the model's own template prints, on the same keywords. "training" has
        `{%- generation %}` around the text that the model sampled, for
        `apply_chat_template(return_assistant_tokens_mask=True)`.

        Raises ChatwrightError for the view "fresh", and for "training" where the model writes nothing.
        """
        from chatwright.emit.jinja.template import emit_jinja
        from chatwright.runtime.view import known_view

        if known_view(view) == "fresh":
            raise ChatwrightError('there is no template of the view "fresh"; render it with `text(..., view="fresh")`')
        if view == "training" and not self.trains:
            raise ChatwrightError(f"{self.name} has no `sampled` text, so there is nothing to train on")
        return emit_jinja(*self._format.viewed(view), training=view == "training")

    def python(self, *, view: View = "history") -> str:
        """The source of the Python module that renders a view."""
        return self._format.source(view)

    def parser(self, *, control: Collection[str] = (), stops: Collection[str] = (), **options: Any) -> Parser:
        """The parser of completions under these options; see Parser for `control` and `stops`."""
        return self._format.parser(control=control, stops=stops, **options)

    def response_template(self) -> dict[str, Any]:
        """The `response_template` with which transformers' `tokenizer.parse_response` reads a completion.

        It is one for all options, and reads less than the parser of this format: see `response_notes`. It makes
        content or an error of a damaged call. Raises ChatwrightError where the model writes nothing.
        """
        return copy.deepcopy(dict(self._response.template))

    @property
    def response_notes(self) -> tuple[str, ...]:
        """The features of this format that transformers' response template cannot express, in sentences."""
        return self._response.unsaid

    @functools.cached_property
    def _response(self) -> ResponseTemplate:
        from chatwright.emit.response.template import response_template

        if not self.trains:
            raise ChatwrightError(f"{self.name} has no `sampled` text, so there is nothing to read")
        return response_template(self._format.compiled.program)

    @property
    def training_notes(self) -> tuple[Note, ...]:
        """What one training text cannot show, and which turns no prompt begins: sentences with lines of the spec.

        Where there are notes of the kind `context`, one sample for each turn, made with the view "fresh", is exact.
        """
        from chatwright.training.notes import notes

        return notes(self._format.compiled.program)

    # ---- stability ---------------------------------------------------------------------------------------------

    def stability(self, **options: Any) -> Stability:
        """What stays of a text when messages are appended: two verdicts for each role of these messages.

        Each is a proof, or a conversation that shows the change. Options that are not given have their defaults.
        """
        from chatwright.stability.verdict import stability

        return stability(self._format.judged, **options)

    def stability_table(self) -> tuple[Stability, ...]:
        """The verdicts for every value of the options that turns read."""
        from chatwright.stability.verdict import stability_table

        return stability_table(self._format.judged)

    def is_prefix_stable(self, **options: Any) -> bool:
        """Whether it is proved that later messages leave the text of a conversation that ends in an answer unchanged.

        Later messages are those of users, results of tools and answers. Raises OptionError.
        """
        return self._format.is_prefix_stable(**options)


def format_of(spec: Spec) -> LoadedFormat:
    """The format behind a spec, for the package's own use: its program, its renderers, its facts for analyses."""
    return spec._format


def load(name: str | os.PathLike[str]) -> Spec:
    """Load a shipped format by name, or a .chatspec by path.

    Raises UnknownFormat where there is none, SpecError where the spec has errors.
    """
    return Spec(load_format(name))
