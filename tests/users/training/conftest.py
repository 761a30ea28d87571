"""The example that trains, once for all tests: they run in one process, in which it is run once."""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from places import ROOT
from torch_needed import need_trl


class Shown(NamedTuple):
    """The example as a module, what it printed, and the trainer of each of its two ways when it had trained."""

    module: Any
    printed: str
    trainers: list[Any]


@pytest.fixture(scope="session")
def example() -> Iterator[Any]:
    """The example as a module, with the other examples beside it."""
    need_trl()
    folder = str(ROOT / "examples")
    sys.path.insert(0, folder)
    yield importlib.import_module("sft_with_trl")
    sys.path.remove(folder)


@pytest.fixture(scope="session")
def shown(example: Any) -> Shown:
    trainers: list[Any] = []
    teach = example.teach

    def taught(trainer: Any, *rest: Any) -> None:
        trainers.append(trainer)
        teach(trainer, *rest)

    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr(example, "teach", taught)
        example.main()
    return Shown(example, printed.getvalue(), trainers)
