"""Deviations of the formats of single families. The predicate of each holds for these inputs and no others."""

from __future__ import annotations

from . import deviation_inputs as inputs
from . import deviation_inputs_of_parts as parts
from . import deviation_reasons as why
from .deviation import ANY, KIMI, OMNI, PARTS, SHOWN, Deviation
from .format import PICTURES

OF_FAMILIES = [
    Deviation("qwen3", PARTS, why.DROPPED, parts.parts(*ANY), "part_text", "user\n<|im_end|>"),
    Deviation("qwen3_2507", PARTS, why.DROPPED, parts.parts(*ANY), "part_text", "user\n<|im_end|>"),
    Deviation("qwen2_5", PARTS, why.REPR, parts.parts(*ANY), "result_parts", SHOWN),
    Deviation("llama3_1", PARTS, why.REPR, parts.parts_but("tool", "ipython"), "part_text", SHOWN),
    Deviation(
        "llama3_1", "calls_of_others", why.OTHERS, inputs.calls_of_others, "call_on_user", "assistant<|end_header_id|>"
    ),
    Deviation(
        "llama3_1",
        "tools_before_user",
        why.RELABELLED,
        inputs.tools_before_user,
        "tools_assistant_first",
        "Hello!<|eot",
    ),
    Deviation("gpt_oss", PARTS, why.REPR, parts.parts_or_first, "parts_of_system", SHOWN),
    Deviation(
        "deepseek_v3_1", PARTS, why.EMPTY, parts.parts("assistant"), "parts_of_call_empty", "<｜tool▁calls▁begin｜>"
    ),
    Deviation("deepseek_v4", PARTS, why.REPR, parts.parts("developer", *ANY), "part_text", SHOWN),
    Deviation("minimax_m2", PARTS, why.REPR, parts.media_in_result, "result_image", "{'type': 'image'"),
    Deviation("nemotron3_nano", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation("mistral_v0_3", PARTS, why.REPR, parts.parts("assistant", "tool"), "result_parts", SHOWN),
    Deviation("mistral_v0_3", "empty_calls", why.UNCLOSED, inputs.empty_calls, "calls_empty_last", "[TOOL_CALLS] ["),
    Deviation(
        "gemma4", "calls_of_others", why.OTHERS, inputs.calls_of_others, "call_on_user", "<|turn>user\n<|tool_call>"
    ),
    Deviation("lfm2_5", "continue_tag", why.MOVED, inputs.ends_on_tag, "continue_tag", "]<|tool_call_end|>CONTINUE"),
    Deviation(
        "kimi_k2_6",
        PARTS,
        why.FOREIGN,
        parts.foreign_parts(*KIMI, "video", "video_url"),
        "part_unknown",
        "a<|im_end|>",
    ),
    Deviation("kimi_k2_thinking", PARTS, why.FOREIGN, parts.foreign_parts(*KIMI), "part_unknown", "a<|im_end|>"),
    # ChatML and other shells
    Deviation("olmo3", PARTS, why.REPR, parts.parts("assistant"), "parts_of_assistant", SHOWN),
    Deviation("fanar1", PARTS, why.REPR, parts.parts_of_head, "parts_of_system", SHOWN),
    Deviation("talkie", PARTS, why.REPR, parts.parts("user", "assistant", "system"), "part_text", SHOWN),
    Deviation("avibe", PARTS, why.REPR, parts.results_or_head_with_tools, "result_parts", SHOWN),
    Deviation("ling2", PARTS, why.DROPPED, parts.parts("assistant", "tool"), "result_parts", "<tool_response>\n\n"),
    Deviation("olmo3_sft", PARTS, why.REPR, parts.parts("assistant"), "parts_of_assistant", SHOWN),
    Deviation(
        "lfm2_5_350m", "system_media", why.LEFT_OUT, parts.media_in_head, "parts_of_system_image", "system\nBe brief."
    ),
    Deviation("hermes4", PARTS, why.REPR, parts.shown_or_empty, "result_parts", SHOWN),
    Deviation(
        "hermes4", "unclosed", why.OPEN, inputs.silent_answer, "assistant_empty", "Hi<|im_end|>\n<|im_start|>assistant"
    ),
    Deviation("cohere2", PARTS, why.REPR, parts.parts("user", "assistant", "system"), "part_text", SHOWN),
    Deviation("dialogpt", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    # Qwen and Nemotron
    Deviation("qwen2_5_vl", PARTS, why.FOREIGN, parts.foreign_parts(*PICTURES), "part_unknown", "a<|im_end|>"),
    Deviation("qwen2_5_omni", PARTS, why.FOREIGN, parts.foreign_parts(*OMNI), "part_unknown", "a<|im_end|>"),
    Deviation("qwen3_2507_thinker", PARTS, why.DROPPED, parts.parts(*ANY), "part_text", "user\n<|im_end|>"),
    Deviation("qwen3_vl", PARTS, why.FOREIGN, parts.foreign_parts(*PICTURES), "part_unknown", "a<|im_end|>"),
    Deviation(
        "qwen3_vl", "media", why.MUTE, parts.media_of("system", "assistant"), "parts_of_system_image", "m\nBe brief."
    ),
    Deviation("qwen3_vl_embedding", PARTS, why.FOREIGN, parts.foreign_parts(*PICTURES), "part_unknown", "a<|im_end|>"),
    Deviation(
        "qwen3_vl_embedding",
        "media",
        why.MUTE,
        parts.media_of("system", "assistant"),
        "parts_of_system_image",
        "m\nBe brief.",
    ),
    Deviation("qwen3_vl_thinker", PARTS, why.FOREIGN, parts.foreign_parts(*PICTURES), "part_unknown", "a<|im_end|>"),
    Deviation(
        "qwen3_vl_thinker",
        "media",
        why.UNNUMBERED,
        parts.media_of("system"),
        "parts_of_system_image",
        "_end|>Be brief.",
    ),
    Deviation("qwen3_omni", PARTS, why.FOREIGN, parts.foreign_parts(*OMNI), "part_unknown", "a<|im_end|>"),
    Deviation(
        "qwen3_omni", "media", why.TURN_EACH, parts.media_of("system"), "parts_of_system_image", "_end|><|im_end|>"
    ),
    Deviation("qwen3_omni_thinking", PARTS, why.FOREIGN, parts.foreign_parts(*OMNI), "part_unknown", "a<|im_end|>"),
    Deviation(
        "qwen3_omni_thinking",
        "media",
        why.TURN_EACH,
        parts.media_of("system"),
        "parts_of_system_image",
        "_end|><|im_end|>",
    ),
    Deviation("qwen3_coder", PARTS, why.REPR, parts.parts(), "result_parts", SHOWN),
    Deviation("qwen3_coder_next", PARTS, why.REPR, parts.parts(), "result_parts", SHOWN),
    Deviation("nemotron3_super", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation("nemotron3_ultra", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation("nemotron3_5_lightning", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation("nemotron_labs_diffusion", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation("qwq", PARTS, why.REPR, parts.parts(*ANY), "result_parts", SHOWN),
    Deviation("qwq_preview", PARTS, why.REPR, parts.parts(*ANY), "result_parts", SHOWN),
    Deviation("qwen2_5_math", PARTS, why.REPR, parts.parts(*ANY), "result_parts", SHOWN),
    Deviation(
        "qwen3_reranker",
        PARTS,
        why.REPR,
        parts.parts("system", "query", "document"),
        "parts_of_system",
        "<Instruct>: [{'type'",
    ),
    Deviation("qwen3_asr", PARTS, why.FOREIGN, parts.foreign_or_moved_audio, "part_unknown", "user\n<|im_end|>"),
    Deviation("qwen3_2504", PARTS, why.REPR, parts.parts("tool"), "result_parts", SHOWN),
    Deviation("qwen3_answering", PARTS, why.DROPPED, parts.parts(*ANY), "part_text", "user\n<|im_end|>"),
    Deviation("minicpm_v_4_5", PARTS, why.REPR, parts.parts("tool"), "result_parts", SHOWN),
    Deviation("minicpm_o_4_5", PARTS, why.REPR, parts.parts("tool"), "result_parts", SHOWN),
    Deviation("nemotron_parse", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation(
        "intern_s1_pro",
        PARTS,
        why.FOREIGN,
        parts.foreign_parts(*PICTURES, "time_series"),
        "part_unknown",
        "a<|im_end|>",
    ),
    Deviation(
        "intern_s1_pro", "media", why.UNNUMBERED, parts.media_of("system"), "parts_of_system_image", "_end|>Be brief."
    ),
    Deviation("qwen3_embedding", PARTS, why.REPR, parts.parts(*ANY), "result_parts", SHOWN),
    # Gemma, Llama and other classics
    Deviation(
        "gemma4_e4b", "calls_of_others", why.OTHERS, inputs.calls_of_others, "call_on_user", "<|turn>user\n<|tool_call>"
    ),
    Deviation(
        "diffusiongemma", "calls_of_others", why.OTHERS, inputs.calls_of_others, "call_on_user", "user\n<|tool_call>"
    ),
    Deviation("gemma4_v4", "calls_of_others", why.OTHERS, inputs.calls_of_others, "call_on_user", "user\n<|tool_call>"),
    Deviation(
        "gemma4_v4_e4b", "calls_of_others", why.OTHERS, inputs.calls_of_others, "call_on_user", "user\n<|tool_call>"
    ),
    Deviation("llama3", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation("llama3_nous", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation("vikhr_nemo", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation("nemotron_super", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation("gemma2", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation("codellama", PARTS, why.REPR, parts.parts("user", "assistant"), "part_text", SHOWN),
    Deviation("granite_speech", PARTS, why.REPR, parts.parts("user", "assistant"), "part_text", SHOWN),
    Deviation("deepseek_coder", PARTS, why.REPR, parts.parts("system"), "parts_of_system", SHOWN),
    # DeepSeek, GLM, Kimi, MiniMax, Laguna, Hunyuan 3
    Deviation("glm4_1v", PARTS, why.REPR, parts.parts("system", "assistant"), "parts_of_system", SHOWN),
    Deviation(
        "kimi_k2_5",
        PARTS,
        why.FOREIGN,
        parts.foreign_parts(*KIMI, "video", "video_url"),
        "part_unknown",
        "a<|im_end|>",
    ),
    Deviation(
        "kimi_k2_7",
        PARTS,
        why.FOREIGN,
        parts.foreign_parts(*KIMI, "video", "video_url"),
        "part_unknown",
        "a<|im_end|>",
    ),
    Deviation("kimi_k2", PARTS, why.FOREIGN, parts.foreign_parts(*KIMI), "part_unknown", "a<|im_end|>"),
    Deviation("kimi_linear", PARTS, why.FOREIGN, parts.foreign_parts(*KIMI), "part_unknown", "a<|im_end|>"),
    Deviation("kimi_vl", PARTS, why.FOREIGN, parts.foreign_parts(*KIMI), "part_unknown", "a<|im_end|>"),
    Deviation("moonlight", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    Deviation("minimax_m2_r2", PARTS, why.REPR, parts.media_in_result, "result_image", "{'type': 'image'"),
    Deviation("minimax_m2_1", PARTS, why.REPR, parts.media_in_result, "result_image", "{'type': 'image'"),
    Deviation("minimax_m2_5", PARTS, why.REPR, parts.media_in_result, "result_image", "{'type': 'image'"),
    Deviation("minimax_m2_7", PARTS, why.REPR, parts.media_in_result, "result_image", "{'type': 'image'"),
    Deviation("minimax_m3", PARTS, why.REPR, parts.foreign_in_result, "result_audio", "{'type': 'audio'"),
    Deviation("gpt_oss_safeguard", PARTS, why.REPR, parts.parts_or_first, "parts_of_system", SHOWN),
    Deviation("internvl3_5_gpt_oss", PARTS, why.REPR, parts.parts_or_first, "parts_of_system", SHOWN),
    Deviation("hunyuan_ocr", PARTS, why.REPR, parts.parts_of_opening("assistant"), "parts_of_assistant", SHOWN),
    Deviation("hy_mt", PARTS, why.REPR, parts.parts("system", "user", "assistant"), "part_text", SHOWN),
    Deviation("chatglm3", PARTS, why.REPR, parts.parts(), "part_text", SHOWN),
    *(
        Deviation(
            *(name, "loose_results", why.COUNTED, inputs.loose_results("user", "assistant", "tool")),
            *("result_without_call", "<｜tool▁outputs▁begin｜>"),
        )
        for name in ("deepseek_r1_0528", "dspv2_guide")
    ),
    Deviation("hy3_preview", "loose_results", why.COUNTED, inputs.loose_results(), "result_after_answer", "</think>"),
    Deviation(
        "glm4_0414", PARTS, why.REPR, parts.parts("system", "user", "assistant", "observation"), "part_text", SHOWN
    ),
    Deviation("hy_mt2_30b", "loose_results", why.COUNTED, inputs.loose_results(), "result_after_answer", "</think>"),
    Deviation("laguna_s_2_1", PARTS, why.DROPPED, parts.parts(*ANY), "part_text", "<user></user>"),
    Deviation("laguna_s_2_1_nothink", PARTS, why.DROPPED, parts.parts(*ANY), "part_text", "<user></user>"),
    Deviation("deepseek_v2_5", PARTS, why.REPR, parts.parts("system"), "parts_of_system", SHOWN),
    Deviation("stepfun_formalizer", PARTS, why.REPR, parts.parts("system"), "parts_of_system", SHOWN),
    Deviation("deepseek_r1_distill", PARTS, why.REPR, parts.parts("system"), "parts_of_system", SHOWN),
]
