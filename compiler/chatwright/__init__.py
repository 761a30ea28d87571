"""Chatwright: a model's chat format is written once, and everything else is derived from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatwright.runtime.errors import ChatwrightError, OptionError, RenderError

if TYPE_CHECKING:
    from chatwright.library import UnknownFormat, formats
    from chatwright.spec import Spec, SpecError, load

__version__ = "0.1.0"
__all__ = [
    "ChatwrightError",
    "OptionError",
    "RenderError",
    "Spec",
    "SpecError",
    "UnknownFormat",
    "formats",
    "load",
]


def __getattr__(name: str) -> Any:
    """The compiler is imported when it is first asked for: built renderers never need it."""
    if name in ("Spec", "SpecError", "load"):
        from chatwright import spec

        return getattr(spec, name)
    if name in ("UnknownFormat", "formats"):
        from chatwright import library

        return getattr(library, name)
    raise AttributeError(f"module 'chatwright' has no attribute {name!r}")
