"""The nearest of some known names, for "did you mean"."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable

# A long name is nobody's typing mistake and would be slow to compare; so would be more names than these.
MAX_LENGTH = 80
MAX_NAMES = 200


def near(name: str, known: Iterable[str]) -> str | None:
    if len(name) > MAX_LENGTH:
        return None
    found = difflib.get_close_matches(name, list(itertools.islice(known, MAX_NAMES)), n=1, cutoff=0.65)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    found = near(name, known)
    return f"did you mean {found}?" if found else otherwise
