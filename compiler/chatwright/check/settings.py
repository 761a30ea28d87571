"""Checks the settings of the format declaration: each one appears once, and its value is valid."""

from __future__ import annotations

import re

from chatwright.check.findings import Findings
from chatwright.diagnostics.source import Source
from chatwright.syntax import ast as s
from chatwright.syntax.resolve import FormatTree

#: A name for people, and the SHA-256 of a template's text in UTF-8.
REVISION = re.compile(r"\S+ [0-9a-f]{64}")


def check_settings(tree: FormatTree, findings: Findings) -> None:
    """Every setting of the format's own file."""
    bare, source = tree.format.decl.bare, tree.format.source
    if source is not tree.sources[0] or not isinstance(bare, s.Format):
        return
    findings.once([setting.word for setting in bare.settings], source, "{} is set twice")
    for setting in bare.settings:
        if isinstance(setting.given.data, tuple):
            _items(setting.name, setting.given.data, source, findings)
        elif setting.value == "":
            findings.report("wrong-type", f"{setting.name} cannot be empty", source, setting.given.span)


def _items(name: str, values: tuple[s.Value, ...], source: Source, findings: Findings) -> None:
    words: list[s.Word] = []
    for value in values:
        if not isinstance(value.data, str):
            findings.report("wrong-type", f"{name} takes a list of texts", source, value.span)
            return
        if not value.data:
            findings.report("wrong-type", f"{name} cannot hold an empty text", source, value.span)
            return
        words.append(s.Word(value.data, value.span))
    findings.once(words, source, f"{name} lists {{}} twice")
    if name == "reproduces":
        for word in words:
            if not REVISION.fullmatch(word.text):
                message = f"{word.text!r} does not name a revision of a template"
                help = 'write a name and the SHA-256 of the template in hexadecimal: "NAME 64 digits"'
                findings.report("wrong-type", message, source, word.span, help)
                return
