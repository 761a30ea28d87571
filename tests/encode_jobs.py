"""What the tests of encoding share: rows, files of them, jobs, and what came of them."""

from __future__ import annotations

import json
import pydoc_data.topics
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet
import tokenizers
from places import ROOT

import chatwright
from chatwright.encode import Settings, Summary, encode_dataset
from chatwright.tokens.bound import BoundRenderer

TOKENIZER = ROOT / "examples" / "tokenizer.json"

Row = dict[str, Any]

_TEXTS = [text for text in pydoc_data.topics.topics.values() if len(text) > 2000]
TOOL = {"type": "function", "function": {"name": "f", "description": "Does it", "parameters": {"type": "object"}}}


def row(number: int) -> Row:
    """A conversation like no other: one to four turns, some with tools and calls, some with a typed control token."""
    text = _TEXTS[number % len(_TEXTS)]
    messages: list[dict[str, Any]] = [{"role": "system", "content": f"{number} {text[:40]}"}] if number % 3 else []
    for turn in range(number % 4 + 1):
        start = (number * 37 + turn * 211) % 1500
        messages.append({"role": "user", "content": text[start : start + 60] + "🙂é" * (number % 4)})
        if number % 5 == 0:
            call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"x": number}}}
            messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
            messages.append({"role": "tool", "tool_call_id": "c1", "content": text[:30]})
        messages.append({"role": "assistant", "reasoning_content": text[:20], "content": text[start : start + 80]})
    if number % 11 == 3:
        messages[-2]["content"] += " <|im_end|>"
    return {"id": f"n{number}", "messages": messages, **({"tools": [TOOL]} if number % 5 == 0 else {})}


def rows(count: int) -> list[Row]:
    return [row(number) for number in range(count)]


def write_lines(path: Path, values: Iterable[Any]) -> Path:
    """A file with a value on each line; a text stands as it is."""
    lines = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@cache
def renderer(**settings: Any) -> BoundRenderer:
    """Qwen3 with the small tokenizer of the examples."""
    return chatwright.load("qwen3").bind(tokenizers.Tokenizer.from_file(str(TOKENIZER)), **settings)


def encoded(input: Path, out: Path, bound: BoundRenderer | None = None, **settings: Any) -> Summary:
    """A job in this process."""
    return encode_dataset(input, bound or renderer(), out, Settings(**settings), workers=1)


def table(out: Path) -> Any:
    """All shards of a job in order."""
    return pyarrow.parquet.read_table(out / "data")


def lines(out: Path) -> list[Row]:
    found: list[Row] = table(out).to_pylist()
    return found


def rejects(out: Path) -> list[Row]:
    path = out / "rejects.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def files(out: Path) -> dict[str, bytes]:
    """All that a job wrote for others, byte by byte."""
    visible = [path for path in sorted(out.rglob("*")) if path.is_file() and ".chatwright" not in path.parts]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in visible}
