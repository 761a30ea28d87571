"""The three ways over drawn conversations. `CHATWRIGHT_DEEP=5000` draws that many per format, new ones each time."""

from __future__ import annotations

import pytest

from . import draw
from .format import Format
from .formats import ALL
from .subject import complaints


@pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)
def test_drawn(fmt: Format) -> None:
    draw.check(fmt, complaints)
