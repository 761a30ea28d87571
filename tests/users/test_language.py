"""The guide and the reference of the language: every example runs, every word has its entry.

`python tests/users/test_language.py` writes the index of the reference.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from documents import (
    Fence,
    Findings,
    anchor,
    broken_links,
    code_words,
    complaint,
    completed,
    conversation,
    fences,
    load_spec,
    prose,
    rows,
    sections,
)
from places import ROOT

from chatwright.syntax import vocabulary as words
from chatwright.syntax.fmt import format_text
from chatwright.syntax.resolve import SETTINGS
from chatwright.syntax.vocabulary import FILTERS

GUIDE = ROOT / "dsl" / "LANGUAGE.md"
REFERENCE = ROOT / "dsl" / "REFERENCE.md"
PAGES = (GUIDE, REFERENCE)
TEXT = REFERENCE.read_text(encoding="utf-8")
OUTPUTS = ("text output", "text sampled", "text segments", "text refused", "json read")
#: Read from top to bottom in a quarter of an hour.
LONGEST_GUIDE = 3000


class Example(NamedTuple):
    """A block that asserts something about a spec, the spec, and the conversation that the block is about."""

    page: str
    spec: str
    fence: Fence
    talk: Fence | None


def base() -> str:
    """The format *little*, which completes the examples of both pages."""
    (found,) = [fence.text for fence in fences(GUIDE) if fence.kind == "chatspec base"]
    return found


def examples(page: Path) -> list[Example]:
    found: list[Example] = []
    spec, talk, settled = base(), None, True
    for fence in fences(page):
        where = f"{page.name}:{fence.line}"
        match fence.kind:
            case "chatspec" | "chatspec base" | "chatspec error" | "chatspec file":
                assert settled, f"{where}: the example before shows no result"
                spec, talk = completed(fence.text, base()), None
                settled = fence.kind != "chatspec error"
                if settled:
                    found.append(Example(page.name, spec, fence, None))
            case "json conversation":
                assert settled, f"{where}: the conversation before shows no result"
                talk, settled = fence, False
            case "text error" | "text stops":
                settled = True
                found.append(Example(page.name, spec, fence, None))
            case kind:
                assert kind in OUTPUTS, f"{where}: no such kind of block: {kind}"
                assert talk is not None, f"{where}: which conversation?"
                settled = True
                found.append(Example(page.name, spec, fence, talk))
    assert settled
    return found


EXAMPLES = [example for page in PAGES for example in examples(page)]


def others() -> dict[str, str]:
    """The specs of both pages that other examples extend."""
    return {
        fence.text.split("format ", 1)[1].split()[0]: fence.text
        for page in PAGES
        for fence in fences(page)
        if fence.kind in ("chatspec base", "chatspec file")
    }


def _name(example: Example) -> str:
    return f"{example.page.partition('.')[0].lower()}-{example.fence.line}-{example.fence.kind.replace(' ', '-')}"


@pytest.mark.parametrize("example", EXAMPLES, ids=_name)
def test_example(example: Example) -> None:
    fence = example.fence
    if fence.kind == "text error":
        with pytest.raises(Findings) as raised:
            load_spec(example.spec, others())
        lines = [f"{d.line}: {d.code}: {d.message}" for d in raised.value.found]
        assert "\n".join(lines) == fence.text
        return
    if fence.language == "chatspec":
        assert format_text(fence.text + "\n") == fence.text + "\n", "the formatter would lay this out differently"
    spec = load_spec(example.spec, others())
    if fence.kind == "text stops":
        assert "\n".join(spec.stops) == fence.text
    elif example.talk is not None:
        case = conversation(example.talk.text)
        found = complaint(spec, case, fence)
        assert not found, f"{example.page}:{fence.line} {found}"


def test_the_guide_is_short() -> None:
    assert len(GUIDE.read_text(encoding="utf-8").split()) <= LONGEST_GUIDE


# ---- words ------------------------------------------------------------------------------------------------------

# Words that the grammar parses as names; name resolution gives them their meaning.
CONTEXT_NAMES = {"message", "run", "part", "true", "false"}
FILTER_ARGUMENTS = {
    word for filter in words.FILTERS.values() for shape in filter.args for word in re.findall(r"\b[a-z]+\b", shape)
}


def keywords() -> set[str]:
    """The keywords of the grammar."""
    grammar = (ROOT / "dsl" / "grammar.lark").read_text(encoding="utf-8")
    lines = [line for line in grammar.splitlines() if not line.lstrip().startswith("//")]
    return set(re.findall(r'"([a-z_]+)"', "\n".join(lines)))


def vocabulary() -> set[str]:
    """Every word of the language."""
    return {
        *keywords(), *words.FILTERS, *words.READERS, *words.FUNCTIONS, *words.MARK_TESTS, *words.POSITIONS,
        *words.COUNTS, *words.MESSAGE_NAMES, *words.TURN_NAMES, *words.CONVERSATION_NAMES, *words.TYPE_TESTS,
        *words.STATE_TESTS, *words.OPTION_TYPES, *words.SETTLED_TOKENS, *words.ANSWERS, *SETTINGS,
        *CONTEXT_NAMES, *FILTER_ARGUMENTS,
    }  # fmt: skip


def test_the_vocabulary_is_all_there() -> None:
    """A new table of words must be added to the vocabulary above, and so to the reference."""
    tables = {name for name, value in vars(words).items() if name.isupper() and isinstance(value, tuple | dict)}
    assert tables == {
        "FILTERS", "READERS", "FUNCTIONS", "MARK_TESTS", "POSITIONS", "MESSAGE_NAMES", "TURN_NAMES",
        "COUNTS", "CONVERSATION_NAMES", "TYPE_TESTS", "STATE_TESTS", "OPTION_TYPES", "SETTLED_TOKENS", "ANSWERS",
    }  # fmt: skip
    assert len(keywords()) > 50


#: Chapters that define words. Those before them describe data and files.
DEFINING = "## Declarations of a format"
#: Columns of tables, next to the first, that define words.
DEFINING_COLUMNS = ("arguments", "values")


def defined_words(section: str, title: str) -> set[str]:
    """The words that a section defines: in its title, in its line `Form:`, and in its tables."""
    form = re.search(r"^Form: .*?$\n\n", section, re.MULTILINE | re.DOTALL)
    text = [title, form[0] if form else ""]
    header: list[str] = []
    for line in prose(section).split("\n"):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        header = header or cells if cells else []
        text += [c for i, (h, c) in enumerate(zip(header, cells, strict=True)) if not i or h in DEFINING_COLUMNS]
    return code_words("\n".join(text))


def definitions() -> dict[str, list[str]]:
    """The anchors of the sections that define each word."""
    chapters = TEXT[TEXT.index(DEFINING) : TEXT.index("## Glossary")]
    titles = {anchor(title): title for title in re.findall(r"^#+ (.*)$", prose(chapters), re.MULTILINE)}
    found: dict[str, list[str]] = {}
    for name, section in sections(chapters).items():
        for word in defined_words(section, titles[name]) & vocabulary():
            found.setdefault(word, []).append(name)
    return found


def index() -> str:
    """The index of the reference: each word, with links to its definitions."""
    entries = []
    for word, (first, *more) in sorted(definitions().items()):
        links = [f"[`{word}`](#{first})", *(f"[{number}](#{name})" for number, name in enumerate(more, 2))]
        entries.append(" ".join(links))
    return " ·\n".join(entries) + "\n"


def test_every_word_has_an_entry() -> None:
    assert sorted(vocabulary() - set(definitions())) == []


def test_the_index_is_current() -> None:
    assert TEXT.partition("## Index\n\n")[2] == index()


def test_entries_say_their_form() -> None:
    """A declaration and a term is a heading with its form."""
    chapters = TEXT[TEXT.index(DEFINING) : TEXT.index("## Conditions")]
    entries = {name: text for name, text in sections(chapters).items() if text.strip()}
    assert [name for name, text in entries.items() if not text.lstrip().startswith("Form: ")] == []
    assert len(entries) > 30


def test_filters_have_their_class() -> None:
    shapes = {name: ", ".join(f"`{shape}`" if shape else "none" for shape in f.args) for name, f in FILTERS.items()}
    table = {name.strip("`"): (shape, kind) for name, shape, kind, _ in rows(sections(TEXT)["filters"], "filter")}
    assert table == {name: (shapes[name], filter.kind) for name, filter in FILTERS.items()}


def test_every_setting_is_in_the_table_of_settings() -> None:
    cells = [name for name, _ in rows(sections(TEXT)["format"], "setting")]
    assert {name.strip("` ") for cell in cells for name in cell.split(",")} == set(SETTINGS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_every_defined_term_is_in_the_glossary() -> None:
    body, glossary = TEXT.split("## Glossary")
    listed = {term.strip(" *") for term, *_ in rows(glossary, "word")}
    written = prose(body + GUIDE.read_text(encoding="utf-8"))
    defined = set(re.findall(r"\*\*([a-z][a-z -]+)\*\*", written))
    singular = {term if term in listed else term.removesuffix("s") for term in defined}
    assert sorted(singular - listed) == []
    order = [term.strip(" *") for term, *_ in rows(glossary, "word")]
    assert order == sorted(order)


if __name__ == "__main__":
    REFERENCE.write_text(TEXT.partition("## Index\n\n")[0] + "## Index\n\n" + index(), encoding="utf-8")
