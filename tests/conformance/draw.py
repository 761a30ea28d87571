"""Conversations drawn for a format of the tables."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from chatwright.verify import draw
from chatwright.verify.case import Case, Message

from .format import Format

#: `CHATWRIGHT_DEEP=5000` draws so many conversations per format, others every time.
DEEP = int(os.environ.get("CHATWRIGHT_DEEP", "0"))


def drawn(examples: int) -> settings:
    """The settings of a property over drawn conversations."""
    return settings(
        max_examples=DEEP or examples,
        derandomize=not DEEP,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def cases(fmt: Format) -> st.SearchStrategy[Case]:
    """A conversation, its tools, options and the generation prompt."""
    return draw.cases(fmt.shape)


def messages(fmt: Format) -> st.SearchStrategy[list[Message]]:
    """A conversation that starts and ends wherever it likes."""
    return draw.messages(fmt.shape)
