"""The formats of specs/h2ovl/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry("h2ovl", "h2oai-h2ovl-mississippi-2b", eos="<|end|>", system=False, tools=False),
    entry("h2ovl_800m", "h2oai-h2ovl-mississippi-800m", eos="</s>", alternating=True),
)
