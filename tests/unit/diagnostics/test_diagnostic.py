"""How a diagnostic is printed: carets under wide characters, cut lines, colours."""

from __future__ import annotations

import io
import re

import pytest

from chatwright.diagnostics.codes import CODES
from chatwright.diagnostics.diagnostic import Diagnostic, Label, coloured, has_errors, plain, render, style_for
from chatwright.diagnostics.source import Source, Span

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def diagnostic(marked: str, code: str = "unknown-name", labels: tuple[Label, ...] = ()) -> Diagnostic:
    """A diagnostic at the place between ⟦ and ⟧."""
    before, meant, after = re.split("[⟦⟧]", marked)
    source = Source("x.chatspec", before + meant + after)
    return Diagnostic(code, "message", source, Span(len(before), len(before + meant)), "help", labels)


# The line with the place between ⟦ and ⟧, and the line of carets below it.
CARETS = {
    "ascii": ('turn ⟦user⟧ { "x" }', "     ^^^^"),
    "wide before": ("a 日本 ⟦b⟧", "       ^"),
    "wide inside": ("a ⟦日本⟧", "  ^^^^"),
    "fullwidth bar": ('"<｜x｜>⟦{y}⟧"', "        ^^^"),
    "emoji": ("🙂⟦x⟧", "  ^"),
    "combining": ("e\u0301⟦x⟧", " ^"),
    "tab": ("\t⟦x⟧", " ^"),
    "control character": ("\x1b⟦x⟧", " ^"),
    "several lines": ("a ⟦bc\nde⟧", "  ^^"),
    "nothing": ("a ⟦⟧", "  ^"),
}


@pytest.mark.parametrize(("marked", "carets"), CARETS.values(), ids=CARETS.keys())
def test_carets(marked: str, carets: str) -> None:
    assert render(diagnostic(marked)).split("\n")[4] == f"  | {carets}"


def test_a_long_line_is_cut_around_the_place() -> None:
    shown = render(diagnostic(f"{'a' * 300}⟦bb⟧{'c' * 300}")).split("\n")
    assert shown[3] == f"1 | {'a' * 40}bb{'c' * 118}"
    assert shown[4] == f"  | {' ' * 40}^^"


def test_colours_add_nothing_but_colours() -> None:
    for code in ("unknown-name", "unused-rule"):
        found = diagnostic("one\ntwo ⟦three⟧", code, (Label(Span(0, 3), "first here"),))
        shown = render(found, coloured)
        assert _ANSI.sub("", shown) == render(found, plain) == render(found)
        assert {part for part in _ANSI.split(shown) if part.strip()} >= {"^^^^^", "--- first here", "help:"}
    assert "\x1b[1;31m^^^^^" in render(diagnostic("⟦three⟧"), coloured)
    assert "\x1b[1;33m^^^^^" in render(diagnostic("⟦three⟧", "unused-rule"), coloured)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_style_follows_the_stream_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert style_for(Terminal()) is coloured
    assert style_for(io.StringIO()) is plain
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert style_for(io.StringIO()) is coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert style_for(io.StringIO()) is plain
    assert style_for(Terminal()) is plain


def test_the_code_decides_the_severity() -> None:
    for code, entry in CODES.items():
        found = diagnostic("⟦x⟧", code)
        assert found.severity == entry.severity
        assert has_errors([found]) == (entry.severity == "error")
        assert render(found).startswith(f"{entry.severity}[{code}]: message\n")
    assert not has_errors([])
