"""The formats of specs/seed/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL

ENTRIES = (
    entry(
        "seed_oss",
        "ByteDance-Seed-OSS",
        options={"thinking_budget": (0, 512, 1000, 3000, 20000), "use_json_tooldef": BOOL},
    ),
    entry(
        "seed_oss_unsloth",
        "praxisresearch-hf_seed_36b_sgtr_benign_0",
        options={"thinking_budget": (0, 1000), "use_json_tooldef": BOOL},
        text_arguments=True,
    ),
)
