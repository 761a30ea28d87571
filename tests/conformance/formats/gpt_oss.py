"""The formats of specs/gpt_oss/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry(
        "gpt_oss",
        "openai-gpt-oss-120b",
        also=("trl:gptoss",),
        bos="<|startoftext|>",
        eos="<|return|>",
        options={
            "model_identity": ("", "You are Ada."),
            "reasoning_effort": ("low", "medium", "high"),
            "builtin_tools": ([], ["browser"], ["python"], ["python", "browser"]),
        },
        ours={"current_date": "2031-02-03"},
        text_arguments=True,
        null_content=False,
        developer=True,
        loose_results=False,
        reasoned_calls_with_content=False,
    ),
    entry("gpt_oss_safeguard", "openai-gpt-oss-safeguard-20b"),
)
