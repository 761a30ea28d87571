"""All formats that are compared with originals."""

from __future__ import annotations

from . import formats_chatml, formats_classic, formats_frontier, formats_qwen
from .format import BOOL, CUSTOM_TOOL, PICTURES, THINKING, Format

FIRST = (
    Format(
        "qwen3",
        "Qwen-Qwen3-0.6B@a55ee1",
        eos="<|im_end|>",
        options=THINKING,
        text_arguments=True,
    ),
    Format(
        "qwen3_5",
        "Qwen-Qwen3.5-0.8B",
        eos="<|im_end|>",
        options={**THINKING, "add_vision_id": BOOL},
        parts=PICTURES,
        late_system=False,
    ),
    Format(
        "llama3_1",
        "meta-llama-Llama-3.1-8B-Instruct",
        bos="<|begin_of_text|>",
        eos="<|eot_id|>",
        options={
            "tools_in_user_message": BOOL,
            "date_string": ("", "1 Mai 2025"),
            "builtin_tools": ([], ["code_interpreter"], ["lookup", "code_interpreter", "search"]),
            "custom_tools": ([], [CUSTOM_TOOL]),
        },
        text_arguments=True,
        single_calls=True,
        null_content=False,
    ),
    Format(
        "gpt_oss",
        "openai-gpt-oss-120b",
        also=("trl:gptoss",),
        bos="<|startoftext|>",
        eos="<|return|>",
        options={
            "model_identity": ("", "You are Ada."),
            "reasoning_effort": ("low", "medium", "high"),
            "builtin_tools": ([], ["browser"], ["python"], ["python", "browser"]),
        },
        ours={"current_date": "2031-02-03"},
        text_arguments=True,
        null_content=False,
        developer=True,
        loose_results=False,
        reasoned_calls_with_content=False,
    ),
    Format("glm4_6", "GLM-4.6", eos="<|endoftext|>", options=THINKING, parts=("text",)),
    Format(
        "kimi_k2_6",
        "moonshotai-Kimi-K2.6",
        bos="[BOS]",
        eos="[EOS]",
        options={
            "thinking": BOOL,
            "preserve_thinking": BOOL,
            "tools_ts_str": ("", "type f = (_: {}) => any;\n"),
        },
        parts=(*PICTURES, "video_url"),
        text_arguments=True,
    ),
    Format(
        "deepseek_v3_1",
        "deepseek-ai-DeepSeek-V3.1",
        bos="<｜begin▁of▁sentence｜>",
        eos="<｜end▁of▁sentence｜>",
        options={**THINKING, "thinking": BOOL},
        text_arguments=True,
        null_content=False,
    ),
    Format(
        "deepseek_v4",
        "deepseek-ai-DeepSeek-V4",
        bos="<｜begin▁of▁sentence｜>",
        eos="<｜end▁of▁sentence｜>",
        options={**THINKING, "thinking": BOOL, "drop_thinking": BOOL},
        developer=True,
    ),
    Format(
        "minimax_m2",
        "MiniMax-M2",
        bos="]~!b[",
        eos="[e~[",
        options={"model_identity": ("", "You are Ada.")},
        parts=("text",),
        loose_results=False,
    ),
    Format(
        "nemotron3_nano",
        "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
        bos="<s>",
        eos="<|im_end|>",
        options={**THINKING, "truncate_history_thinking": BOOL},
    ),
    Format(
        "mistral_v0_3",
        "mistralai-Mistral-7B-Instruct-v0.3",
        bos="<s>",
        eos="</s>",
        text_arguments=True,
        nine=True,
        alternating=True,
        null_content=False,
        late_system=False,
    ),
    Format(
        "gemma4",
        "google-gemma-4-26B-A4B-it",
        bos="<bos>",
        eos="<eos>",
        options={**THINKING, "preserve_thinking": BOOL},
        parts=(*PICTURES, "audio", "input_audio"),
        developer=True,
    ),
    Format(
        "lfm2_5",
        "LFM2.5-8B-A1B",
        bos="<|startoftext|>",
        eos="<|im_end|>",
        options={"preserve_thinking": BOOL},
        parts=("text", "image", "audio"),
    ),
    Format("qwen3_2507", "Qwen-Qwen3-4B-Instruct-2507", eos="<|im_end|>", text_arguments=True),
    Format(
        "qwen2_5",
        "Qwen-Qwen2.5-7B-Instruct",
        eos="<|im_end|>",
        text_arguments=True,
        null_content=False,
    ),
    Format(
        "kimi_k2_thinking",
        "moonshotai-Kimi-K2-Thinking",
        bos="[BOS]",
        eos="[EOS]",
        parts=("text", "image", "image_url"),
        text_arguments=True,
    ),
)

ALL = (
    *FIRST,
    *formats_qwen.FORMATS,
    *formats_chatml.FORMATS,
    *formats_classic.FORMATS,
    *formats_frontier.FORMATS,
)

BY_NAME = {fmt.name: fmt for fmt in ALL}
