"""Formats of families: Qwen and Nemotron."""

from __future__ import annotations

from .format import Format

FORMATS: tuple[Format, ...] = ()
