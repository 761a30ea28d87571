"""The view in which the last message has just been written: it begins with the very prompt that the model was given."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

import chatwright
from chatwright.verify.scenarios import ALL as SCENARIOS

from . import draw, laws
from .format import Format
from .formats import ALL, BY_NAME
from .groups import GLM, HY3, KIMI, LAGUNA_XS, MIMO, MINIMAX_M2, NEMOTRON3, QWEN3_5, QWEN3_6
from .kept import kept
from .oracle import Case, Outcome, Refusal, untouched
from .subject import emitted, segmented, spec

by_format = pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)

#: Why some turns do not go on from the prompt that the options give: such a turn was written under other options, or
#: the format has no prompt for it.
_CLOSED = "the prompt holds a closed think block, and the message has reasoning"
_OPENED = "the prompt opens a think block, and the message has no reasoning"
_BOTH = f"{_OPENED}; or {_CLOSED}"
_NAMED = "the prompt names the assistant by its role, and the message has a name"
_LINE = "the prompt ends its line, and the message is blank"
_THOUGHT = "the prompt behind a result opens a thought, and the message has no reasoning"

NOT_FROM_THE_PROMPT = {
    **dict.fromkeys(
        (
            "qwen3",
            "qwen3_2504",
            "qwen3_omni",
            "qwen3_omni_thinking",
            "qwen3_answering",
            "minicpm_v_4_5",
            "minicpm_o_4_5",
            "intern_s1_pro",
            *(name for name in (*QWEN3_5, *QWEN3_6) if name not in ("qwythos", "tmax_9b")),
            "qwen3_8",
            "qwen3_launch",
            "vinoku_svg",
            *GLM,
            "minimax_m3",
            *HY3,
            "exaone4_5",
            "k_exaone",
        ),
        _CLOSED,
    ),
    **dict.fromkeys(("glm4_5v", "glm4_6v"), f"{_LINE}; or {_CLOSED}"),
    **dict.fromkeys(("qwythos", "tmax_9b", *NEMOTRON3), _BOTH),
    **dict.fromkeys((*MIMO, "ernie4_5_vl"), _CLOSED),
    **dict.fromkeys(LAGUNA_XS, _BOTH),
    **dict.fromkeys(MINIMAX_M2, _OPENED),
    "kanana1_5": "an answer without content and calls prints nothing",
    "glm4_9b": "an answer without content prints nothing",
    **dict.fromkeys(KIMI, _NAMED),
    "kimi_k2_6": f"{_NAMED}; or {_CLOSED}",
    **dict.fromkeys(("gemma4", "gemma4_e4b", "diffusiongemma"), _THOUGHT),
}


@kept
def written(fmt: Format, case: Case) -> Outcome:
    with untouched(case) as handed:
        try:
            text = spec(fmt.name).text(handed.messages, view="fresh", **handed.keywords(), **fmt.ours)
        except chatwright.ChatwrightError as error:
            return Refusal(type(error).__name__, str(error))
    assert isinstance(text, str)
    return text


@kept
def written_segments(fmt: Format, case: Case) -> list[Any]:
    with untouched(case) as handed:
        segments = spec(fmt.name).segments(handed.messages, view="fresh", **handed.keywords(), **fmt.ours)
    return list(segments)


def turns(case: Case) -> Iterator[tuple[Case, Case]]:
    """For each answer: the case of its prompt, and that of the messages up to it."""
    for index, message in enumerate(case.messages):
        if message["role"] == "assistant" and index:
            before = replace(case, messages=case.messages[:index], prompt=True)
            yield before, replace(case, messages=case.messages[: index + 1], prompt=False)


def cases(fmt: Format) -> Iterator[Case]:
    for scenario in SCENARIOS:
        for options in fmt.valuations():
            yield Case(scenario.messages, scenario.tools, False, {**fmt.known(scenario.options), **options})


def judged(fmt: Format, case: Case) -> Iterator[tuple[Case, str, str, bool]]:
    """For each answer that neither prompt nor turn refuses: its case, prompt and text, whether one begins the other."""
    for before, upto in turns(case):
        asked, text = emitted(fmt, before), written(fmt, upto)
        if isinstance(asked, Refusal):
            assert isinstance(text, Refusal), "what gives no prompt was not written"
        elif isinstance(text, Refusal):
            assert isinstance(emitted(fmt, upto), Refusal) or fmt.name in laws.ANSWERLESS, text
        else:
            yield upto, asked, text, text.startswith(asked)


@cache
def found(name: str) -> tuple[int, tuple[str, ...]]:
    """How many turns of the scenarios begin with their prompt, and those that do not."""
    fmt, good = BY_NAME[name], 0
    bad = []
    for case in cases(fmt):
        for upto, asked, text, begins in judged(fmt, case):
            if begins:
                good += 1
            else:
                bad.append(f"{upto}\n  asked {asked[-80:]!r}\n  got {text[-120:]!r}")
    return good, tuple(bad)


@by_format
def test_a_turn_begins_with_its_prompt(fmt: Format) -> None:
    good, bad = found(fmt.name)
    assert good > 150
    assert bool(bad) == (fmt.name in NOT_FROM_THE_PROMPT), "\n".join(bad[:3])


@by_format
def test_drawn(fmt: Format) -> None:
    def complaints(fmt: Format, case: Case) -> list[str]:
        return [str(upto) for upto, _, _, begins in judged(fmt, case) if not begins]

    if fmt.name not in NOT_FROM_THE_PROMPT:
        draw.check(fmt, complaints, 25)


@by_format
def test_what_was_written_is_sampled(fmt: Format) -> None:
    """Nothing of the prompt that was not sampled before is, and of the turn all is, to the stop; nothing after it."""
    seen = 0
    for number, case in enumerate(cases(fmt)):
        if number % 3:
            continue
        for upto, asked, text, begins in judged(fmt, case):
            if not begins:
                continue
            segments = written_segments(fmt, upto)
            assert laws.text_of(segments) == text
            before = replace(upto, messages=upto.messages[:-1], prompt=True)
            if sampled(segments)[: len(asked)] != sampled(segmented(fmt, before)):
                assert repeats_the_prompt(upto, asked), upto
                continue
            rest = sampled(segments)[len(asked) :]
            stop = rest.index(False) if False in rest else len(rest)
            assert not any(rest[stop:]), upto
            assert stop > 0, upto
            closers = [segment for segment in segments if segment.part == "closer" and segment.sampled]
            assert text[: len(asked) + stop].endswith(closers[-1].text), upto
            seen += 1
    assert seen > 60


def repeats_the_prompt(case: Case, asked: str) -> bool:
    """Whether the content itself holds, as text, the tags that end the prompt: it begins with them by accident."""
    content = case.messages[-1].get("content")
    return isinstance(content, str) and content.startswith("<think>") and asked.rstrip().endswith("<think>")


def sampled(segments: list[Any]) -> list[bool]:
    """For each character, whether the model wrote it."""
    return [segment.sampled for segment in segments for _ in segment.text]


@by_format
def test_other_conversations_are_history(fmt: Format) -> None:
    """One that ends in a message of another role, and any that a prompt follows."""
    for scenario in SCENARIOS:
        for prompt in (False, True):
            case = Case(scenario.messages, scenario.tools, prompt, fmt.known(scenario.options))
            if prompt or scenario.messages[-1]["role"] != "assistant":
                assert written(fmt, case) == emitted(fmt, case)
