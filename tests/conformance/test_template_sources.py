"""What engines find in the source of a model's own template they find in ours: parsers are picked, switches known,
content handed over by reading the source. The same bytes from another source may lose every tool call.
"""

from __future__ import annotations

from typing import Any

import pytest

import chatwright
from chatwright.spec import format_of
from chatwright.verify import engine_readers as readers
from chatwright.verify.template_sources import ALWAYS, READERS, apart, concluded, lost, rows, split

from .format import Format
from .formats import ALL
from .groups import DEEPSEEK_V3, GEMMA4, GLM, HARMONY, JSON_CALLS, KIMI, LAGUNA_XS, MINIMAX_M2, NEMOTRON3, SEED
from .oracle import original
from .subject import jinja, spec

by_format = pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)


# ---- needles ------------------------------------------------------------------------------------------------------

_UNREACHED = {"<｜tool▁sep｜>", "tool_calls", "<｜tool▁call▁begin｜>", "<｜tool▁calls▁begin｜>"}

#: FIXME: what is looked for in the original of a format and not found in ours.
LOST: dict[str, set[str]] = {
    "deepseek_v4": {"dsml_token"},
    "deepseek_v3_2": {"dsml_token"},
    "deepseek_v4_flash": {"dsml_token", "drop_thinking"},
    **{key: {"{#- OpenAI Chat Completions:"} for key in GEMMA4 if "v2" not in key},
    # What a key that no message has would print.
    **{key: {"<|tool_response>"} for key in ("gemma4_v2", "gemma4_v2_e4b")},
    "granite_docling": {"tojson"},
    **{key: {"enable_thinking is defined and enable_thinking is false"} for key in ("minicpm_v_4_5", "minicpm_v_4_6")},
    "glm4_9b": {"tojson"},
    # Calls that the template contains, but that transformers never prints.
    **dict.fromkeys(DEEPSEEK_V3, _UNREACHED),
    "hy_mt2_30b": {"eos_token", "bos_token", "<｜tool▁call▁begin｜>", "<｜tool▁calls▁begin｜>", "<｜tool▁sep｜>"},
    # Names of the template's own variables.
    "hy3_preview": {"eos_token", "bos_token"},
    "hy3": {"eos_token", "bos_token"},
    "nemotron_super_v1_5": {"enable_thinking"},
    **{key: {"enable_thinking"} for key in ("nemotron_nano_v2", "nemotron_nano_v2_llama_cpp")},
    "minimax_m3": {"eos_token", "bos_token"},
    **{key: {"eos_token", "bos_token"} for key in SEED},
    # Results among parts.
    "longcat_2_0": {"tool_call_id"},
}


@by_format
def test_needles_of_the_original_are_found_in_ours(fmt: Format) -> None:
    own = original(fmt.template)
    assert lost(own, jinja(fmt.name)) == LOST.get(fmt.name, set())


def test_every_needle_is_in_some_original() -> None:
    """None is misspelt."""
    originals = [original(fmt.template) for fmt in ALL]
    assert [needle for needle in readers.engines().needles if not any(needle in own for own in originals)] == []


#: FIXME: ours look so, the originals do not. Ornith also has a switch, so that no engine is misled.
ALWAYS_OURS = {"ornith1", "ornith1_9b", "qwen3_reranker", "qwen3guard_gen"}


@by_format
def test_ours_does_not_look_as_if_it_always_thinks(fmt: Format) -> None:
    assert (ALWAYS in jinja(fmt.name)) is (ALWAYS in original(fmt.template) or fmt.name in ALWAYS_OURS)


# ---- literals -----------------------------------------------------------------------------------------------------


@by_format
def test_tokens_are_whole(fmt: Format) -> None:
    """Every control token that a literal of the original has is in one piece in ours."""
    tokens = (*spec(fmt.name).tokens, *spec(fmt.name).stops)
    assert split(original(fmt.template), jinja(fmt.name), tokens) == []


_OUTPUTS = "<｜tool▁outputs▁begin｜><｜tool▁output▁begin｜>"

#: Tokens that are adjacent in a literal of the original, and apart in ours.
#: FIXME: those of the prompt could be adjacent in ours too.
APART: dict[str, set[str]] = {
    **{key: {"</tool_call><|im_end|>"} for key in JSON_CALLS},
    **{
        key: {"<|start|>assistant<|channel|>final<|message|>", "<|start|>assistant<|channel|>analysis<|message|>"}
        for key in HARMONY
    },
    "kimi_k2_thinking": {"<think></think>"},
    "hermes4_3": {"</tool_call><|eot_id|>"},
    # Documents, which are not known here.
    **{key: {"<|start_of_role|>documents<|end_of_role|>"} for key in ("granite3_1", "granite_speech3_2")},
    "deepseek_v3_1": {
        "<think></think>",
        "<｜Assistant｜><think></think>",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>",
        "<｜tool▁calls▁end｜><｜end▁of▁sentence｜>",
    },
    **{key: {"<|im_start|>assistant\n<|im_end|>"} for key in NEMOTRON3},
    **{
        key: {
            "<longcat_assistant><longcat_think>",
            "<longcat_assistant><longcat_think>\n\n</longcat_think>",
        }
        for key in ("longcat_flash_lite", "longcat_2_0")
    },
    "deepseek_v2_5": {_OUTPUTS},
    "deepseek_coder_v2_0724": {_OUTPUTS},
    "deepseek_v3": {_OUTPUTS},
    "stepfun_formalizer": {_OUTPUTS},
    **{key: {_OUTPUTS, "<｜Assistant｜><think>"} for key in ("deepseek_r1_distill", "skywork_r1v")},
    **{
        key: {
            _OUTPUTS,
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>",
            "<｜tool▁calls▁end｜><｜end▁of▁sentence｜>",
        }
        for key in ("deepseek_r1_0528", "dspv2_guide")
    },
    "deepseek_r1": {
        _OUTPUTS,
        "<｜Assistant｜><think>",
        "<｜Assistant｜><｜tool▁calls▁begin｜><｜tool▁call▁begin｜>",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>",
        "<｜tool▁calls▁end｜><｜end▁of▁sentence｜>",
    },
}


@by_format
def test_tokens_in_a_row_stay_together(fmt: Format) -> None:
    assert apart(original(fmt.template), jinja(fmt.name), spec(fmt.name).tokens) == APART.get(fmt.name, set())


def test_rows_are_found() -> None:
    assert sum(len(rows(original(fmt.template), spec(fmt.name).tokens)) for fmt in ALL) > 30


# ---- conclusions --------------------------------------------------------------------------------------------------

#: FIXME: what is concluded from the original, and from ours. Gemma's switch is lost because ours has no filter
#: `default`; DSML because the original keeps the token in a variable that llama.cpp looks for and SGLang does not see
#: through; loops over the content because ours stand in a macro, whatever the original does.
DIFFERENT: dict[str, dict[str, tuple[Any, Any]]] = {
    **{
        key: {"parts": (True, False)}
        for key in (
            *GLM,
            *MINIMAX_M2,
            "gemma3",
            "glm4_1v",
            "granite_docling",
            "hunyuan_ocr",
            "internvl3",
            "internvl3_5",
            "kimi_vl",
            "kimi_k2_base",
            "lfm2_vl",
            "minimax_m3",
            "mistral_small_3_1",
            "qianfan_ocr",
            "qwen2_5_omni",
            "qwen2_5_vl",
            "qwen3_asr",
            "qwen3_omni",
            "qwen3_omni_thinking",
            "qwen3_vl",
            "qwen3_vl_embedding",
            "internvl3_5_hf",
            "locate_anything",
            "granite4_0",
            "granite4_1",
            "granite_speech4_1_plus",
        )
    },
    **{key: {"parts, also in macros": (False, True)} for key in (*KIMI, "granite_vision4_1", "exaone4_5", "k_exaone")},
    "keural_nova": {"thinking": ("enable_thinking=True", "none"), "reasoning": ("qwen3", "deepseek-r1")},
    **{
        key: {"thinking": ("enable_thinking=False", "none")}
        for key in ("gemma4", "gemma4_e4b", "diffusiongemma", "gemma4_v4", "gemma4_v1", "gemma4_v3")
    },
    **{key: {"parts": (False, True)} for key in ("mistral_large_3", "ministral3_reasoning")},
    **{
        key: {
            "thinking": ("none", "enable_thinking=True"),
            "reasoning": ("deepseek-r1", "qwen3"),
            "parts, also in macros": (False, True),
        }
        for key in ("mimo_v2_5", "mimo_v2_5_pro")
    },
    **{key: {"thinking": ("enable_thinking=False", "none"), "reasoning": ("mimo", "deepseek-r1")} for key in LAGUNA_XS},
    **{key: {"parts": (True, False)} for key in ("ernie4_5_vl", "step3_7_flash", "step3")},
    "minicpm_v_4_6": {"thinking": ("enable_thinking=True", "none"), "reasoning": ("qwen3", "deepseek-r1")},
    **{
        key: {
            "thinking": ("none", "enable_thinking=True"),
            "reasoning": ("deepseek-r1", "qwen3"),
            "calls": ("none", "qwen"),
        }
        for key in ("smollm3", "smollm3_unsloth")
    },
    "gemma4_v2": {"thinking": ("enable_thinking=False", "none"), "parts": (True, False)},
    "gemma4_v2_e4b": {"parts": (True, False)},
    **{key: {"calls": ("deepseekv31", "none")} for key in DEEPSEEK_V3},
    **{key: {"thinking": ("none", "always")} for key in ("qwen3_reranker", "qwen3guard_gen")},
    **{
        key: {
            "thinking": ("enable_thinking=True", "none"),
            "reasoning": ("qwen3", "deepseek-r1"),
            "calls": ("qwen", "none"),
        }
        for key in ("minicpm_v_4_5", "nemotron_nano_v2", "nemotron_nano_v2_llama_cpp")
    },
    "hy_mt2_30b": {"calls": ("deepseekv31", "glm45")},
    "laguna_s_2_1_nothink": {"thinking": ("enable_thinking=False", "none"), "reasoning": ("mimo", "deepseek-r1")},
    "longcat_2_0": {"parts, also in macros": (False, True)},
    "deepseek_v3_2": {"parser": ("deepseek dsml", "automatic")},
    **{
        key: {
            "parser": ("deepseek dsml", "automatic"),
            "reasoning": ("deepseek-r1", "deepseek-v4"),
            "calls": ("none", "deepseekv4"),
        }
        for key in ("deepseek_v4", "deepseek_v4_flash")
    },
}


@by_format
def test_engines_conclude_the_same(fmt: Format) -> None:
    assert concluded(original(fmt.template), jinja(fmt.name), spec(fmt.name).tokens) == DIFFERENT.get(fmt.name, {})


@pytest.mark.parametrize(
    ("name", "format", "conclusion"),
    [
        ("parser", "gemma4", "gemma 4"),
        ("parser", "kimi_k2_thinking", "kimi k2"),
        ("parser", "lfm2_5", "lfm2.5"),
        ("parser", "nemotron3_nano", "qwen3-coder"),
        ("parser", "gpt_oss", "gpt-oss"),
        ("thinking", "gpt_oss", "always"),
        ("calls", "minimax_m2", "minimax-m2"),
        ("calls", "deepseek_v3_1", "deepseekv31"),
        ("calls", "glm4_6", "glm45"),
        ("parts, also in macros", "qwen3_5", True),
        ("parts, also in macros", "minimax_m2", True),
        ("parts", "gemma4", True),
        ("parts", "qwen3", False),
    ],
)
def test_conclusions_from_ours(name: str, format: str, conclusion: Any) -> None:
    """The readers do read: what is known of some formats comes out."""
    assert READERS[name](jinja(format), spec(format).tokens) == conclusion


@by_format
def test_a_loop_over_the_content_where_parts_are_taken(fmt: Format) -> None:
    """And none where they are refused, so that an engine hands over what the format prints."""
    assert readers.takes_parts(jinja(fmt.name), macros=True) is bool(format_of(spec(fmt.name)).compiled.program.parts)


@pytest.mark.parametrize(
    ("source", "plain", "macros"),
    [
        ("{% for m in messages %}{% for c in m.content %}{% endfor %}{% endfor %}", True, True),
        ("{% for m in messages[1:] %}{% for c in m['content'] | list %}{% endfor %}{% endfor %}", True, True),
        ("{% set t = messages %}{% for m in t %}{% for c in m.content %}{% endfor %}{% endfor %}", True, True),
        ("{% for content in messages %}{% for c in content %}{% endfor %}{% endfor %}", False, True),
        ("{% macro v(content) %}{% for c in content %}{% endfor %}{% endmacro %}", False, True),
        ("{% for m in messages %}{% for c in m.parts %}{% endfor %}{% endfor %}", False, False),
        ("{% for m in others %}{% for c in m.content %}{% endfor %}{% endfor %}", False, False),
    ],
)
def test_loops_over_the_content_are_told(source: str, plain: bool, macros: bool) -> None:
    assert (readers.takes_parts(source, False), readers.takes_parts(source, True)) == (plain, macros)


def test_every_format_is_read() -> None:
    assert {fmt.name for fmt in ALL} == set(chatwright.formats())
    listed = set(LOST) | set(APART) | set(DIFFERENT)
    assert listed <= set(chatwright.formats())
