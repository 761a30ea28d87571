"""What holds of the segments of every render: each law is a function that tells how it is broken.

They are the invariants of loss masks at the level of text: who wrote which character, and which did the model sample.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import Any

from msgspec.structs import replace
from places import SPEC_FILES

from .format import Format
from .groups import GEMMA4, HY3
from .oracle import Case, Refusal
from .subject import emitted, segmented

Segment = Any


@cache
def spec_lines(file: str) -> int:
    """The number of lines of a shipped spec."""
    return len(SPEC_FILES[file.removesuffix(".chatspec")].read_text(encoding="utf-8").splitlines())


def text_of(segments: list[Segment]) -> str:
    return "".join(segment.text for segment in segments)


def whole(fmt: Format, case: Case, segments: list[Segment]) -> Iterator[str]:
    """Segments make up the text; each names a line of the spec and a message that exists, or -1."""
    text = emitted(fmt, case)
    if text_of(segments) != text:
        yield f"segments do not make up the text: {text_of(segments)!r} against {text!r}"
    for segment in segments:
        if not -1 <= segment.message < len(case.messages):
            yield f"no such message: {segment}"
        elif segment.message >= 0 and segment.role != case.messages[segment.message]["role"]:
            yield f"the message has another role: {segment}"
        if not 1 <= segment.line <= spec_lines(segment.spec):
            yield f"no such line: {segment}"


def sampled_by_assistants(fmt: Format, case: Case, segments: list[Segment]) -> Iterator[str]:
    """System, user and tool text is never sampled, nor is what belongs to no message."""
    for segment in segments:
        if segment.sampled and (segment.message < 0 or case.messages[segment.message]["role"] != "assistant"):
            yield f"sampled, but not an assistant's: {segment}"


def injected(fmt: Format, case: Case, segments: list[Segment]) -> Iterator[str]:
    """What belongs to no message is not sampled, and holds nothing of a message."""
    for segment in segments:
        if segment.message == -1 and segment.sampled:
            yield f"injected and sampled: {segment}"
        if segment.message == -1 and segment.body and segment.part in ("content", "reasoning"):
            yield f"injected, but the content of a message: {segment}"


#: Parts that hold what a model writes.
_WRITTEN = ("content", "reasoning", "call.name", "call.arguments", "call.id")

#: Stops that a model samples and that its format prints nowhere.
UNPRINTED = {
    "granite_speech": "<|end_of_text|>",
    "solar": "</s>",
    "nemotron_parse": "</s>",
    "granite_code": "<|endoftext|>",
    "ling_lite": "<|endoftext|>",
    "minicpm_moe": "</s>",
    "nemotron_h_base": "</s>",
    "gpt2_dummy": "<|endoftext|>",
    "molmo": "<|endoftext|>",
    "emu3_chat": "<|extra_204|>",
}

#: Formats of one question: the model answers it, and no history prints the answer.
ANSWERLESS = {"qwen3_reranker", "qwen3_asr", "vibevoice_asr", "qwen3guard_gen"}
#: Formats that print a query and a document, or a sound, and no text of a user.
_UNTOLD = {*ANSWERLESS, "qwen3_asr_hf"}

#: Formats that print the content of a calling message after its results, and so after the sampled stop.
_CONTENT_AFTER_STOP = GEMMA4


def written_is_sampled(fmt: Format, case: Case, segments: list[Segment]) -> Iterator[str]:
    """What a model wrote into a turn is sampled: calls with their names and headers, reasoning, content.

    Only a prefill may hold reasoning that is not: it was the prompt's then.
    """
    if fmt.name in ANSWERLESS:
        return  # answers that they print are another model's
    started: set[int] = set()
    for segment in segments:
        if segment.sampled:
            started.add(segment.message)
        elif segment.role == "assistant" and segment.body and segment.part in _WRITTEN and segment.text.strip():
            prefilled = segment.part == "reasoning" and segment.message not in started
            behind = segment.part == "content" and fmt.name in _CONTENT_AFTER_STOP
            if not prefilled and not behind:
                yield f"an assistant's, but not sampled: {segment}"


def _asked(fmt: Format, case: Case) -> str | None:
    text = emitted(fmt, case)
    return None if isinstance(text, Refusal) else text


def _pieces(segments: list[Segment]) -> Iterator[tuple[int, int, Segment]]:
    """Each segment with the characters at which it starts and ends."""
    ends = list(accumulate(len(segment.text) for segment in segments))
    for segment, end in zip(segments, ends, strict=True):
        yield end - len(segment.text), end, segment


#: Formats that open a turn in history after an answer or results, although the prompt opened none.
_OPENED_LATER = {"diffusiongemma": "<|turn>model\n", "phi3_5_vision": "<|assistant|>\n", "granite_vision4_1": " " * 8}

#: Formats that leave the last answer open, so that a prompt after it asks to continue it.
_LEFT_OPEN = (*HY3, "openbuddy_deepseek")


def sampled_from_prompt(fmt: Format, case: Case) -> Iterator[tuple[int, str]]:
    """For each assistant message with a turn that begins with its prompt: (index, how the law is broken, or "").

    In the render up to that message nothing of it before the end of the prompt is sampled; from there on everything
    is, up to and including the stop; after the stop nothing is.
    """
    for index, message in enumerate(case.messages):
        if message["role"] != "assistant" or index == 0:
            continue
        if fmt.name in _LEFT_OPEN and case.messages[index - 1]["role"] == "assistant":
            continue
        asked = _asked(fmt, replace(case, messages=case.messages[:index], prompt=True))
        upto = replace(case, messages=case.messages[: index + 1], prompt=False)
        answered = _asked(fmt, upto)
        if asked is None or answered is None or not answered.startswith(asked):
            continue
        if fmt.name in _OPENED_LATER and answered.startswith(asked + _OPENED_LATER[fmt.name]):
            continue
        yield index, _from_prompt(index, asked, segmented(fmt, upto), fmt.name not in UNPRINTED)


def _from_prompt(index: int, asked: str, segments: list[Segment], stopped: bool) -> str:
    spans = [(a, b, segment) for a, b, segment in _pieces(segments) if segment.message == index and segment.text]
    sampled = [(a, b, segment) for a, b, segment in spans if segment.sampled]
    at = start = len(asked)
    if not sampled:
        return f"message {index}: nothing is sampled" if start < len(text_of(segments)) else ""
    if sampled[0][0] < start and _repeats_prompt(sampled[0][2], asked[sampled[0][0] :]):
        at = sampled[0][0]
    for a, b, segment in sampled:
        if a != at:
            return f"message {index}: sampled from {a}, not from {at} (prompt ends at {start}): {segment}"
        at = b
    if stopped and sampled[-1][2].part != "closer" and at != len(text_of(segments)):
        return f"message {index}: the last that is sampled is no stop: {sampled[-1][2]}"
    closers = [segment for _, _, segment in sampled[:-1] if segment.part == "closer"]
    return f"message {index}: sampled after a stop: {closers}" if closers else ""


def _repeats_prompt(segment: Segment, tail: str) -> bool:
    """Content with its thoughts inline, printed as given, that begins with the very tags that end the prompt."""
    return bool(segment.body and segment.part == "content" and tail and segment.text.startswith(tail))


def prompt_is_nobodys(fmt: Format, case: Case) -> Iterator[str]:
    """The generation prompt is neither sampled nor content, and of no message."""
    plain, asked = (_asked(fmt, replace(case, prompt=prompt)) for prompt in (False, True))
    if plain is None or asked is None or not asked.startswith(plain):
        return
    for start, _, segment in _pieces(segmented(fmt, replace(case, prompt=True))):
        if start >= len(plain) and segment.text and (segment.message != -1 or segment.sampled or segment.body):
            yield f"in the prompt: {segment}"


#: Where content is cut before it is printed.
_CUT = ("<think>", "</think>", "<|channel>", "<channel|>", "CONTINUE_FINAL_MESSAGE_TAG")
#: What formats take out of a system message, and some of them out of what users say.
_FLAGS = ("/think", "/no_think", "/system_override")
_FLAGGED_BY_USERS = ("nemotron_nano_v2", "nemotron_nano_v2_llama_cpp")
#: It prints system messages before the tools and once more in their place.
_SYSTEM_TWICE = "step3"


def contents(fmt: Format, case: Case, segments: list[Segment]) -> Iterator[str]:
    """The content of a message is what its body pieces of part `content` say, but for white space at its ends."""
    if fmt.name in _UNTOLD:
        return
    for index, message in enumerate(case.messages):
        content, role = message.get("content"), message["role"]
        if not isinstance(content, str) or (role == "assistant" and any(tag in content for tag in _CUT)):
            continue
        if role == "system" and fmt.name == _SYSTEM_TWICE:
            continue
        flagging = role == "system" or (role == "user" and fmt.name in _FLAGGED_BY_USERS)
        if flagging and any(flag in content for flag in _FLAGS):
            continue
        own = [segment for segment in segments if segment.message == index]
        body = "".join(segment.text for segment in own if segment.body and segment.part == "content")
        if role in ("tool", "ipython") and body in (json.dumps(content, ensure_ascii=False), ""):
            continue
        if role in ("user", "assistant") and content.strip() and not own:
            yield f"message {index} owns nothing"
        if body.strip() != content.strip() if body else (role == "user" and content.strip()):
            yield f"message {index}: the content is {content!r}, the body {body!r}"
        elif body not in content:
            yield f"message {index}: the body {body!r} is no piece of {content!r}"


LAWS = (whole, sampled_by_assistants, injected, written_is_sampled, contents)
