"""Encodes data sets: conversations in, shards of token ids with labels and attribution out. Stopped jobs resume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatwright.encode.settings import EncodeError, Progress, Settings

if TYPE_CHECKING:
    from chatwright.encode.attribution import runs_of_row
    from chatwright.encode.run import encode_dataset, finished
    from chatwright.encode.summary import Summary

__all__ = ["EncodeError", "Progress", "Settings", "Summary", "encode_dataset", "finished", "runs_of_row"]

_HOMES = {"encode_dataset": "run", "finished": "run", "runs_of_row": "attribution", "Summary": "summary"}


def __getattr__(name: str) -> Any:
    """Import the module of a name at its first use: whoever asks for a finished job needs no tokenizer."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'chatwright.encode' has no attribute {name!r}")
    return getattr(import_module(f"chatwright.encode.{_HOMES[name]}"), name)
