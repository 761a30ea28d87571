"""The formats of specs/ernie/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import PICTURES, THINKING

ENTRIES = (
    entry("ernie4_5", "baidu-ERNIE-4.5-21B-A3B-Base-PT", null_content=False, tools=False),
    entry(
        "ernie4_5_vl", "baidu-ERNIE-4.5-VL-28B-A3B-PT", options=THINKING, parts=(*PICTURES, "video_url"), tools=False
    ),
    entry("qianfan_ocr", "baidu-Qianfan-OCR", options=THINKING, parts=("text", "image", "video"), tools=False),
)
