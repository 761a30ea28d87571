"""The formats of specs/smol/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import THINKING

ENTRIES = (
    entry("smollm2", "HuggingFaceTB-SmolLM2-135M-Instruct"),
    entry(
        "smollm3",
        "HuggingFaceTB-SmolLM3-3B@3e0e27",
        eos="<|im_end|>",
        options={**THINKING, "xml_tools": ([], ["f(x): ..."]), "python_tools": ([], ["def f(): ..."])},
        ours={"today": "03 February 2031"},
    ),
    entry("smollm3_unsloth", "HuggingFaceTB-SmolLM3-3B", eos=None, options=THINKING, ours={}, tools=False),
    entry(
        "smolvlm",
        "HuggingFaceTB-SmolVLM-256M-Instruct",
        also=("HuggingFaceTB-SmolVLM-Synthetic",),
        parts=("text", "image"),
        null_content=False,
        text_content=False,
        tools=False,
    ),
    entry("smolvlm_base", "HuggingFaceTB-SmolVLM-256M-Base"),
)
