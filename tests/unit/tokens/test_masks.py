"""Which tokens are trained: every selection that training code asks for, told by hand on real formats."""

from __future__ import annotations

import re
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from conformance.real_tokenizers import control_tokens, trained
from documents import rows, sections
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT

import chatwright
from chatwright import masks

WEATHER = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": {"city": "Rome"}}}

ASK = {"role": "user", "content": "Rome?"}
CALL = {"role": "assistant", "reasoning_content": "Ask.", "content": "", "tool_calls": [WEATHER]}
SUNNY = {"role": "tool", "tool_call_id": "c1", "name": "weather", "content": "Sunny"}
SUN = {"role": "assistant", "reasoning_content": "Done.", "content": "Sun."}
#: One turn of the model before, and a turn with a cycle of calls and results.
TALK = [
    {"role": "system", "content": "Brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Ho"},
]
TALK += [ASK, CALL, SUNNY, SUN]


@cache
def bound(name: str) -> Any:
    return chatwright.load(name).bind(trained(control_tokens(name)), tokenization="as_sampled")


def render(name: str, messages: list[dict[str, Any]] = TALK, **options: Any) -> Any:
    return bound(name).render(messages, **options)


def selected(selector: masks.Selector, tokens: Any) -> list[str]:
    """The texts of the ranges that are selected."""
    text = tokens.text.encode()
    starts, ends = tokens.located.starts.tolist(), tokens.located.ends.tolist()
    return [text[starts[a] : ends[b - 1]].decode() for a, b in tokens.spans(selector.mask(tokens))]


QWEN_CALL = '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>'
QWEN = [
    "Ho<|im_end|>",
    f"<think>\nAsk.\n</think>\n\n{QWEN_CALL}<|im_end|>",
    "<think>\nDone.\n</think>\n\nSun.<|im_end|>",
]
OSS = [
    "<|channel|>final<|message|>Ho",
    ' to=functions.weather<|channel|>commentary json<|message|>{"city": "Rome"}<|call|>',
    "<|channel|>analysis<|message|>Done.<|end|><|start|>assistant<|channel|>final<|message|>Sun.<|return|>",
]


def test_assistant_only_is_what_is_sampled() -> None:
    """TRL, Hugging Face."""
    assert selected(masks.sampled(), render("qwen3")) == QWEN
    llama = [ASK, {"role": "assistant", "content": "Sun."}, ASK, {"role": "assistant", "content": "Rain."}]
    assert selected(masks.sampled(), render("llama3_1", llama)) == ["Sun.<|eot_id|>", "Rain.<|eot_id|>"]


def test_reinforcement_trains_exactly_the_sampled_tokens() -> None:
    """GRPO: results of tools and openers are 0, and what the prompt already held."""
    tokens = render("qwen3_5", [ASK, CALL, SUNNY, SUN], enable_thinking=True)
    found = "".join(selected(masks.sampled(), tokens))
    assert "Sunny" not in found and "<|im_start|>" not in found and "<think>" not in found
    assert found.startswith("Ask.\n</think>")
    assert np.array_equal(masks.sampled().weights(tokens), tokens.sampled.astype(np.float32))


def test_roles_to_train() -> None:
    """axolotl: all of some roles, with `train` and `weight` of messages."""
    tokens = render("qwen3")
    assert selected(masks.content() & masks.role("user", "system"), tokens) == ["Brief.", "Hi", "Rome?"]
    told = [dict(message) for message in TALK]
    told[2]["train"], told[6]["weight"] = False, 0.5
    selector = masks.sampled() * masks.by_message()
    tokens = render("qwen3", told)
    assert selected(selector, tokens) == QWEN[1:]
    weights = selector.weights(tokens)
    assert set(weights[tokens.messages == 4].tolist()) == {0.0, 1.0}
    assert set(weights[tokens.messages == 6].tolist()) == {0.0, 0.5}


def test_weights_of_parts_and_spans_of_characters() -> None:
    """axolotl: a part of a message, some characters of its content and of its reasoning."""
    said = [
        {"role": "user", "content": "Q"},
        {"role": "assistant", "reasoning_content": "abc def", "content": "1 🙂 2"},
    ]
    tokens = render("qwen3", said)
    selector = masks.characters(1, "content", 2, 3) | masks.characters(1, "reasoning", 3, 7) * 0.25
    assert selected(selector, tokens) == [" def", "🙂"]
    assert set(selector.weights(tokens).tolist()) == {0.0, 0.25, 1.0}
    assert selected(masks.sampled() & masks.part("reasoning"), render("qwen3")) == ["Ask.", "Done."]


def test_stops_all_of_the_last_turn_or_none() -> None:
    """axolotl's EOS and EOT policies."""
    tokens = render("qwen3")
    assert selected(masks.closers(), tokens) == ["<|im_end|>"] * 3
    last = masks.closers("last")
    assert selected(last, tokens) == ["<|im_end|>"]
    assert np.flatnonzero(last.mask(tokens)).tolist() == [np.flatnonzero(tokens.sampled)[-1]]
    assert selected(masks.closers() & masks.last_turn(), tokens) == ["<|im_end|>"] * 2
    assert selected(masks.sampled() & ~masks.closers(), tokens) == [text.removesuffix("<|im_end|>") for text in QWEN]
    assert selected(masks.closers(), render("glm4_6")) == ["<|user|>", "<|observation|>"]


def test_last_message_last_turn_and_weights() -> None:
    """LLaMA-Factory, ms-swift, tinker."""
    tokens = render("qwen3")
    assert selected(masks.sampled() & masks.last_message(), tokens) == QWEN[2:]
    assert selected(masks.sampled() & masks.last_turn(), tokens) == QWEN[1:]
    assert selected(masks.sampled() & masks.messages(-1, 2), tokens) == [QWEN[0], QWEN[2]]
    weights = (masks.sampled() * masks.by_message([0, 0, 0.25, 0, 1, 0, 2])).weights(tokens)
    assert [weights[tokens.messages == n].max() for n in (2, 4, 6)] == [0.25, 1, 2]


@pytest.mark.parametrize(
    ("name", "tags", "rest"),
    [("qwen3", "<think>\n\n</think>\n\n", "Yo<|im_end|>"), ("glm4_6", "\n<think></think>", "\nYo")],
)
def test_an_empty_think_block_is_ignored(name: str, tags: str, rest: str) -> None:
    said = [ASK, {"role": "assistant", "content": "Yo"}]
    tokens = render(name, said)
    assert selected(masks.empty_reasoning(), tokens) == [tags]
    assert selected(masks.sampled() & ~masks.empty_reasoning(), tokens) == [rest]
    assert selected(masks.empty_reasoning(), render(name, [ASK, SUN])) == []


def test_the_text_of_calls_is_weighted() -> None:
    tokens = render("qwen3")
    assert selected(masks.sampled() & masks.part("call"), tokens) == [QWEN_CALL]
    assert selected(masks.part("call.name"), tokens) == ["weather"]
    weights = (masks.sampled() | masks.part("call") * 3).weights(tokens)
    assert set(weights[masks.part("call").mask(tokens)].tolist()) == {3.0}


def test_all_tokens_all_messages_users_and_systems() -> None:
    """tinker."""
    tokens = render("qwen3")
    assert selected(masks.everything(), tokens) == [tokens.text]
    assert masks.messages(lambda message: True).mask(tokens).tolist() == [
        owner >= 0 for owner in tokens.message_indices
    ]
    assert "".join(selected(masks.role("user", "system"), tokens)).count("<|im_start|>user") == 2


def test_reasoning_is_masked() -> None:
    """NeMo; what a prompt opens is not sampled anyway."""
    tokens = render("qwen3_5", [ASK, SUN], enable_thinking=True)
    assert selected(masks.sampled(), tokens) == ["Done.\n</think>\n\nSun.<|im_end|>"]
    assert selected(masks.sampled() & ~masks.part("reasoning"), tokens) == ["\n</think>\n\nSun.<|im_end|>"]


def test_bodies_of_results_are_trained_and_not_what_wraps_them() -> None:
    """PrimeIntellect's renderers: `content_sft_roles`."""
    selector = masks.sampled() | masks.content() & masks.role("tool")
    assert selected(selector, render("qwen3")) == [*QWEN[:2], "Sunny", QWEN[2]]


def test_the_final_channel_or_calls_only() -> None:
    """gpt-oss."""
    tokens = render("gpt_oss")
    assert selected(masks.sampled(), tokens) == OSS
    final = masks.last_message() & (masks.sampled() & masks.part("content") | masks.closers("last"))
    assert selected(final, tokens) == ["Sun.<|return|>"]
    assert selected(masks.part("call") & masks.sampled(), tokens) == [OSS[1].removesuffix("<|call|>")]
    assert selected(masks.content() & masks.part("content") & masks.last_message(), tokens) == ["Sun."]


# ---- the page ----------------------------------------------------------------------------------------------------

PAGE = ROOT / "docs" / "masks.md"


def documented(heading: str) -> list[str]:
    """The selectors in a table of the page."""
    found = []
    for cells in rows(sections(PAGE.read_text(encoding="utf-8"))[heading], RECIPES[heading][0]):
        found += re.findall(r"`([a-z_]+\(.*?)`(?=, `|$| )", cells[RECIPES[heading][1]])
    return found


#: The first word of a table's head, and the column of its selectors.
RECIPES = {"selectors": ("selector", 0), "recipes": ("what others call it", 1)}


@pytest.mark.parametrize("heading", RECIPES)
def test_the_page_shows_selectors_that_select(heading: str) -> None:
    found = documented(heading)
    assert len(found) >= 14
    long = [dict(message) for message in TALK]
    long[2]["content"] = "Ho and Ho and Ho"
    tokens = render("qwen3", [*long[:5], {**SUNNY}, {"role": "assistant", "content": "Sun."}])
    names = {name: getattr(masks, name) for name in dir(masks)} | {"test": lambda message: message["role"] == "tool"}
    for source in found:
        weights = eval(source.replace("[0, 1, 0.5]", "[0, 1, 0.5, 0, 0, 0, 0]"), names)
        assert weights.mask(tokens).any(), source
    public = {name for name in dir(masks) if isinstance(getattr(masks, name), FunctionType) and name[0] != "_"}
    if heading == "selectors":
        assert {source.partition("(")[0] for source in found} == public


# ---- laws --------------------------------------------------------------------------------------------------------

SIMPLE = [
    masks.everything(),
    masks.sampled(),
    masks.content(),
    masks.part("content", "call"),
    masks.closers(),
    masks.closers("last"),
    masks.role("user"),
    masks.messages(-1, 3),
    masks.last_message(),
    masks.last_turn(),
    masks.by_message([0, 1, 0.5, 2, 0.25, 1, 3]),
    masks.empty_reasoning(),
]
selectors = st.recursive(
    st.sampled_from(SIMPLE),
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
        st.builds(lambda a, factor: a * factor, inner, st.sampled_from([0.25, 0.5, 2.0])),
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=80)
@given(a=selectors, b=selectors, c=selectors)
def test_laws(a: masks.Selector, b: masks.Selector, c: masks.Selector) -> None:
    tokens = render("qwen3")

    def same(one: masks.Selector, other: masks.Selector) -> bool:
        return bool(np.allclose(one.weights(tokens), other.weights(tokens)))

    assert same(a & b, b & a) and same(a | b, b | a)
    assert same((a & b) & c, a & (b & c)) and same((a | b) | c, a | (b | c))
    assert same(a & (b | c), (a & b) | (a & c))
    assert same(a & masks.everything(), a) and same(a | a, a)
    assert same(~(a | b), ~a & ~b) and same(~(a & b), ~a | ~b)
    assert np.array_equal((~~a).mask(tokens), a.mask(tokens))
    assert not (a & ~a).mask(tokens).any() and (a | ~a).mask(tokens).all()
    assert np.array_equal((a & b).mask(tokens), a.mask(tokens) & b.mask(tokens))
    assert np.array_equal((a | b).mask(tokens), a.mask(tokens) | b.mask(tokens))
    assert same(a * 2, a | a * 2) and same(a * b, a & b)
    assert a.weights(tokens).dtype == np.float32 and len(a.weights(tokens)) == len(tokens)


def test_a_selector_says_what_it_is() -> None:
    selector = masks.sampled() & ~masks.part("reasoning") | masks.closers() * 0.5
    assert repr(selector) == "((sampled() & ~part('reasoning')) | closers('all') * 0.5)"


# ---- errors ------------------------------------------------------------------------------------------------------


def test_weights_for_other_messages() -> None:
    with pytest.raises(ValueError, match="there are 2 weights for 7 messages"):
        masks.by_message([1, 2]).weights(render("qwen3"))


def test_a_weight_that_is_none() -> None:
    told = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": "high"}]
    with pytest.raises(
        chatwright.RenderError, match="message 1, weight: must be a number or a truth value, not 'high'"
    ):
        masks.by_message().weights(render("qwen3", told))


def test_characters_of_what_is_not_printed_as_it_was_given() -> None:
    tokens = render("qwen3")
    with pytest.raises(chatwright.RenderError, match="message 2, reasoning: is not printed in one piece"):
        masks.characters(2, "reasoning", 0, 1).weights(tokens)
