"""What an engine cannot do, by format: the scenarios for which our template gives other text there, and why.

The engine tests hold this table to be exact: a scenario that is listed must differ, one that is not must not.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatwright.verify.scenarios import BY_NAME

from .formats import ALL
from .groups import (
    GEMMA4,
    GLM,
    GRANITE3,
    HARMONY,
    HY3,
    KIMI,
    LAGUNA,
    MIMO,
    MINIMAX_M2,
    NEMOTRON3,
    QWEN3,
    QWEN3_5,
    QWEN3_6,
    SEED,
    STEP3,
)


@dataclass(frozen=True)
class Limit:
    """One thing that an engine cannot do, and where it shows."""

    reason: str
    formats: tuple[str, ...]
    scenarios: tuple[str, ...]


_EVERY = tuple(fmt.name for fmt in ALL)


def _but(*names: str) -> tuple[str, ...]:
    return tuple(name for name in _EVERY if name not in names)


_FLOATS = "prints floats as Rust does: 1.0 as 1, 1e-07 in full"
_RUST_SPACE = "the separators U+001C to U+001F are no white space to trim"

_NUMBERS = "JavaScript has one kind of number: 1.0 is 1, -0.0 is 0, 1e-07 is 1e-7, whole numbers end at 2**53"
_MAP = "its map takes an attribute only, so the items of a list cannot be put in upper case"
_NULL = "it does not join a null with text; the original prints None for a call whose id is null"
_KEYS = "JavaScript puts keys that look like whole numbers first"
_SPACE = "trims what JavaScript calls white space: U+FEFF, but not U+0085 and U+001C to U+001F"
_NEWLINES = "strip, lstrip and rstrip take no argument there: asked for newlines, they take all white space"
_PYTHON = "knows no Python: True, None, lists and objects as Python prints them"
_EQUAL = "compares objects by identity: a message that equals the newest one, but is not it, goes unseen"

#: Formats that print neither tools nor calls.
_TALK = tuple(fmt.name for fmt in ALL if not fmt.tools)

#: Formats that print tools, but no calls.
_TOOLS_ALONE = (
    *("lfm2", "lfm2_5_350m", "lfm2_5_instruct", "falcon_h1", "falcon3", "smollm3", "typhoon2", *GRANITE3),
    *("granite_vision3", "minimax_m1", "minimax_m1_80k"),
    "kimi_k2_base",
)

#: Formats that print calls as Python.
_LFM2_5 = ("lfm2_5", "lfm2_5_v2", "lfm2_5_vl_450m")

#: Qwen3-Coder, and formats with its declarations of tools.
_CODER = ("qwen3_coder", "qwen3_coder_launch", *MIMO)

#: Formats that print no arguments that are an object.
_NO_ARGUMENTS = (
    *_TALK,
    *_TOOLS_ALONE,
    "kanana1_5",
    "nemotron_mini",
    "glm4_0414",
    "deepseek_r1",
    "deepseek_r1_0528",
    "dspv2_guide",
)

_TRIMMING = (
    "cohere",
    "llama3_1",
    "llama3_2",
    "typhoon2",
    "nemotron_nano_v1",
    "mistral_v0_3",
    *GEMMA4,
    *QWEN3_5,
    *QWEN3_6,
    "qwen3_8",
    *NEMOTRON3,
    "nemotron_mini",
    *GLM,
    *LAGUNA,
    "glm_asr",
    "nemotron_70b",
    *SEED,
    "nemotron_h_base",
    "nemotron_nano_v2",
    "nemotron_nano_v2_llama_cpp",
    "nemotron_nano_v2_japanese",
    "exaone4_5",
    "k_exaone",
    "midm2",
    # They print neither tools nor calls.
    "codellama",
    "llama2",
    "llama2_arcee",
    "llama3",
    "llama3_nous",
    "nemotron_super",
    "vikhr_nemo",
    "gemma3",
    "cogvlm2",
    "tower_vision",
    "eurollm",
)

#: Scenarios in which the same user message is the newest and an earlier one, with tools.
_REPEATED = (
    "last_user_equal_but_null",
    "last_user_repeated",
    "indented",
    "mixed_scripts",
    "decomposed",
    "nul",
    "markup_chatml",
    "markup_chatml_inside",
    "markup_think_open",
    "markup_think_close",
    "markup_call",
    "markup_response",
    "markup_header",
    "markup_channel",
    "markup_turn",
    "markup_wide_bars",
    "markup_inst",
    "markup_brackets",
    "markup_middle",
    "markup_observation",
    "markup_html",
    "markup_jinja",
    "markup_percent",
    "nothink_alone",
    "nothink_spaced",
    "flag_think",
    "flag_no_think",
    "continue_tag",
)

#: Reasoning or content with other white space than newlines at its edges.
_INLINE_EDGES = ("inline_old_without_opening", "inline_preceded", "inline_spaces", "inline_call_old")
_EDGES = (
    *_INLINE_EDGES,
    "reasoning_blank",
    "reasoning_edges",
    "reasoning_spaces",
    "inline_and_blank_field",
    "reasoned_call_blank",
    "edge_space",
    "edge_tab",
    "edge_crlf",
    "edge_return",
    "edge_mixed",
    "edge_form_feed",
    "edge_no_break_space",
    "edge_ideographic_space",
    "edge_line_separator",
    "indented",
)

#: The same, of messages from before the last one.
_EARLIER_EDGES = (
    "assistant_blank",
    "inline_old_without_opening",
    "inline_call_old",
    "call_with_spaced_content",
    "call_with_blank_content",
    "edge_space",
    "edge_tab",
    "edge_crlf",
    "edge_return",
    "edge_mixed",
    "edge_form_feed",
    "edge_no_break_space",
    "edge_ideographic_space",
    "edge_line_separator",
    "indented",
)

#: Scenarios with tools that are printed.
_WITH_TOOLS = tuple(
    name
    for name, shown in BY_NAME.items()
    if shown.tools and name not in ("parts_of_system_tools", "system_null_with_tools")
)

_PARTS_OF_RESULT = (
    "result_parts",
    "result_one_part",
    "result_image",
    "result_video",
    "result_audio",
    "result_parts_then_text",
    "result_text_then_parts",
)

LIMITS: dict[str, list[Limit]] = {
    "minijinja": [
        Limit(_FLOATS, (*QWEN3_5, *NEMOTRON3, *_CODER, *STEP3[1:], *_LFM2_5, *SEED, "step3"), ("arguments_floats",)),
        Limit(
            _FLOATS,
            (
                *QWEN3_6,
                "qwen3_8",
                "qwen3_coder_next",
                "deepseek_v4",
                "deepseek_v3_2",
                *("longcat_flash_lite", "longcat_2_0"),
                "deepseek_v4_flash",
                "olmo3",
                "olmo3_1",
                "olmo3_1_unsloth",
                "olmo3_sft",
                *GEMMA4,
                *GLM,
                *LAGUNA,
                *MINIMAX_M2,
                "minimax_m3",
                *HY3,
            ),
            ("arguments_floats", "arguments_numbers"),
        ),
        Limit(_FLOATS, (*HARMONY, "qwen3_coder_next"), ("tools_defaults",)),
        Limit(_RUST_SPACE, (*_TRIMMING, "smollm3", "smollm3_unsloth", "longcat_2_0"), ("edge_controls",)),
    ],
    "@huggingface/jinja": [
        Limit(_NUMBERS, _but(*_NO_ARGUMENTS), ("arguments_numbers", "arguments_floats")),
        Limit(
            _NUMBERS,
            _but(
                *("deepseek_v3_1", "deepseek_r1", "deepseek_r1_0528", "dspv2_guide", "smollm3", "granite_speech3_3_8b"),
                *(*GEMMA4, *_TALK),
            ),
            ("tools_defaults",),
        ),
        Limit(_KEYS, _but(*GEMMA4, *_NO_ARGUMENTS), ("arguments_odd_keys",)),
        Limit(_SPACE, (*_TRIMMING, "smollm3", "smollm3_unsloth", "longcat_2_0"), ("edge_zero_width", "edge_controls")),
        Limit(_SPACE, (*QWEN3, "ling2", "qianfan_ocr", "ernie4_5_vl"), ("edge_zero_width",)),
        Limit(_NEWLINES, QWEN3, _EDGES),
        Limit(
            _NEWLINES,
            ("ernie4_5_vl",),
            tuple(name for name in _EDGES if name not in ("indented", "inline_and_blank_field")),
        ),
        Limit(_NEWLINES, ("ling2", "qianfan_ocr"), tuple(name for name in _EDGES if name != "indented")),
        Limit(_NEWLINES, (*QWEN3_5, *QWEN3_6, *MINIMAX_M2, *STEP3), _INLINE_EDGES),
        Limit(_NEWLINES, ("qwq", "qwq_switch", "avibe"), _EARLIER_EDGES),
        Limit(_PYTHON, (*SEED, "step3"), ("arguments_booleans", "arguments_nested", "arguments_empty_values")),
        Limit(_PYTHON, (*SEED, "step3"), ("arguments_non_ascii",)),
        Limit(_PYTHON, SEED, ("tools_types_one",)),
        Limit(
            _NEWLINES,
            ("smollm3", "smollm3_unsloth"),
            (
                *(name for name in _EARLIER_EDGES if name not in ("inline_call_old", "indented")),
                "inline_spaces",
                "reasoning_spaces",
            ),
        ),
        Limit(_NEWLINES, ("smollm3_unsloth",), ("indented",)),
        Limit(_PYTHON, ("smollm3",), _WITH_TOOLS),
        Limit(
            _PYTHON,
            (*QWEN3_5, *NEMOTRON3, *_CODER, *STEP3[1:], *_LFM2_5),
            ("arguments_booleans",),
        ),
        Limit(_PYTHON, _LFM2_5, ("arguments_non_ascii",)),
        Limit(_PYTHON, ("glm4_6", "glm4_5", "glm4_5_unsloth", "glm4_5v", "glm5"), _PARTS_OF_RESULT),
        Limit(_PYTHON, (*GEMMA4, *NEMOTRON3, *_CODER, "qwen3_coder_next"), ("tools_types", "tools_types_one")),
        Limit(
            _PYTHON,
            (*NEMOTRON3, *_CODER),
            (
                *("tools_strict", "tools_additional", "tools_nullable", "tools_nullable_number"),
                *("tools_object_nullable", "tools_object_bare"),
            ),
        ),
        Limit(_PYTHON, (*NEMOTRON3, *_CODER), ("tools_array_of_numbers",)),
        Limit(_MAP, GEMMA4, ("tools_array_of_types",)),
        Limit(_NULL, KIMI, ("id_null",)),
        Limit(_EQUAL, ("mistral_v0_3", "mistral_nemo"), _REPEATED),
    ],
}


def listed(engine: str, fmt: str) -> set[str]:
    """The scenarios in which this engine is known to fail for this format."""
    return {name for limit in LIMITS[engine] if fmt in limit.formats for name in limit.scenarios}
