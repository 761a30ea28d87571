"""The formats of specs/intern/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import PICTURES, THINKING

ENTRIES = (
    entry("intern_s1_pro", "internlm-Intern-S1-Pro", options=THINKING, parts=(*PICTURES, "time_series")),
    entry(
        "internlm2_5",
        "internlm-internlm2_5-7b-chat",
        also=("tiiuae-falcon-mamba-tiny-dev", "tiiuae-Falcon-E-3B-Instruct"),
        bos="<s>",
        eos="</s>",
    ),
    entry("internlm2_reward", "internlm-internlm2-1_8b-reward"),
    entry("internvl3_5", "OpenGVLab-InternVL3_5-1B", parts=("text", "image", "video", "audio")),
    entry("internvl3", "OpenGVLab-InternVL3-1B"),
    entry("internvl3_5_gpt_oss", "OpenGVLab-InternVL3_5-GPT-OSS-20B-A4B-Preview"),
    entry("internvl3_5_hf", "internlm-CapRL-InternVL3.5-8B"),
)
