"""Emitted source that carries its precedence, so that no code has to parse it again."""

from __future__ import annotations

import msgspec


class Code(msgspec.Struct, frozen=True):
    """An expression as source text.

    `precedence` is that of its outermost operator in the target language: the higher, the tighter it binds. Each back
    end has its own table of them.
    """

    text: str
    precedence: int

    def at(self, precedence: int) -> str:
        """The text for a place that binds with `precedence`: in parentheses where it binds less tightly itself."""
        return self.text if self.precedence >= precedence else f"({self.text})"
