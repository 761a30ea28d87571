"""docs/ against the project: the five diffs are run, the code map names every module, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from documents import Fence, broken_links, complaint, conversation, fences, load_spec, prose, rows, sections
from places import ROOT
from test_layers import LAYERS

from chatwright.syntax.fmt import format_text

ADDING = ROOT / "docs" / "adding-a-format.md"
ARCHITECTURE = ROOT / "docs" / "ARCHITECTURE.md"
GUIDE = ROOT / "dsl" / "LANGUAGE.md"
REFERENCE = ROOT / "dsl" / "REFERENCE.md"
LIBRARY = ROOT / "specs" / "README.md"
MASKS = ROOT / "docs" / "masks.md"
ROLLOUTS = ROOT / "docs" / "rl-training.md"
PREPARING = ROOT / "docs" / "preparing-data.md"
TRAINING = ROOT / "docs" / "trl.md"
PAGES = (ADDING, ARCHITECTURE, GUIDE, REFERENCE, LIBRARY, MASKS, ROLLOUTS, PREPARING, TRAINING)
OUTPUTS = ("text output", "text sampled", "text segments", "text refused", "json read")


# ---- five diffs -------------------------------------------------------------------------------------------------


def patched(text: str, diff: str) -> str:
    """A text with a diff applied. Each hunk finds its place by its own lines, which must stand there once."""
    first, *hunks = re.split(r"^@@$\n?", diff, flags=re.MULTILINE)
    assert not first and hunks, diff
    for hunk in hunks:
        lines = hunk.rstrip("\n").split("\n")
        assert all(line[:1] in (" ", "+", "-", "") for line in lines), hunk
        old = "\n".join(line[1:] for line in lines if line[:1] != "+")
        new = "\n".join(line[1:] for line in lines if line[:1] != "-")
        assert f"\n{text}\n".count(f"\n{old}\n") == 1, f"this does not stand once in the spec:\n{old}"
        text = f"\n{text}\n".replace(f"\n{old}\n", f"\n{new}\n")[1:-1]
    return text


class Step(NamedTuple):
    """A block of the page, with the state of the spec and the conversation that it is about."""

    number: int
    spec: str
    talk: Fence | None
    fence: Fence


def steps() -> list[Step]:
    found: list[Step] = []
    number, spec, talk = 0, "", None
    for fence in fences(ADDING):
        match fence.kind:
            case "chatspec":
                assert not spec, "the page has one spec, and diffs of it"
                spec = fence.text
                found.append(Step(number, spec, None, fence))
            case "diff":
                number, spec = number + 1, patched(spec, fence.text)
                found.append(Step(number, spec, None, fence))
            case "json conversation":
                talk = fence
            case "console":
                continue  # run by tests/users/test_pages.py
            case kind:
                assert kind in OUTPUTS and talk is not None, f"{fence.line}: {kind}"
                found.append(Step(number, spec, talk, fence))
    return found


@pytest.mark.parametrize("step", steps(), ids=lambda s: f"{s.number}-{s.fence.line}-{s.fence.kind.replace(' ', '-')}")
def test_step(step: Step) -> None:
    spec = load_spec(step.spec, {})
    assert format_text(step.spec + "\n") == step.spec + "\n", "the formatter would lay this out otherwise"
    if step.talk is not None:
        found = complaint(spec, conversation(step.talk.text), step.fence)
        assert not found, f"adding-a-format.md:{step.fence.line} {found}"


def test_there_are_five_steps_and_each_shows_what_it_prints() -> None:
    shown = {step.number for step in steps() if step.talk is not None and step.fence.kind == "text sampled"}
    assert shown == {0, 1, 2, 3, 4, 5}


# ---- the code map -----------------------------------------------------------------------------------------------


def test_the_code_map_has_every_package_and_no_other() -> None:
    cells = [name for name, _ in rows(sections(ARCHITECTURE.read_text(encoding="utf-8"))["code-map"], "package")]
    assert [cell.strip("`").removesuffix("/").removesuffix(".py") for cell in cells] == [
        name for name in LAYERS if name != "chatwright"
    ]


def test_paths_in_the_prose_exist() -> None:
    """A path of the project that a page names as code is there."""
    missing = []
    for page in PAGES:
        for path in re.findall(
            r"`((?:compiler|docs|dsl|specs|tests|examples)/[\w./-]*)`", prose(page.read_text("utf-8"))
        ):
            if not (ROOT / path).exists():
                missing.append(f"{page.name}: {path}")
    assert missing == []


# ---- words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_one_word_is_used_for_one_thing(page: Path) -> None:
    """No page uses a word that the glossary lists under "never"."""
    text, _, glossary = REFERENCE.read_text(encoding="utf-8").partition("## Glossary")
    never = {word.strip() for *_, words in rows(glossary, "word") for word in words.split(",") if word.strip()}
    assert len(never) > 15
    written = prose(text if page == REFERENCE else page.read_text(encoding="utf-8"))
    written = re.sub(r"`[^`]*`|\]\([^)]*\)", " ", written)
    found = [word for word in sorted(never) if re.search(rf"\b{re.escape(word)}s?\b", written, re.IGNORECASE)]
    assert found == []
