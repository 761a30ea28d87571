"""Torch is heavy, so it is installed apart: where it is missing, tests that need it are left out, but never in CI.

So is what TRL needs to train.
"""

from __future__ import annotations

import importlib.util
import os

import pytest


def need_torch() -> None:
    _need("torch", "torch is missing: run `make .venv/.torch`")


def need_trl() -> None:
    need_torch()
    _need("accelerate", "what TRL needs is missing: run `make .venv/.trl`")


def _need(package: str, otherwise: str) -> None:
    if importlib.util.find_spec(package) is None:
        if os.environ.get("CI"):
            pytest.fail(otherwise)
        pytest.skip(otherwise)
