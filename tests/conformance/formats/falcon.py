"""The formats of specs/falcon/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry("falcon3", "tiiuae-Falcon3-7B-Instruct", eos="<|endoftext|>"),
    entry("falcon_h1", "tiiuae-Falcon-H1-0.5B-Instruct", bos="<|begin_of_text|>"),
)
