"""Loads the format that a command names, and says which format a model id led to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import chatwright
from chatwright.cli.output import complain
from chatwright.library import shipped_name

if TYPE_CHECKING:
    from chatwright.spec import Spec


def load(name: str) -> Spec:
    """Load a format by its name, a model id or a path. Raises what `chatwright.load` raises."""
    spec = chatwright.load(name)
    if shipped_name(name) not in (None, name):
        complain(f"{name}: the format {spec.name}")
    return spec
