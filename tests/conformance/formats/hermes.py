"""The formats of specs/hermes/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL

ENTRIES = (
    entry("hermes3", "NousResearch-Hermes-3-Llama-3.1-8B", bos="<|begin_of_text|>", eos="<|im_end|>"),
    entry("hermes4", "NousResearch-Hermes-4-14B", options={"thinking": BOOL, "keep_cots": BOOL}),
    entry("hermes4_3", "NousResearch-Hermes-4.3-36B", bos="<|begin_of_text|>"),
)
