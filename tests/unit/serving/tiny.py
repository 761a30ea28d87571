"""The tiny model of the example, once for all tests."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock
from places import EXAMPLES
from torch_needed import need_torch

EXAMPLE = EXAMPLES / "rollout.py"


@cache
def example() -> Any:
    """The example as a module."""
    need_torch()
    found = importlib.util.spec_from_file_location("example_rollout", EXAMPLE)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def model(folder: Path) -> Any:
    """The model, taught by whoever comes first: the processes of one run share the folder."""
    module = example()
    import torch

    weights = folder / "tiny.pt"
    with FileLock(folder / "tiny.lock"):
        if not weights.exists():
            torch.save(module.tiny_model(bound()).state_dict(), weights)
    made = module.untaught()
    made.load_state_dict(torch.load(weights))
    return made.eval()


@cache
def bound() -> Any:
    return example().renderer()
