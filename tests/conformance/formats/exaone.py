"""The formats of specs/exaone/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, THINKING

ENTRIES = (
    entry("exaone3_5", "LGAI-EXAONE-EXAONE-3.5-7.8B-Instruct", tools=False),
    entry("exaone4_0", "LGAI-EXAONE-EXAONE-4.0-32B", options={**THINKING, "skip_think": BOOL}),
    entry(
        "exaone4_5",
        "LGAI-EXAONE-EXAONE-4.5-33B",
        options={**THINKING, "skip_think": BOOL, "add_vision_id": BOOL},
        parts=("text", "image", "video"),
        text_arguments=True,
    ),
    entry("exaone_deep", "LGAI-EXAONE-EXAONE-Deep-7.8B", tools=False),
    entry("k_exaone", "LGAI-EXAONE-K-EXAONE-236B-A23B"),
)
