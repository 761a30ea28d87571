"""Torch is heavy, so it is installed apart: where it is missing, tests that need it are left out, but never in CI."""

from __future__ import annotations

import importlib.util
import os

import pytest

MISSING = "torch is missing: run `make .venv/.torch`"


def need_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
