"""The pages that explain diagnostics."""

from __future__ import annotations

import functools
import importlib.resources

from chatwright.cli.exit_codes import Failure
from chatwright.runtime.suggest import did_you_mean

ENDING = ".md"


@functools.cache
def pages() -> dict[str, str]:
    """The text of every page by its code."""
    folder = importlib.resources.files("chatwright.dsl.errors")
    files = sorted((file.name, file) for file in folder.iterdir() if file.name.endswith(ENDING))
    return {name.removesuffix(ENDING): file.read_text(encoding="utf-8") for name, file in files}


def page(code: str) -> str:
    """The page of a code. Raises Failure, which names the nearest codes."""
    # The code may be pasted as it was printed: error[missing-close].
    name = code.strip().rpartition("[")[2].removesuffix("]").lower().replace("_", "-")
    if name in pages():
        return f"{pages()[name].rstrip()}\n"
    hint = did_you_mean(name, pages(), "chatwright explain lists them", most=3)
    raise Failure(f"there is no diagnostic {code}; {hint}")


def index() -> str:
    """Every code with the first sentence of its page."""
    width = max(map(len, pages()), default=0)
    return "".join(f"{code:<{width}}  {_title(text)}".rstrip() + "\n" for code, text in pages().items())


def _title(text: str) -> str:
    """The first line of prose, after the heading."""
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")
