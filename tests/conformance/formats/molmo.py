"""The formats of specs/molmo/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry("molmo", "allenai-Molmo-7B-D-0924", eos="<|endoftext|>", alternating=True, system=False, tools=False),
    entry("molmo2", "allenai-Molmo2-8B", alternating=True, system=False, tools=False),
)
