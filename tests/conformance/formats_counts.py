"""Formats that count: as many results as calls, rounds of a conversation."""

from __future__ import annotations

from .format import BOOL, THINKING, Format

_LONGCAT = {**THINKING, "thinking_budget": (0, 100, 2048), "tool_choice": ("none", "auto")}

FORMATS: tuple[Format, ...] = (
    Format(
        "deepseek_v3_2",
        "deepseek-ai-DeepSeek-V3.2",
        bos="<｜begin▁of▁sentence｜>",
        options={"thinking": BOOL, **THINKING},
    ),
    Format(
        "longcat_flash_chat",
        "meituan-longcat-LongCat-Flash-Chat",
        eos="</longcat_s>",
        options=_LONGCAT,
        text_arguments=True,
    ),
    Format(
        "longcat_flash_lite",
        "meituan-longcat-LongCat-Flash-Lite",
        eos="</longcat_s>",
        options=_LONGCAT,
    ),
    Format(
        "longcat_2_0",
        "meituan-longcat-LongCat-2.0",
        eos="</longcat_s>",
        options={**_LONGCAT, "save_history_reasoning_content": BOOL},
        parts=("text",),
    ),
)
