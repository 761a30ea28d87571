"""Formats of families: DeepSeek, GLM, Kimi, MiniMax, Laguna, Hunyuan 3."""

from __future__ import annotations

from .format import Format

FORMATS: tuple[Format, ...] = ()
