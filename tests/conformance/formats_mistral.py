"""Formats of Mistral, from Nemo on: Ministral 3, Devstral 2, and those of its later days."""

from __future__ import annotations

from .format import Format

FORMATS: tuple[Format, ...] = (
    Format(
        "ministral3_3b",
        "mistralai-Ministral-3-3B-Instruct-2512",
        bos="<s>",
        eos="</s>",
        parts=("text", "image", "image_url"),
        text_arguments=True,
        loose_results=False,
    ),
    Format(
        "ministral3_8b",
        "mistralai-Ministral-3-8B-Instruct-2512",
        bos="<s>",
        eos="</s>",
        parts=("text", "image", "image_url"),
        text_arguments=True,
        loose_results=False,
    ),
    Format(
        "ministral3_14b",
        "mistralai-Ministral-3-14B-Instruct-2512",
        bos="<s>",
        eos="</s>",
        parts=("text", "image", "image_url"),
        text_arguments=True,
        loose_results=False,
    ),
    Format(
        "devstral_small_2",
        "mistralai-Devstral-Small-2-24B-Instruct-2512",
        bos="<s>",
        eos="</s>",
        parts=("text", "image", "image_url"),
        text_arguments=True,
        loose_results=False,
    ),
    Format(
        "devstral_2",
        "mistralai-Devstral-2-123B-Instruct-2512",
        bos="<s>",
        eos="</s>",
        parts=("text",),
        text_arguments=True,
        loose_results=False,
    ),
)
