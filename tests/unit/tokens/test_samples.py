"""Training samples: split, cut, padded, for data sets, and what is said where nothing is trained."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest
from conformance.formats import FIRST
from conformance.real_tokenizers import control_tokens, trained

import chatwright
from chatwright import Columns, NothingTrained, Sample, build_training_sample, masks, sample, split
from chatwright.spec import format_of
from chatwright.verify.scenarios.build import Message, call, calls, result, says, system, user

from .test_masks import ASK, QWEN, SUN, TALK, selected

pytestmark = pytest.mark.slow

by_format = pytest.mark.parametrize("fmt", FIRST, ids=lambda fmt: fmt.name)

#: A call, its result, an answer, and another turn: in most formats the first two lose their thoughts by it.
LOOK = call("weather", {"city": "Rome"}, "call00001")
LONG = [
    system("Brief."),
    user("Rome?"),
    calls("", LOOK, reasoning_content="Ask."),
    result("Sunny", "call00001", name="weather"),
    says("Sun.", reasoning_content="Done."),
    user("Thanks"),
    says("Bye", reasoning_content="End."),
]


@cache
def bound(name: str, **settings: Any) -> Any:
    return chatwright.load(name).bind(trained(control_tokens(name)), tokenization="as_sampled", **settings)


def spelled(found: Sample) -> str:
    """The text of the tokens with a weight."""
    text = found.tokens.text.encode()
    places = np.flatnonzero(found.weights) + found.start
    starts, ends = found.tokens.located.starts, found.tokens.located.ends
    return b"".join(text[starts[at] : ends[at]] for at in places).decode()


# ---- one sample, or one for each turn ----------------------------------------------------------------------------


@by_format
def test_each_turn_is_trained_once_as_it_was_written(fmt: Any) -> None:
    """Put together, the samples train what the model wrote in each turn, behind the prompt that it was given."""
    renderer = bound(fmt.name)
    samples = split(renderer, LONG, **fmt.ours)
    trained_in: dict[int, str] = {}
    for found in samples:
        owners = found.tokens.messages[np.flatnonzero(found.weights)]
        for message in np.unique(owners).tolist():
            assert message not in trained_in, "trained twice"
            mask = (found.weights != 0) & (found.tokens.messages == message)
            trained_in[message] = "".join(spelled(Sample(found.tokens, found.weights * mask)))
    assert sorted(trained_in) == [2, 4, 6]
    for message, text in trained_in.items():
        alone = renderer.render(LONG[: message + 1], view="fresh", **fmt.ours)
        wanted = "".join(selected(masks.sampled() & masks.messages(message), alone))
        assert text == wanted
        assert (
            text.endswith(chatwright.load(fmt.name).stops)
            or format_of(chatwright.load(fmt.name)).compiled.program.closed_by_next
        )


@by_format
def test_samples_begin_with_the_prompt(fmt: Any) -> None:
    """What is trained last of a sample follows the very ids that the model was given."""
    renderer = bound(fmt.name)
    options = {name: True for name in ("enable_thinking", "thinking") if name in fmt.options}
    options |= dict(fmt.ours)
    samples = split(renderer, LONG, **options)
    for found in samples:
        last = len(found.tokens.conversation) - 1
        prompt = renderer.render(LONG[:last], add_generation_prompt=True, **options)
        assert found.token_ids[: len(prompt)] == prompt.token_ids, found.tokens.text
        assert found.weights[len(prompt)] == 1


def test_stable_formats_give_one_sample() -> None:
    assert {fmt.name for fmt in FIRST if bound(fmt.name).is_prefix_stable()} >= {"llama3_1", "qwen2_5", "qwen3_2507"}
    for fmt in FIRST:
        if bound(fmt.name).is_prefix_stable():
            assert len(split(bound(fmt.name), LONG, **fmt.ours)) == 1, fmt.name


def test_split_of_qwen() -> None:
    """By hand: the first two turns with their thoughts, then the last one behind a prompt without."""
    first, second = split(bound("qwen3"), LONG)
    name = '{"name": "weather", "arguments": {"city": "Rome"}}'
    assert spelled(first) == (
        f"<think>\nAsk.\n</think>\n\n<tool_call>\n{name}\n</tool_call><|im_end|>"
        "<think>\nDone.\n</think>\n\nSun.<|im_end|>"
    )
    assert spelled(second) == "<think>\nEnd.\n</think>\n\nBye<|im_end|>"
    assert "Ask." not in second.tokens.text and "Done." not in second.tokens.text


def test_split_trains_what_others_wrote_once_too() -> None:
    samples = split(bound("qwen3"), LONG, select=masks.sampled() | masks.content() & masks.role("user", "tool"))
    assert "".join(map(spelled, samples)).count("Rome?") == 1
    for word in ("Sunny", "Thanks"):
        assert "".join(map(spelled, samples)).count(word) == 1


def test_split_cuts_at_the_left() -> None:
    whole = split(bound("qwen3"), LONG)
    cut = split(bound("qwen3"), LONG, max_length=12)
    assert [len(found) for found in cut] == [12] * len(whole)
    assert [found.token_ids for found in cut] == [found.token_ids[-12:] for found in whole]
    assert split(bound("qwen3"), LONG, select=masks.sampled() & masks.last_message())[0].trained


# ---- cutting and padding -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["left", "right"])
def test_truncation_keeps_whose_the_tokens_are(side: Any) -> None:
    whole = sample(bound("qwen3"), TALK)
    for length in (1, 7, len(whole) - 1, len(whole), len(whole) + 5):
        cut = whole.truncated(length, side)
        size = min(length, len(whole))
        window = slice(0, size) if side == "right" else slice(len(whole) - size, len(whole))
        assert cut.token_ids == whole.token_ids[window]
        assert cut.weights.tolist() == whole.weights[window].tolist()
        assert cut.labels().tolist() == whole.labels()[window].tolist()
        runs = cut.runs()
        assert [runs[0].start, runs[-1].end] == [0, size]
        assert all(a.end == b.start for a, b in itertools.pairwise(runs))
        owners = [run.message for run in runs for _ in range(run.start, run.end)]
        assert owners == whole.tokens.message_indices[window]
    twice = whole.truncated(20, "left").truncated(5, "right")
    assert twice.token_ids == whole.token_ids[len(whole) - 20 : len(whole) - 15]
    assert twice.tokens.messages[twice.start : twice.end].tolist() == [
        run.message for run in twice.runs() for _ in range(run.start, run.end)
    ]


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding(side: Any) -> None:
    found = sample(bound("qwen3"), TALK, select=masks.sampled() * 0.5)
    size = len(found)
    padded = found.padded(size + 3, 7, side, ignore_index=-1)
    inside = slice(0, size) if side == "right" else slice(3, None)
    outside = slice(size, None) if side == "right" else slice(0, 3)
    assert padded["input_ids"][inside].tolist() == found.token_ids
    assert padded["input_ids"][outside].tolist() == [7, 7, 7]
    assert padded["labels"][inside].tolist() == found.labels(-1).tolist()
    assert padded["labels"][outside].tolist() == [-1, -1, -1]
    assert padded["attention_mask"].sum() == size and not padded["attention_mask"][outside].any()
    assert padded["weights"][inside].tolist() == found.weights.tolist() and not padded["weights"][outside].any()
    assert {name: len(column) for name, column in padded.items()} == dict.fromkeys(padded, size + 3)
    with pytest.raises(ValueError, match="does not fit"):
        found.padded(size - 1, 7)


def test_labels() -> None:
    found = sample(bound("qwen3"), TALK)
    labels = found.labels()
    assert labels.dtype == np.int64
    assert [label for label in labels.tolist() if label != -100] == [
        id for id, flag in zip(found.token_ids, found.tokens.sampled_mask, strict=True) if flag
    ]
    assert (labels == -100).tolist() == [not flag for flag in found.loss_mask]
    assert set(found.labels(0)[found.weights == 0].tolist()) == {0}


# ---- nothing trained ---------------------------------------------------------------------------------------------


def test_nothing_trained_is_an_error() -> None:
    renderer = bound("qwen3")
    with pytest.raises(NothingTrained, match=r"none of its \d+ tokens is trained"):
        sample(renderer, [ASK])
    with pytest.raises(NothingTrained, match="truncation cut them off"):
        sample(renderer, TALK, max_length=3)
    with pytest.raises(NothingTrained, match="no turn of this conversation has a token to train"):
        split(renderer, [ASK])
    with pytest.raises(NothingTrained):
        split(renderer, TALK, select=masks.part("nothing"))


ROWS: dict[str, list[Any]] = {"messages": [TALK, [ASK], [ASK, SUN]], "tools": [None, [], None]}


def test_columns_report_the_row() -> None:
    with pytest.raises(NothingTrained, match=r"^row 1: none of its") as caught:
        Columns(bound("qwen3"))(ROWS)
    assert caught.value.row == 1


def test_columns_keep_or_drop() -> None:
    renderer = bound("qwen3")
    keep = Columns(renderer, on_empty="keep", weights=True)(ROWS)
    assert [len(column) for column in keep.values()] == [3] * 4
    assert set(keep["labels"][1].tolist()) == {-100} and not keep["weights"][1].any()
    dropping = Columns(renderer, on_empty="drop")
    found = dropping(ROWS)
    assert list(found) == ["input_ids", "labels", "attention_mask"]
    assert [ids.tolist() for ids in found["input_ids"]] == [
        sample(renderer, ROWS["messages"][n]).token_ids for n in (0, 2)
    ]
    assert [labels.tolist() for labels in found["labels"]] == [
        sample(renderer, ROWS["messages"][n]).labels().tolist() for n in (0, 2)
    ]
    dropping(ROWS)
    assert dropping.dropped == 2


def test_columns_of_other_names_cut_and_weighed() -> None:
    made = Columns(
        bound("qwen3"),
        select=masks.sampled() * 0.5,
        columns=("talk", "functions"),
        max_length=15,
        truncate="left",
        weights=True,
        ignore_index=-7,
    )({"talk": [TALK]})
    assert [len(column[0]) for column in made.values()] == [15] * 4
    assert set(made["weights"][0].tolist()) == {0.0, 0.5}
    assert set(made["labels"][0][made["weights"][0] == 0].tolist()) <= {-7}


# ---- as `renderers` ----------------------------------------------------------------------------------------------


def test_build_training_sample() -> None:
    renderer = bound("qwen3")
    plain = build_training_sample(renderer, TALK)
    assert spelled(plain) == "".join(QWEN) and plain.loss_mask == plain.tokens.sampled_mask
    assert plain.multi_modal_data is None

    def spell(**keywords: Any) -> str:
        return spelled(build_training_sample(renderer, TALK, **keywords))

    def final(message: Message) -> bool:
        return message["role"] == "assistant" and not message.get("tool_calls")

    assert spell(role_to_mask=final) == QWEN[0] + QWEN[2]
    assert spell(content_sft_roles={"tool", "system"}) == "Brief." + QWEN[0] + QWEN[1] + "Sunny" + QWEN[2]
    assert spell(message_loss_mask=[1, 1, 0, 1, True, 1, False]) == QWEN[1]
    assert spell(message_loss_mask=[0] * 7) == ""
    assert spell(content_sft_roles={"tool"}, message_loss_mask=[0, 0, 0, 0, 0, 1, 0]) == "Sunny"
    with pytest.raises(ValueError, match="2 entries for 7 messages"):
        spell(message_loss_mask=[1, 0])
    with pytest.raises(ValueError, match="truth values"):
        spell(message_loss_mask=[0.5] * 7)


def test_the_final_stop_is_added_where_the_format_leaves_it_out() -> None:
    """GLM's stop is the opener of the next turn."""
    renderer = bound("glm4_6")
    talk = [ASK, SUN]
    without = build_training_sample(renderer, talk)
    closed = build_training_sample(renderer, talk, ensure_final_stop=True)
    assert spelled(closed) == f"{spelled(without)}<|user|>"
    assert closed.token_ids[: len(without)] == without.token_ids
    same = build_training_sample(bound("qwen3"), talk, ensure_final_stop=True)
    assert same.token_ids == build_training_sample(bound("qwen3"), talk).token_ids
