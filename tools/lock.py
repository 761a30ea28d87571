"""Writes requirements.lock: the exact versions of all that is installed here. `make lock` runs it.

To move to newer releases: install them into .venv, run `make lock` and `make test`, and say in the commit what moved.
"""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
HEAD = "# The exact versions that tests, checks and benchmarks run with: constraints for pip. Written by `make lock`.\n"


def pins() -> dict[str, str]:
    """The version of each package by its normalized name, without what marks a build of it, as `+cpu` does."""
    found = {re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower(): one.version for one in distributions()}
    return {name: version.partition("+")[0] for name, version in found.items() if name != "chatwright"}


if __name__ == "__main__":
    LOCK.write_text(HEAD + "".join(f"{name}=={version}\n" for name, version in sorted(pins().items())), "utf-8")
