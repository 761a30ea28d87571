"""The formats of specs/longcat/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, THINKING

ENTRIES = (
    entry(
        "longcat_flash_chat",
        "meituan-longcat-LongCat-Flash-Chat",
        eos="</longcat_s>",
        options={**THINKING, "thinking_budget": (0, 100, 2048), "tool_choice": ("none", "auto")},
        text_arguments=True,
    ),
    entry("longcat_flash_lite", "meituan-longcat-LongCat-Flash-Lite", text_arguments=False),
    entry(
        "longcat_2_0",
        "meituan-longcat-LongCat-2.0",
        options={
            **THINKING,
            "thinking_budget": (0, 100, 2048),
            "tool_choice": ("none", "auto"),
            "save_history_reasoning_content": BOOL,
        },
        parts=("text",),
    ),
)
