"""The formats of specs/laguna/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, THINKING

ENTRIES = (
    entry("laguna_s_2_1", "poolside-Laguna-S-2.1@444819", options={**THINKING, "preserve_thinking": BOOL}),
    entry("laguna_s_2_1_nothink", "poolside-Laguna-S-2.1", options=THINKING),
    entry("laguna_xs_2", "poolside-Laguna-XS.2", options=THINKING),
    entry("laguna_xs_2_1", "poolside-Laguna-XS-2.1"),
)
