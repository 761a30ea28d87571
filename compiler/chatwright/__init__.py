"""Chatwright: a model's chat format is written once, and everything else is derived from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatwright.runtime.errors import ChatwrightError, OptionError, RenderError

if TYPE_CHECKING:
    from chatwright.library import UnknownFormat, formats
    from chatwright.loaded_format import SpecError
    from chatwright.recognize import UnknownTemplate, for_tokenizer
    from chatwright.spec import Spec, load
    from chatwright.tokens import masks
    from chatwright.tokens.bound import BoundRenderer
    from chatwright.tokens.bridge import BridgeError
    from chatwright.tokens.encoders.encoder import TokenizerError
    from chatwright.tokens.rendered_tokens import RenderedTokens
    from chatwright.tokens.samples import Columns, NothingTrained, Sample, build_training_sample, sample, split
    from chatwright.tokens.trajectory import Trajectory

__version__ = "0.1.0"
__all__ = [
    "BoundRenderer",
    "BridgeError",
    "ChatwrightError",
    "Columns",
    "NothingTrained",
    "OptionError",
    "RenderError",
    "RenderedTokens",
    "Sample",
    "Spec",
    "SpecError",
    "TokenizerError",
    "Trajectory",
    "UnknownFormat",
    "UnknownTemplate",
    "build_training_sample",
    "for_tokenizer",
    "formats",
    "load",
    "masks",
    "sample",
    "split",
]

_HOMES = {
    "chatwright.spec": ("Spec", "load"),
    "chatwright.loaded_format": ("SpecError",),
    "chatwright.recognize": ("UnknownTemplate", "for_tokenizer"),
    "chatwright.library": ("UnknownFormat", "formats"),
    "chatwright.tokens.bound": ("BoundRenderer",),
    "chatwright.tokens.bridge": ("BridgeError",),
    "chatwright.tokens.encoders.encoder": ("TokenizerError",),
    "chatwright.tokens.rendered_tokens": ("RenderedTokens",),
    "chatwright.tokens.samples": (
        "Columns",
        "NothingTrained",
        "Sample",
        "build_training_sample",
        "sample",
        "split",
    ),
    "chatwright.tokens.trajectory": ("Trajectory",),
}


def __getattr__(name: str) -> Any:
    """Modules are imported when something of them is first asked for: built renderers never need the compiler."""
    from importlib import import_module

    if name == "masks":
        return import_module("chatwright.tokens.masks")
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'chatwright' has no attribute {name!r}")
    return getattr(import_module(home), name)
