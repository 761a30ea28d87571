"""Formats of families that are asked for by name: Nemotron Nano v2, EXAONE 4.5, Hunyuan, Jamba and others."""

from __future__ import annotations

from .format import BOOL, CUSTOM_TOOL, THINKING, Format
from .formats_gain import DOCUMENTS

_VISION = {**THINKING, "skip_think": BOOL, "add_vision_id": BOOL}

FORMATS: tuple[Format, ...] = (
    Format(
        "nemotron_nano_v2",
        "nvidia-NVIDIA-Nemotron-Nano-12B-v2",
        text_arguments=True,
        null_content=False,
        markup=("/think", "/no_think"),
    ),
    Format(
        "nemotron_nano_v2_llama_cpp",
        "NVIDIA-Nemotron-Nano-v2",
        text_arguments=True,
        markup=("/think", "/no_think"),
    ),
    Format(
        "nemotron_nano_v2_japanese",
        "nvidia-NVIDIA-Nemotron-Nano-9B-v2-Japanese",
        options=THINKING,
        text_arguments=True,
    ),
    Format(
        "deepseek_v4_flash",
        "unsloth-DeepSeek-V4-Flash",
        bos="<｜begin▁of▁sentence｜>",
        eos="<｜end▁of▁sentence｜>",
        options={**THINKING, "thinking": BOOL, "reasoning_effort": ("max",)},
        developer=True,
    ),
    Format("kimi_k2_base", "moonshotai-Kimi-K2-Base", parts=("text", "image", "image_url")),
    Format("qwen3guard_gen", "Qwen-Qwen3Guard-Gen-4B", null_content=False, tools=False),
    Format("hy_mt2_7b", "tencent-Hy-MT2-7B", tools=False, null_content=False),
    Format("hunyuan_a13b", "tencent-Hunyuan-A13B-Instruct", tools=False, null_content=False),
    Format(
        "qwq_switch",
        "Qwen-QwQ-32B",
        eos="<|im_end|>",
        options=THINKING,
        text_arguments=True,
        null_content=False,
        markup=("<think>", "</think>"),
    ),
    Format(
        "exaone4_5",
        "LGAI-EXAONE-EXAONE-4.5-33B",
        options=_VISION,
        parts=("text", "image", "video"),
        text_arguments=True,
    ),
    Format(
        "k_exaone",
        "LGAI-EXAONE-K-EXAONE-236B-A23B",
        options=_VISION,
        parts=("text", "image", "video"),
        text_arguments=True,
    ),
    Format("jamba_tiny", "ai21labs-Jamba-tiny-dev", text_arguments=True),
    Format("jamba2", "ai21labs-AI21-Jamba2-3B", bos="<|startoftext|>", text_arguments=True, null_content=False),
    Format(
        "apertus",
        "swiss-ai-Apertus-8B-Instruct-2509",
        bos="<s>",
        options={**THINKING, "continue_assistant_message": BOOL},
        ours={"today": "2031-02-03"},
        text_arguments=True,
        null_content=False,
        tools=False,
    ),
    Format("step3", "stepfun-ai-step3", bos="<｜begin▁of▁sentence｜>", parts=("text", "image")),
    Format(
        "midm2",
        "K-intelligence-Midm-2.0-Mini-Instruct",
        bos="<|begin_of_text|>",
        options={"date_string": ("1 Mai 2025",)},
        text_arguments=True,
    ),
    Format(
        "ruadapt_qwen2_5", "RefalMachine-ruadapt_qwen2.5_7B_ext_u48_instruct", text_arguments=True, null_content=False
    ),
    Format(
        "granite_speech3_3_8b",
        "ibm-granite-granite-speech-3.3-8b",
        options={"thinking": BOOL, "documents": ([], DOCUMENTS), "available_tools": ([], [CUSTOM_TOOL])},
        ours={"today": "February 03, 2031"},
    ),
    Format(
        "granite_speech4_1_plus",
        "ibm-granite-granite-speech-4.1-2b-plus",
        options={
            "documents": ([], DOCUMENTS),
            "available_tools": ([], [CUSTOM_TOOL]),
            "prefix_text": ("Two and",),
        },
        text_arguments=True,
    ),
    Format(
        "skywork_r1v",
        "Skywork-Skywork-R1V-38B",
        bos="<｜begin▁of▁sentence｜>",
        eos="<｜end▁of▁sentence｜>",
        null_content=False,
        tools=False,
    ),
    Format("nemotron_h_base", "nvidia-Nemotron-H-8B-Base-8K", eos="</s>", null_content=False, tools=False),
    Format("xcuros", "XCurOS-XCurOS0.1-8B-Instruct", text_arguments=True, null_content=False),
    Format("readerlm_v2", "jinaai-ReaderLM-v2", null_content=False, tools=False),
    Format("iquest_coder", "IQuestLab-IQuest-Coder-V1-40B-Instruct", text_arguments=True, null_content=False),
    Format("orion", "OrionStarAI-Orion-14B-Chat", bos="<s>", eos="</s>", null_content=False, tools=False),
    Format(
        "gpt2_dummy",
        "trl-internal-testing-dummy-GPT2-correct-vocab",
        eos="<|endoftext|>",
        null_content=False,
        tools=False,
    ),
    Format("smollm3_unsloth", "HuggingFaceTB-SmolLM3-3B", options=THINKING, tools=False),
    Format(
        "dspv2_guide",
        "LukeBailey181Pub-dspv2_guide",
        bos="<｜begin▁of▁sentence｜>",
        eos="<｜end▁of▁sentence｜>",
        null_content=False,
        text_arguments=True,
    ),
)
