"""Attribution of tokens counted byte by byte, in the slowest way there is."""

from __future__ import annotations

from typing import Any


def per_byte(spec: Any, messages: Any, **keywords: Any) -> tuple[list[bool], list[bool], list[int], list[str]]:
    """Whose each byte of the text is, told from the segments alone: sampled, content, message, part."""
    sampled: list[bool] = []
    content: list[bool] = []
    owners: list[int] = []
    parts: list[str] = []
    for segment in spec.segments(messages, **keywords):
        width = len(segment.text.encode())
        of_model = segment.message >= 0 and segment.role == "assistant"
        said = segment.body and segment.message >= 0 and segment.part not in ("name", "call.name", "call.id")
        body = segment.sampled if of_model else said
        sampled += [segment.sampled] * width
        content += [body] * width
        owners += [segment.message] * width
        parts += [segment.part] * width
    return sampled, content, owners, parts


def check(tokens: Any, spec: Any, messages: Any, **keywords: Any) -> None:
    """A token is its first byte's; it is sampled, or content, if all of its bytes are."""
    sampled, content, owners, parts = per_byte(spec, messages, **keywords)
    text = tokens.text.encode()
    starts, ends = tokens.located.starts.tolist(), tokens.located.ends.tolist()
    spans = list(zip(starts, ends, strict=True))
    assert len(spans) == len(tokens) == len(tokens.token_ids)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert starts == sorted(starts)
    held = [(start, end) for start, end in spans if start < end]
    assert [owners[start] for start, _ in held] == [
        owner for owner, (start, end) in zip(tokens.message_indices, spans, strict=True) if start < end
    ]
    assert [parts[start] for start, _ in held] == [
        part for part, (start, end) in zip(tokens.parts, spans, strict=True) if start < end
    ]
    for mask, flags in ((tokens.sampled_mask, sampled), (tokens.is_content, content)):
        assert [flag for flag, (start, end) in zip(mask, spans, strict=True) if start < end] == [
            all(flags[start:end]) for start, end in held
        ]


def covered(tokens: Any) -> bytes:
    """The text as far as any token stands for it."""
    text = tokens.text.encode()
    held = bytearray(len(text))
    for start, end in zip(tokens.located.starts.tolist(), tokens.located.ends.tolist(), strict=True):
        held[start:end] = b"\x01" * (end - start)
    return bytes(byte for byte, kept in zip(text, held, strict=True) if kept)
