"""The formats of specs/cohere/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry(
        "cohere",
        "trl-internal-testing-tiny-CohereForCausalLM",
        also=("trl:cohere",),
        bos="<BOS_TOKEN>",
        alternating=True,
        tools=False,
    ),
    entry(
        "cohere2",
        "trl-internal-testing-tiny-Cohere2ForCausalLM",
        also=("trl:cohere2",),
        bos="<BOS_TOKEN>",
        alternating=True,
        tools=False,
    ),
)
