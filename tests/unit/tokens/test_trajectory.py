"""A trajectory is the ids that were given and sampled, and says of each what rendering the conversation says of it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from cases.tokens.kinds import over
from conformance.formats import FIRST
from conformance.real_tokenizers import control_tokens, trained
from hypothesis import given, settings
from hypothesis import strategies as st

import chatwright
from chatwright import BridgeError, NothingTrained, Trajectory, masks
from chatwright.verify.scenarios.build import Message, call, calls, result, says, system, user

pytestmark = pytest.mark.slow

by_format = pytest.mark.parametrize("fmt", FIRST, ids=lambda fmt: fmt.name)

BEGIN = [system("Brief."), user("Rome, é?")]


def turns(id: str) -> list[tuple[Message, list[Message]]]:
    """What the model writes, and what it is told then."""
    look = call("weather", {"city": "Rome"}, id)
    return [
        (calls("", look, reasoning_content="Ask."), [result("Sunny ☀", id, name="weather")]),
        (says("Sun ☀.", reasoning_content="Done."), [user("And <|im_end|> tomorrow?")]),
        (says("Rain.", reasoning_content="Guess."), []),
    ]


def id_of(fmt: Any) -> str:
    """An id that tells the tool, where the format writes no name beside it."""
    return "functions.weather:0" if fmt.name.startswith("kimi") else "call00001"


def options_of(fmt: Any) -> dict[str, Any]:
    return {name: True for name in ("enable_thinking", "thinking") if name in fmt.options} | dict(fmt.ours)


@cache
def bound(name: str, **settings: Any) -> Any:
    return chatwright.load(name).bind(trained(control_tokens(name)), tokenization="as_sampled", **settings)


def written(renderer: Any, before: list[Any], message: dict[str, Any]) -> list[int]:
    """The ids that a model writes for a message."""
    tokens = renderer.render([*before, message], view="fresh")
    ids: list[int] = tokens.ids[tokens.sampled & (tokens.messages == len(before))].tolist()
    return ids


def rolled_out(fmt: Any) -> Trajectory:
    trajectory = Trajectory(bound(fmt.name, **options_of(fmt)), BEGIN)
    said = list(BEGIN)
    for message, follows in turns(id_of(fmt)):
        ids = written(trajectory.renderer, said, message)
        before = trajectory.token_ids
        trajectory.add_completion(ids, [-0.5] * len(ids))
        assert trajectory.token_ids == before + ids
        said.append(message)
        if follows:
            before = trajectory.token_ids
            trajectory.add_messages(follows)
            assert trajectory.token_ids[: len(before)] == before
            said += follows
    return trajectory


def places(runs: list[Any], count: int) -> list[tuple[Any, ...]]:
    """Where what was sampled stands in the spec."""
    return [
        (run.start, run.spec, run.line) for run in runs if run.sampled and run.end <= count and run.part != "closer"
    ]


@by_format
def test_it_says_what_rendering_says(fmt: Any) -> None:
    renderer = bound(fmt.name, **options_of(fmt))
    trajectory = rolled_out(fmt)
    tokens = trajectory.tokens()
    whole = renderer.render(
        [*BEGIN, *[m for turn, follows in turns(id_of(fmt)) for m in (turn, *follows)]], view="training"
    )
    count = len(tokens)
    assert tokens.token_ids == trajectory.token_ids == whole.token_ids[:count]
    assert tokens.sampled_mask == whole.sampled_mask[:count]
    assert tokens.text == whole.text[: len(tokens.text)]
    own = tokens.sampled
    # A stop that is the opener of the next message stands in the line of that message there, in that of the stop here.
    assert places(tokens.runs(), count) == places(whole.runs(), count)
    for name in ("messages", "content"):
        np.testing.assert_array_equal(getattr(tokens, name)[own], getattr(whole, name)[:count][own])
    parts = [(one, other) for one, other, yes in zip(tokens.parts, whole.parts, own, strict=False) if yes]
    assert [one for one, _ in parts] == [other for _, other in parts]
    # What others said belongs to them. What a bridge prints of earlier messages, and behind a turn, belongs to nobody.
    said = ~own & (tokens.messages >= 0)
    np.testing.assert_array_equal(tokens.messages[said], whole.messages[:count][said])
    np.testing.assert_array_equal(tokens.content[said], whole.content[:count][said])
    assert not tokens.content[~own & ~said].any()
    roles = ["system", "user", "assistant", "tool", "assistant", "user", "assistant"]
    assert [message["role"] for message in trajectory.messages] == tokens.message_roles == roles


@by_format
def test_its_sample_trains_what_was_sampled(fmt: Any) -> None:
    trajectory = rolled_out(fmt)
    sample = trajectory.sample()
    assert sample.token_ids == trajectory.token_ids
    np.testing.assert_array_equal(sample.weights > 0, ~np.isnan(trajectory.logprobs))
    assert sample.labels()[sample.weights == 0].tolist() == [-100] * int((sample.weights == 0).sum())
    plain = trajectory.sample(select=masks.sampled() & ~masks.part("reasoning"))
    reasoning = [part == "reasoning" for part in trajectory.tokens().parts]
    np.testing.assert_array_equal(plain.weights > 0, (sample.weights > 0) & ~np.array(reasoning))
    both = trajectory.sample(select=masks.sampled() | masks.content() & masks.role("tool"))
    assert both.trained > sample.trained
    assert len(trajectory.sample(max_length=len(sample) - 3)) == len(sample) - 3


@pytest.mark.parametrize("kind", ["fast", "slow", "tiktoken", "wrapper", "fastokens", "blind"])
@pytest.mark.parametrize("name", ["qwen3", "gpt_oss"])
def test_all_kinds_of_tokenizers_say_the_same(kind: str, name: str) -> None:
    """Of characters that are several tokens too, whether or not the bytes of ids are known."""
    expected = told(name, "tokenizers")
    assert told(name, kind) == expected
    assert any(part == "content" and sampled for *_, part, _, sampled in expected)


def told(name: str, kind: str) -> list[tuple[Any, ...]]:
    spec = chatwright.load(name)
    tokenizer = over(control_tokens(name))["wrapper" if kind == "blind" else kind]()
    renderer = spec.bind(tokenizer, tokenization="as_sampled")
    if kind == "blind":
        renderer.encoder.vocabulary = None
    trajectory = Trajectory(renderer, [user("Hé ☀?")])
    message = says("☀ é 🧥", reasoning_content="🧥")
    whole = written(renderer, [user("Hé ☀?")], message)
    for ids, follows in ((whole, [user("🧥")]), (whole[:-2], [user("☀")]), (whole[: len(whole) // 2], [])):
        trajectory.add_completion(ids)
        if follows:
            trajectory.add_messages(follows)
    return [(run.start, run.end, run.message, run.part, run.body, run.sampled) for run in trajectory.tokens().runs()]


# ---- what models write ---------------------------------------------------------------------------------------------


def begun(name: str = "qwen3") -> Trajectory:
    return Trajectory(bound(name), [user("Hi")])


def parts_of(trajectory: Trajectory) -> list[tuple[str, str]]:
    """The runs of what was sampled, with the text of the tokens."""
    tokens = trajectory.tokens()
    decode = trajectory.renderer.encoder.decode
    return [(run.part, decode(tokens.token_ids[run.start : run.end])) for run in tokens.runs() if run.sampled]


def test_a_turn_that_was_cut_off_keeps_its_parts() -> None:
    trajectory = begun()
    trajectory.add_completion(ids_of("<think>\nWell, I"))
    assert parts_of(trajectory) == [("wrap", "<think>\n"), ("reasoning", "Well, I")]
    trajectory.add_messages([user("Go on")])
    runs = trajectory.tokens().runs()
    place = max(n for n, run in enumerate(runs) if run.sampled) + 1
    assert (runs[place].part, runs[place].message, runs[place].sampled) == ("closer", -1, False)
    assert trajectory.sample().trained == len(ids_of("<think>\nWell, I"))


def test_a_damaged_call_is_a_completion_that_the_format_does_not_print() -> None:
    trajectory = begun()
    text = '<think>\nA\n</think>\n\nLook: <tool_call>\n{"name": "f", "argum</tool_call><|im_end|>'
    response = trajectory.add_completion(ids_of(text))
    assert [found.status for found in response.tool_calls] == ["invalid_json"]
    assert "tool_calls" not in trajectory.messages[-1]
    *known, last = parts_of(trajectory)
    assert [part for part, _ in known] == ["wrap", "reasoning", "wrap", "content"]
    assert last[0] == "completion" and last[1].startswith("<tool_call>")
    trajectory.add_messages([{"role": "tool", "content": "no such call"}])
    assert trajectory.to_sample


def ids_of(text: str) -> list[int]:
    ids: list[int] = bound("qwen3").encoder.encode([text]).ids.tolist()
    return ids


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_ids_are_kept_and_owned(data: st.DataObject) -> None:
    """Ids of no text, characters that were broken off, control tokens anywhere."""
    renderer = bound(data.draw(st.sampled_from(["qwen3", "llama3_1", "gpt_oss", "deepseek_v3"])))
    stops = renderer.get_stop_token_ids()
    size = len(renderer.encoder.vocabulary.lengths)
    trajectory = Trajectory(renderer, [user("Hi")])
    expected, sampled = trajectory.token_ids, [False] * len(trajectory)
    for _ in range(data.draw(st.integers(1, 3))):
        ids = [id for id in data.draw(st.lists(st.integers(0, size - 1), max_size=12)) if id not in stops]
        ids += stops[:1] * data.draw(st.integers(0, 1))
        trajectory.add_completion(ids)
        expected, sampled = expected + ids, sampled + [True] * len(ids)
        assert trajectory.token_ids == expected
        try:
            trajectory.add_messages([user("And?")])
        except BridgeError:
            assert trajectory.token_ids == expected and not trajectory.to_sample
            break
        assert trajectory.token_ids[: len(expected)] == expected
        sampled += [False] * (len(trajectory) - len(expected))
        expected = trajectory.token_ids
    tokens = trajectory.tokens()
    assert tokens.token_ids == expected and tokens.sampled_mask == sampled
    runs = tokens.runs()
    assert [run.start for run in runs] == [0, *[run.end for run in runs[:-1]]] and runs[-1].end == len(tokens)
    assert all(tokens.content[place] for place, yes in enumerate(sampled) if yes)
    assert all(run.message >= 0 for run in runs if run.sampled)
    assert np.all(tokens.located.ends >= tokens.located.starts)
    assert tokens.located.ends[-1] == len(tokens.text.encode())


# ---- mistakes ----------------------------------------------------------------------------------------------------


def test_turns_come_in_turn() -> None:
    trajectory = begun()
    with pytest.raises(BridgeError, match="add_completion"):
        trajectory.add_messages([user("Again")])
    with pytest.raises(NothingTrained):
        trajectory.sample()
    with pytest.raises(ValueError, match="2 log probabilities for 3 ids"):
        trajectory.add_completion([1, 2, 3], [-1.0, -1.0])
    assert len(trajectory.messages) == 1
    trajectory.add_completion(ids_of("Hello<|im_end|>"))
    with pytest.raises(BridgeError, match="add_messages"):
        trajectory.add_completion([1])
    before = trajectory.token_ids
    with pytest.raises(BridgeError, match="new message 0 has a role of the model"):
        trajectory.add_messages([says("Hi")])
    assert trajectory.token_ids == before and len(trajectory.messages) == 2
    assert repr(trajectory) == f"<Trajectory: {len(before)} tokens, 1 completions, waits for messages>"


def test_turns_of_the_model_in_the_first_messages_are_context() -> None:
    trajectory = Trajectory(bound("qwen3"), [user("Hi"), says("Hello"), user("Again")])
    assert not trajectory.tokens().sampled.any()
    trajectory.add_completion(ids_of("Hello<|im_end|>"))
    assert trajectory.sample().trained == len(ids_of("Hello<|im_end|>"))


def test_what_callers_say_stays_text() -> None:
    trajectory = begun()
    trajectory.add_completion(ids_of("Hello<|im_end|>"))
    trajectory.add_messages([user("<|im_end|> & <|im_start|>")])
    assert [found.text for found in trajectory.tokens().defused] == ["<|im_end|>", "<|im_start|>"]
