"""The spelling of control tokens in the text of a completion."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

import msgspec


class Control(msgspec.Struct, frozen=True):
    """A control token that the caller feeds as such. `text`: its written form."""

    text: str


class Spelling:
    """Spells control tokens that are fed as such as lone surrogates, which no decoded text holds; the others as
    written."""

    def __init__(self, tokens: Iterable[str], control: Collection[str]) -> None:
        spelled = dict.fromkeys(token for token in tokens if token in control)
        self.marks = {token: chr(0xD800 + number) for number, token in enumerate(spelled)}
        self.tokens = {mark: token for token, mark in self.marks.items()}
        longest = sorted(self.marks, key=len, reverse=True)
        self.written = re.compile("|".join(map(re.escape, longest)) or "(?!)")
        self.kept: dict[str, str] = {}

    def spell(self, text: str) -> str:
        """A literal of the format with marks in place of its control tokens."""
        if not self.marks:
            return text
        found = self.kept.get(text)
        if found is None:
            found = self.kept[text] = self.written.sub(lambda m: self.marks[m.group()], text)
        return found

    def plain(self, text: str) -> str:
        """Ordinary text, without any character that is a mark."""
        return text if not self.marks or text.isascii() else _SURROGATES.sub("\ufffd", text)

    def show(self, value: Any) -> Any:
        """A value with control tokens in place of marks."""
        if not self.marks:
            return value
        if isinstance(value, str):
            if value.isascii():
                return value
            return _SURROGATES.sub(lambda m: self.tokens.get(m.group(), m.group()), value)
        if isinstance(value, dict):
            return {self.show(key): self.show(item) for key, item in value.items()}
        return [self.show(item) for item in value] if isinstance(value, list) else value


_SURROGATES = re.compile("[\ud800-\udfff]")
