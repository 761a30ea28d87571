"""The formats of specs/granite/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry
from ..format import BOOL, CUSTOM_TOOL, DOCUMENTS

ENTRIES = (
    entry("granite3_0", "ibm-granite-granite-3.0-8b-instruct"),
    entry("granite3_1", "ibm-granite-granite-3.1-8b-instruct", ours={"today": "February 03, 2031"}),
    entry("granite_speech3_2", "ibm-granite-granite-speech-3.2-8b", options={"thinking": BOOL}),
    entry(
        "granite3_3",
        "ibm-granite-granite-3.3-2B-Instruct",
        options={"thinking": BOOL, "documents": ([], DOCUMENTS), "available_tools": ([], [CUSTOM_TOOL])},
    ),
    entry(
        "granite4_1",
        "ibm-granite-granite-4.1",
        options={"documents": ([], DOCUMENTS), "available_tools": ([], [CUSTOM_TOOL])},
        text_arguments=True,
    ),
    entry("granite4_0", "ibm-granite-granite-4.0"),
    entry("granite_code", "ibm-granite-granite-8b-code-instruct-4k", eos="<|endoftext|>", tools=False),
    entry("granite_docling", "ibm-granite-granite-docling-258M", parts=("text", "image", "video"), tools=False),
    entry(
        "granite_speech", "ibm-granite-granite-speech-4.1-2b", bos="<|end_of_text|>", eos="<|end_of_text|>", tools=False
    ),
    entry("granite_speech3_3", "ibm-granite-granite-speech-3.3-2b"),
    entry("granite_speech3_3_8b", "ibm-granite-granite-speech-3.3-8b"),
    entry(
        "granite_speech4_1_plus",
        "ibm-granite-granite-speech-4.1-2b-plus",
        options={"documents": ([], DOCUMENTS), "available_tools": ([], [CUSTOM_TOOL]), "prefix_text": ("Two and",)},
    ),
    entry(
        "granite_vision3",
        "ibm-granite-granite-vision-3.3-2b",
        parts=("text", "image"),
        null_content=False,
        text_content=False,
    ),
    entry("granite_vision4_1", "ibm-granite-granite-vision-4.1-4b"),
)
