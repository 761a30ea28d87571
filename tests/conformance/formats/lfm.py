"""The formats of specs/lfm/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL

ENTRIES = (
    entry(
        "lfm2",
        "LiquidAI-LFM2-1.2B",
        also=("LiquidAI-LFM2-ColBERT-350M", "LFM2-8B-A1B", "trl:lfm2"),
        bos="<|startoftext|>",
    ),
    entry(
        "lfm2_5",
        "LFM2.5-8B-A1B",
        bos="<|startoftext|>",
        eos="<|im_end|>",
        options={"preserve_thinking": BOOL},
        parts=("text", "image", "audio"),
    ),
    entry(
        "lfm2_5_350m",
        "LiquidAI-LFM2.5-350M",
        also=("LiquidAI-LFM2.5-VL-1.6B", "DireDreadlord-Gallium-350M"),
        eos=None,
        options={"keep_past_thinking": BOOL},
    ),
    entry("lfm2_5_instruct", "LFM2.5-Instruct", parts=()),
    entry("lfm2_5_v2", "trl:lfm2_2_5_v2"),
    entry(
        "lfm2_5_vl_450m", "LiquidAI-LFM2.5-VL-450M", eos="<|im_end|>", ours={"today": "2031-02-03"}, null_content=False
    ),
    entry("lfm2_vl", "LiquidAI-LFM2-VL-450M", bos="<|startoftext|>", parts=("text", "image", "video")),
)
