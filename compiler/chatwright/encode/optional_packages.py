"""Imports the packages that only encoding needs, and says what to install."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from chatwright.encode.settings import EncodeError


def needed(module: str, extra: str) -> Any:
    """A module of an optional package. Raises EncodeError that names the extra."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise EncodeError(f"{package} is not installed; install chatwright[{extra}]") from None
