"""Formats of families: Llama, Mistral, Gemma, Phi and the formats of their time."""

from __future__ import annotations

from .format import Format

FORMATS: tuple[Format, ...] = ()
