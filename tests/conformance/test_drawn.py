"""The three ways over drawn conversations. `CHATWRIGHT_DEEP=5000` draws that many per format, new ones each time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import draw
from .format import Format
from .formats import ALL
from .subject import complaints


@pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)
@draw.drawn(100)
@given(data=st.data())
def test_drawn(fmt: Format, data: st.DataObject) -> None:
    case = data.draw(draw.cases(fmt), label="case")
    found = complaints(fmt, case)
    assert not found, "\n" + "\n".join(found)
