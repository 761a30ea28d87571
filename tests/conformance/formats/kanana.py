"""The formats of specs/kanana/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry("kanana1_5", "kakaocorp-kanana-1.5-8b-instruct-2505", bos="<|begin_of_text|>", text_arguments=True),
    entry(
        "kanana_v",
        "kakaocorp-kanana-1.5-v-3b-instruct",
        bos="<|begin_of_text|>",
        eos="<|eot_id|>",
        parts=("text", "image", "image_url"),
        null_content=False,
        tools=False,
    ),
)
