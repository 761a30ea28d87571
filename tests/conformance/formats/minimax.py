"""The formats of specs/minimax/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import PICTURES

ENTRIES = (
    entry("minimax_m1", "MiniMaxAI-MiniMax-M1-40k", parts=("text",), null_content=False, text_content=False),
    entry("minimax_m1_80k", "MiniMaxAI-MiniMax-M1-80k"),
    entry(
        "minimax_m2",
        "MiniMax-M2",
        bos="]~!b[",
        eos="[e~[",
        options={"model_identity": ("", "You are Ada.")},
        parts=("text",),
        loose_results=False,
    ),
    entry("minimax_m2_r2", "MiniMaxAI-MiniMax-M2"),
    entry("minimax_m2_1", "MiniMaxAI-MiniMax-M2.1"),
    entry("minimax_m2_5", "MiniMaxAI-MiniMax-M2.5"),
    entry("minimax_m2_7", "MiniMaxAI-MiniMax-M2.7"),
    entry(
        "minimax_m3",
        "MiniMaxAI-MiniMax-M3-MXFP8",
        bos="]~!b[",
        eos="[e~[",
        options={"thinking_mode": ("enabled", "disabled", "adaptive"), "model_identity": ("", "You are Ada.")},
        parts=PICTURES,
        developer=True,
        loose_results=False,
    ),
)
