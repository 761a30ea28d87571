"""A format bound to a tokenizer, as users hold it: conversations to token ids with attribution, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chatwright.runtime.errors import ChatwrightError, RenderError
from chatwright.runtime.view import View
from chatwright.tokens.batches import each
from chatwright.tokens.binding import Binding, BoundFormat, Ways
from chatwright.tokens.bridge import BridgedTokens, BridgeError, bridge
from chatwright.tokens.encoders.encoder import Encoder, TokenizerError
from chatwright.tokens.encoders.vocabulary import Ids
from chatwright.tokens.encoding import Specials, Tokenization
from chatwright.tokens.parsing import ResponseStream
from chatwright.tokens.rendered_tokens import RenderedTokens

if TYPE_CHECKING:
    from chatwright.completion.message import ParsedResponse

Message = dict[str, Any]
#: A row of a batch: the messages, or an object with `messages` and perhaps `tools` and `chat_template_kwargs`.
Row = Sequence[Message] | Mapping[str, Any]


class BoundRenderer:
    """Renders conversations of one format to the ids of one tokenizer. Safe to use from many threads at once.

    Every method that renders takes the arguments of `Spec.text`, with the same meanings and errors. `options` win over
    the bound ones. Where `content_specials` is "error", it raises RenderError for a control token in the caller's text.
    """

    def __init__(self, binding: Binding) -> None:
        """`Spec.bind` makes one."""
        self._binding = binding

    def __reduce__(self) -> tuple[Any, ...]:
        return BoundRenderer, (self._binding,)

    def __repr__(self) -> str:
        return f"<BoundRenderer {self.format.name}, encoding through {self.encoder.name}>"

    @property
    def format(self) -> BoundFormat:
        """The format, with its `name` and its `hash`."""
        return self._binding.format

    @property
    def encoder(self) -> Encoder:
        """The tokenizer as an encoder."""
        return self._binding.encoder

    @property
    def tokenization(self) -> Tokenization:
        """Whether the text is encoded "whole", or "as_sampled"; see `Spec.bind`."""
        return self._binding.tokenization

    @property
    def content_specials(self) -> Specials:
        """What becomes of a control token in the caller's text: "text", "error" or "parse"; see `Spec.bind`."""
        return self._binding.content_specials

    @property
    def options(self) -> Mapping[str, Any]:
        """The bound options of the format."""
        return self._binding.options

    # ---- rendering ---------------------------------------------------------------------------------------------

    def render(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        view: View = "history",
        **options: Any,
    ) -> RenderedTokens:
        """Render a conversation to ids with attribution."""
        own = self._binding.lay_out(messages, Ways(tools, add_generation_prompt, view, options))
        return self._binding.tokens(own, self.encoder.encode(own.texts))

    def render_ids(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        view: View = "history",
        **options: Any,
    ) -> list[int]:
        """Render a conversation to ids alone."""
        return self.render(
            messages, tools=tools, add_generation_prompt=add_generation_prompt, view=view, **options
        ).token_ids

    def render_batch(
        self,
        rows: Sequence[Row],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        view: View = "history",
        progress: Callable[[int, int], None] | None = None,
        at_once: int = 256,
        **options: Any,
    ) -> list[RenderedTokens]:
        """Render many conversations, each as `render` would; encoding uses all cores.

        A row is a list of messages, or an object with `messages` and, if it has its own, `tools` and
        `chat_template_kwargs`, which win over `options`. `progress` is called after each `at_once` rows, with the
        number of rows done and the number of all rows. Errors name the row.
        """
        ways = Ways(tools, add_generation_prompt, view, options)
        done: list[RenderedTokens] = []
        for start in range(0, len(rows), at_once):
            found = each(self._binding, rows[start : start + at_once], ways, first_error=True)
            for number, one in enumerate(found, start):
                if isinstance(one, ChatwrightError):
                    one.row = number
                    raise one
                done.append(one)
            if progress is not None:
                progress(len(done), len(rows))
        return done

    def render_each(
        self,
        rows: Sequence[Row],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        view: View = "history",
        **options: Any,
    ) -> list[RenderedTokens | ChatwrightError]:
        """Render many conversations at once, as `render_batch`; a row that cannot be rendered gives its error."""
        return each(self._binding, rows, Ways(tools, add_generation_prompt, view, options))

    def is_prefix_stable(self, **options: Any) -> bool:
        """Whether it is proved that later messages leave the text of a conversation that ends in an answer unchanged.

        See `Spec.is_prefix_stable`.
        """
        return self.format.is_prefix_stable(**self._binding.with_options(options))

    # ---- reading completions, and going on from there ----------------------------------------------------------

    def get_stop_token_ids(self) -> list[int]:
        """The ids that end the model's turn, the one that the model writes itself first."""
        return self._binding.stop_ids

    def parse_response(
        self,
        token_ids: Sequence[int] | Ids,
        *,
        tools: Sequence[Any] | None = None,
        prompt_ids: Sequence[int] | Ids | None = None,
        messages: Sequence[Message] | None = None,
        **options: Any,
    ) -> ParsedResponse:
        """Read a completion: content, reasoning and calls, damaged ones too. It never raises, whatever the ids.

        `prompt_ids`: the prompt of the completion. Without it, the parser takes the format's own prompt for `messages`
        and `options`.
        """
        stream = self._binding.stream(tools, prompt_ids, messages, options)
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
        """Read a completion while the model writes it; arguments as for `parse_response`."""
        return self._binding.stream(tools, prompt_ids, messages, options)

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
        """The next prompt: the previous ids, unchanged, then the new messages and the generation prompt.

        The ids are those of `render(..., view="training")` with the tokenization "as_sampled". The cost is that of the
        new messages. A turn that was cut off is ended. `messages`, all those before the new ones, are needed only where
        the format reads something that the ids do not show.

        Raises BridgeError, with the reason, where the next prompt does not follow from the ids, and RenderError for
        new messages that the format refuses.
        """
        settings = self._binding.with_options(options)
        return bridge(
            self._binding, previous_prompt_ids, previous_completion_ids, new_messages, tools, messages, settings
        )

    def bridge_to_next_turn(
        self,
        previous_prompt_ids: Sequence[int] | Ids,
        previous_completion_ids: Sequence[int] | Ids,
        new_messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
    ) -> BridgedTokens | None:
        """`bridge` in the protocol of the `renderers` package: None where the conversation must be rendered anew."""
        try:
            return self.bridge(previous_prompt_ids, previous_completion_ids, new_messages, tools=tools)
        except (BridgeError, RenderError):
            return None


def binding_of(renderer: BoundRenderer) -> Binding:
    """The binding behind a bound renderer, for the package's own use."""
    return renderer._binding


def bind(
    format: BoundFormat,
    encoder: Encoder,
    tokenization: Tokenization,
    content_specials: Specials,
    options: Mapping[str, Any],
    stops: tuple[str, ...] = (),
) -> BoundRenderer:
    """A bound renderer. Raises TokenizerError where the tokenizer lacks a token of the format, ValueError for a wrong
    word. `stops` that the tokenizer lacks are left out."""
    _one_of("tokenization", tokenization, ("whole", "as_sampled"))
    _one_of("content_specials", content_specials, ("text", "error", "parse"))
    needed = dict.fromkeys([*format.tokens, *format.stops])
    missing = [token for token in needed if token not in encoder.controls]
    if missing:
        raise TokenizerError(
            f"this tokenizer lacks control tokens of the format {format.name}: {', '.join(missing)}; "
            "bind the tokenizer of a model that speaks this format, or add them to it"
        )
    own = tuple(stop for stop in stops if stop in encoder.controls and stop not in format.stops)
    return BoundRenderer(Binding(format, encoder, tokenization, content_specials, options, own))


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")
