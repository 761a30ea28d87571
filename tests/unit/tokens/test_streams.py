"""A completion that is fed one id after the other gives what it gives in one piece."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from conformance.real_tokenizers import backend

import chatwright
from chatwright.completion.events import End, ReasoningDelta
from chatwright.tokens.parsing import prompt_pieces, texts_of

pytestmark = pytest.mark.slow

PROSE = "The answer is not hard: naïve 中文 🧥 x = 12.\n\n"
WRITTEN = {
    "qwen3": f"<think>\n{PROSE * 9}\n</think>\n\n{PROSE * 9}\n<tool_call>\n"
    '{"name": "find", "arguments": {"q": "where", "n": 5}}\n</tool_call><|im_end|>',
    "gpt_oss": f"<|channel|>analysis<|message|>{PROSE * 9}<|end|><|start|>assistant<|channel|>final<|message|>{PROSE}"
    "<|return|>",
    "glm4_6": f"\n<think>{PROSE}</think>\n{PROSE}\n<tool_call>find\n<arg_key>q</arg_key>\n"
    "<arg_value>where</arg_value>\n</tool_call><|user|>",
}
by_format = pytest.mark.parametrize("name", WRITTEN)


@cache
def bound(name: str) -> chatwright.BoundRenderer:
    return chatwright.load(name).bind(backend(name), backend="tokenizers")


def fed(name: str, pieces: list[Any]) -> tuple[list[Any], Any]:
    """The events of the pieces, and the response."""
    stream = bound(name).stream_response()
    events = [event for piece in pieces for event in stream.feed(piece)]
    return events + stream.close(), stream.finish()


@by_format
def test_single_ids_give_what_a_whole_gives(name: str) -> None:
    ids = bound(name).encoder.encode([WRITTEN[name]]).ids
    _, whole = fed(name, [ids])
    events, single = fed(name, [[id] for id in ids.tolist()])
    assert single == whole and single.stop and single.reasoning_content
    assert isinstance(events[-1], End) and sum(isinstance(event, ReasoningDelta) for event in events) > 10
    assert fed(name, [ids[n : n + 1] for n in range(len(ids))]) == (events, single)


@by_format
def test_single_ids_give_the_events_of_arrays(name: str) -> None:
    """Without arrays a stream takes another way; it reports the same at each id."""
    ids = bound(name).encoder.encode([WRITTEN[name]]).ids
    stream, other = bound(name).stream_response(), bound(name).stream_response()
    for n, id in enumerate(ids.tolist()):
        assert stream.feed([id]) == other._stream.feed_tokens(*texts_of(bound(name).encoder, ids[n : n + 1])), id
    assert stream.finish() == other.finish()


def test_ids_that_no_token_has() -> None:
    """A model with more rows than the tokenizer has tokens may sample one of the others."""
    with pytest.raises(OverflowError):
        bound("qwen3").stream_response().feed([-1])
    ids = bound("qwen3").encoder.encode(["one two"]).ids.tolist()
    unknown = len(bound("qwen3").encoder.vocabulary.lengths) + 5  # type: ignore[union-attr]
    events, response = fed("qwen3", [[ids[0]], [unknown], [ids[1]]])
    assert response.content == "one two" and events


def test_an_array_of_no_ids_reads_nothing() -> None:
    assert bound("qwen3").stream_response().feed(np.zeros(0, np.uint32)) == []


OPENER = "<|im_start|>assistant\n"


@pytest.mark.parametrize("words", [1, 60, 1000])
def test_the_beginning_of_a_long_turn_is_found(words: int) -> None:
    """A prompt that ends in much of the model's own turn: what is read goes on with the reasoning that it begins."""
    renderer = bound("qwen3")
    prompt = f"<|im_start|>user\n{'old ' * 5000}<|im_end|>\n{OPENER}<think>\n{'word ' * words}"
    ids = renderer.encoder.encode([prompt]).ids.tolist()
    pieces = prompt_pieces(renderer.encoder, ids, OPENER)
    text = "".join(piece if isinstance(piece, str) else piece.text for piece in pieces)
    assert OPENER in text and prompt.endswith(text) and len(text) < max(600, 12 * words)
    response = renderer.parse_response(renderer.encoder.encode(["end\n</think>\n\nyes<|im_end|>"]).ids, prompt_ids=ids)
    assert response.reasoning_content == "word " * words + "end" and response.content == "yes"


def test_a_prompt_without_an_opener_is_read_to_its_beginning() -> None:
    ids = bound("qwen3").encoder.encode(["a " * 500]).ids
    assert "".join(map(str, prompt_pieces(bound("qwen3").encoder, ids, OPENER))) == "a " * 500


@pytest.mark.parametrize("before", [list, np.array])
def test_a_bridge_gives_the_added_ids_alone(before: Any) -> None:
    renderer = bound("qwen3")
    prompt = renderer.render_ids([{"role": "user", "content": "x"}], add_generation_prompt=True)
    written = renderer.encoder.encode(["<think>\na\n</think>\n\nb<|im_end|>"]).ids.tolist()
    bridged = renderer.bridge(before(prompt), before(written), [{"role": "user", "content": "y"}])
    assert bridged.token_ids == bridged.ids.tolist() == prompt + written + bridged.added_ids
    assert len(bridged.added_ids) == len(bridged) - bridged.prior > 0
