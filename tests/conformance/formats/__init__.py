"""All formats that are compared with originals, from a table for each family of specs."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module

from places import SPEC_FILES

from ..entry import Entry
from ..format import Format

FAMILIES = tuple(sorted({path.parent.name for path in SPEC_FILES.values()}))
TABLES: dict[str, tuple[Entry, ...]] = {family: import_module(f".{family}", __package__).ENTRIES for family in FAMILIES}
ENTRIES = {entry.name: entry for table in TABLES.values() for entry in table}


@cache
def base_of(name: str) -> str | None:
    """The format that a shipped spec extends."""
    found = re.search(r"^format \w+ extends (\w+)", SPEC_FILES[name].read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else None


@cache
def format_of(name: str) -> Format:
    base = base_of(name)
    return ENTRIES[name].on(format_of(base) if base else None)


ALL = tuple(format_of(name) for name in sorted(ENTRIES))
BY_NAME = {fmt.name: fmt for fmt in ALL}

#: Formats that differ from each other in much: what takes long is asked of these.
FIRST = tuple(
    BY_NAME[name]
    for name in (
        "qwen3",
        "qwen3_5",
        "llama3_1",
        "gpt_oss",
        "glm4_6",
        "kimi_k2_6",
        "deepseek_v3_1",
        "deepseek_v4",
        "minimax_m2",
        "nemotron3_nano",
        "mistral_v0_3",
        "gemma4",
        "lfm2_5",
        "qwen3_2507",
        "qwen2_5",
        "kimi_k2_thinking",
    )
)
