"""A format and a tokenizer together: the settings under which conversations become ids, and completions are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from chatwright.runtime.renderer import Renderer
from chatwright.runtime.view import View
from chatwright.tokens.encoders.encoder import Encoded, Encoder
from chatwright.tokens.encoders.vocabulary import Ids
from chatwright.tokens.encoding import Specials, Tokenization, finished, located, texts_to_encode
from chatwright.tokens.layout import Layout, Traits
from chatwright.tokens.parsing import ResponseStream, prompt_pieces
from chatwright.tokens.rendered_tokens import RenderedTokens

if TYPE_CHECKING:
    from chatwright.analysis.bridging import Asked
    from chatwright.completion.parser import Parser

Message = dict[str, Any]


class BoundFormat(Protocol):
    """The parts of a format that rendering ids and reading completions need; a `LoadedFormat` has them."""

    name: str
    hash: str
    tokens: tuple[str, ...]
    stops: tuple[str, ...]

    def renderer(self, view: View = "history") -> Renderer:
        """The renderer of a view. Raises ValueError for an unknown view."""
        ...

    @property
    def samplers(self) -> tuple[str, ...]:
        """The roles of the turn that the model writes."""
        ...

    @property
    def roles(self) -> tuple[str, ...]:
        """All roles that turns name."""
        ...

    @property
    def counts_parts(self) -> bool:
        """Whether the format numbers the parts of contents."""
        ...

    def parser(self, *, control: Collection[str] = (), stops: Collection[str] = (), **options: Any) -> Parser:
        """The parser of completions."""
        ...

    def is_prefix_stable(self, **options: Any) -> bool:
        """Whether later messages leave the text of a conversation unchanged."""
        ...

    def bridging(self, **options: Any) -> Sequence[Asked]:
        """What the text behind a turn of the model reads of the messages before it."""
        ...


class Ways(NamedTuple):
    """How conversations are rendered: the arguments of `BoundRenderer.render` but the messages."""

    tools: Sequence[Any] | None
    add_generation_prompt: bool
    view: View
    options: Mapping[str, Any]


class LaidOut(NamedTuple):
    """A rendered conversation before it is encoded: its pieces, and the texts that are encoded apart."""

    layout: Layout
    texts: list[str]


class Binding:
    """A format, an encoder and settings. Safe to use from many threads at once."""

    def __init__(
        self,
        format: BoundFormat,
        encoder: Encoder,
        tokenization: Tokenization,
        content_specials: Specials,
        options: Mapping[str, Any],
        stops: tuple[str, ...],
    ) -> None:
        """`options`: those of the format, for every call. `stops`: texts that end a completion in addition to the
        stops of the format, such as the tokenizer's eos."""
        self.format = format
        self.encoder = encoder
        self.tokenization: Tokenization = tokenization
        self.content_specials: Specials = content_specials
        self.options = dict(options)
        self.stops = stops
        self._traits = Traits(format.renderer().format.attributes)
        self._parsers: dict[str, Parser] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        settings = (self.tokenization, self.content_specials, self.options, self.stops)
        return Binding, (self.format, self.encoder, *settings)

    def with_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The bound options, with those of a call in their place where it gives them."""
        return {**self.options, **options}

    # ---- rendering ---------------------------------------------------------------------------------------------

    def lay_out(self, messages: Sequence[Message], ways: Ways) -> LaidOut:
        """Render a conversation, up to encoding. Errors as for `BoundRenderer.render`."""
        renderer = self.format.renderer(ways.view)
        rendered = renderer.render(
            messages,
            tools=ways.tools,
            add_generation_prompt=ways.add_generation_prompt,
            **self.with_options(ways.options),
        )
        layout = Layout(rendered.pieces(), self._traits if ways.view == "history" else None)
        # Measuring is cheaper now than after encoding, which drives the pieces out of the CPU's caches.
        layout.measure()
        return LaidOut(layout, texts_to_encode(layout, self.tokenization))

    def tokens(self, own: LaidOut, encoded: Encoded) -> RenderedTokens:
        """The tokens of a conversation, after its texts were encoded. Errors as for `BoundRenderer.render`."""
        found = finished(self.encoder, own.layout, own.texts, encoded, self.content_specials)
        return RenderedTokens(own.layout, found, lambda: located(self.encoder, own.layout, own.texts, encoded))

    # ---- reading completions -----------------------------------------------------------------------------------

    @property
    def stop_ids(self) -> list[int]:
        """The ids of the format's stops, the one that the model writes itself first."""
        controls = self.encoder.controls.by_text
        return [controls[stop].id for stop in self.format.stops]

    def stream(
        self,
        tools: Sequence[Any] | None,
        prompt_ids: Sequence[int] | Ids | None,
        messages: Sequence[Message] | None,
        options: Mapping[str, Any],
    ) -> ResponseStream:
        """A reader of one completion; arguments as for `BoundRenderer.parse_response`."""
        parser = self._parser(options)
        prompt = None
        if prompt_ids is not None:
            prompt = prompt_pieces(self.encoder, prompt_ids, parser.opening(messages, tools))
        return ResponseStream(parser, self.encoder, prompt, messages, tools)

    def _parser(self, options: Mapping[str, Any]) -> Parser:
        settings = self.with_options(options)
        key = repr(sorted(settings.items()))
        found = self._parsers.get(key)
        if found is None:
            declared = (*self.format.tokens, *self.format.stops, *self.stops)
            control = [token for token in declared if token in self.encoder.controls]
            found = self._parsers[key] = self.format.parser(control=control, stops=self.stops, **settings)
        return found
