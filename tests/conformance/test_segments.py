"""The laws of laws.py, over the scenarios and over drawn conversations, with every option."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, get_args

import pytest

import chatwright
from chatwright.runtime.view import View
from chatwright.spec import format_of
from chatwright.verify.scenarios import ALL as SCENARIOS
from chatwright.verify.scenarios import BY_NAME as NAMED

from . import draw, laws
from .format import Format
from .formats import ALL, BY_NAME
from .groups import GLM, HARMONY, HY3
from .oracle import Case, Refusal, frozen_clock, untouched
from .subject import emitted, segmented, spec

by_format = pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)

#: Formats that inject words of their own where the caller gave no system message.
INJECTED = {
    "qwen2_5": "You are Qwen, created by Alibaba Cloud.",
    "kimi_k2_thinking": "You are Kimi, an AI assistant created by Moonshot AI.",
    "llama3_1": "Cutting Knowledge Date: December 2023",
    "gpt_oss": "You are ChatGPT, a large language model trained by OpenAI.",
    "minimax_m2": "You are a helpful assistant.",
}


def broken(fmt: Format, case: Case) -> list[str]:
    """All that is wrong with the segments of one case; nothing, if it is refused."""
    if isinstance(emitted(fmt, case), Refusal):
        return []
    segments = segmented(fmt, case)
    found = [f"{law.__name__}: {complaint}" for law in laws.LAWS for complaint in law(fmt, case, segments)]
    found += [f"prompt: {complaint}" for complaint in laws.prompt_is_nobodys(fmt, case)]
    found += [f"sampled: {complaint}" for _, complaint in laws.sampled_from_prompt(fmt, case) if complaint]
    return [f"{fmt.name} {case}\n  {complaint}" for complaint in found]


@by_format
def test_scenarios(fmt: Format) -> None:
    valuations = list(fmt.valuations())
    found = []
    for number, scenario in enumerate(SCENARIOS):
        for options in ({}, valuations[number % len(valuations)], valuations[-1 - number % len(valuations)]):
            case = Case(scenario.messages, scenario.tools, bool(number % 2), {**fmt.known(scenario.options), **options})
            found += [f"{scenario.name}: {complaint}" for complaint in broken(fmt, case)]
    assert not found, f"{len(found)} broken, the first:\n" + "\n".join(found[:5])


@by_format
@pytest.mark.parametrize("view", get_args(View))
def test_text_is_that_of_the_pieces(fmt: Format, view: View) -> None:
    """A module has a function that prints text alone: it gives the text, or the refusal, of the one that records."""
    renderer = format_of(spec(fmt.name)).renderer(view)

    def outcome(render: Callable[..., Any], case: Case) -> str:
        with untouched(case) as given, frozen_clock():
            try:
                found = render(given.messages, **given.keywords(), **fmt.ours)
            except chatwright.ChatwrightError as error:
                return f"{type(error).__name__}: {error}"
        return found if isinstance(found, str) else "".join(found.texts)

    valuations = list(fmt.valuations())
    refused = 0
    for number, scenario in enumerate(SCENARIOS):
        options = {**fmt.known(scenario.options), **valuations[number % len(valuations)]}
        case = Case(scenario.messages, scenario.tools, bool(number % 2), options)
        recorded = outcome(renderer.render, case)
        refused += recorded.startswith("RenderError: ")
        assert outcome(renderer.text, case) == recorded, scenario.name
    assert refused < len(SCENARIOS)


@by_format
def test_drawn(fmt: Format) -> None:
    draw.check(fmt, broken)


#: So many turns that begin with their prompt show that the law of sampling speaks of something.
ENOUGH = 40
#: Formats with a prompt that opens what history drops, so that few turns or none begin with it.
FEW = {
    "qwq": 1,
    "qwen3_asr": 0,
    "deepseek_r1": 0,
    "step3": 0,
    "qwq_switch": 0,
    "qwen3guard_gen": 0,
    "internlm2_reward": 0,
    "qwen2_5_math_prm": 0,
    **dict.fromkeys(("olmo3_think", "olmo3_think_sft", "olmo3_think_32b", "exaone_deep", "molmo2"), 0),
}


@by_format
def test_the_law_of_sampling_is_not_empty(fmt: Format) -> None:
    """There are turns that begin with their prompt, in every format."""
    turns, wanted = 0, FEW.get(fmt.name, ENOUGH)
    for scenario, options in product(SCENARIOS, fmt.valuations(1)):
        case = Case(scenario.messages, scenario.tools, False, {**fmt.known(scenario.options), **options})
        turns += len(list(laws.sampled_from_prompt(fmt, case)))
        if turns >= ENOUGH:
            break
    assert turns >= wanted
    assert fmt.name not in FEW or turns < ENOUGH


#: Closers that history prints in the place of the one that was sampled; nobody sampled these.
IN_HISTORY = dict.fromkeys(HARMONY, ("<|end|>",))

#: Formats without a closer, where the next opener is the stop, and formats that leave the last turn open.
NO_CLOSER = {
    *GLM,
    "glm4_1v",
    "glm4_0414",
    "glm_asr",
    "chatglm3",
    *HY3,
    "nemotron_mini",
    "openbuddy_deepseek",
    "glm4_9b",
    "molmo2",
    "step_audio_editx",
}


@by_format
@pytest.mark.parametrize("name", ["many_turns", "one_turn"])
def test_a_turn_is_sampled_to_its_stop(fmt: Format, name: str) -> None:
    """The simplest turns of all: opener not sampled, answer and stop sampled, nothing after it."""
    case = Case([message for message in NAMED[name].messages if fmt.system or message["role"] != "system"])
    sampled = [segment for segment in segmented(fmt, case) if segment.sampled]
    if fmt.name in laws.ANSWERLESS:
        assert sampled == []
        return
    answers = {index: m["content"] for index, m in enumerate(case.messages) if m["role"] == "assistant"}
    assert {segment.message for segment in sampled} == set(answers)
    for index, answer in answers.items():
        own = [segment for segment in sampled if segment.message == index]
        assert answer in laws.text_of(own)
        if fmt.name in laws.UNPRINTED or fmt.name in (NO_CLOSER if name == "one_turn" else IN_HISTORY):
            continue
        assert own[-1].part == "closer"
        assert not own[-1].body
        assert own[-1].text == own[-1].text.strip()


def test_gpt_oss_samples_names_and_headers() -> None:
    fmt = BY_NAME["gpt_oss"]
    case = Case(NAMED["reasoned_cycle_open"].messages, NAMED["reasoned_cycle_open"].tools)
    for index, message in enumerate(case.messages):
        own = [segment for segment in segmented(fmt, case) if segment.message == index]
        text, sampled = laws.text_of(own), laws.text_of([segment for segment in own if segment.sampled])
        if message["role"] != "assistant":
            assert not sampled
            continue
        assert text.removesuffix("<|end|>") == "<|start|>assistant" + sampled
        if "tool_calls" in message:
            assert "<|channel|>analysis<|message|>" in sampled
            assert "<|end|><|start|>assistant" in sampled
            assert " to=functions.get_weather<|channel|>commentary json<|message|>" in sampled
            assert sampled.endswith("<|call|>")
        else:
            assert sampled.startswith("<|channel|>final<|message|>")


@pytest.mark.parametrize("name", INJECTED)
def test_what_the_format_injects_is_of_no_message(name: str) -> None:
    segments = segmented(BY_NAME[name], Case(NAMED["one_turn"].messages))
    nobodys = laws.text_of([segment for segment in segments if segment.message == -1])
    assert INJECTED[name] in nobodys
    assert INJECTED[name] not in laws.text_of([segment for segment in segments if segment.message != -1])
    users = [segment for segment in segments if segment.body and segment.text == "Hi"]
    assert [segment.message for segment in users] == [0], "injected turns shift no index"


#: Formats that print calls, but never tools, or only those that are an option.
CALLS_ALONE = {"deepseek_v3_1", "deepseek_r1", "deepseek_r1_0528", "dspv2_guide", "granite_speech3_3_8b"}


@by_format
def test_tools_are_of_no_message(fmt: Format) -> None:
    """What a tool's declaration prints is body, of part `tools`, and owned by nobody."""
    scenario = NAMED["tools_without_system"]
    case = Case(scenario.messages, scenario.tools)
    text = emitted(fmt, case)
    if isinstance(text, Refusal) or "Get the weather of a city." not in text:
        assert fmt.name in CALLS_ALONE or not fmt.tools
        return
    told = [segment for segment in segmented(fmt, case) if "Get the weather of a city." in segment.text]
    assert {(segment.message, segment.body, segment.sampled) for segment in told} == {(-1, True, False)}


@by_format
def test_stops_are_declared(fmt: Format) -> None:
    """Whatever closes a sampled turn is among the stop tokens of the spec."""
    stops = set(spec(fmt.name).stops)
    for scenario in SCENARIOS:
        case = Case(scenario.messages, scenario.tools, False, fmt.known(scenario.options))
        if isinstance(emitted(fmt, case), Refusal):
            continue
        for segment in segmented(fmt, case):
            if segment.part == "closer" and segment.sampled and segment.text:
                assert segment.text in stops, (scenario.name, segment)
