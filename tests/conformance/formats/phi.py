"""The formats of specs/phi/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry(
        "phi3",
        "microsoft-Phi-3-mini-4k-instruct",
        also=("trl:phi3",),
        bos="<s>",
        eos="<|endoftext|>",
        null_content=False,
        tools=False,
    ),
    entry("phi3_5", "microsoft-Phi-3.5-mini-instruct", also=("trl:phi3_5",)),
    entry(
        "phi3_5_vision",
        "microsoft-Phi-3.5-vision-instruct",
        bos="<s>",
        eos="<|endoftext|>",
        null_content=False,
        tools=False,
    ),
    entry(
        "phi3_medium",
        "microsoft-Phi-3-medium-128k-instruct",
        bos="<s>",
        eos="<|endoftext|>",
        null_content=False,
        tools=False,
    ),
    entry("phi3_early", "optimum-intel-internal-testing-tiny-random-Phi3ForCausalLM"),
    entry("phi3_early_system", "katuni4ka-tiny-random-phi3"),
    entry("phi_tiny_moe", "microsoft-Phi-tiny-MoE-instruct"),
    entry("phi3_small", "microsoft-Phi-3-small-8k-instruct", bos="<|endoftext|>"),
    entry("phi4", "microsoft-phi-4", tools=False),
    entry("phi4_mini_reasoning", "microsoft-Phi-4-mini-reasoning", eos="<|endoftext|>", tools=False),
    entry(
        "phi4_multimodal",
        "microsoft-Phi-4-multimodal-instruct",
        bos="<s>",
        eos="<|endoftext|>",
        null_content=False,
        tools=False,
    ),
    entry("phi4_reasoning", "microsoft-Phi-4-reasoning"),
)
