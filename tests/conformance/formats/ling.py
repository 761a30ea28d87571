"""The formats of specs/ling/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry("grove_moe", "inclusionAI-GroveMoE-Inst", options={}),
    entry("ling2", "inclusionAI-LLaDA2.0-mini", also=("inclusionAI-Ling-2.6-flash",), eos=None, options={}),
    entry("ling_lite", "inclusionAI-Ling-lite-1.5", eos="<|endoftext|>", tools=False),
)
