"""The `renderers` package with ours inside: its client over real HTTP, its training samples, its configuration."""

from __future__ import annotations

import asyncio
import copy
import itertools
from functools import cache
from typing import Any

import httpx
import pydantic
import pytest
import renderers
from conformance.formats import BY_NAME
from conformance.oracle import original
from conformance.peer_renderers import BY_FORMAT
from conformance.real_tokenizers import control_tokens, trained
from openai import AsyncOpenAI
from renderers.client import OverlongPromptError, generate
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

import chatwright
from chatwright.serving import generate as ours

from .server import CONTEXT, NAME, Server
from .tiny import EXAMPLE, bound, example

pytestmark = pytest.mark.slow

PATH = "chatwright.adapters.renderers.ChatwrightRenderer"
GREEDY = {"temperature": 0.0, "max_tokens": 100}


def tokenizer() -> Any:
    rust = Tokenizer.from_file(str(EXAMPLE.parent / "tokenizer.json"))
    return PreTrainedTokenizerFast(tokenizer_object=rust, eos_token="<|im_end|>")


def inside(**fields: Any) -> Any:
    """Their renderer, made by their configuration, which is ours inside."""
    fields.setdefault("format", "qwen3")
    config = renderers.CustomRendererConfig(import_path=PATH, **fields)
    return renderers.create_renderer(tokenizer(), config)


def asked(server: Server, renderer: Any, messages: list[Any], **keywords: Any) -> dict[str, Any]:
    """One call of their client."""

    async def run() -> dict[str, Any]:
        async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
            keywords.setdefault("sampling_params", GREEDY)
            return await generate(
                client=client, renderer=renderer, messages=messages, model=NAME, tools=example().TOOLS, **keywords
            )

    return asyncio.run(run())


# ---- its client --------------------------------------------------------------------------------------------------


def test_their_client_runs_a_rollout_with_ours_inside(server: Server) -> None:
    renderer = inside()
    messages = [example().question(6, 7, 8)]
    steps: list[dict[str, Any]] = []
    given: dict[str, Any] = {}
    for _ in range(4):
        found = asked(server, renderer, messages, **given)
        steps.append(found)
        if not found["tool_calls"]:
            break
        new = example().results(_Calls(found["tool_calls"]))
        bridged = renderer.bridge_to_next_turn(found["prompt_ids"], found["completion_ids"], new, tools=example().TOOLS)
        assert type(bridged) is renderers.RenderedTokens
        given = {"prompt_ids": bridged.token_ids, "prompt_attribution": bridged}
    assert [step["finish_reason"] for step in steps] == ["tool_calls", "tool_calls", "stop"]
    assert steps[-1]["content"] == "It is 50." and steps[-1]["reasoning_content"] == "Done."
    assert type(steps[0]["prompt_attribution"]) is renderers.RenderedTokens
    assert {path for path, _ in server.bodies} == {"/inference/v1/generate"}
    assert all(body["sampling_params"]["stop_token_ids"] == bound().get_stop_token_ids() for _, body in server.bodies)
    for earlier, later in itertools.pairwise(steps):
        both = earlier["prompt_ids"] + earlier["completion_ids"]
        assert later["prompt_ids"][: len(both)] == both
    # Ours, alone, on the same server: the same ids, and the same log probabilities.
    trajectory = chatwright.Trajectory(bound(), messages, tools=example().TOOLS)
    for step in steps:
        alone = _alone(server, trajectory)
        assert (alone.prompt_ids, alone.completion_ids) == (step["prompt_ids"], step["completion_ids"])
        assert alone.logprobs == pytest.approx(step["completion_logprobs"])
        if trajectory.add_completion(alone.completion_ids).tool_calls:
            trajectory.add_messages(example().results(trajectory.responses[-1]))


class _Calls:
    def __init__(self, tool_calls: Any) -> None:
        self.tool_calls = tool_calls


def _alone(server: Server, trajectory: Any) -> Any:
    async def run() -> Any:
        async with httpx.AsyncClient(base_url=server.url) as client:
            prompt = trajectory.tokens()
            sampling = {"temperature": 0.0}
            return await ours(client, bound(), prompt_attribution=prompt, max_tokens=100, sampling=sampling)

    return asyncio.run(run())


def test_their_client_refuses_a_long_prompt(server: Server) -> None:
    long = [{"role": "user", "content": "What is 6 times 7? " * 80}]
    with pytest.raises(OverlongPromptError) as caught:
        asked(server, inside(), long)
    assert caught.value.max_prompt_len == CONTEXT and server.bodies == []


# ---- its training samples ----------------------------------------------------------------------------------------

SYSTEM = {"role": "system", "content": "Be brief"}
SETTINGS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "roles": {"role_to_mask": lambda message: message["role"] == "assistant"},
    "bodies": {"content_sft_roles": {"tool"}},
    "stop": {"ensure_final_stop": True},
    "messages": {"message_loss_mask": [0, 0, 1, 0, 0, 0, 1]},
}


@cache
def on_trained_tokenizer(format: str) -> Any:
    fmt = BY_NAME[format]
    given = {key: token for key, token in (("bos_token", fmt.bos), ("eos_token", fmt.eos)) if token is not None}
    known = PreTrainedTokenizerFast(tokenizer_object=trained(control_tokens(format)), **given)
    config = renderers.CustomRendererConfig(import_path=PATH, format=format, tokenization="whole")
    return renderers.create_renderer(known, config, chat_template_kwargs=dict(fmt.ours))


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("format", sorted(BY_FORMAT))
def test_their_samples_are_ours(format: str, settings: str) -> None:
    renderer = on_trained_tokenizer(format)
    messages = [SYSTEM, *copy.deepcopy(example_messages())]
    theirs = renderers.build_training_sample(renderer, messages, tools=TOOLS, **SETTINGS[settings])
    own = chatwright.build_training_sample(renderer.bound, messages, tools=TOOLS, **SETTINGS[settings])
    assert any(theirs.loss_mask)
    assert theirs.token_ids == own.token_ids
    assert theirs.loss_mask == own.loss_mask


#: The conversation of the example, without needing torch, and with ids for formats that print them.
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": name,
            "parameters": {"type": "object", "properties": {"a": {"type": "integer", "description": "a"}}},
        },
    }
    for name in ("multiply", "add")
]


def example_messages() -> list[dict[str, Any]]:
    def call(id: str, name: str, thought: str) -> dict[str, Any]:
        calls = [{"id": id, "type": "function", "function": {"name": name, "arguments": {"a": 6}}}]
        return {"role": "assistant", "reasoning_content": thought, "content": "", "tool_calls": calls}

    return [
        {"role": "user", "content": "What is 6 times 7, plus 8?"},
        call("call00001", "multiply", "Times first."),
        {"role": "tool", "name": "multiply", "tool_call_id": "call00001", "content": "42"},
        call("call00002", "add", "Now plus."),
        {"role": "tool", "name": "add", "tool_call_id": "call00002", "content": "50"},
        {"role": "assistant", "reasoning_content": "Done.", "content": "It is 50."},
    ]


def test_their_trajectory_step_is_what_is_sampled() -> None:
    renderer = inside()
    step = renderers.build_trajectory_step(renderer, example_messages()[:1], example_messages()[1:2], tools=TOOLS)
    prompt = renderer.render_ids(example_messages()[:1], tools=TOOLS, add_generation_prompt=True)
    assert step["prompt_ids"] == prompt
    assert renderer.parse_response(step["completion_ids"], prompt_ids=prompt).reasoning_content == "Times first."


# ---- its configuration -------------------------------------------------------------------------------------------


def test_it_is_a_renderer_by_their_protocol() -> None:
    renderer = inside()
    assert isinstance(renderer, renderers.Renderer) and not renderers.is_multimodal(renderer)
    assert renderer.is_prefix_stable == renderer.bound.is_prefix_stable()


def test_options_of_the_format_are_fields_or_template_arguments() -> None:
    question = [{"role": "user", "content": "Hi"}]
    expected = bound().render_ids(question, add_generation_prompt=True, enable_thinking=False)
    config = renderers.CustomRendererConfig(import_path=PATH, format="qwen3")
    by_arguments = renderers.create_renderer(tokenizer(), config, chat_template_kwargs={"enable_thinking": False})
    for renderer in (inside(enable_thinking=False), by_arguments):
        assert renderer.render_ids(question, add_generation_prompt=True) == expected
    with pytest.raises(chatwright.OptionError, match="enable_thinkin"):
        inside(enable_thinkin=False)
    with pytest.raises(ValueError, match="Unsupported chat_template_kwargs"):
        renderers.create_renderer(tokenizer(), config, chat_template_kwargs={"tokenization": "whole"})
    with pytest.raises(pydantic.ValidationError, match="content_specials"):
        inside(content_specials="drop")


def test_the_format_is_found_by_the_template_of_the_tokenizer() -> None:
    known = tokenizer()
    with pytest.raises(chatwright.UnknownTemplate):
        renderers.create_renderer(known, renderers.CustomRendererConfig(import_path=PATH))
    known.chat_template = original(BY_NAME["qwen3"].template)
    found = renderers.create_renderer(known, renderers.CustomRendererConfig(import_path=PATH))
    assert found.bound.format.name == "qwen3"


@pytest.mark.parametrize(
    ("format", "retention", "through_users"),
    [
        ("qwen3", None, False),
        ("qwen3", "tool_cycle", False),
        ("qwen3", "all", True),
        ("qwen3_2507", None, True),
        ("qwen3_2507", "tool_cycle", False),
    ],
)
def test_bridges_go_as_far_as_retention_says(format: str, retention: str | None, through_users: bool) -> None:
    renderer = inside(format=format, thinking_retention=retention)
    prompt = renderer.render_ids([{"role": "user", "content": "Hi"}], add_generation_prompt=True)
    completion = renderer.bound.encoder.encode(["Hello!<|im_end|>"]).ids.tolist()
    asks = renderer.bridge_to_next_turn(prompt, completion, [{"role": "user", "content": "Again?"}])
    told = renderer.bridge_to_next_turn(prompt, completion, [{"role": "tool", "content": "42"}])
    assert (asks is not None) == through_users
    for found in (asks, told):
        if found is not None:
            assert found.token_ids[: len(prompt + completion)] == prompt + completion
            assert not any(found.sampled_mask) and set(found.message_indices) == {-1, 0}
    assert told is not None
    assert renderer.bridge_to_next_turn(prompt, completion, [{"role": "assistant", "content": "x"}]) is None


def test_no_prompt_an_empty_one_and_that_of_the_format_are_alike() -> None:
    """Here it has opened the reasoning."""
    renderer = inside(format="qwen3_2507_thinker")
    ids = renderer.bound.encoder.encode(["Hm.\n</think>\n\nHello<|im_end|>"]).ids.tolist()
    prompt = renderer.render_ids([{"role": "user", "content": "Hi"}], add_generation_prompt=True)
    for given in ({}, {"prompt_ids": None}, {"prompt_ids": []}, {"prompt_ids": prompt}):
        found = renderer.parse_response(ids, **given)
        assert (found.reasoning_content, found.content) == ("Hm.", "Hello")


def test_damaged_calls_are_told_with_their_statuses() -> None:
    renderer = inside()
    ids = renderer.bound.encoder.encode(['<tool_call>\n{"name": "f", "argu</tool_call><tool_call>\n{']).ids.tolist()
    found = renderer.parse_response(ids, prompt_ids=[])
    own = renderer.bound.parse_response(ids)
    assert [call.status for call in found.tool_calls] == [
        renderers.ToolCallParseStatus.INVALID_JSON,
        renderers.ToolCallParseStatus.UNCLOSED_BLOCK,
    ]
    assert [(call.raw, call.token_span) for call in found.tool_calls] == [
        (call.raw, call.token_span) for call in own.tool_calls
    ]
