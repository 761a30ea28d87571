"""specs/README.md and specs/index.json say what the specs say."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from documents import broken_links, rows
from index import entry as made_entry
from library_table import PAGE, page
from places import SPEC_FILES

import chatwright
from chatwright.library import Entry, index
from conformance.entry import inherited
from conformance.format import Format
from conformance.formats import ALL, ENTRIES, TABLES, base_of, format_of

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_table_is_up_to_date() -> None:
    assert page() == TEXT, "write it: python tools/library_table.py"
    assert len(TEXT.splitlines()) < 80


def test_every_shipped_format_is_counted() -> None:
    names = list(SPEC_FILES)
    assert sorted(fmt.name for fmt in ALL) == names == list(chatwright.formats())
    table = {cell.split("]")[0].strip("["): int(count) for cell, count, *_ in rows(TEXT, "family")}
    assert table == Counter(path.parent.name for path in SPEC_FILES.values())


def test_links_lead_somewhere() -> None:
    assert broken_links(PAGE) == []


#: Formats with a template that no model of the corpus has now: first revisions, and templates of tools.
NO_MODEL = {
    "gemma4_v1_e4b",
    "lfm2_5_v2",
    "minimax_m2",
    "qwen3_8",
    "nemotron3_5_lightning",
    "nemotron_nano_v2_llama_cpp",
    "qwq_switch",
    "smollm3_unsloth",
}


@pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)
def test_the_index_says_what_the_spec_says(fmt: Format) -> None:
    """`python tools/index.py` writes the index."""
    (found,) = (entry for entry in index().formats if entry.name == fmt.name)
    made = msgspec.json.decode(msgspec.json.encode(made_entry(fmt.name)), type=Entry)
    assert found == made and found.about


@pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)
def test_a_format_is_named_as_its_file(fmt: Format) -> None:
    spec = chatwright.load(fmt.name)
    assert spec.name == fmt.name
    assert bool(spec.models) != (fmt.name in NO_MODEL)


@pytest.mark.parametrize("family", TABLES)
def test_the_table_of_a_family_has_the_formats_of_its_folder(family: str) -> None:
    names = [entry.name for entry in TABLES[family]]
    assert sorted(names) == sorted(name for name, path in SPEC_FILES.items() if path.parent.name == family)


def test_an_entry_says_only_how_a_format_differs_from_that_which_its_spec_extends() -> None:
    repeated = []
    for name, entry in ENTRIES.items():
        base = base_of(name)
        given = inherited(format_of(base) if base else None)
        repeated += [(name, field) for field, value in entry.differences.items() if repr(value) == repr(given[field])]
    assert repeated == []
