"""`generate` over real HTTP: the ids are those of the renderer, the log probabilities those of the model."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import httpx2
import numpy as np
import pytest

import chatwright
from chatwright import Trajectory
from chatwright.serving import VLLM, Generated, SGLang, generate

from .server import NAME, Server
from .tiny import bound, example

pytestmark = pytest.mark.slow

SERVERS = [VLLM(), VLLM(model=NAME), SGLang()]
by_server = pytest.mark.parametrize("kind", SERVERS, ids=["vllm", "vllm-named", "sglang"])
GREEDY = {"temperature": 0.0}


def ask(
    served: Server, *arguments: Any, client: Any = httpx.AsyncClient, renderer: Any = None, **keywords: Any
) -> Generated:
    """One call of `generate`, greedy."""

    async def run() -> Generated:
        async with client(base_url=served.url) as connected:
            keywords.setdefault("sampling", GREEDY)
            keywords.setdefault("max_tokens", 100)
            return await generate(connected, renderer or bound(), *arguments, **keywords)

    return asyncio.run(run())


def first() -> list[dict[str, Any]]:
    return [example().question(6, 7, 8)]


def prompt() -> list[int]:
    ids: list[int] = bound().render_ids(first(), tools=example().TOOLS, add_generation_prompt=True)
    return ids


def judged(server: Server, given: list[int], ids: list[int]) -> list[float]:
    """The log probability that the model gives to each id behind a prompt, all at once."""
    import torch

    with torch.no_grad():
        logits = server.model(torch.tensor([given + ids])).logits[0, len(given) - 1 : -1].log_softmax(-1)
    return [logits[place, id].item() for place, id in enumerate(ids)]


@by_server
def test_messages_become_ids_and_ids_a_message(server: Server, kind: Any) -> None:
    found = ask(server, first(), tools=example().TOOLS, server=kind)
    ((path, body),) = server.bodies
    assert path == kind.path
    assert body.get("prompt", body.get("input_ids")) == found.prompt_ids == prompt()
    assert found.completion_ids[-1] in bound().get_stop_token_ids()
    assert found.message["tool_calls"][0]["function"] == {"name": "multiply", "arguments": {"a": 6, "b": 7}}
    assert found.message["reasoning_content"] == "Times first."
    reason = found.completion_ids[-1] if isinstance(kind, SGLang) else None
    assert (found.finish_reason, found.stop_reason, found.finished) == ("stop", reason, True)
    assert found.prompt_attribution is not None and found.prompt_attribution.token_ids == found.prompt_ids
    np.testing.assert_allclose(found.logprobs, judged(server, found.prompt_ids, found.completion_ids), atol=1e-4)
    assert found.answer["meta_info" if isinstance(kind, SGLang) else "choices"]
    assert server.sampled == 1


@by_server
def test_a_rollout_over_http_is_one_row_of_ids(server: Server, kind: Any) -> None:
    trajectory = Trajectory(bound(), first(), tools=example().TOOLS)
    given: list[list[int]] = []
    for _ in range(4):
        found = ask(server, prompt_attribution=trajectory.tokens(), tools=example().TOOLS, server=kind)
        given.append(found.prompt_ids)
        response = trajectory.add_completion(found.completion_ids, found.logprobs)
        assert response == found.response
        if not response.tool_calls:
            break
        trajectory.add_messages(example().results(response))
    assert trajectory.messages == example().conversation(6, 7, 8)
    assert len(given) == 3 and server.sampled == 3
    for earlier, later in zip(given, [*given[1:], trajectory.token_ids], strict=True):
        assert later[: len(earlier)] == earlier
    # Nothing was encoded but what callers said: it is what rendering the finished conversation gives.
    whole = bound().render(trajectory.messages, tools=example().TOOLS, view="training")
    assert trajectory.token_ids == whole.token_ids[: len(trajectory)]
    assert whole.token_ids[len(trajectory) :] == bound().encoder.encode(["\n"]).ids.tolist()
    assert trajectory.sample().loss_mask == whole.sampled_mask[: len(trajectory)]
    written = [id for id, yes in zip(trajectory.token_ids, trajectory.sample().loss_mask, strict=True) if yes]
    assert len(written) == np.count_nonzero(~np.isnan(trajectory.logprobs))


@by_server
def test_what_is_cut_off_says_so(server: Server, kind: Any) -> None:
    """Inside the reasoning, and inside the call."""
    found = ask(server, first(), tools=example().TOOLS, server=kind, max_tokens=3)
    assert (found.finish_reason, found.finished, found.response.reasoning_complete) == ("length", False, False)
    assert found.response.stop is None and len(found.completion_ids) == 3
    found = ask(server, first(), tools=example().TOOLS, server=kind, max_tokens=20)
    assert (found.finish_reason, found.finished) == ("length", False)
    assert [call.status for call in found.response.tool_calls] == ["unclosed_block"]
    assert "tool_calls" not in found.message
    bridged = bound().bridge(found.prompt_ids, found.completion_ids, [{"role": "user", "content": "Go on"}])
    assert bridged.token_ids[: bridged.prior] == found.prompt_ids + found.completion_ids
    again = ask(server, prompt_ids=bridged.token_ids, prompt_attribution=bridged, server=kind)
    assert again.prompt_attribution is bridged and again.prompt_ids == bridged.token_ids


@by_server
def test_ids_without_attribution_have_none(server: Server, kind: Any) -> None:
    found = ask(server, prompt_ids=prompt(), server=kind, tools=example().TOOLS)
    assert found.prompt_attribution is None
    assert found.response == ask(server, first(), tools=example().TOOLS, server=kind).response


def test_an_attribution_of_other_ids_is_refused(server: Server) -> None:
    other = bound().render(first(), add_generation_prompt=True)
    with pytest.raises(ValueError, match="prompt_attribution has"):
        ask(server, prompt_ids=prompt(), prompt_attribution=other)
    with pytest.raises(ValueError, match="there is no prompt"):
        ask(server)
    with pytest.raises(ValueError, match="has no tokens"):
        ask(server, prompt_ids=[])
    assert server.bodies == []


@by_server
def test_options_of_the_format_reach_prompt_and_reading(server: Server, kind: Any) -> None:
    found = ask(server, first(), tools=example().TOOLS, server=kind, enable_thinking=False, max_tokens=8)
    expected = bound().render_ids(first(), tools=example().TOOLS, add_generation_prompt=True, enable_thinking=False)
    assert found.prompt_ids == expected and found.response.reasoning_content is None


def writing(text: str) -> Any:
    """Puts a completion of one's own into an answer of vLLM, where the model would not write it."""
    ids = bound().encoder.encode([text]).ids.tolist()

    def spoil(answer: Any) -> Any:
        choice = answer["choices"][0]
        choice |= {"token_ids": ids, "finish_reason": "stop", "stop_reason": None}
        choice["logprobs"] = {"token_logprobs": [-1.0] * len(ids), "tokens": [f"token_id:{id}" for id in ids]}
        return answer

    return spoil


def test_a_completion_is_read_behind_its_prompt(server: Server) -> None:
    """The prompt of this format has opened the reasoning, and these ids have closed it."""
    renderer = chatwright.load("qwen3_2507_thinker").bind(bound().encoder)
    opened = renderer.render_ids([{"role": "user", "content": "Hi"}], add_generation_prompt=True)
    closed = opened + renderer.encoder.encode(["Hm.\n</think>\n\n"]).ids.tolist()
    server.spoil = writing("Hello<|im_end|>")
    inside = ask(server, renderer=renderer, prompt_ids=opened).response
    behind = ask(server, renderer=renderer, prompt_ids=closed).response
    assert (inside.reasoning_content, inside.content, inside.reasoning_complete) == ("Hello", "", False)
    assert (behind.content, behind.reasoning_complete) == ("Hello", True)


def test_a_call_to_a_tool_that_there_is_not_is_told(server: Server) -> None:
    server.spoil = writing('<tool_call>\n{"name": "divide", "arguments": {"a": 6}}\n</tool_call><|im_end|>')
    (call,) = ask(server, first(), tools=example().TOOLS).response.tool_calls
    assert (call.name, call.status) == ("divide", "unknown_tool")


@by_server
def test_stops_of_the_caller_are_added_to_those_of_the_format(server: Server, kind: Any) -> None:
    newline = prompt()[-1]
    sampling = {**GREEDY, "stop_token_ids": [newline]}
    found = ask(server, first(), tools=example().TOOLS, server=kind, sampling=sampling)
    body = server.bodies[0][1]
    stops = body.get("sampling_params", body)["stop_token_ids"]
    assert stops == [*bound().get_stop_token_ids(), newline]
    assert (found.finish_reason, found.stop_reason, found.finished) == ("stop", newline, False)
    assert found.completion_ids[-1] == newline


@pytest.mark.parametrize(
    ("kind", "name"),
    [(VLLM(), "max_tokens"), (VLLM(), "echo"), (VLLM(), "stream"), (SGLang(), "max_new_tokens")],
    ids=str,
)
def test_sampling_does_not_say_what_generate_says(server: Server, kind: Any, name: str) -> None:
    with pytest.raises(ValueError, match=f"sampling has {name}"):
        ask(server, first(), server=kind, sampling={name: 1})
    with pytest.raises(ValueError, match="n completions"):
        ask(server, first(), server=kind, sampling={"n": 8})
    assert server.bodies == []


def test_many_at_once_are_as_one_by_one(server: Server) -> None:
    questions = [[example().question(*numbers)] for numbers in example().LEARNED * 2]

    async def run() -> list[Generated]:
        async with httpx.AsyncClient(base_url=server.url) as client:
            given = {"tools": example().TOOLS, "max_tokens": 100, "sampling": GREEDY}
            return await asyncio.gather(*(generate(client, bound(), messages, **given) for messages in questions))

    found = asyncio.run(run())
    alone = [ask(server, messages, tools=example().TOOLS) for messages in questions]
    assert [one.completion_ids for one in found] == [one.completion_ids for one in alone]


def test_a_client_of_another_library(server: Server) -> None:
    assert ask(server, first(), tools=example().TOOLS, client=httpx2.AsyncClient).finished


def test_further_fields_go_with_the_request(server: Server) -> None:
    ask(server, first(), server=VLLM(extra={"priority": 3}))
    ask(server, first(), server=SGLang(extra={"lora_path": "a"}))
    assert [body.get("priority") or body.get("lora_path") for _, body in server.bodies] == [3, "a"]
