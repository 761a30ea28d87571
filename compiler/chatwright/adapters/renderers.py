"""A bound format as a custom renderer of the `renderers` package, for code that configures renderers by import path.

    CustomRendererConfig(import_path="chatwright.adapters.renderers.ChatwrightRenderer", format="my_chatml.chatspec")

It returns that package's own classes. This is the only module that imports that package.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict
from renderers.base import ParsedResponse, ParsedToolCall, RenderedTokens, ToolCallParseStatus, introduces_user_query
from renderers.configs import BaseRendererConfig

import chatwright
from chatwright.tokens.rendered_tokens import RenderedTokens as OwnTokens

Message = dict[str, Any]


class ChatwrightConfig(BaseRendererConfig):  # type: ignore[misc]
    """`format`: the name of a shipped format or the path of a .chatspec; without it, the tokenizer's template decides.

    `tokenization` and `content_specials` are those of `Spec.bind`. All other fields are options of the format, in the
    config or in `chat_template_kwargs`. `thinking_retention`: "all" bridges wherever the next prompt follows from the
    ids; "tool_cycle" does so unless a user message comes. The default is "all" for formats whose earlier text is
    stable.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: Literal["custom"] = "custom"
    format: str | None = None
    tokenization: Literal["whole", "as_sampled"] = "as_sampled"
    content_specials: Literal["text", "error", "parse"] = "text"

    _internal_fields: ClassVar[frozenset[str]] = frozenset({"format", "tokenization", "content_specials"})
    _allow_opaque_template_kwargs: ClassVar[bool] = True


class ChatwrightRenderer:
    """A renderer in the protocol of that package. `bound` is the bound renderer of chatwright."""

    config_class = ChatwrightConfig

    def __init__(self, tokenizer: Any, config: ChatwrightConfig) -> None:
        """Raises the errors of `chatwright.load` or `for_tokenizer`, and of `Spec.bind`."""
        spec = chatwright.for_tokenizer(tokenizer) if config.format is None else chatwright.load(config.format)
        self.config = config
        self.bound = spec.bind(
            tokenizer,
            tokenization=config.tokenization,
            content_specials=config.content_specials,
            **(config.model_extra or {}),
        )
        retention = config.thinking_retention or ("all" if self.is_prefix_stable else "tool_cycle")
        self._through_users = retention == "all"

    @property
    def is_prefix_stable(self) -> bool:
        return self.bound.is_prefix_stable()

    def render(
        self, messages: Sequence[Message], *, tools: Sequence[Any] | None = None, add_generation_prompt: bool = False
    ) -> RenderedTokens:
        return _tokens(self.bound.render(messages, tools=tools, add_generation_prompt=add_generation_prompt))

    def render_ids(
        self, messages: Sequence[Message], *, tools: Sequence[Any] | None = None, add_generation_prompt: bool = False
    ) -> list[int]:
        return self.bound.render_ids(messages, tools=tools, add_generation_prompt=add_generation_prompt)

    def parse_response(
        self, token_ids: Sequence[int], *, tools: Sequence[Any] | None = None, prompt_ids: Sequence[int] | None = None
    ) -> ParsedResponse:
        """That package treats no prompt and an empty one alike; both mean the format's own prompt."""
        found = self.bound.parse_response(token_ids, tools=tools, prompt_ids=prompt_ids or None)
        calls = [
            ParsedToolCall(
                raw=call.raw,
                name=call.name,
                arguments=call.arguments,
                token_span=call.token_span,
                status=ToolCallParseStatus(call.status.value),
                id=call.id,
            )
            for call in found.tool_calls
        ]
        return ParsedResponse(
            content=found.content,
            reasoning_content=found.reasoning_content,
            tool_calls=calls,
            reasoning_complete=found.reasoning_complete,
        )

    def get_stop_token_ids(self) -> list[int]:
        return self.bound.get_stop_token_ids()

    def bridge_to_next_turn(
        self,
        previous_prompt_ids: Sequence[int],
        previous_completion_ids: Sequence[int],
        new_messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
    ) -> RenderedTokens | None:
        """None where the retention asks for a new rendering, or the ids do not determine the next prompt."""
        if not self._through_users and introduces_user_query(new_messages):
            return None
        found = self.bound.bridge_to_next_turn(previous_prompt_ids, previous_completion_ids, new_messages, tools=tools)
        return None if found is None else _tokens(found)


def _tokens(found: OwnTokens) -> RenderedTokens:
    return RenderedTokens(
        token_ids=found.token_ids,
        message_indices=found.message_indices,
        sampled_mask=found.sampled_mask,
        is_content=found.is_content,
        message_roles=found.message_roles,
        message_tool_names=found.message_tool_names,
    )
