"""The formatter: what it leaves alone, what it changes, and that it never changes the meaning."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import SPEC_FILES

from chatwright.diagnostics.source import Source
from chatwright.syntax.fmt import WIDTH, format_source, format_text
from chatwright.syntax.parse import parse
from chatwright.syntax.scan import scan

SPECS = list(SPEC_FILES.values())
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in SPECS}


def meaning(text: str) -> object:
    """The syntax tree of a text without its spans."""
    file, problems = parse(Source("x", text))
    assert problems == []

    def bare(value: object) -> object:
        if isinstance(value, msgspec.Struct):
            places = ("span", "spans", "escapes", "who")
            fields = [bare(getattr(value, name)) for name in value.__struct_fields__ if name not in places]
            return (type(value).__name__, *fields)
        if isinstance(value, tuple):
            return tuple(map(bare, value))
        return value

    return bare(file)


def comments(text: str) -> list[str]:
    return [text[t.start : t.end].rstrip() for t in scan(text).tokens if t.kind == "comment"]


def strings(text: str) -> list[str]:
    return [text[t.start : t.end] for t in scan(text).tokens if t.kind in ("string", "raw")]


def check(text: str) -> str:
    """Format a text and hold it to all that a formatter promises."""
    out = format_text(text)
    assert meaning(out) == meaning(text)
    assert comments(out) == comments(text)
    assert strings(out) == strings(text)
    assert format_text(out) == out
    return out


@pytest.mark.parametrize("name", TEXTS)
def test_the_library_is_clean(name: str) -> None:
    assert check(TEXTS[name]) == TEXTS[name]


# (as it is written, as it is formatted; None: it stays as it is)
CASES: dict[str, tuple[str, str | None]] = {
    "empty": ("\n\n", ""),
    "spaces": ('turn   user{"{content}"}', 'turn user { "{content}" }\n'),
    "declarations": ("skip a\nskip b\n\n\n\nskip c", "skip a\n\nskip b\n\nskip c\n"),
    "indentation": (
        'turn user {\n"a"\n      when content {\n"b" }\n}\n',
        'turn user {\n  "a"\n  when content {\n    "b"\n  }\n}\n',
    ),
    "terms of one line": ('turn user {\n  "a"   "b"\n  "c"\n}\n', 'turn user {\n  "a" "b"\n  "c"\n}\n'),
    "a block of one line": ('turn user { when a { "x" } else { "y" } }\n', None),
    "branches of one line each": ('turn user {\n  when a { "x" }\n  else when b { "y" }\n  else { "z" }\n}\n', None),
    "broken branches": ('turn user {\n  when a {\n    "x"\n  } else {\n    "y"\n  }\n}\n', None),
    "else on its own line": (
        'turn user {\n  when a {\n    "x"\n  }\n  else\n  {\n    "y"\n  }\n}\n',
        'turn user {\n  when a {\n    "x"\n  } else {\n    "y"\n  }\n}\n',
    ),
    "a broken branch and one of one line": ('turn user {\n  when a {\n    "x"\n  }\n  else { "y" }\n}\n', None),
    "past after a broken block": ('turn user {\n  fresh {\n    "x"\n  } past when a { "y" }\n}\n', None),
    "empty blocks": ("turn user {\n\n}\n\nturn tool { fresh {} past {\n} }\n", None),
    "an empty line": ('turn user {\n\n  "a"\n\n\n\n  "b"\n\n}\n', 'turn user {\n  "a"\n\n  "b"\n}\n'),
    "comments": (
        "// a\n\n\n// b\nskip x // c\n// d\n\n/// e\n//f\nskip y\n// g",
        "// a\n\n// b\nskip x // c\n\n// d\n\n/// e\n//f\nskip y\n\n// g\n",
    ),
    "comments in a block": (
        'turn user { // a\n// b\n\n"x" // c\n  // d\n}',
        None,
    ),
    "a comment in a condition": (
        'turn user {\n  when a // why\n   and b { "x" }\n}\n',
        'turn user {\n  when a // why\n      and b { "x" }\n}\n',
    ),
    "a list": ('format x { tokens=["a","b",] }', 'format x { tokens = ["a", "b"] }\n'),
    "a list of lines": (
        'format x {\n  tokens = ["a",  "b",\n "c" // d\n, "e"]\n}',
        'format x {\n  tokens = [\n    "a", "b",\n    "c", // d\n    "e",\n  ]\n}\n',
    ),
    "a record": (
        "turn user { json {a:b|json,...c,\n d?:e} }",
        "turn user {\n  json {\n    a: b | json, ...c,\n    d?: e,\n  }\n}\n",
    ),
    "a block string": (
        'head {\n      """\n      a\n        b\n\n      c \n      """\n}\n',
        'head {\n  """\n  a\n    b\n\n  c \n  """\n}\n',
    ),
    "expressions": (
        "turn user { when not(a.b | strip) and c in[x,y]or d(e ,f)>3 { } }",
        "turn user { when not (a.b | strip) and c in [x, y] or d(e, f) > 3 { } }\n",
    ),
    "roles": ("turn (user|tool)+{}\n", "turn (user | tool)+ { }\n"),
    "a long condition": (
        f'turn user {{ when {" and ".join(f"condition_{i}(content)" for i in range(9))} {{ "x" }} }}',
        None,
    ),
    "line ends of Windows": ('turn user {\r\n  """\r\n  a\r\n  """\r\n}\r\n', 'turn user {\n  """\n  a\n  """\n}\n'),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    written, wanted = CASES[name]
    out = check(written.replace("\r", "")) if "\r" not in written else format_text(written)
    if wanted is not None:
        assert out == wanted
    elif name not in ("a long condition", "comments in a block", "empty blocks"):
        assert out == written


def test_a_long_condition_is_folded() -> None:
    written, _ = CASES["a long condition"]
    lines = format_text(written).split("\n")
    assert max(map(len, lines)) <= WIDTH
    assert lines[1].startswith("  when condition_0") and lines[2].startswith("      and condition_")


def test_a_text_with_errors_is_left_as_it_is() -> None:
    text = 'turn user {  "x"\n'
    assert format_text(text) == text
    formatted, problems = format_source(Source("x", text))
    assert formatted is None
    assert [d.code for d in problems] == ["syntax"]


GAPS = (" ", "  ", "\n  ", "\n\n\n    ", "\t", " // a comment\n ", "\n // one of its own\n  ")


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(sorted(TEXTS)), random=st.randoms(use_true_random=False), often=st.integers(1, 30))
def test_white_space_means_nothing(name: str, random: object, often: int) -> None:
    """Any white space and any comments between the words of a spec: the same meaning, and one form for it."""
    text = TEXTS[name]
    out: list[str] = []
    at = 0
    for token in scan(text).tokens:
        gap = text[at : token.start]
        started = token.start == 0 or text[token.start - 1] == "\n"
        after_comment = bool(out) and re.search(r"//[^\n]*$", out[-1]) is not None
        if not started and not after_comment and random.randrange(30) < often:  # type: ignore[attr-defined]
            gap = random.choice(GAPS) if gap else random.choice(("", "", " ", "\n  "))  # type: ignore[attr-defined]
        out += [gap, text[token.start : token.end]]
        at = token.end
    mangled = "".join([*out, text[at:]])
    assert meaning(mangled) == meaning(text)
    check(mangled)
