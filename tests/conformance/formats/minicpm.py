"""The formats of specs/minicpm/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, THINKING

ENTRIES = (
    entry("minicpm_moe", "openbmb-MiniCPM-MoE-8x2B", eos="</s>", tools=False),
    entry("minicpm_o_4_5", "openbmb-MiniCPM-o-4_5", options={**THINKING, "use_tts_template": BOOL}),
    entry("minicpm_v_4_5", "openbmb-MiniCPM-V-4_5"),
    entry("minicpm_v_4_6", "openbmb-MiniCPM-V-4.6", options=THINKING),
    entry("omnilmm", "openbmb-OmniLMM-12B", eos="</s>", tools=False),
)
