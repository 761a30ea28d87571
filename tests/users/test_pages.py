"""Pages for users: every block of them is run, and its output is what the page says.

`python tests/users/test_pages.py` writes the output of today into the pages.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from places import ROOT

from users.test_readme import BLOCK, EXECUTED, workplace

DOCS = ROOT / "docs"
#: Of these every block is run, of those the commands: what else they show is run by tests/users/test_docs.py.
PAGES = (DOCS / "preparing-data.md", DOCS / "verifying.md")
COMMANDS = (DOCS / "adding-a-format.md",)


def executed(page: Path, folder: Path) -> str:
    """A page with the output that its blocks have now, one after the other in one folder."""
    run = {**EXECUTED} if page in PAGES else {"console": EXECUTED["console"]}

    def renewed(match: re.Match[str]) -> str:
        return f"```{match[1]}\n{run[match[1]](match[2], folder)}```" if match[1] in run else match[0]

    return BLOCK.sub(renewed, page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", (*PAGES, *COMMANDS), ids=lambda page: page.stem)
def test_blocks_give_what_the_page_says(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert page in COMMANDS or {kind for kind, _ in BLOCK.findall(text)} <= set(EXECUTED)
    assert executed(page, workplace(tmp_path)) == text


if __name__ == "__main__":
    import tempfile

    for page in (*PAGES, *COMMANDS):
        with tempfile.TemporaryDirectory() as name:
            page.write_text(executed(page, workplace(Path(name))), encoding="utf-8")
