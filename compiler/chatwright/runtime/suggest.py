"""The nearest of some known names. Every "did you mean" of the project is made here."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

# A longer name is no typing mistake. Both bounds keep the comparison cheap.
MAX_LENGTH = 80
MAX_NAMES = 1_000
# How alike two names are, from 0 to 1, before one is offered for the other.
ALIKE = 0.6


def nearest(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known names that are most like a name, the nearest first: at most `most`, and none where none is alike."""
    if len(name) > MAX_LENGTH:
        return []
    import difflib  # needed only after a mistake

    return difflib.get_close_matches(name, list(itertools.islice(known, MAX_NAMES)), n=most, cutoff=ALIKE)


def near(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like a name; None where none is alike."""
    return next(iter(nearest(name, known, 1)), None)


def did_you_mean(name: str, known: Iterable[str], otherwise: str | None = None, most: int = 1) -> str | None:
    """The question "did you mean …?" with the nearest known names; `otherwise` where none is alike."""
    found = nearest(name, known, most)
    return f"did you mean {' or '.join(found)}?" if found else otherwise
