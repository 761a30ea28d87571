"""The generation prompts of the shipped formats, and of small bodies, as they must be: written down, not derived.

The first table is read by format: what the prompt is behind a user's message, behind a tool's result and behind the
assistant's own message. Each row says for which options; options that it does not name change nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Prompts(NamedTuple):
    """Behind a message of the user, behind a result, behind a message of the assistant."""

    user: str
    result: str
    assistant: str


def same(prompt: str) -> Prompts:
    return Prompts(prompt, prompt, prompt)


def opener(user: str) -> Prompts:
    """Only a message of the user is answered by a new turn; otherwise the model just goes on."""
    return Prompts(user, "", "")


class Row(NamedTuple):
    """For options of these values (None: not given) the format prompts so."""

    options: dict[str, tuple[Any, ...]]
    prompts: Prompts


_CHATML = "<|im_start|>assistant\n"
_KIMI = "<|im_assistant|>assistant<|im_middle|>"
_DEEPSEEK = "<｜Assistant｜>"
_GEMMA = "<|turn>model\n"
_EMPTY_THOUGHT = "<|channel>thought\n<channel|>"

_THINKS = {"enable_thinking": (None, True)}
_IS_TOLD_NOT_TO = {"enable_thinking": (False,)}
_IS_TOLD_TO = {"enable_thinking": (True,)}
_THINKS_NOT = {"enable_thinking": (None, False)}

TABLE: dict[str, list[Row]] = {
    "qwen3": [
        Row(_THINKS, same(_CHATML)),
        Row(_IS_TOLD_NOT_TO, same(_CHATML + "<think>\n\n</think>\n\n")),
    ],
    "qwen3_2507": [Row({}, same(_CHATML))],
    "qwen2_5": [Row({}, same(_CHATML))],
    "qwen3_5": [
        Row(_THINKS_NOT, same(_CHATML + "<think>\n\n</think>\n\n")),
        Row(_IS_TOLD_TO, same(_CHATML + "<think>\n")),
    ],
    "llama3_1": [Row({}, same("<|start_header_id|>assistant<|end_header_id|>\n\n"))],
    "gpt_oss": [Row({}, same("<|start|>assistant"))],
    "glm4_6": [
        Row(_THINKS, same("<|assistant|>")),
        Row(_IS_TOLD_NOT_TO, same("<|assistant|>\n<think></think>")),
    ],
    "kimi_k2_6": [
        Row({"thinking": (None, True)}, same(_KIMI + "<think>")),
        Row({"thinking": (False,)}, same(_KIMI + "<think></think>")),
    ],
    "kimi_k2_thinking": [Row({}, same(_KIMI))],
    "deepseek_v3_1": [
        Row({"thinking": (True,)}, opener(_DEEPSEEK + "<think>")),
        Row({"thinking": (False,)}, opener(_DEEPSEEK + "<think></think>")),
        Row({"thinking": (None,), **_IS_TOLD_TO}, opener(_DEEPSEEK + "<think>")),
        Row({"thinking": (None,), **_THINKS_NOT}, opener(_DEEPSEEK + "<think></think>")),
    ],
    "deepseek_v4": [
        Row({"thinking": (True,)}, same(_DEEPSEEK + "<think>")),
        Row({"thinking": (False,)}, same(_DEEPSEEK + "</think>")),
        Row({"thinking": (None,), **_IS_TOLD_TO}, same(_DEEPSEEK + "<think>")),
        Row({"thinking": (None,), **_THINKS_NOT}, same(_DEEPSEEK + "</think>")),
    ],
    "minimax_m2": [Row({}, same("]~b]ai\n<think>\n"))],
    "nemotron3_nano": [
        Row(_THINKS, same(_CHATML + "<think>\n")),
        Row(_IS_TOLD_NOT_TO, same(_CHATML + "<think></think>")),
    ],
    "mistral_v0_3": [Row({}, same(""))],
    # A result stands inside the model's own turn, and the prompt goes on in it.
    "gemma4": [
        Row(_THINKS_NOT, Prompts(_GEMMA + _EMPTY_THOUGHT, "", _GEMMA + _EMPTY_THOUGHT)),
        Row(_IS_TOLD_TO, Prompts(_GEMMA, "<|channel>thought\n", _GEMMA)),
    ],
    "lfm2_5": [Row({}, same(_CHATML))],
}


# ---- small specs --------------------------------------------------------------------------------------------------

#: body of the sampled region: what the prompt holds of it with the flag off and on.
SAMPLED: dict[str, tuple[str, str, str]] = {
    "nothing": ('"{content}"', "", ""),
    "no prefill, no text": ('"<think>{reasoning}</think>{content}"', "", ""),
    "a prefill": ('prefill { "<think>" } "{reasoning}</think>{content}"', "<think>", "<think>"),
    "a prefill behind text": ('"a" prefill { "<think>" } "{content}"', "a<think>", "a<think>"),
    "the last prefill counts": ('prefill { "<think>" } "{reasoning}" prefill { "</think>" } "{content}"',)
    + ("<think></think>",) * 2,
    "slots are empty": ('prefill { "({content | strip})" } "{content}"', "()", "()"),
    "a slot of an option": ('prefill { "({flag})" } "{content}"', "(False)", "(True)"),
    "first filled of what is known": ('prefill { "({name or role})" } "{content}"', "(assistant)", "(assistant)"),
    "prefill when": ('prefill when flag { "<think>" } "{content}"', "", "<think>"),
    "prefill when not": ('prefill when not flag { "<think>" } "{content}"', "<think>", ""),
    "prefill when, behind another": (
        'prefill { "<think>" } prefill when flag { "</think>" } "{content}"',
        "<think>",
        "<think></think>",
    ),
    "prefill when unknown": ('prefill when reasoning { "<think>" } "{content}"', "", ""),
    "prefill when known and unknown": ('prefill when flag and reasoning { "<think>" } "{content}"', "", ""),
    "prefill when known or unknown": ('prefill when flag or reasoning { "<think>" } "{content}"', "", "<think>"),
    "unknown, no prefill": ('when reasoning { "<think>" } else { "a" } "{content}"', "", ""),
    "unknown, with a prefill": ('when reasoning { prefill { "<think>" } } "{content}"', "<think>", "<think>"),
    "unknown, a prefill in else": (
        'when reasoning { "a" } else { prefill { "<think>" } } "{content}"',
        "<think>",
        "<think>",
    ),
    "unknown, a prefill in the second branch": (
        'when reasoning { "a" } else when name { "b" prefill { "<think>" } } else { "c" } "{content}"',
        "b<think>",
        "b<think>",
    ),
    "unknown, prefills in both branches": (
        'when reasoning { prefill { "<think>" } } else { prefill { "</think>" } } "{content}"',
        "<think>",
        "<think>",
    ),
    "unknown, the first branch is active only with the flag": (
        'when reasoning { prefill when flag { "<think>" } } else { prefill { "</think>" } } "{content}"',
        "</think>",
        "<think>",
    ),
    "unknown, only active with the flag": (
        '"a" when reasoning { "b" prefill when flag { "<think>" } "c" } "{content}"',
        "",
        "ab<think>",
    ),
    "not unknown is unknown": ('when not reasoning { prefill { "<think>" } } "{content}"', "<think>", "<think>"),
    "unknown and known": ('when reasoning and flag { prefill { "<think>" } } "{content}"', "", "<think>"),
    "unknown or known": (
        'when reasoning or flag { prefill { "<think>" } } else { prefill { "</think>" } } "{content}"',
        "<think>",
        "<think>",
    ),
    "known decides": (
        'when flag { prefill { "<think>" } } else { prefill { "</think>" } } "{content}"',
        "</think>",
        "<think>",
    ),
    "known decides for a branch without a prefill": (
        'when flag { "a" } else { prefill { "</think>" } } "{content}"',
        "</think>",
        "",
    ),
    "nested": (
        'when reasoning { "a" when flag { prefill { "<think>" } } else { "b" } } "{content}"',
        "",
        "a<think>",
    ),
    "nested, twice unknown": (
        'when reasoning { "a" when name { prefill { "<think>" } } else { "b" } } else { "c" } "{content}"',
        "a<think>",
        "a<think>",
    ),
    "prefill in prefill": ('prefill when flag { "<think>" prefill { "a" } } "{content}"', "", "<think>a"),
    "unknown before a prefill takes the else": (
        'when name { "a" } else { "b" } prefill { "<think>" } "{content}"',
        "b<think>",
        "b<think>",
    ),
    "unknown choices behind the last prefill": (
        'prefill { "<think>" } when name { "a" } else { "b" } "{content}"',
        "<think>",
        "<think>",
    ),
    "maybe before a prefill": ('maybe { "({reasoning})" } prefill { "<think>" } "{content}"', "<think>", "<think>"),
    "loop before a prefill": (
        'each call in tool_calls { "<call>{call.name}</call>" } prefill { "<think>" } "{content}"',
        "<think>",
        "<think>",
    ),
    "fresh is taken": ('fresh { "a" } past { "b" } prefill { "<think>" } "{content}"', "a<think>", "a<think>"),
    "fresh with a prefill in it": (
        'fresh { prefill { "<think>" } } past when not last { "b" } "{content}"',
        "<think>",
        "<think>",
    ),
    "a rule": ('opened prefill { "<think>" } "{content}"', "()<think>", "()<think>"),
}

#: condition on the place of a message behind the last: whether it holds behind a user's message, behind a result and
#: behind one of the assistant.
PLACES: dict[str, tuple[bool, bool, bool]] = {
    "first": (False, False, False),
    "last": (True, True, True),
    "prev": (True, True, True),
    "next": (False, False, False),
    "prev is user": (True, False, False),
    "prev is not user": (False, True, True),
    "prev is tool or prev is assistant": (False, True, True),
    "next is user": (False, False, False),
    "next is not user": (True, True, True),
    "results": (False, False, False),
    "not results": (True, True, True),
    'prev.content == "Hi"': (True, False, False),
    "prev.tool_calls": (False, False, False),
    "prev(assistant)": (False, True, True),
    "prev(assistant).tool_calls": (False, True, False),
    "after(query)": (True, True, True),
    "before(query)": (False, False, False),
    "equal(query)": (False, False, False),
    "query": (True, True, True),
    "after(result)": (True, True, True),
    "result": (False, True, False),
    "message is assistant and flag": (False, False, False),
    "tools": (False, False, False),
    "turns": (True, True, True),
}
