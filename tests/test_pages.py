"""Pages for users: every block of them is run, and its output is what the page says.

`python tests/test_pages.py` writes the output of today into the pages.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_readme import BLOCK, EXECUTED, ROOT, workplace

PAGES = (ROOT / "docs" / "preparing-data.md",)


def executed(page: Path, folder: Path) -> str:
    """A page with the output that its blocks have now, one after the other in one folder."""
    return BLOCK.sub(
        lambda match: f"```{match[1]}\n{EXECUTED[match[1]](match[2], folder)}```", page.read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_blocks_give_what_the_page_says(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert {kind for kind, _ in BLOCK.findall(text)} <= set(EXECUTED)
    assert executed(page, workplace(tmp_path)) == text


if __name__ == "__main__":
    import tempfile

    for page in PAGES:
        with tempfile.TemporaryDirectory() as name:
            page.write_text(executed(page, workplace(Path(name))), encoding="utf-8")
