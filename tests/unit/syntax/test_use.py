"""Rules that a format uses of another one, which it does not extend."""

from __future__ import annotations

import re

import pytest
from cases.small import HI, compile_text, says

from chatwright.check.check import check
from chatwright.diagnostics.diagnostic import Diagnostic
from chatwright.diagnostics.source import Source
from chatwright.lower.lower import identity
from chatwright.syntax.fmt import format_text
from chatwright.syntax.resolve import MAX_CHAIN, FormatTree, resolve

LENDER = """format lender {
  tokens = ["<x>"]
}

turn user { quoted(content) }

rule quoted(text) { stroke "{text}" stroke }

rule stroke { "'" }

rule calls { each call in tool_calls { "<call>" json { name: call.name, arguments: call.arguments } "</call>" } }
"""
OWN = """format own {
  tokens = ["<end>"]
}

use quoted, calls from lender

turn user { "user: " quoted(content) "\\n" }

turn assistant {
  "model: "
  sampled {
    "{content}"
    calls
    close "<end>"
  }
  "\\n"
}

rule stroke { "|" }
"""
HEAD = "format own { }\n"


def resolved(text: str, **others: str) -> tuple[FormatTree | None, list[Diagnostic]]:
    others = {"lender": LENDER, **others}

    def load(name: str) -> Source | None:
        return Source(f"{name}.chatspec", others[name]) if name in others else None

    return resolve(Source("own.chatspec", text), load)


def said(text: str, **others: str) -> list[tuple[str, str, str]]:
    _, found = resolved(text, **others)
    return [(d.code, d.message, d.source.text[d.span.start : d.span.end]) for d in found]


def test_rules_stand_as_if_they_were_written_here() -> None:
    spec = compile_text(OWN, lender=LENDER)
    call = {"type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    answer = {"role": "assistant", "content": "Ho", "tool_calls": [call]}
    written = 'Ho<call>{"name": "f", "arguments": {"a": 1}}</call>'
    assert spec.text([*HI, answer]) == f"user: |Hi|\nmodel: {written}<end>\n"
    assert spec.parser().parse(f"{written}<end>").message() == answer
    rules = LENDER[LENDER.index("rule quoted") : LENDER.index("rule stroke")] + LENDER[LENDER.index("rule calls") :]
    flat = compile_text(OWN.replace("use quoted, calls from lender\n", rules))
    assert flat.jinja().split("\n")[1:] == spec.jinja().split("\n")[1:]


def test_segments_name_the_file_of_the_rule() -> None:
    spec = compile_text(OWN, lender=LENDER)
    found = [(g.text, g.spec) for g in spec.segments([*HI, says("x")])]
    assert found[:4] == [
        ("user: ", "small.chatspec"),
        ("|", "small.chatspec"),
        ("Hi", "lender.chatspec"),
        ("|", "small.chatspec"),
    ]


def test_the_hash_is_of_what_is_used_too() -> None:
    tree, found = resolved(OWN)
    changed, _ = resolved(OWN, lender=LENDER + "// a comment\n")
    assert found == []
    assert tree is not None
    assert changed is not None
    assert identity(tree) != identity(changed)


def test_a_variant_overrides_what_its_base_uses() -> None:
    kid = 'format kid extends own { }\n\noverride rule quoted(text) { "({text})" }\n'
    spec = compile_text(kid, own=OWN, lender=LENDER)
    assert spec.text(HI) == "user: (Hi)\n"


def test_used_rules_take_the_place_of_those_of_a_base() -> None:
    other = 'format other { }\n\nrule quoted(text) { "[{text}]" }\n'
    kid = "format kid extends own { }\n\noverride use quoted from other\n"
    assert compile_text(kid, own=OWN, lender=LENDER, other=other).text(HI) == "user: [Hi]\n"
    _, (found,) = resolved(kid.replace("override ", ""), own=OWN, other=other)
    assert (found.code, found.message) == ("duplicate", "the base of this format already declares rule quoted")


def test_rules_that_are_used_are_used_on() -> None:
    """A format also lends the rules that it uses and the rules of its base."""
    middle = "format middle extends base { }\n\nuse quoted from lender\n"
    base = 'format base { }\n\nrule shout { "!" }\n'
    tree, found = resolved("format own { }\n\nuse quoted, shout from middle\n", middle=middle, base=base)
    assert found == []
    assert tree is not None
    assert [(key.bare.name, place.name) for key, place in ((p.decl, p.source) for p in tree.decls)] == [  # type: ignore[union-attr]
        ("quoted", "lender.chatspec"),
        ("shout", "base.chatspec"),
    ]
    assert [source.name for source in tree.sources] == ["own.chatspec", "lender.chatspec", "base.chatspec"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("use quoted from ⟦nobody⟧", ("unknown-name", "there is no format nobody to use rules from")),
        ("use ⟦qoted⟧ from lender", ("unknown-name", "there is no rule qoted to use from lender")),
        ("override use ⟦quoted⟧ from lender", ("unknown-name", "there is no rule quoted to override")),
        ("use quoted, ⟦quoted⟧ from lender", ("duplicate", "rule quoted is declared twice")),
    ],
)
def test_mistake(line: str, found: tuple[str, str]) -> None:
    before, meant, after = re.split("[⟦⟧]", HEAD + line)
    _, (one,) = resolved(f"{before}{meant}{after}\n")
    assert (one.code, one.message) == found
    assert one.span == (len(before), len(before + meant))


def test_a_name_that_is_near_is_proposed() -> None:
    _, (found,) = resolved(HEAD + "use qoted from lender\n")
    assert found.help == "did you mean rule quoted?"


def test_a_rule_of_ones_own_of_that_name() -> None:
    assert said(HEAD + 'use quoted from lender\n\nrule quoted(x) { "{x}" }\n')[0][:2] == (
        "duplicate",
        "rule quoted is declared twice",
    )


def test_formats_that_use_one_another() -> None:
    first = "format a { }\n\nuse y from b\n\nrule x { }\n"
    second = "format b { }\n\nuse x from a\n\nrule y { }\n"
    found = said(HEAD + "use x from a\n", a=first, b=second)
    assert ("endless-recursion", "format a uses rules that lead back to it", "a") in found


def test_lenders_have_an_end() -> None:
    others = {f"f{i}": f"format f{i} {{ }}\n\nuse x from f{i + 1}\n" for i in range(MAX_CHAIN + 1)}
    found = said(HEAD + "use x from f0\n", **others, **{f"f{MAX_CHAIN + 1}": 'format f { }\n\nrule x { "" }\n'})
    assert (
        "too-large",
        f"a format can use rules of at most {MAX_CHAIN} other formats, indirect ones included",
    ) == found[0][:2]


def test_mistakes_of_a_lender_stand_in_its_own_file() -> None:
    _, found = resolved(HEAD + "use x from bad\n", bad="format bad { }\n\nrule x {\n")
    assert {d.source.name for d in found} == {"bad.chatspec"}


def test_what_a_used_rule_names_must_be_here() -> None:
    tree, found = resolved(OWN.replace('rule stroke { "|" }\n', ""))
    assert found == []
    assert tree is not None
    errors = [d for d in check(tree) if d.severity == "error"]
    assert {(d.code, d.source.name, d.source.text[d.span.start : d.span.end]) for d in errors} == {
        ("unknown-name", "lender.chatspec", "stroke")
    }


def test_a_used_rule_that_is_never_printed() -> None:
    tree, _ = resolved(OWN.replace("    calls\n", ""))
    assert tree is not None
    (found,) = [d for d in check(tree) if d.code == "unused-rule"]
    assert (found.source.name, found.message) == ("own.chatspec", "rule calls is never printed")
    assert found.source.text[found.span.start : found.span.end] == "calls"


def test_its_one_layout() -> None:
    assert format_text(HEAD + "use  quoted ,calls\n  from lender\n") == HEAD + "\nuse quoted, calls from lender\n"
