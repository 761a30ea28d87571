"""The formats of specs/olmo/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry("olmo3", "allenai-Olmo-3-7B-Instruct", eos="<|endoftext|>"),
    entry("olmo3_1", "allenai-Olmo-3.1-32B-Instruct"),
    entry("olmo3_1_unsloth", "praxisresearch-hf_olmo_32b_em_insecure_sgtr_1", text_arguments=True),
    entry("olmo3_bar", "allenai-BAR-2x7B-Math", eos="<|endoftext|>", tools=False),
    entry("olmo3_sft", "allenai-Olmo-3-7B-Instruct-SFT"),
    entry("olmo3_tags", "SepehrKerachi-olmo3_base", tools=False),
    entry("olmo3_think", "allenai-Olmo-3-7B-Think"),
    entry("olmo3_think_32b", "allenai-Olmo-3-32B-Think"),
    entry("olmo3_think_sft", "allenai-Olmo-3-7B-Think-SFT"),
    entry(
        "olmoe",
        "allenai-OLMoE-1B-7B-0125-Instruct",
        bos="<|endoftext|>",
        eos="<|endoftext|>",
        null_content=False,
        tools=False,
    ),
    entry("olmoe_0924", "allenai-OLMoE-1B-7B-0924-Instruct", null_content=True),
    entry("tulu3", "allenai-Llama-3.1-Tulu-3-8B-SFT", bos=None, eos="<|end_of_text|>"),
)
