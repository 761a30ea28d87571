"""The formats of specs/glm/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, PICTURES, THINKING

ENTRIES = (
    entry("chatglm3", "zai-org-chatglm3-6b", tools=False),
    entry("cogvlm2", "zai-org-cogvlm2-llama3-chat-19B", eos="<|end_of_text|>"),
    entry("glm4_0414", "zai-org-GLM-4-9B-0414", eos="<|endoftext|>"),
    entry(
        "glm4_1v",
        "zai-org-GLM-4.1V-9B-Thinking",
        also=("zai-org-AutoGLM-Phone-9B-Multilingual",),
        eos="<|endoftext|>",
        parts=PICTURES,
        tools=False,
    ),
    entry("glm4_6", "GLM-4.6", eos="<|endoftext|>", options=THINKING, parts=("text",)),
    entry("glm4_5", "zai-org-GLM-4.5-Air", also=("trl:glm4moe",)),
    entry("glm4_5_unsloth", "unsloth-GLM-4.5-Air", text_arguments=True),
    entry("glm4_5v", "zai-org-GLM-4.5V", parts=PICTURES),
    entry(
        "glm4_6v",
        "zai-org-GLM-OCR",
        also=("zai-org-GLM-4.6V", "zai-org-GLM-4.6V-Flash"),
        parts=(*PICTURES, "video_url", "audio"),
    ),
    entry("glm4_9b", "zai-org-glm-4-9b-chat", also=("zai-org-glm-4-9b-chat-1m",), tools=False),
    entry("glm5", "zai-org-GLM-5", also=("GLM-4.7-Flash",), options={**THINKING, "clear_thinking": BOOL}),
    entry(
        "glm5_2",
        "zai-org-GLM-5.2",
        options={**THINKING, "clear_thinking": BOOL, "reasoning_effort": ("", "high", "low")},
        parts=(*PICTURES, "video_url", "audio", "input_audio"),
    ),
    entry("glm5_1", "zai-org-GLM-5.1", options=THINKING, parts=("text",)),
    entry("glm_asr", "zai-org-GLM-ASR-Nano-2512", eos="<|endoftext|>", parts=("text", "audio"), tools=False),
)
