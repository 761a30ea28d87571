"""dsl/LANGUAGE.md against the language: its examples are run, its words are all there and all known."""

from __future__ import annotations

import re
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

PAGE = ROOT / "dsl" / "LANGUAGE.md"
TEXT = PAGE.read_text(encoding="utf-8")
OUTPUTS = ("text output", "text sampled", "text segments", "text refused", "json read")


class Example(NamedTuple):
    """A spec of the page with the block that says something about it, and the conversation that this is about."""

    spec: str
    fence: Fence
    talk: Fence | None


def examples() -> list[Example]:
    found: list[Example] = []
    spec, base, talk, settled = "", "", None, True
    for fence in fences(PAGE):
        where = f"LANGUAGE.md:{fence.line}"
        match fence.kind:
            case "chatspec" | "chatspec base" | "chatspec error" | "chatspec file":
                assert settled, f"{where}: the example before shows no result"
                if fence.kind == "chatspec base":
                    base = fence.text
                spec, talk = completed(fence.text, base), None
                settled = fence.kind != "chatspec error"
                if settled:
                    found.append(Example(spec, fence, None))
            case "json conversation":
                assert settled, f"{where}: the conversation before shows no result"
                talk, settled = fence, False
            case "text error" | "text stops":
                settled = True
                found.append(Example(spec, fence, None))
            case kind:
                assert kind in OUTPUTS, f"{where}: no such kind of block: {kind}"
                assert talk is not None, f"{where}: which conversation?"
                settled = True
                found.append(Example(spec, fence, talk))
    assert settled
    return found


def others() -> dict[str, str]:
    """The specs of the page that others of it extend."""
    return {
        fence.text.split("format ", 1)[1].split()[0]: fence.text
        for fence in fences(PAGE)
        if fence.kind in ("chatspec base", "chatspec file")
    }


@pytest.mark.parametrize("example", examples(), ids=lambda e: f"{e.fence.line}-{e.fence.kind.replace(' ', '-')}")
def test_example(example: Example) -> None:
    fence = example.fence
    if fence.kind == "text error":
        with pytest.raises(Findings) as raised:
            load_spec(example.spec, others())
        lines = [f"{d.line}: {d.code}: {d.message}" for d in raised.value.found]
        assert "\n".join(lines) == fence.text
        return
    if fence.language == "chatspec":
        assert format_text(fence.text + "\n") == fence.text + "\n", "the formatter would lay this out otherwise"
    spec = load_spec(example.spec, others())
    if fence.kind == "text stops":
        assert "\n".join(spec.stops) == fence.text
    elif example.talk is not None:
        case = conversation(example.talk.text)
        found = complaint(spec, case, fence)
        assert not found, f"LANGUAGE.md:{fence.line} {found}"


# ---- words ------------------------------------------------------------------------------------------------------

# Words that the grammar takes for names: what they mean is known where names are looked up.
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
    """A new table of words must be added to the vocabulary above, and so to the page."""
    tables = {name for name, value in vars(words).items() if name.isupper() and isinstance(value, tuple | dict)}
    assert tables == {
        "FILTERS", "READERS", "FUNCTIONS", "MARK_TESTS", "POSITIONS", "MESSAGE_NAMES", "TURN_NAMES",
        "COUNTS", "CONVERSATION_NAMES", "TYPE_TESTS", "STATE_TESTS", "OPTION_TYPES", "SETTLED_TOKENS", "ANSWERS",
    }  # fmt: skip
    assert len(keywords()) > 50


def test_the_index_has_every_word_and_no_other() -> None:
    index = sections(TEXT)["index"]
    listed = re.findall(r"\[`(\w+)`\]", index)
    assert sorted(vocabulary() - set(listed)) == []
    assert sorted(set(listed) - vocabulary()) == []
    assert listed == sorted(listed)


def test_the_index_leads_to_where_a_word_is_explained() -> None:
    found = sections(TEXT)
    missing = []
    for entry in found["index"].replace("\n", " ").split(" · "):
        word = re.match(r"\[`(\w+)`\]", entry.strip())
        assert word, entry
        for target in re.findall(r"\(#([\w-]+)\)", entry):
            heading = next(t for t in re.findall(r"^#+ (.*)$", prose(TEXT), re.MULTILINE) if anchor(t) == target)
            if word[1] not in code_words(heading + "\n" + found[target]):
                missing.append(f"{word[1]} in {target}")
    assert missing == []


def test_filters_stand_in_their_class() -> None:
    shapes = {name: ", ".join(f"`{shape}`" if shape else "none" for shape in f.args) for name, f in FILTERS.items()}
    table = {name.strip("`"): (shape, kind) for name, shape, kind, _ in rows(sections(TEXT)["filters"], "filter")}
    assert table == {name: (shapes[name], filter.kind) for name, filter in FILTERS.items()}


def test_every_setting_is_in_the_table_of_settings() -> None:
    cells = [name for name, _ in rows(sections(TEXT)["format"], "setting")]
    assert {name.strip("` ") for cell in cells for name in cell.split(",")} == set(SETTINGS)


def test_links_lead_somewhere() -> None:
    assert broken_links(PAGE) == []


def test_every_defined_term_is_in_the_glossary() -> None:
    body, glossary = TEXT.split("## Glossary")
    listed = {term.strip(" *") for term, *_ in rows(glossary, "word")}
    defined = set(re.findall(r"\*\*([a-z][a-z ]+)\*\*", prose(body)))
    singular = {term if term in listed else term.removesuffix("s") for term in defined}
    assert sorted(singular - listed) == []
    order = [term.strip(" *") for term, *_ in rows(glossary, "word")]
    assert order == sorted(order)
