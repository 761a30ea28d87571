"""A format bound to a tokenizer: conversations to token ids with attribution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from chatwright.runtime.errors import ChatwrightError
from chatwright.runtime.renderer import Renderer
from chatwright.tokens.encoder import Encoded, Encoder, TokenizerError
from chatwright.tokens.encoding import Specials, Tokenization, finished, located, texts_to_encode
from chatwright.tokens.layout import Layout
from chatwright.tokens.rendered_tokens import RenderedTokens

Message = dict[str, Any]


class BoundFormat(Protocol):
    """What a renderer needs to know of its format; a `Spec` is one."""

    name: str
    tokens: tuple[str, ...]
    stops: tuple[str, ...]

    @property
    def renderer(self) -> Renderer: ...

    @property
    def sampled_last(self) -> Renderer:
        """Renders a conversation whose last message the model has just written."""
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
    ) -> None:
        _one_of("tokenization", tokenization, ("whole", "as_sampled"))
        _one_of("content_specials", content_specials, ("text", "error", "parse"))
        self.format = format
        self.renderer: Renderer = format.renderer
        self.encoder = encoder
        self.tokenization: Tokenization = tokenization
        self.content_specials: Specials = content_specials
        self.options = options or {}

    def __reduce__(self) -> tuple[Any, ...]:
        settings = (self.tokenization, self.content_specials, self.options)
        return BoundRenderer, (self.format, self.encoder, *settings)

    def __repr__(self) -> str:
        return f"<BoundRenderer {self.format.name}, encoding through {self.encoder.name}>"

    def render(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        written: bool = False,
        **options: Any,
    ) -> RenderedTokens:
        """Render a conversation to tokens. Arguments and errors as for `Spec.render`; `options` go before bound ones.

        `written`: the last message, if it is the model's, stands as it was when the model had just written it, behind
        the prompt that it was given. Raises RenderError where `content_specials` is "error" and the caller's text
        holds a control token.
        """
        layout = self._layout(messages, tools, add_generation_prompt, options, written)
        texts = texts_to_encode(layout, self.tokenization)
        return self._finished(layout, texts, self._encode(layout, texts))

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

        A row is a list of messages, or an object with `messages` and, if it has its own, `tools`. `progress` is
        called with the number of rows done and of all, after each `at_once` of them. Errors name the row.
        """
        done: list[RenderedTokens] = []
        for start in range(0, len(rows), at_once):
            chunk = rows[start : start + at_once]
            done += self._chunk(chunk, start, tools, add_generation_prompt, options)
            if progress is not None:
                progress(len(done), len(rows))
        return done

    def _chunk(
        self,
        rows: Sequence[Any],
        first: int,
        tools: Sequence[Any] | None,
        prompt: bool,
        options: dict[str, Any],
    ) -> list[RenderedTokens]:
        layouts, texts = [], []
        for number, row in enumerate(rows, first):
            own = row if isinstance(row, Mapping) else {"messages": row}
            with in_row(number):
                layouts.append(self._layout(own["messages"], own.get("tools") or tools, prompt, options))
                layouts[-1].bytes  # noqa: B018  what cannot be encoded is found here, while the row is known
            texts.append(texts_to_encode(layouts[-1], self.tokenization))
        encoded = self.encoder.encode([text for row in texts for text in row])
        edges = np.concatenate(([0], np.cumsum(encoded.counts)))
        out, at = [], 0
        for number, (layout, row) in enumerate(zip(layouts, texts, strict=True), first):
            until = at + len(row)
            part = Encoded(encoded.ids[edges[at] : edges[until]], encoded.counts[at:until])
            with in_row(number):
                out.append(self._finished(layout, row, part))
            at = until
        return out

    def get_stop_token_ids(self) -> list[int]:
        """The ids that end the model's turn, the one that it writes itself first."""
        controls = self.encoder.controls.by_text
        return [controls[stop].id for stop in self.format.stops]

    def _layout(
        self,
        messages: Sequence[Message],
        tools: Sequence[Any] | None,
        prompt: bool,
        options: dict[str, Any],
        written: bool = False,
    ) -> Layout:
        settings = {**self.options, **options} if self.options else options
        renderer = self.format.sampled_last if written else self.renderer
        return Layout(renderer.render(messages, tools, prompt, **settings).pieces())

    def _encode(self, layout: Layout, texts: Sequence[str]) -> Encoded:
        try:
            return self.encoder.encode(texts)
        except (UnicodeEncodeError, TypeError):
            layout.bytes  # noqa: B018  it says where the text cannot be encoded
            raise

    def _finished(self, layout: Layout, texts: Sequence[str], encoded: Encoded) -> RenderedTokens:
        tokens = finished(self.encoder, layout, texts, encoded, self.content_specials)
        return RenderedTokens(layout, tokens, lambda: located(self.encoder, layout, texts, encoded))


def bind(
    format: BoundFormat,
    encoder: Encoder,
    tokenization: Tokenization,
    content_specials: Specials,
    options: dict[str, Any],
) -> BoundRenderer:
    """A bound renderer, after the tokenizer has been found to have every token that the format declares."""
    needed = dict.fromkeys([*format.tokens, *format.stops])
    missing = [token for token in needed if token not in encoder.controls]
    if missing:
        raise TokenizerError(
            f"this tokenizer lacks control tokens of the format {format.name}: {', '.join(missing)}; "
            "bind the tokenizer of a model that speaks this format, or add them to it"
        )
    return BoundRenderer(format, encoder, tokenization, content_specials, options)


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
