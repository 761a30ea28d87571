"""The formats of specs/gemma/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, PICTURES, THINKING

ENTRIES = (
    entry(
        "gemma4",
        "google-gemma-4-26B-A4B-it",
        bos="<bos>",
        eos="<eos>",
        options={**THINKING, "preserve_thinking": BOOL},
        parts=(*PICTURES, "audio", "input_audio"),
        developer=True,
    ),
    entry("gemma4_e4b", "google-gemma-4-E4B-it", also=("trl:gemma4_v5",)),
    entry("diffusiongemma", "google-diffusiongemma-26B-A4B-it", also=("trl:diffusion_gemma",)),
    entry(
        "gemma2",
        "google-gemma-2-2b-it",
        also=("trl:gemma",),
        bos="<bos>",
        eos="<eos>",
        alternating=True,
        system=False,
        tools=False,
    ),
    entry(
        "gemma3",
        "unsloth-gemma-3-270m-it",
        also=("nvidia-Nemotron-Content-Safety-Reasoning-4B", "CraneAILabs-ganda-gemma-1b", "trl:gemma3"),
        bos="<bos>",
        eos="<eos>",
        parts=("text", "image"),
        alternating=True,
        late_system=False,
        tools=False,
    ),
    entry(
        "gemma4_v4",
        "yuxinlu1-gemma-4-12B-agentic-fable5-composer2.5-v2-3.5x-tau2",
        options=THINKING,
        text_arguments=True,
    ),
    entry("gemma4_v1", "Gryphe-Gemma-4-31B-StyleTune"),
    entry("gemma4_v1_e4b", "trl:gemma4"),
    entry("gemma4_v3", "google-gemma-4-31B-it"),
    entry("gemma4_v2", "Monibee-Fudgekins-gemma-coder"),
    entry("gemma4_v2_e4b", "Ayodele01-gemma-4-E4B-Gemini-3.1-Pro-Reasoning-Distill", also=("trl:gemma4_v2",)),
    entry("gemma4_v3_e4b", "OBLITERATUS-gemma-4-E4B-it-OBLITERATED", also=("trl:gemma4_v3",)),
    entry("gemma4_v4_e4b", "farbodtavakkoli-OTel-LLM-E4B-IT", also=("trl:gemma4_v4",)),
)
