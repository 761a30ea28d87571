"""A format bound to a tokenizer: conversations to token ids with attribution."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from chatwright.runtime.errors import ChatwrightError, RenderError
from chatwright.runtime.renderer import Renderer
from chatwright.runtime.view import View
from chatwright.tokens.batches import each, together
from chatwright.tokens.bridge import BridgedTokens, BridgeError, bridge
from chatwright.tokens.encoders.encoder import Encoded, Encoder, TokenizerError
from chatwright.tokens.encoders.vocabulary import Ids
from chatwright.tokens.encoding import Specials, Tokenization, finished, located, texts_to_encode
from chatwright.tokens.joined_layouts import Joined
from chatwright.tokens.layout import Layout, Traits
from chatwright.tokens.parsing import ResponseStream, prompt_pieces
from chatwright.tokens.rendered_tokens import RenderedTokens

if TYPE_CHECKING:
    from chatwright.analysis.bridging import Asked
    from chatwright.completion.message import ParsedResponse
    from chatwright.completion.parser import Parser

Message = dict[str, Any]


class BoundFormat(Protocol):
    """What a renderer needs to know of its format; a `Spec` is one."""

    name: str
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
        """Whether it numbers the parts of contents."""
        ...

    def parser(self, *, control: Collection[str] = (), stops: Collection[str] = (), **options: Any) -> Parser:
        """The parser of completions."""
        ...

    def is_prefix_stable(self, **options: Any) -> bool:
        """Whether later messages leave the text of a conversation as it is."""
        ...

    def bridging(self, **options: Any) -> Sequence[Asked]:
        """What the text behind a turn of the model asks of the messages before it."""
        ...


class BoundRenderer:
    """Renders conversations of one format to the ids of one tokenizer. Safe to use from many threads at once."""

    def __init__(
        self,
        format: BoundFormat,
        encoder: Encoder,
        tokenization: Tokenization = "whole",
        content_specials: Specials = "text",
        options: dict[str, Any] | None = None,
        stops: tuple[str, ...] = (),
    ) -> None:
        """`stops`: where reading a completion ends, beside the format's own, such as the tokenizer's eos."""
        _one_of("tokenization", tokenization, ("whole", "as_sampled"))
        _one_of("content_specials", content_specials, ("text", "error", "parse"))
        self.format = format
        self.renderer: Renderer = format.renderer()
        self._traits = Traits(self.renderer.format.attributes)
        self.encoder = encoder
        self.tokenization: Tokenization = tokenization
        self.content_specials: Specials = content_specials
        self.options = options or {}
        self.stops = stops
        self._parsers: dict[str, Parser] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        settings = (self.tokenization, self.content_specials, self.options, self.stops)
        return BoundRenderer, (self.format, self.encoder, *settings)

    def __repr__(self) -> str:
        return f"<BoundRenderer {self.format.name}, encoding through {self.encoder.name}>"

    def render(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        view: View = "history",
        **options: Any,
    ) -> RenderedTokens:
        """Render a conversation to tokens. Arguments and errors as for `Spec.render`; `options` go before bound ones.

        `view`: "history" as the model's own template prints it; "fresh" with the last message, if it is the
        model's, as it was when the model had just written it, behind the prompt that it was given; "training" with
        each turn of the model as it was then. Raises RenderError where `content_specials` is "error" and the caller's
        text holds a control token.
        """
        layout = self._layout(messages, tools, add_generation_prompt, options, view)
        # Cheaper now than when encoding has driven the pieces out of the cache; and what cannot be encoded is found.
        layout.edges  # noqa: B018
        texts = texts_to_encode(layout, self.tokenization)
        return self.finished(layout, texts, self.encoder.encode(texts))

    def render_ids(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        **options: Any,
    ) -> list[int]:
        """The ids alone. Arguments and errors as for `render`."""
        return self.render(messages, tools=tools, add_generation_prompt=add_generation_prompt, **options).token_ids

    def render_batch(
        self,
        rows: Sequence[Sequence[Message] | Mapping[str, Any]],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        progress: Callable[[int, int], None] | None = None,
        at_once: int = 256,
        **options: Any,
    ) -> list[RenderedTokens]:
        """Render many conversations, each as `render` would; encoding uses all cores.

        A row is a list of messages, or an object with `messages` and, if it has its own, `tools` and
        `chat_template_kwargs`, which go before `options`. `progress` is called with the number of rows done and of
        all, after each `at_once` of them. Errors name the row.
        """
        arguments = {"tools": tools, "add_generation_prompt": add_generation_prompt, **options}
        done: list[RenderedTokens] = []
        for start in range(0, len(rows), at_once):
            found = each(self, rows[start : start + at_once], arguments, first_error=True)
            for number, one in enumerate(found, start):
                if isinstance(one, ChatwrightError):
                    one.row = number
                    raise one
                done.append(one)
            if progress is not None:
                progress(len(done), len(rows))
        return done

    def render_each(
        self, rows: Sequence[Sequence[Message] | Mapping[str, Any]], **arguments: Any
    ) -> list[RenderedTokens | ChatwrightError]:
        """`render_batch` at once, where a row that cannot be rendered does not stop the others: it gives its error."""
        return each(self, rows, arguments)

    def render_joined(
        self, rows: Sequence[Sequence[Message] | Mapping[str, Any]], **arguments: Any
    ) -> tuple[Joined | None, list[int | RenderedTokens | ChatwrightError]]:
        """`render_each` for many short rows: what is asked of all their tokens is asked once.

        Of each row it gives its number in `Joined`; or its tokens, where the caller's text may hold control tokens; or
        its error. The first is None where no row is in it.
        """
        return together(self, rows, arguments)

    def laid_out(
        self,
        row: Sequence[Message] | Mapping[str, Any],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        view: View = "history",
        **options: Any,
    ) -> tuple[Layout, list[str]]:
        """A row of `render_batch` before it is encoded, with the texts that are to be."""
        own: Mapping[str, Any] = row if isinstance(row, Mapping) else {"messages": row}
        chosen = {**options, **(own.get("chat_template_kwargs") or {})}
        layout = self._layout(own["messages"], own.get("tools") or tools, add_generation_prompt, chosen, view)
        layout.edges  # noqa: B018  what cannot be encoded is found here
        return layout, texts_to_encode(layout, self.tokenization)

    def finished(self, layout: Layout, texts: Sequence[str], encoded: Encoded) -> RenderedTokens:
        """A row, when its texts are encoded."""
        tokens = finished(self.encoder, layout, texts, encoded, self.content_specials)
        return RenderedTokens(layout, tokens, lambda: located(self.encoder, layout, texts, encoded))

    def get_stop_token_ids(self) -> list[int]:
        """The ids that end the model's turn, the one that it writes itself first."""
        controls = self.encoder.controls.by_text
        return [controls[stop].id for stop in self.format.stops]

    # ---- reading what the model wrote, and going on from there ----------------------------------------------------

    def parse_response(
        self,
        token_ids: Sequence[int] | Ids,
        *,
        tools: Sequence[Any] | None = None,
        prompt_ids: Sequence[int] | Ids | None = None,
        messages: Sequence[Message] | None = None,
        **options: Any,
    ) -> ParsedResponse:
        """Read what the model wrote: content, reasoning and calls, damaged ones too. Never raises, whatever the ids.

        `prompt_ids`: what the model was given; without, it is the format's own prompt for `messages` and `options`.
        """
        stream = self.stream_response(tools=tools, prompt_ids=prompt_ids, messages=messages, **options)
        stream.feed(token_ids)
        return stream.finish()

    def stream_response(
        self,
        *,
        tools: Sequence[Any] | None = None,
        prompt_ids: Sequence[int] | Ids | None = None,
        messages: Sequence[Message] | None = None,
        **options: Any,
    ) -> ResponseStream:
        """Read what the model writes while it comes in; arguments as for `parse_response`."""
        parser = self._parser(options)
        prompt = None
        if prompt_ids is not None:
            prompt = prompt_pieces(self.encoder, prompt_ids, parser.opening(messages, tools))
        return ResponseStream(parser, self.encoder, prompt, messages, tools)

    def bridge(
        self,
        previous_prompt_ids: Sequence[int] | Ids,
        previous_completion_ids: Sequence[int] | Ids,
        new_messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        messages: Sequence[Message] | None = None,
        **options: Any,
    ) -> BridgedTokens:
        """The next prompt: the ids that were there, unchanged, and behind them the new messages and the prompt.

        It is what `render(..., view="training")` gives "as_sampled", and costs what is new. A turn that was cut off is
        ended. `messages`, all those before the new ones, are needed only where the format asks for what ids do not
        tell. Raises BridgeError, which says why, where the next prompt does not follow, RenderError for messages that
        the format refuses.
        """
        return bridge(
            self,
            previous_prompt_ids,
            previous_completion_ids,
            new_messages,
            tools,
            messages,
            self._settings(options),
        )

    def bridge_to_next_turn(
        self,
        previous_prompt_ids: Sequence[int] | Ids,
        previous_completion_ids: Sequence[int] | Ids,
        new_messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
    ) -> BridgedTokens | None:
        """`bridge` as the `renderers` package has it: None where the conversation has to be rendered anew."""
        try:
            return self.bridge(previous_prompt_ids, previous_completion_ids, new_messages, tools=tools)
        except (BridgeError, RenderError):
            return None

    def is_prefix_stable(self, **options: Any) -> bool:
        """See Spec.is_prefix_stable; `options` win over the bound ones."""
        return self.format.is_prefix_stable(**self._settings(options))

    def _parser(self, options: dict[str, Any]) -> Parser:
        settings = self._settings(options)
        key = repr(sorted(settings.items()))
        found = self._parsers.get(key)
        if found is None:
            known = [
                token for token in (*self.format.tokens, *self.format.stops, *self.stops) if self._is_control(token)
            ]
            found = self._parsers[key] = self.format.parser(control=known, stops=self.stops, **settings)
        return found

    def _is_control(self, token: str) -> bool:
        return token in self.encoder.controls

    def _settings(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options of a call before those that are bound."""
        return {**self.options, **options}

    def _layout(
        self,
        messages: Sequence[Message],
        tools: Sequence[Any] | None,
        prompt: bool,
        options: dict[str, Any],
        view: View = "history",
    ) -> Layout:
        settings = self._settings(options)
        renderer = self.format.renderer(view)
        rendered = renderer.render(messages, tools=tools, add_generation_prompt=prompt, **settings)
        return Layout(rendered.pieces(), self._traits if view == "history" else None)


def bind(
    format: BoundFormat,
    encoder: Encoder,
    tokenization: Tokenization,
    content_specials: Specials,
    options: dict[str, Any],
    stops: tuple[str, ...] = (),
) -> BoundRenderer:
    """A bound renderer, after the tokenizer has been found to have every token that the format declares."""
    needed = dict.fromkeys([*format.tokens, *format.stops])
    missing = [token for token in needed if token not in encoder.controls]
    if missing:
        raise TokenizerError(
            f"this tokenizer lacks control tokens of the format {format.name}: {', '.join(missing)}; "
            "bind the tokenizer of a model that speaks this format, or add them to it"
        )
    own = tuple(stop for stop in stops if stop in encoder.controls and stop not in format.stops)
    return BoundRenderer(format, encoder, tokenization, content_specials, options, own)


@contextmanager
def in_row(number: int) -> Iterator[None]:
    """What goes wrong in a row says which."""
    try:
        yield
    except ChatwrightError as error:
        error.row = number
        raise


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")
