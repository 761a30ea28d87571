"""The formats of specs/mimo/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, PICTURES, THINKING

ENTRIES = (
    entry(
        "mimo_v2_5",
        "XiaomiMiMo-MiMo-V2.5",
        options={**THINKING, "keep_all_reasoning": BOOL},
        parts=(*PICTURES, "video_url", "audio", "audio_url"),
    ),
    entry("mimo_v2_5_pro", "XiaomiMiMo-MiMo-V2.5-Pro", parts=("text",)),
    entry("mimo_v2_flash", "XiaomiMiMo-MiMo-V2-Flash", parts=(), null_content=False),
)
