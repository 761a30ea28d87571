"""The reading half: what the grammar of `sampled` prints, the reader derived from it reads back.

Over the conformance conversations: each assistant turn is rendered as the last message of its conversation, its
sampled part is read, and the message that was read is put in its place. It must give the same text, and the same
fields. Left out are turns that no reader of text can tell apart: those that hold a control token as data.
"""

from __future__ import annotations

from collections import Counter

import pytest

import chatwright
from chatwright.completion.losses import lossy
from chatwright.completion.message import ParsedResponse
from chatwright.spec import format_of
from chatwright.verify.reading import fault, plain, with_ids
from chatwright.verify.reading import sampled as sampled_of
from chatwright.verify.scenarios import ALL as SCENARIOS

from . import laws
from .format import Format
from .formats import ALL
from .groups import SEED, STEP3
from .oracle import Case
from .subject import parser_of

# What a format loses: it prints texts between quotes without escaping, so a quote inside ends them for any reader.
# Blank reasoning is stripped to nothing, and without reasoning GLM-5 and Laguna XS print no think block. Step 3 prints
# answers that no user asked for as no prompt of it begins; ERNIE 4.5 so prints all without reasoning, and a blank one
# is a thought. EXAONE 4.0 prints no think
# block for an answer without a content. MiniMax M3 prints an empty object, list, text and null alike.
LOST = {
    ("lfm2_5", "arguments_escapes"),
    ("lfm2_5_v2", "arguments_escapes"),
    ("lfm2_5_vl_450m", "arguments_escapes"),
    *(
        (fmt, name)
        for fmt in ("glm5", "laguna_xs_2", "laguna_xs_2_1")
        for name in ("reasoning_blank", "reasoned_call_blank")
    ),
    *(
        (fmt, name)
        for fmt in STEP3
        for name in ("system_assistant", "reasoning_without_user", "call_first", "only_wrapped_user", "markup_response")
        if fmt == "step3_vl" or name != "markup_response"
    ),
    ("exaone4_0", "assistant_blank"),
    *(("ernie4_5_vl", name) for name in ("assistant_blank", "call_with_blank_content")),
    *(
        ("minimax_m3", name)
        for name in ("arguments_nested", "arguments_empty_values", "arguments_booleans", "arguments_methods")
    ),
    # Granite Vision 4.1 indents an empty content, and none that is absent.
    *(
        ("granite_vision4_1", name)
        for name in (
            *("assistant_null", "assistant_null_early", "assistant_without_content", "call_absent_content"),
            *("call_null_content", "reasoned_call_null", "reasoning_alone_absent", "reasoning_alone_null"),
        )
    ),
    # Lists and objects as Python prints them are read as text.
    *(
        (fmt, name)
        for fmt in (*SEED, "step3")
        for name in ("arguments_nested", "arguments_non_ascii", "arguments_booleans")
    ),
}
# FIXME: white space around a content that is printed as it is, or that is all of a content, is taken for the format's.
SPACE = {
    "qwen3_coder",
    "qwen3_coder_launch",
    "qwen3_coder_next",
    "deepseek_r1",
    "deepseek_r1_distill",
    "ernie4_5_vl",
    "nemotron_super_v1_5",
    "exaone_deep",
    "exaone4_0",
    "emu3_chat",
    "step3",
    "skywork_r1v",
}
# Stops that a model samples and history does not print everywhere, or nowhere.
UNPRINTED = {**laws.UNPRINTED, "hy3_preview": "<｜hy_eos｜>", "hy_mt2_30b": "<eos:6124c78e>"}


def turns(fmt: Format) -> list[tuple[str, Case, int]]:
    spec = chatwright.load(fmt.name)
    found = []
    valuations = list(fmt.valuations())
    for number, scenario in enumerate(SCENARIOS):
        for options in ({}, valuations[number % len(valuations)])[: len(valuations)]:
            messages = with_ids(scenario.messages, format_of(spec).compiled.program.ids)
            case = Case(messages, scenario.tools, False, {**scenario.options, **options, **fmt.ours})
            for index, message in enumerate(case.messages):
                known = {key: value for key, value in message.items() if value is not None}
                if index and known.get("role") == "assistant" and plain(known, (*spec.tokens, *spec.stops)):
                    found.append((scenario.name, case, index))
    return found


def read_turn(spec: chatwright.Spec, case: Case, index: int) -> tuple[str, list[ParsedResponse]] | None:
    """The rendered text and what was read of its last turn; None where the format refuses the conversation.

    A turn that the prompt under these options does not begin is read twice: behind that prompt, and as a region whose
    beginning the model wrote, too. One of the two is what it was.
    """
    before = case.messages[:index]
    told = sampled_of(spec, case, index)
    if told is None:
        return None
    text, prompt, sampled = told
    stop = UNPRINTED.get(spec.name, "")
    sampled = sampled.removesuffix(stop) + stop
    parser = parser_of(spec.name, case.options)
    found = parser.parse(sampled, messages=before, tools=case.tools)
    if text.startswith(prompt + sampled.removesuffix(stop)):
        return text, [found]
    segments = spec.segments(case.messages[: index + 1], tools=case.tools, **case.options)
    if any(s.part == "reasoning" and not s.sampled for s in segments):
        return None  # a turn that no prompt under these options begins
    return text, [found, parser.parse(sampled, messages=before, tools=case.tools, prompt="")]


@pytest.mark.parametrize("name", sorted(laws.ANSWERLESS))
def test_answers_that_history_never_prints_are_read(name: str) -> None:
    parser = chatwright.load(name).parser()
    found = parser.parse("yes<|im_end|>", messages=[{"role": "user", "content": "?"}])
    assert found.message() == {"role": "assistant", "content": "yes"}


@pytest.mark.parametrize("fmt", [fmt for fmt in ALL if fmt.name not in laws.ANSWERLESS], ids=lambda fmt: fmt.name)
def test_rendered_turns_are_read_back(fmt: Format) -> None:
    spec = chatwright.load(fmt.name)
    kinds = {loss.kind for loss in lossy(format_of(spec).compiled.program)}
    seen: Counter[str] = Counter()
    wrong = []
    for name, case, index in turns(fmt):
        result = read_turn(spec, case, index)
        if result is None:
            continue
        text, readings = result
        seen["all"] += 1
        faults = [fault(kinds, spec, case, index, text, found, fmt.name in SPACE) for found in readings]
        if all(faults):
            wrong.append((name, index, case.options, faults[0]))
    lost = [w for w in wrong if (fmt.name, w[0]) in LOST]
    wrong = [w for w in wrong if w not in lost]
    assert not wrong, f"{len(wrong)} of {seen['all']}: {wrong[:3]}"
    assert seen["all"] >= 100
    assert {(fmt.name, name) for name, *_ in lost} == {pair for pair in LOST if pair[0] == fmt.name}
