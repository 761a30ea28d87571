"""The formats of specs/openbuddy/: what each is compared with, and the conversations that suit it."""

from __future__ import annotations

from ..entry import entry

ENTRIES = (
    entry("openbuddy_deepseek", "OpenBuddy-openbuddy-deepseek-67b-v18.1-4k", eos="<｜end▁of▁sentence｜>", tools=False),
    entry("openbuddy_yi", "OpenBuddy-openbuddy-yi1.5-9b-v21.1-32k", tools=False),
)
