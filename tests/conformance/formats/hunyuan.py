"""The formats of specs/hunyuan/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL

ENTRIES = (
    entry("hy_mt2_7b", "tencent-Hy-MT2-7B", null_content=False, tools=False),
    entry("hunyuan_a13b", "tencent-Hunyuan-A13B-Instruct"),
    entry("hunyuan_ocr", "tencent-HunyuanOCR", parts=("text", "image", "image_url"), tools=False),
    entry(
        "hy3",
        "tencent-Hy3@7fc351",
        also=("tencent-Hy3",),
        options={"reasoning_effort": ("no_think", "low", "high"), "preserved_thinking": BOOL, "is_training": BOOL},
        parts=("text",),
        loose_results=False,
    ),
    entry(
        "hy3_preview",
        "tencent-Hy3-preview",
        eos="<｜hy_eos｜>",
        options={"reasoning_effort": ("no_think", "low", "high"), "interleaved_thinking": BOOL, "is_training": BOOL},
        parts=("text",),
        loose_results=False,
    ),
    entry("hy_mt", "tencent-Hy-MT2-1.8B", tools=False),
    entry(
        "hy_mt2_30b",
        "tencent-Hy-MT2-30B-A3B",
        eos="<eos:6124c78e>",
        options={
            "reasoning_effort": ("no_think", "low", "high"),
            "interleaved_thinking": BOOL,
            "is_training": BOOL,
            "is_ai_search": BOOL,
        },
    ),
)
