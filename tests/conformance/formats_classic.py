"""Formats of families: Llama, Mistral, Gemma, Phi and the formats of their time."""

from __future__ import annotations

from .format import PICTURES, THINKING, BOOL, Format

FORMATS: tuple[Format, ...] = (
    Format(
        "gemma4_e4b",
        "google-gemma-4-E4B-it",
        also=("trl:gemma4_v5",),
        bos="<bos>",
        eos="<eos>",
        options={**THINKING, "preserve_thinking": BOOL},
        parts=(*PICTURES, "audio", "input_audio"),
        developer=True,
    ),
    Format(
        "diffusiongemma",
        "google-diffusiongemma-26B-A4B-it",
        also=("trl:diffusion_gemma",),
        bos="<bos>",
        eos="<eos>",
        options={**THINKING, "preserve_thinking": BOOL},
        parts=(*PICTURES, "audio", "input_audio"),
        developer=True,
    ),
    Format(
        "gemma4_v4_e4b",
        "farbodtavakkoli-OTel-LLM-E4B-IT",
        also=("trl:gemma4_v4",),
        bos="<bos>",
        eos="<eos>",
        options=THINKING,
        parts=(*PICTURES, "audio", "input_audio"),
        text_arguments=True,
        developer=True,
    ),
    Format(
        "gemma4_v4",
        "yuxinlu1-gemma-4-12B-agentic-fable5-composer2.5-v2-3.5x-tau2",
        bos="<bos>",
        eos="<eos>",
        options=THINKING,
        parts=(*PICTURES, "audio", "input_audio"),
        text_arguments=True,
        developer=True,
    ),
)
