"""Formats of families: DeepSeek, GLM, Kimi, MiniMax, Laguna, Hunyuan 3."""

from __future__ import annotations

from .format import BOOL, PICTURES, THINKING, Format

_GLM_EOS = "<|endoftext|>"

_GLM = (
    Format("glm4_5", "zai-org-GLM-4.5-Air", also=("trl:glm4moe",), eos=_GLM_EOS, options=THINKING, parts=("text",)),
    Format(
        "glm4_5_unsloth", "unsloth-GLM-4.5-Air", eos=_GLM_EOS, options=THINKING, parts=("text",), text_arguments=True
    ),
    Format("glm4_5v", "zai-org-GLM-4.5V", eos=_GLM_EOS, options=THINKING, parts=PICTURES),
    Format(
        "glm4_6v",
        "zai-org-GLM-OCR",
        also=("zai-org-GLM-4.6V", "zai-org-GLM-4.6V-Flash"),
        eos=_GLM_EOS,
        options=THINKING,
        parts=(*PICTURES, "video_url", "audio"),
    ),
    Format(
        "glm5",
        "zai-org-GLM-5",
        also=("GLM-4.7-Flash",),
        eos=_GLM_EOS,
        options={**THINKING, "clear_thinking": BOOL},
        parts=("text",),
    ),
    Format(
        "glm5_2",
        "zai-org-GLM-5.2",
        eos=_GLM_EOS,
        options={**THINKING, "clear_thinking": BOOL, "reasoning_effort": ("", "high", "low")},
        parts=(*PICTURES, "video_url", "audio", "input_audio"),
    ),
    Format(
        "glm5_1",
        "zai-org-GLM-5.1",
        eos=_GLM_EOS,
        options=THINKING,
        parts=("text",),
    ),
    Format(
        "glm4_1v",
        "zai-org-GLM-4.1V-9B-Thinking",
        also=("zai-org-AutoGLM-Phone-9B-Multilingual",),
        eos=_GLM_EOS,
        parts=PICTURES,
        tools=False,
    ),
    Format("glm4_0414", "zai-org-GLM-4-9B-0414", eos=_GLM_EOS),
    Format("chatglm3", "zai-org-chatglm3-6b", tools=False),
    Format("glm_asr", "zai-org-GLM-ASR-Nano-2512", eos=_GLM_EOS, parts=("text", "audio"), tools=False),
)

_KIMI = {"bos": "[BOS]", "eos": "[EOS]"}
_KIMI_PARTS = ("text", "image", "image_url")

_MOONSHOT = (
    Format(
        "kimi_k2_5",
        "moonshotai-Kimi-K2.5",
        **_KIMI,
        options={"thinking": BOOL, "tools_ts_str": ("", "type f = (_: {}) => any;\n")},
        parts=(*PICTURES, "video_url"),
        text_arguments=True,
    ),
    Format(
        "kimi_k2_7",
        "moonshotai-Kimi-K2.7-Code",
        **_KIMI,
        options={"tools_ts_str": ("", "type f = (_: {}) => any;\n")},
        parts=(*PICTURES, "video_url"),
        text_arguments=True,
    ),
    Format(
        "kimi_k2",
        "moonshotai-Kimi-K2-Instruct",
        also=("moonshotai-Kimi-K2-Instruct-0905",),
        **_KIMI,
        parts=_KIMI_PARTS,
        text_arguments=True,
    ),
    Format("kimi_linear", "moonshotai-Kimi-Linear-48B-A3B-Instruct", **_KIMI, parts=_KIMI_PARTS, text_arguments=True),
    Format("kimi_vl", "moonshotai-Kimi-VL-A3B-Instruct", **_KIMI, parts=_KIMI_PARTS, tools=False),
    Format("moonlight", "moonshotai-Moonlight-16B-A3B-Instruct", **_KIMI, tools=False),
)

_DEEPSEEK_TOKENS = {"bos": "<｜begin▁of▁sentence｜>", "eos": "<｜end▁of▁sentence｜>"}

_DEEPSEEK = (
    Format("deepseek_v2", "deepseek-ai-DeepSeek-V2-Lite-Chat", **_DEEPSEEK_TOKENS, null_content=False, tools=False),
    Format(
        "deepseek_v2_0628", "deepseek-ai-DeepSeek-V2-Chat-0628", **_DEEPSEEK_TOKENS, null_content=False, tools=False
    ),
    Format("deepseek_v2_5", "deepseek-ai-DeepSeek-V2.5", **_DEEPSEEK_TOKENS, null_content=False, tools=False),
    Format(
        "deepseek_coder_v2_0724",
        "deepseek-ai-DeepSeek-Coder-V2-Instruct-0724",
        **_DEEPSEEK_TOKENS,
        null_content=False,
        tools=False,
    ),
    Format(
        "deepseek_v3",
        "ByteDance-Seed-academic-ds-9B",
        also=("yujiepan-deepseek-v3-tiny-random",),
        **_DEEPSEEK_TOKENS,
        null_content=False,
        tools=False,
    ),
    Format(
        "deepseek_r1_0528",
        "trl-internal-testing-tiny-DeepseekV3ForCausalLM-0528",
        **_DEEPSEEK_TOKENS,
        null_content=False,
        text_arguments=True,
        loose_results=False,
    ),
    Format(
        "deepseek_r1",
        "trl:deepseekv3",
        also=("microsoft-MAI-DS-R1",),
        **_DEEPSEEK_TOKENS,
        null_content=False,
        text_arguments=True,
    ),
    Format(
        "stepfun_formalizer", "stepfun-ai-StepFun-Formalizer-7B", **_DEEPSEEK_TOKENS, null_content=False, tools=False
    ),
    Format(
        "deepseek_r1_distill",
        "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B@56a144",
        also=("deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "trl:deepseek_r1_distill"),
        **_DEEPSEEK_TOKENS,
        null_content=False,
        tools=False,
    ),
)

_M2 = {
    "bos": "]~!b[",
    "eos": "[e~[",
    "options": {"model_identity": ("", "You are Ada.")},
    "parts": ("text",),
    "loose_results": False,
}

_MINIMAX = (
    Format("minimax_m2_r2", "MiniMaxAI-MiniMax-M2", **_M2),
    Format("minimax_m2_1", "MiniMaxAI-MiniMax-M2.1", **_M2),
    Format("minimax_m2_5", "MiniMaxAI-MiniMax-M2.5", **_M2),
    Format("minimax_m2_7", "MiniMaxAI-MiniMax-M2.7", **_M2),
    Format(
        "minimax_m3",
        "MiniMaxAI-MiniMax-M3-MXFP8",
        bos="]~!b[",
        eos="[e~[",
        options={
            "thinking_mode": ("enabled", "disabled", "adaptive"),
            "model_identity": ("", "You are Ada."),
        },
        parts=PICTURES,
        loose_results=False,
        developer=True,
    ),
)

_HARMONY = {
    "bos": "<|startoftext|>",
    "eos": "<|return|>",
    "options": {
        "model_identity": ("", "You are Ada."),
        "reasoning_effort": ("low", "medium", "high"),
        "builtin_tools": ([], ["browser"], ["python"], ["python", "browser"]),
    },
    "ours": {"current_date": "2031-02-03"},
    "text_arguments": True,
    "null_content": False,
    "developer": True,
    "loose_results": False,
    "reasoned_calls_with_content": False,
}

_GPT_OSS = (
    Format("gpt_oss_safeguard", "openai-gpt-oss-safeguard-20b", **_HARMONY),
    Format("internvl3_5_gpt_oss", "OpenGVLab-InternVL3_5-GPT-OSS-20B-A4B-Preview", **_HARMONY),
)

_HUNYUAN = (
    Format("hunyuan_ocr", "tencent-HunyuanOCR", parts=("text", "image", "image_url"), tools=False),
    Format("hy_mt", "tencent-Hy-MT2-1.8B", tools=False),
    Format(
        "hy_mt2_30b",
        "tencent-Hy-MT2-30B-A3B",
        eos="<eos:6124c78e>",
        options={
            "reasoning_effort": ("no_think", "low", "high"),
            "interleaved_thinking": BOOL,
            "is_training": BOOL,
            "is_ai_search": BOOL,
        },
        parts=("text",),
        loose_results=False,
    ),
    Format(
        "hy3_preview",
        "tencent-Hy3-preview",
        eos="<｜hy_eos｜>",
        options={
            "reasoning_effort": ("no_think", "low", "high"),
            "interleaved_thinking": BOOL,
            "is_training": BOOL,
        },
        parts=("text",),
        loose_results=False,
    ),
    Format(
        "hy3",
        "tencent-Hy3@7fc351",
        also=("tencent-Hy3",),
        options={
            "reasoning_effort": ("no_think", "low", "high"),
            "preserved_thinking": BOOL,
            "is_training": BOOL,
        },
        parts=("text",),
        loose_results=False,
    ),
)

_LAGUNA = (
    Format("laguna_s_2_1", "poolside-Laguna-S-2.1@444819", options={**THINKING, "preserve_thinking": BOOL}),
    Format("laguna_s_2_1_nothink", "poolside-Laguna-S-2.1", options=THINKING),
    Format("laguna_xs_2", "poolside-Laguna-XS.2", options=THINKING),
    Format("laguna_xs_2_1", "poolside-Laguna-XS-2.1", options=THINKING),
)

_MIMO_OPTIONS = {**THINKING, "keep_all_reasoning": BOOL}

_XIAOMI = (
    Format(
        "mimo_v2_5",
        "XiaomiMiMo-MiMo-V2.5",
        eos="<|im_end|>",
        options=_MIMO_OPTIONS,
        parts=(*PICTURES, "video_url", "audio", "audio_url"),
    ),
    Format("mimo_v2_5_pro", "XiaomiMiMo-MiMo-V2.5-Pro", eos="<|im_end|>", options=_MIMO_OPTIONS, parts=("text",)),
    Format(
        "mimo_v2_flash",
        "XiaomiMiMo-MiMo-V2-Flash",
        eos="<|im_end|>",
        options=_MIMO_OPTIONS,
        null_content=False,
    ),
)

_BAIDU = (
    Format(
        "ernie4_5_vl",
        "baidu-ERNIE-4.5-VL-28B-A3B-PT",
        options=THINKING,
        parts=(*PICTURES, "video_url"),
        tools=False,
    ),
    Format("ernie4_5", "baidu-ERNIE-4.5-21B-A3B-Base-PT", null_content=False, tools=False),
)

_OPENBMB = (
    Format(
        "minicpm_v_4_6",
        "openbmb-MiniCPM-V-4.6",
        eos="<|im_end|>",
        options=THINKING,
        parts=PICTURES,
        late_system=False,
    ),
)

_STEPFUN = (
    Format(
        "step3_5_flash",
        "StepFun3.5-Flash",
        bos="<｜begin▁of▁sentence｜>",
        eos="<|im_end|>",
        parts=("text", "image", "video"),
    ),
    Format(
        "step3_7_flash",
        "stepfun-ai-Step-3.7-Flash",
        bos="<｜begin▁of▁sentence｜>",
        eos="<|im_end|>",
        options={"reasoning_effort": ("", "high")},
        parts=("text", "image", "video"),
    ),
)

FORMATS: tuple[Format, ...] = (
    *_GLM,
    *_MOONSHOT,
    *_DEEPSEEK,
    *_MINIMAX,
    *_GPT_OSS,
    *_HUNYUAN,
    *_LAGUNA,
    *_XIAOMI,
    *_BAIDU,
    *_STEPFUN,
    *_OPENBMB,
)
