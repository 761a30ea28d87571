"""Render a conversation, and see who wrote each byte of it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import chatwright

chat = json.loads((Path(__file__).parent / "conversation.json").read_text(encoding="utf-8"))
spec = chatwright.load("qwen3")

text = spec.text(chat["messages"], tools=chat["tools"])
segments = spec.segments(chat["messages"], tools=chat["tools"])
assert "".join(segment.text for segment in segments) == text

written: Counter[str] = Counter()
for segment in segments:
    author = "the model" if segment.sampled else "the caller" if segment.body else "the format"
    written[author] += len(segment.text.encode())
for author, count in written.most_common():
    print(f"{author} wrote {count} bytes")

# A loss mask over characters: where each sampled stretch starts and ends.
mask: list[tuple[int, int]] = []
at = 0
for segment in segments:
    end = at + len(segment.text)
    if segment.sampled:
        start = mask.pop()[0] if mask and mask[-1][1] == at else at
        mask.append((start, end))
    at = end
print(f"\nthe model was sampled {len(mask)} times; the last time it wrote")
print(text[slice(*mask[-1])])

# Each piece says which line of which spec printed it.
closer = next(segment for segment in segments if segment.part == "closer")
print(f"\n{closer.text} of message {closer.message} comes from {closer.spec}, line {closer.line}")
