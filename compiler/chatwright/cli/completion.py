"""Completion of format names, model ids and .chatspec files in the shell."""

from __future__ import annotations

import glob
import os

from chatwright.library import ENDING, formats, index


def complete_spec(incomplete: str) -> list[str]:
    """The formats, the models and the files that begin with a text. Models come in once the text has a slash."""
    names = [name for name in formats() if name.startswith(incomplete)]
    if "/" in incomplete:
        names += [model for model in index().models if model.lower().startswith(incomplete.lower())]
    found = glob.glob(f"{glob.escape(incomplete)}*")
    files = [path for path in found if path.endswith(ENDING)]
    folders = [f"{path}{os.sep}" for path in found if os.path.isdir(path)]
    return [*names, *sorted(files), *sorted(folders)]
