"""The templates that the formats reproduce, in each spec and in the shipped specs/revisions.json.

`python tools/revisions.py` writes both from the entries of tests/conformance, whose tests prove them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from conformance.format import Format
from conformance.formats import ALL
from conformance.oracle import original
from places import SPEC_FILES, SPECS

from chatwright.recognize import digest, fingerprint

INDEX = SPECS / "revisions.json"
LIST = re.compile(r"^  reproduces = \[.*?\]\n", re.MULTILINE | re.DOTALL)


def revisions(fmt: Format) -> list[tuple[str, str]]:
    """The templates that the tests of a format compare with: name and hash, each hash once."""
    found: dict[str, str] = {}
    for name in (fmt.template, *fmt.also):
        found.setdefault(digest(original(name)), name)
    return [(name, sha256) for sha256, name in found.items()]


def written(fmt: Format, text: str) -> str:
    """A spec with the list of the templates that it reproduces, after its models."""
    items = [f'"{name} {sha256}"' for name, sha256 in revisions(fmt)]
    own = f"  reproduces = [{items[0]}]\n"
    if len(items) > 1 or len(own) > 120:
        own = "  reproduces = [\n" + "".join(f"    {item},\n" for item in items) + "  ]\n"
    if LIST.search(text):
        return LIST.sub(lambda _: own, text, count=1)
    text = re.sub(r"^(format [^{\n]*)\{ \}$", r"\1{\n}", text, count=1, flags=re.MULTILINE)
    head = re.compile(r"^format [^{\n]*\{\n(  models = \[.*?\]\n)?", re.MULTILINE | re.DOTALL)
    return head.sub(lambda m: m[0] + own, text, count=1)


def index() -> str:
    """The index: the format, the name and the lines of each known template, by its hash."""
    known: dict[str, dict[str, str]] = {}
    for fmt in ALL:
        for name, sha256 in revisions(fmt):
            entry = {"format": fmt.name, "name": name, "lines": fingerprint(original(name))}
            known.setdefault(sha256, entry)
    return json.dumps(dict(sorted(known.items())), indent=0, ensure_ascii=False) + "\n"


def main() -> None:
    for fmt in ALL:
        file = SPEC_FILES[fmt.name]
        file.write_text(written(fmt, file.read_text(encoding="utf-8")), encoding="utf-8")
    INDEX.write_text(index(), encoding="utf-8")


if __name__ == "__main__":
    main()
