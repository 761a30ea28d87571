"""specs/index.json: the facts about all shipped formats, so that commands need not compile any.

`python tools/index.py` writes it from the specs. A model id that several specs name leads to the format whose template
the corpus of templates records for that repository.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from library_coverage import entries as corpus
from places import SPEC_FILES, SPECS

import chatwright
from chatwright.library import Entry, shipped
from chatwright.syntax.ast import Format
from chatwright.syntax.parse import parse

INDEX = SPECS / "index.json"
#: Characters that a description has at least.
SHORTEST = 30
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def entry(name: str) -> Entry:
    """The entry of a format."""
    source = shipped(name)
    assert source is not None
    tree, _ = parse(source)
    (own,) = (decl for decl in tree.decls if isinstance(decl.bare, Format))
    assert isinstance(own.bare, Format)
    spec = chatwright.load(name)
    return Entry(
        name,
        SPEC_FILES[name].parent.name,
        first_sentences(own.doc or ""),
        spec.models,
        own.bare.extends,
        tuple(spec.options.values()),
        spec.stops,
        tuple(revision.name for revision in spec.reproduces),
    )


def first_sentences(doc: str) -> str:
    """The first sentence; with the next ones where it is no more than a name."""
    found = ""
    for sentence in _SENTENCES.split(" ".join(doc.split())):
        found = f"{found} {sentence}".strip()
        if len(found) >= SHORTEST:
            break
    return found


def models(found: list[Entry]) -> dict[str, str]:
    """The format of each model id."""
    claims: dict[str, list[str]] = {}
    for one in found:
        for model in one.models:
            claims.setdefault(model, []).append(one.name)
    return {model: names[0] if len(names) == 1 else _chosen(model, names) for model, names in sorted(claims.items())}


def _chosen(model: str, names: list[str]) -> str:
    """The format, of those that name a model, that reproduces the template of the model's repository."""
    hashes = {row["sha256"] for row in corpus() if model in (row["repo"], *row["aliases"])}
    (name,) = (name for name in names if hashes & {one.sha256 for one in chatwright.load(name).reproduces})
    return name


def text(found: list[Entry]) -> str:
    """The whole file, with a format or a model on each line."""
    rows = ",\n".join(f"  {msgspec.json.encode(one).decode()}" for one in found)
    ids = ",\n".join(
        f"  {msgspec.json.encode(model).decode()}: {msgspec.json.encode(name).decode()}"
        for model, name in models(found).items()
    )
    return f'{{"formats": [\n{rows}\n], "models": {{\n{ids}\n}}}}\n'


if __name__ == "__main__":
    INDEX.write_text(text([entry(name) for name in sorted(SPEC_FILES)]), encoding="utf-8")
