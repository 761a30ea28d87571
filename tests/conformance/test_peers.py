"""Code for the `renderers` package runs on ours, and the two say the same but for what docs/peers.md has."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import renderers
from renderers.base import extract_message_tool_names

from chatwright.tokens.rendered_tokens import tool_names
from chatwright.tokens.samples import build_training_sample

from .peer_differences import (
    ALL,
    CONVERSATIONS,
    DIFFERENCES,
    FOUND,
    HELLO,
    HI,
    PAGE,
    _calling,
    differences,
    explained,
    last_turn,
    lines,
    said,
    written,
)
from .peer_renderers import ours, theirs, tokenizer_of

by_format = pytest.mark.parametrize("format", ALL)
by_side = pytest.mark.parametrize("side", ["ours", "theirs"])

#: Ends in a letter: in some formats a full stop becomes one token with what follows.
SYSTEM = {"role": "system", "content": "Be brief"}
CHAT = [SYSTEM, HI, HELLO, {"role": "user", "content": "Again, please."}, {"role": "assistant", "content": "Sure."}]
AGENT = [SYSTEM, HI, _calling({"q": "x"}), FOUND, {"role": "assistant", "content": "OK."}]


def renderer(side: str, format: str) -> Any:
    return ours(format) if side == "ours" else theirs(format)


def rendered(side: str, format: str, messages: list[Any], **keywords: Any) -> Any:
    return renderer(side, format).render(copy.deepcopy(messages), **keywords)


# ---- side by side ------------------------------------------------------------------------------------------------


@by_format
def test_every_difference_is_explained(format: str) -> None:
    found = [(aspect, name) for name in CONVERSATIONS for aspect in differences(format, name)]
    assert sorted(found) == sorted(explained(format))


@by_format
def test_transformers_decides(format: str) -> None:
    """Ours is what transformers says of ids and of who writes; theirs is not, where they are said to be wrong."""
    for name, case in CONVERSATIONS.items():
        truth, parsing, own = (said(side, format, name) for side in ("transformers", "parsing", "ours"))
        assert bool(truth.refusal) == bool(own.refusal)
        assert parsing.ids == truth.ids
        writes = written(format, name)
        if writes is not None:
            assert last_turn(parsing.tokens, case) == writes, name
    for row in DIFFERENCES:
        if format not in row.formats or row.wrong != "theirs":
            continue
        for name in row.conversations:
            truth, other = said("transformers", format, name), said("theirs", format, name)
            if row.aspect == "refusal":
                assert truth.refusal and not other.refusal
            if row.aspect == "ids":
                assert other.ids != truth.ids
            writes = written(format, name)
            if row.aspect == "sampled_mask" and writes is not None:
                assert last_turn(other.tokens, CONVERSATIONS[name]) != writes


@by_format
def test_the_page_says_so(format: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    want = [line for _, line in lines(format)]
    assert sorted(want) == sorted(line for line in page.splitlines() if line.startswith(f"| {format} |")), (
        "python -m conformance.peer_differences, in tests/, writes the page anew"
    )


@by_format
def test_stop_tokens(format: str) -> None:
    assert sorted(ours(format).get_stop_token_ids()) == sorted(theirs(format).get_stop_token_ids())


# ---- what that package asks of its renderers ---------------------------------------------------------------------


@by_side
@by_format
def test_owners(side: str, format: str) -> None:
    for messages, prompt in ((CHAT[1:3], True), (CHAT, False), (AGENT, False)):
        found = rendered(side, format, messages, add_generation_prompt=prompt)
        assert len(found.message_indices) == len(found.sampled_mask) == len(found.is_content) == len(found.token_ids)
        assert set(range(len(messages))) <= set(found.message_indices) <= set(range(-1, len(messages)))
        assert found.message_roles == [message["role"] for message in messages]
        assert found.multi_modal_data is None


@by_side
@by_format
def test_only_the_model_is_sampled(side: str, format: str) -> None:
    for messages in (CHAT, AGENT):
        found = rendered(side, format, messages)
        for sampled, content, owner in zip(found.sampled_mask, found.is_content, found.message_indices, strict=True):
            if owner >= 0 and messages[owner]["role"] == "assistant":
                assert sampled == content
            else:
                assert not sampled
        for index, message in enumerate(messages):
            own = [n for n, owner in enumerate(found.message_indices) if owner == index]
            if message["role"] == "assistant":
                assert any(found.sampled_mask[n] for n in own)
            if message["role"] == "user" or (message["role"] == "assistant" and messages[index - 1]["role"] == "user"):
                assert not found.sampled_mask[own[0]]
                assert not found.is_content[own[0]]


@by_side
@by_format
def test_the_prompt_is_scaffold(side: str, format: str) -> None:
    found = rendered(side, format, [HI], add_generation_prompt=True)
    outside = [n for n, owner in enumerate(found.message_indices) if owner == -1]
    assert outside
    assert not any(found.sampled_mask[n] or found.is_content[n] for n in outside)


@by_side
@by_format
def test_bodies_come_back(side: str, format: str) -> None:
    """Ours: just the body, which some format puts into the quotes of JSON."""
    found = rendered(side, format, AGENT)
    decode = tokenizer_of(format).decode
    for index in (0, 1, 3):
        pairs = zip(found.token_ids, found.message_indices, found.is_content, strict=True)
        text = decode([id for id, owner, content in pairs if owner == index and content])
        assert AGENT[index]["content"] in text
        if side == "ours":
            assert text.strip().strip('"') == AGENT[index]["content"]
    spans = found.content_token_spans_by_role()
    assert AGENT[3]["content"] in "".join(decode(found.token_ids[start:end]) for start, end in spans["tool"])


@by_format
def test_counting_is_theirs(format: str) -> None:
    """The helpers say what those of theirs say of the same tokens."""
    for messages in (CHAT, AGENT):
        mine = rendered("ours", format, messages)
        fields = ("token_ids", "message_indices", "sampled_mask", "is_content", "message_roles", "message_tool_names")
        same = renderers.RenderedTokens(**{name: getattr(mine, name) for name in fields})
        for sampled_only in (False, True):
            for count in (None, 0, 1, 99):
                got = mine.tokens_per_message(count, sampled_only=sampled_only)
                assert got == same.tokens_per_message(count, sampled_only=sampled_only)
            assert mine.tokens_by_role(sampled_only=sampled_only) == same.tokens_by_role(sampled_only=sampled_only)
        assert mine.message_token_spans() == same.message_token_spans()
        assert mine.role_token_spans() == same.role_token_spans()
        assert mine.content_token_spans_by_role() == same.content_token_spans_by_role()
        for roles in ({"tool"}, {"user", "system"}, set()):
            assert mine.content_mask_for_roles(roles) == same.content_mask_for_roles(roles)


def test_tool_names() -> None:
    """Of results: their own name, else that of the call before; all as theirs."""
    calls = {"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "screenshot"}}]}
    for messages in (
        [],
        [{"role": "tool", "tool_call_id": "c1", "name": "given", "content": "x"}],
        [HI, calls, {"role": "tool", "tool_call_id": "c1", "content": "ok"}],
        [{"role": "tool", "tool_call_id": "orphan", "content": "x"}],
        [{"role": "tool", "content": "x"}, {"role": "user", "name": "Ada", "content": "x"}],
    ):
        before = copy.deepcopy(messages)
        assert tool_names(messages) == extract_message_tool_names(messages)
        assert messages == before


@by_format
def test_one_role_marker_closes_a_turn_and_opens_the_next(format: str) -> None:
    """Where the next turn's marker is the stop, the first result's is the model's, the others are not."""
    call = _calling({})["tool_calls"][0]
    calls = [{**call, "id": f"c{n}", "function": {**call["function"], "name": f"f{n}"}} for n in (1, 2)]
    results = [{"role": "tool", "content": f"r{n}", "tool_call_id": f"c{n}", "name": f"f{n}"} for n in (1, 2)]
    if format == "llama3_1":
        calls, results = calls[:1], results[:1]
    messages = [HI, {"role": "assistant", "content": "", "tool_calls": calls}, *results, HELLO]
    found = rendered("ours", format, messages)
    stops = set(ours(format).get_stop_token_ids())
    own = [n for n, id in enumerate(found.token_ids) if id in stops and found.message_indices[n] == 1]
    assert [found.sampled_mask[n] for n in own] == [True]
    assert not any(
        found.sampled_mask[n] for n, owner in enumerate(found.message_indices) if owner in (2, 3)[: len(results)]
    )


# ---- training samples --------------------------------------------------------------------------------------------

SELECTIONS: list[list[Any] | None] = [None, [0] * 5, [1] * 5, [0, 1, 0, 0, 1], [False, False, True, True, False]]


@by_format
def test_their_function_takes_our_renderer(format: str) -> None:
    """`renderers.build_training_sample` on our renderer gives what our own function gives."""
    for messages in (CHAT, AGENT):
        for selection in SELECTIONS:
            for roles in (None, {"tool"}, {"user", "system"}):
                for mask in (None, lambda message: message["role"] == "assistant", lambda message: False):
                    keywords: dict[str, Any] = {
                        "message_loss_mask": selection,
                        "content_sft_roles": roles,
                        "role_to_mask": mask,
                    }
                    want = renderers.build_training_sample(ours(format), messages, **keywords)
                    got = build_training_sample(ours(format), messages, **keywords)
                    assert got.token_ids == want.token_ids
                    assert got.loss_mask == want.loss_mask
                    assert got.multi_modal_data is want.multi_modal_data is None
                    assert got.mm_token_type_ids is want.mm_token_type_ids is None


@by_format
def test_a_final_stop(format: str) -> None:
    """A sample of which the end was asked for ends in a trained stop; where there is one anyway, nothing changes."""
    stops = set(ours(format).get_stop_token_ids())
    plain = build_training_sample(ours(format), CHAT)
    stopped = build_training_sample(ours(format), CHAT, ensure_final_stop=True)
    last = max(n for n, trained in enumerate(stopped.loss_mask) if trained)
    assert stopped.token_ids[last] in stops
    if plain.token_ids[max(n for n, trained in enumerate(plain.loss_mask) if trained)] in stops:
        assert (stopped.token_ids, stopped.loss_mask) == (plain.token_ids, plain.loss_mask)
    assert stopped.token_ids[: len(plain.token_ids)] == plain.token_ids


@pytest.mark.parametrize("mask", [[], [1], [1] * 5, [1, 0, 2, 1], [1, -1, 0, 1], [1, "0", 0, 1], [1, 1.0, 0, 1]])
def test_a_wrong_mask_of_messages(mask: list[Any]) -> None:
    for build in (renderers.build_training_sample, build_training_sample):
        with pytest.raises(ValueError, match="message_loss_mask"):
            build(None, [HI, HELLO, FOUND, HELLO], message_loss_mask=mask)  # type: ignore[operator]


@by_format
def test_a_step_of_a_trajectory(format: str) -> None:
    """Their function that splits a render into prompt and completion takes our renderer."""
    step = renderers.build_trajectory_step(ours(format), CHAT[:2], CHAT[2:3])
    assert step["prompt_ids"] + step["completion_ids"] == ours(format).render_ids(CHAT[:3])
    assert not any(step["prompt_mask"])
    assert all(step["completion_mask"])
