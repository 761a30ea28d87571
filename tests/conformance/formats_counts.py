"""Formats that count: as many results as calls, rounds of a conversation."""

from __future__ import annotations

from .format import BOOL, THINKING, Format

FORMATS: tuple[Format, ...] = (
    Format(
        "deepseek_v3_2",
        "deepseek-ai-DeepSeek-V3.2",
        bos="<｜begin▁of▁sentence｜>",
        options={"thinking": BOOL, **THINKING},
    ),
)
