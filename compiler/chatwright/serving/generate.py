"""Samples one completion from a server: from messages or ids to ids and their message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from chatwright.serving.answers import VLLM, Server
from chatwright.serving.errors import PromptTooLong
from chatwright.serving.sending import Client, ask

if TYPE_CHECKING:
    from chatwright.completion.message import ParsedResponse
    from chatwright.tokens.bound import BoundRenderer
    from chatwright.tokens.rendered_tokens import RenderedTokens

Message = dict[str, Any]


class Generated(msgspec.Struct, frozen=True, kw_only=True):
    """A completion and its prompt.

    `response`: the parsed completion. `logprobs`: one for each of `completion_ids`, as the server returns them.
    `finish_reason`: the word of the server: "stop", "length", "abort", …; `stop_reason`: the id or text at which it
    stopped, if the server names it (vLLM does not for the model's own end). `prompt_attribution` is None where the
    caller passed ids only. `answer`: the whole answer.
    """

    response: ParsedResponse
    prompt_ids: list[int]
    completion_ids: list[int]
    logprobs: list[float]
    finish_reason: str
    stop_reason: int | str | None
    prompt_attribution: RenderedTokens | None
    answer: dict[str, Any]

    @property
    def message(self) -> Message:
        """The message, with all complete tool calls."""
        return self.response.message()

    @property
    def finished(self) -> bool:
        """Whether the turn ends with a stop of the format; otherwise a bridge closes it."""
        return self.response.stop is not None


async def generate(
    client: Client,
    renderer: BoundRenderer,
    messages: Sequence[Message] | None = None,
    *,
    max_tokens: int,
    server: Server | None = None,
    tools: Sequence[Any] | None = None,
    prompt_ids: Sequence[int] | None = None,
    prompt_attribution: RenderedTokens | None = None,
    sampling: Mapping[str, Any] | None = None,
    max_prompt_tokens: int | None = None,
    timeout: float | None = 600.0,
    attempts: int = 1,
    **options: Any,
) -> Generated:
    """Sample one completion, up to a stop of the renderer, with its ids, log probabilities and message.

    `client`: an `httpx.AsyncClient` with the root of the server as its base URL, or an object with such a `post`.
    `server`: `VLLM()`, the default, or `SGLang()`. The prompt is `prompt_ids`, else the ids of `prompt_attribution`
    (of a bridge or a trajectory, for example), else it is rendered from `messages`, `tools` and `options`.
    `max_tokens`: the most tokens to sample. `sampling`: fields of the server: `temperature`, `top_p`, …
    `max_prompt_tokens`: the longest prompt that is sent. `timeout`: seconds for one whole request.

    The request is sent once; `attempts=2` allows a second one after a lost answer, which samples again. Raises
    GenerateError (TimedOut, Disconnected, ServerError, Refused, PromptTooLong, MalformedAnswer), RenderError for
    messages that the format refuses, ValueError for arguments that contradict each other.
    """
    if max_tokens < 1 or attempts < 1:
        raise ValueError("max_tokens and attempts must be at least 1")
    server = server or VLLM()
    prompt, attribution = _prompt(renderer, messages, tools, prompt_ids, prompt_attribution, options)
    if max_prompt_tokens is not None and len(prompt) > max_prompt_tokens:
        raise PromptTooLong(len(prompt), max_tokens, max_prompt_tokens)
    body = server.body(prompt, max_tokens, renderer.get_stop_token_ids(), sampling or {})
    size = (len(prompt), max_tokens)
    answer = await ask(client, server.path, body, size=size, timeout=timeout, attempts=attempts)
    found = server.read(answer, prompt)
    response = renderer.parse_response(found.ids, tools=tools, prompt_ids=prompt, messages=messages, **options)
    return Generated(
        response=response,
        prompt_ids=prompt,
        completion_ids=found.ids,
        logprobs=found.logprobs,
        finish_reason=found.finish_reason,
        stop_reason=found.stop_reason,
        prompt_attribution=attribution,
        answer=answer,
    )


def _prompt(
    renderer: BoundRenderer,
    messages: Sequence[Message] | None,
    tools: Sequence[Any] | None,
    prompt_ids: Sequence[int] | None,
    attribution: RenderedTokens | None,
    options: dict[str, Any],
) -> tuple[list[int], RenderedTokens | None]:
    """The ids to send, with their attribution where it is known."""
    if prompt_ids is not None:
        ids = [int(id) for id in prompt_ids]
        if attribution is not None and attribution.token_ids != ids:
            raise ValueError(
                f"prompt_attribution has {len(attribution)} ids that differ from the {len(ids)} of prompt_ids; pass "
                "the attribution of these ids, or only one of the two"
            )
    elif attribution is not None:
        ids = list(attribution.token_ids)
    elif messages is not None:
        attribution = renderer.render(messages, tools=tools, add_generation_prompt=True, **options)
        ids = list(attribution.token_ids)
    else:
        raise ValueError("there is no prompt; pass messages, prompt_ids or prompt_attribution")
    if not ids:
        raise ValueError("the prompt has no tokens; pass messages, or ids for the model to continue")
    return ids, attribution
