"""Formats of families: DeepSeek, GLM, Kimi, MiniMax, Laguna, Hunyuan 3."""

from __future__ import annotations

from .format import BOOL, PICTURES, THINKING, Format

_GLM_EOS = "<|endoftext|>"

_GLM = (
    Format(
        "glm4_5", "zai-org-GLM-4.5-Air", also=("trl:glm4moe",), eos=_GLM_EOS, options=THINKING, parts=("text",)
    ),
    Format("glm4_5_unsloth", "unsloth-GLM-4.5-Air", eos=_GLM_EOS, options=THINKING, parts=("text",), text_arguments=True),
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
        "glm4_1v",
        "zai-org-GLM-4.1V-9B-Thinking",
        also=("zai-org-AutoGLM-Phone-9B-Multilingual",),
        eos=_GLM_EOS,
        parts=PICTURES,
    ),
    Format("glm_asr", "zai-org-GLM-ASR-Nano-2512", eos=_GLM_EOS, parts=("text", "audio")),
)

FORMATS: tuple[Format, ...] = (*_GLM,)
