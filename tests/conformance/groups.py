"""Formats that are alike, for tables that would name each of them."""

from __future__ import annotations

#: Qwen3 and what strips newlines as it does.
QWEN3 = (
    "qwen3",
    "qwen3_2504",
    "qwen3_2507_thinker",
    "qwen3_vl_thinker",
    "qwen3_omni",
    "qwen3_omni_thinking",
    "qwen3_answering",
    "minicpm_v_4_5",
    "minicpm_o_4_5",
    "intern_s1_pro",
    "qwen3_launch",
    "grove_moe",
    "vinoku_svg",
)

#: Qwen3.5, with arguments as Python prints them, and Qwen3.6, with arguments as JSON.
QWEN3_5 = ("qwen3_5", "qwen3_5_thinking", "ornith1_9b", "tmax_9b", "minicpm_v_4_6")
QWEN3_6 = ("qwen3_6", "ornith1", "qwythos", "qwen_agentworld", "keural_nova")

NEMOTRON3 = (
    "nemotron3_nano",
    "nemotron_cascade_2",
    "nemotron3_super",
    "nemotron3_ultra",
    "nemotron3_5_lightning",
    "nemotron_labs_diffusion",
)
GEMMA4 = (
    "gemma4",
    "gemma4_e4b",
    "diffusiongemma",
    *(f"gemma4_{revision}" for revision in ("v4", "v4_e4b", "v3", "v3_e4b", "v2", "v2_e4b", "v1", "v1_e4b")),
)
GLM = ("glm4_6", "glm4_5", "glm4_5_unsloth", "glm4_5v", "glm4_6v", "glm5", "glm5_1", "glm5_2")
STEP3 = ("step3_vl", "step3_5_flash", "step3_7_flash")
MIMO = ("mimo_v2_5", "mimo_v2_5_pro", "mimo_v2_flash")
LAGUNA_XS = ("laguna_xs_2", "laguna_xs_2_1")
LAGUNA = ("laguna_s_2_1", "laguna_s_2_1_nothink", "laguna_xs_2", "laguna_xs_2_1")
MINIMAX_M2 = ("minimax_m2", "minimax_m2_r2", "minimax_m2_1", "minimax_m2_5", "minimax_m2_7")
KIMI = ("kimi_k2", "kimi_k2_thinking", "kimi_k2_5", "kimi_k2_6", "kimi_k2_7", "kimi_linear")
HY3 = ("hy3_preview", "hy3", "hy_mt2_30b")
GRANITE3 = ("granite3_0", "granite3_1", "granite_speech3_2", "granite3_3", "granite_speech3_3", "granite_speech3_3_8b")
SEED = ("seed_oss", "seed_oss_unsloth")
HARMONY = ("gpt_oss", "gpt_oss_safeguard", "internvl3_5_gpt_oss")

#: DeepSeek V2.5 to V3, and what prints calls as they do: never, through transformers.
DEEPSEEK_V3 = (
    "deepseek_v2_5",
    "deepseek_coder_v2_0724",
    "deepseek_v3",
    "stepfun_formalizer",
    "deepseek_r1_distill",
    "skywork_r1v",
)

#: Qwen's formats with calls in JSON, and those that follow them.
JSON_CALLS = (
    "qwen3",
    "qwen3_2504",
    "qwen3_2507",
    "qwen3_2507_thinker",
    "qwen3_answering",
    "qwen3_embedding",
    "qwen3_vl",
    "qwen3_vl_embedding",
    "qwen3_vl_thinker",
    "qwen2_5",
    "qwen2_5_math",
    "qwq",
    "qwq_switch",
    "qwq_preview",
    "ruadapt_qwen2_5",
    "xcuros",
    "iquest_coder",
    "jamba2",
    "minicpm_v_4_5",
    "minicpm_o_4_5",
    "intern_s1_pro",
    "hermes4",
    "avibe",
    "qwen3_launch",
    "grove_moe",
    "vinoku_svg",
)
