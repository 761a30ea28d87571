"""Formats of families: formats that are ChatML at heart, and other shells like it."""

from __future__ import annotations

from .format import Format

FORMATS: tuple[Format, ...] = ()
