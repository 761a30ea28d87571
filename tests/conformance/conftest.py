"""The day it is, for the tests of this folder: that on which the judge renders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .oracle import frozen_clock


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with frozen_clock():
        yield
