"""Formats of pictures and sounds: most of their templates take a content as a list of parts alone."""

from __future__ import annotations

from .format import CUSTOM_TOOL, Format
from .formats_gain import DOCUMENTS

FORMATS: tuple[Format, ...] = (
    Format(
        "smolvlm",
        "HuggingFaceTB-SmolVLM-256M-Instruct",
        also=("HuggingFaceTB-SmolVLM-Synthetic",),
        parts=("text", "image"),
        text_content=False,
        null_content=False,
        tools=False,
    ),
    Format(
        "smolvlm_base",
        "HuggingFaceTB-SmolVLM-256M-Base",
        parts=("text", "image"),
        text_content=False,
        null_content=False,
        tools=False,
    ),
    Format(
        "granite_vision3",
        "ibm-granite-granite-vision-3.3-2b",
        parts=("text", "image"),
        text_content=False,
        null_content=False,
    ),
    Format(
        "kanana_v",
        "kakaocorp-kanana-1.5-v-3b-instruct",
        bos="<|begin_of_text|>",
        eos="<|eot_id|>",
        parts=("text", "image", "image_url"),
        null_content=False,
        tools=False,
    ),
    Format("audio_flamingo3", "nvidia-audio-flamingo-3-hf", parts=("text", "audio"), tools=False),
    Format("music_flamingo", "nvidia-music-flamingo-2601-hf", parts=("text", "audio"), tools=False),
    Format(
        "vibevoice_asr",
        "microsoft-VibeVoice-ASR-HF",
        options={"system_prompt": ("", "Write down all."), "audio_token": ("<|box|>",)},
        parts=("text", "audio"),
        tools=False,
    ),
    Format("qwen3_asr_hf", "Qwen-Qwen3-ASR-0.6B-hf", parts=("text", "audio", "audio_url"), tools=False),
    Format(
        "granite_vision4_1",
        "ibm-granite-granite-vision-4.1-4b",
        options={"documents": ([], DOCUMENTS), "available_tools": ([], [CUSTOM_TOOL])},
        text_arguments=True,
    ),
    Format(
        "hyperclovax_vision",
        "naver-hyperclovax-HyperCLOVAX-SEED-Vision-Instruct-3B",
        parts=("text", "image", "video"),
        null_content=False,
        tools=False,
    ),
    Format("step_audio_editx", "stepfun-ai-Step-Audio-EditX", tools=False),
    Format(
        "emu3_chat", "BAAI-Emu3-Chat-hf", parts=("text", "image"), text_content=False, null_content=False, tools=False
    ),
    Format("minimax_m1", "MiniMaxAI-MiniMax-M1-40k", parts=("text",), text_content=False, null_content=False),
    Format("minimax_m1_80k", "MiniMaxAI-MiniMax-M1-80k", parts=("text",), text_content=False, null_content=False),
)
