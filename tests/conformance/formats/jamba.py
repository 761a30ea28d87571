"""The formats of specs/jamba/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry("jamba2", "ai21labs-AI21-Jamba2-3B", bos="<|startoftext|>"),
    entry("jamba_tiny", "ai21labs-Jamba-tiny-dev", text_arguments=True),
)
