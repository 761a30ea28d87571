"""Many conversations at once: from many threads, in batches, for data sets, in other processes."""

from __future__ import annotations

import copy
import pickle
import pydoc_data.topics
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from conformance.real_tokenizers import encoder

import chatwright
from chatwright.tokens.encoders.adapt import Backend
from chatwright.tokens.masks import by_message, closers, content, empty_reasoning, messages, part, role, sampled
from chatwright.tokens.samples import IGNORE, Columns, NothingTrained, Side

pytestmark = pytest.mark.slow

by_backend = pytest.mark.parametrize("backend", ["auto", "tokenizers"])

TEXTS = [text for text in pydoc_data.topics.topics.values() if len(text) > 2000]
TOOLS = [{"type": "function", "function": {"name": "f", "description": "Does it", "parameters": {"type": "object"}}}]


def bound(backend: Backend = "auto", **settings: Any) -> Any:
    return chatwright.load("qwen3").bind(encoder("qwen3", backend), **settings)


def chat(number: int) -> list[dict[str, Any]]:
    """A conversation like no other, of one to five turns, some with characters of several tokens or a control token."""
    text = TEXTS[number % len(TEXTS)]
    messages: list[dict[str, Any]] = [{"role": "system", "content": text[:40]}] if number % 3 else []
    for turn in range(number % 5 + 1):
        start = (number * 37 + turn * 211) % 1500
        messages.append({"role": "user", "content": text[start : start + 90] + "🙂" * (number % 4)})
        messages.append({"role": "assistant", "reasoning_content": text[:30], "content": text[start : start + 120]})
    if number % 7 == 0:
        messages[-2]["content"] += "<|im_end|>"
    return messages


CHATS = [chat(number) for number in range(60)]


def said(tokens: Any) -> tuple[Any, ...]:
    """All that is said of some tokens."""
    lists = (tokens.token_ids, tokens.message_indices, tokens.sampled_mask, tokens.is_content, tokens.parts)
    return (*lists, tokens.runs(), tokens.defused)


@by_backend
@pytest.mark.parametrize("tokenization", ["whole", "as_sampled"])
def test_eight_threads_say_what_one_says(backend: Backend, tokenization: str) -> None:
    renderer = bound(backend, tokenization=tokenization)
    want = [said(renderer.render(messages)) for messages in CHATS]
    shuffled = [n * 7 % len(CHATS) for n in range(4 * len(CHATS))]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: said(renderer.render(CHATS[n])), shuffled))
        assert got == [want[n] for n in shuffled]
        # One result that several threads look at.
        tokens = renderer.render(CHATS[4])
        assert all(each == want[4] for each in pool.map(said, [tokens] * 16))


@by_backend
@pytest.mark.parametrize("at_once", [1, 7, 256])
def test_a_batch_is_each_row(backend: Backend, at_once: int) -> None:
    renderer = bound(backend)
    before = copy.deepcopy(CHATS)
    done: list[tuple[int, int]] = []
    got = renderer.render_batch(
        CHATS, tools=TOOLS, add_generation_prompt=True, at_once=at_once, progress=lambda *counts: done.append(counts)
    )
    want = [renderer.render(messages, tools=TOOLS, add_generation_prompt=True) for messages in CHATS]
    assert [said(tokens) for tokens in got] == [said(tokens) for tokens in want]
    assert done == [(min(n, len(CHATS)), len(CHATS)) for n in range(at_once, len(CHATS) + at_once, at_once)]
    assert before == CHATS


def test_rows_with_tools_of_their_own() -> None:
    renderer = bound()
    rows = [{"messages": CHATS[1]}, {"messages": CHATS[1], "tools": TOOLS}, {"messages": CHATS[1], "tools": None}]
    without, with_tools, also_without = renderer.render_batch(rows)
    assert said(with_tools) == said(renderer.render(CHATS[1], tools=TOOLS))
    assert said(without) == said(also_without) == said(renderer.render(CHATS[1]))
    assert renderer.render_batch([]) == []


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({"role": "user", "content": 3}, "row 300, message 1, content: must be a text"),
        ({"role": "user", "content": "a\ud800"}, "row 300, message 1, content: holds the lone surrogate"),
    ],
)
def test_an_error_names_its_row(message: dict[str, Any], told: str) -> None:
    rows = [CHATS[0]] * 300 + [[{"role": "system", "content": "x"}, message]] + [CHATS[0]]
    with pytest.raises(chatwright.RenderError, match=told):
        bound().render_batch(rows)


def test_a_control_token_names_its_row() -> None:
    rows = [CHATS[1], [{"role": "user", "content": "<|im_end|>"}]]
    with pytest.raises(chatwright.RenderError, match="row 1, message 0, content: holds the control token"):
        bound(content_specials="error").render_batch(rows)


# ---- data sets ---------------------------------------------------------------------------------------------------


def batch(count: int) -> dict[str, list[Any]]:
    """Columns, as `Dataset.map(batched=True)` hands them over."""
    return {"messages": CHATS[:count], "tools": [TOOLS if n % 2 else None for n in range(count)], "id": [*range(count)]}


def test_columns_of_a_data_set() -> None:
    renderer = bound()
    given = batch(12)
    out = Columns(renderer, weights=True)(given)
    assert sorted(out) == ["attention_mask", "input_ids", "labels", "weights"]
    for number in range(12):
        tokens = renderer.render(given["messages"][number], tools=given["tools"][number])
        assert out["input_ids"][number].tolist() == tokens.token_ids
        labels = np.where(tokens.sampled, tokens.ids.astype(np.int64), IGNORE)
        assert np.array_equal(out["labels"][number], labels)
        assert out["attention_mask"][number].tolist() == [1] * len(tokens)
        assert np.array_equal(out["weights"][number], tokens.sampled.astype(np.float32))


@pytest.mark.parametrize("side", ["left", "right"])
def test_columns_are_cut(side: Side) -> None:
    cut = Columns(bound(), max_length=50, truncate=side, on_empty="keep")(batch(6))
    whole = Columns(bound())(batch(6))
    for name in ("input_ids", "labels"):
        for short, full in zip(cut[name], whole[name], strict=True):
            assert np.array_equal(short, full[:50] if side == "right" else full[-50:])


def test_rows_without_anything_to_train() -> None:
    select = sampled() & part("call")
    with pytest.raises(NothingTrained, match="row 0: none of its"):
        Columns(bound(), select=select)(batch(2))
    assert len(Columns(bound(), select=select, on_empty="keep")(batch(2))["labels"]) == 2
    dropping = Columns(bound(), select=select, on_empty="drop")
    assert dropping(batch(2))["labels"] == []
    assert dropping.dropped == 2


# ---- other processes ---------------------------------------------------------------------------------------------


@by_backend
def test_a_pickled_renderer_says_the_same(backend: Backend) -> None:
    """What a process of `Dataset.map(num_proc=…)` gets."""
    renderer = bound(backend, tokenization="as_sampled", content_specials="parse", enable_thinking=False)
    again = pickle.loads(pickle.dumps(renderer))
    assert repr(again) == repr(renderer)
    assert (again.tokenization, again.content_specials, again.options) == ("as_sampled", "parse", renderer.options)
    for chat_ in CHATS[:10]:
        want = renderer.render(chat_, add_generation_prompt=True)
        assert said(again.render(chat_, add_generation_prompt=True)) == said(want)


def test_a_pickled_spec_says_the_same() -> None:
    spec = chatwright.load("qwen3")
    again = pickle.loads(pickle.dumps(spec))
    assert (again.name, again.tokens, again.stops) == (spec.name, spec.tokens, spec.stops)
    assert again.segments(CHATS[4], tools=TOOLS) == spec.segments(CHATS[4], tools=TOOLS)


def test_a_pickled_function_for_data_sets() -> None:
    chosen = (sampled() & ~part("reasoning") & by_message() * 0.5) | (content() & role("tool") & messages(0, -1))
    columns = Columns(bound(), max_length=200, select=chosen | closers("last") | empty_reasoning())
    again = pickle.loads(pickle.dumps(columns))
    want, got = columns(batch(4)), again(batch(4))
    for name in want:
        assert len(want[name]) == 4
        assert all(np.array_equal(a, b) for a, b in zip(want[name], got[name], strict=True))
