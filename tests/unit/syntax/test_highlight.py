"""The two highlighters of the language, the Pygments lexer and the folder for VS Code, know every word."""

from __future__ import annotations

import importlib
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from places import ROOT, SPEC_FILES
from pygments.token import Comment, Error, Keyword, Name, Operator, String, Token
from users.test_language import keywords, vocabulary

from chatwright.check.check import check
from chatwright.diagnostics.diagnostic import render
from chatwright.diagnostics.source import Source
from chatwright.syntax import vocabulary as w
from chatwright.syntax.highlight import ARGUMENTS, CLAUSES, CONTROL, JOINING, SETTINGS, ChatspecLexer
from chatwright.syntax.resolve import SETTINGS as ALL_SETTINGS
from chatwright.syntax.resolve import resolve
from chatwright.syntax.snippets import DECLARATIONS, TERMS

VSCODE = ROOT / "dsl" / "editors" / "vscode"


def tokens(text: str) -> list[tuple[Any, str]]:
    return list(ChatspecLexer(ensurenl=False, stripnl=False).get_tokens(text))


# ---- the lexer -------------------------------------------------------------------------------------------------------


def test_pygments_finds_the_lexer() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["entry-points"]["pygments.lexers"]["chatspec"].partition(":")
    assert getattr(importlib.import_module(module), name) is ChatspecLexer
    assert (ChatspecLexer.aliases, ChatspecLexer.filenames) == (["chatspec"], ["*.chatspec"])


@pytest.mark.parametrize("name", SPEC_FILES)
def test_a_shipped_spec_has_no_error_token(name: str) -> None:
    text = SPEC_FILES[name].read_text(encoding="utf-8")
    found = tokens(text)
    assert "".join(value for _, value in found) == text
    assert [value for kind, value in found if kind in Error] == []


def test_other_characters_are_errors() -> None:
    assert [value for kind, value in tokens('turn user { "x" ; }') if kind in Error] == [";"]


def places() -> Iterator[tuple[str, str, Any]]:
    """Every word, a text around `@` in which it has its meaning, and its class there."""
    for word in DECLARATIONS:
        yield word, "@ x", Keyword.Declaration
    yield "override", '@ turn user { "x" }', Keyword.Declaration
    for word in CONTROL:
        yield word, "turn user { by @ }" if word == "next" else 'turn user { @ { "x" } }', Keyword
    for word in CLAUSES:
        place = "mark x = @ user" if word in ("first", "last") else "reasoning from x @ y"
        place = "mark x = last user else @" if word in ("start", "end") else place
        yield word, 'reasoning from x else @ "<a>" "</a>"' if word == "inline" else place, Keyword.Reserved
    for word in JOINING:
        yield word, "turn user { when x @ y { } }", Operator.Word
    for word in SETTINGS:
        yield word, "format x { @ = [] }", Name.Attribute
    for word in (*w.MESSAGE_NAMES, *w.TURN_NAMES, *w.POSITIONS, *w.COUNTS, *w.CONVERSATION_NAMES, *w.SETTLED_TOKENS):
        yield word, 'turn user { "{@}" }', Name.Builtin
    for word in ("message", "run", "part"):
        yield word, 'turn user { "{@.content}" }', Name.Builtin
    for word in w.FILTERS:
        yield word, 'turn user { "{content | @}" }', Name.Builtin.Pseudo
    for word in ARGUMENTS:
        yield word, 'turn user { "{content | strip @}" }', Keyword.Reserved
    for word in w.READERS:
        yield word, "rule x(y) reads @ { }", Name.Builtin
    for word in w.ANSWERS:
        yield word, "answers by @", Name.Builtin
    for word in (*w.FUNCTIONS, *w.MARK_TESTS):
        yield word, "turn user { when @(x) { } }", Name.Function
    for word in (*w.TYPE_TESTS, *w.STATE_TESTS):
        yield word, "turn user { when x is not @ { } }", Keyword.Type
    for word in w.OPTION_TYPES:
        yield word, "option x: @ = y", Keyword.Type
    for word in ("true", "false"):
        yield word, "option x: bool = @", Keyword.Constant


PLACES = list(places())


@pytest.mark.parametrize(("word", "place", "kind"), PLACES, ids=[f"{w}-{i}" for i, (w, *_) in enumerate(PLACES)])
def test_a_word_has_its_class(word: str, place: str, kind: Any) -> None:
    before, _, _ = place.partition("@")
    at = 0
    for found, value in tokens(place.replace("@", word)):
        if at == len(before):
            assert (found, value) == (kind, word)
            return
        at += len(value)
    pytest.fail("no token begins at the word")


def test_every_word_has_a_class() -> None:
    assert vocabulary() - {word for word, *_ in PLACES} == set()
    assert set(SETTINGS) == set(ALL_SETTINGS)


def test_strings_and_comments() -> None:
    found = {
        value: kind for kind, value in tokens('/// doc\nturn user { // note\n  "a\\n{name}" \'b\' """\n  c\n  """ }')
    }
    wanted = {"/// doc": String.Doc, "// note": Comment.Single, "a": String.Double, "\\n": String.Escape}
    wanted |= {"name": Name.Builtin, "'b'": String.Single, "\n  c\n  ": String.Heredoc}
    assert {value: found[value] for value in wanted} == wanted
    assert Token not in found.values()


# ---- the folder for VS Code ------------------------------------------------------------------------------------------


def read(path: str) -> Any:
    return json.loads((VSCODE / path).read_text(encoding="utf-8"))


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(item)


def test_the_manifest_names_the_files_of_the_folder() -> None:
    contributes = read("package.json")["contributes"]
    (language,), (grammar,), (snippets,) = contributes["languages"], contributes["grammars"], contributes["snippets"]
    assert (language["id"], language["extensions"]) == ("chatspec", [".chatspec"])
    assert {grammar["language"], snippets["language"]} == {"chatspec"}
    named = {language["configuration"], grammar["path"], snippets["path"], "./package.json", "./README.md"}
    assert {f"./{path.relative_to(VSCODE).as_posix()}" for path in VSCODE.rglob("*") if path.is_file()} == named


def test_the_grammar_knows_every_word() -> None:
    grammar = read("syntaxes/chatspec.tmLanguage.json")
    assert grammar["scopeName"] == "source.chatspec"
    found: set[str] = set()
    of_keywords: set[str] = set()
    for node in nodes(grammar):
        for pattern in (node[key] for key in ("match", "begin", "end") if key in node):
            re.compile(pattern.replace("(?<=^override )", ""))
            groups = re.findall(r"\((?:\?:)?([a-z_|]+)\)", pattern)
            found.update(word for words in groups for word in words.split("|"))
            if any("keyword." in str(part) for part in (node.get("name"), node.get("captures"))):
                of_keywords.update(word for words in groups for word in words.split("|"))
    assert found == vocabulary()
    assert keywords() - of_keywords == set()
    included = {node["include"][1:] for node in nodes(grammar) if "include" in node}
    assert included == set(grammar["repository"])


def test_the_problem_matcher_matches_a_finding() -> None:
    tree, found = resolve(Source("specs/x y.chatspec", 'format x { }\nturn user { "{contents}" }\n'), lambda name: None)
    assert tree is not None
    (finding, *_) = [d for d in found + check(tree) if d.code == "unknown-name"]
    (matcher,) = read("package.json")["contributes"]["problemMatchers"]
    values = {}
    for line, pattern in zip(render(finding).split("\n"), matcher["pattern"], strict=False):
        match = re.fullmatch(pattern["regexp"], line)
        assert match is not None
        values |= {key: match[group] for key, group in pattern.items() if key != "regexp"}
    assert (values["severity"], values["code"], values["message"]) == ("error", finding.code, finding.message)
    assert (values["file"], values["line"], values["column"]) == ("specs/x y.chatspec", "2", "15")


SNIPPETS = read("snippets/chatspec.json")
AROUND = {
    **dict.fromkeys(("when", "each"), ("turn user {\n  ", "\n}\n")),
    "json": ("turn user {\n  each call in tool_calls {\n  ", "\n  }\n}\n"),
    "sampled": ("turn assistant {\n  ", "\n}\n"),
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_snippet_is_valid(name: str) -> None:
    body = "\n".join(SNIPPETS[name]["body"])
    text = re.sub(
        r"\$\{\d+\|([^,|]*)[^}]*\}|\$\{\d+:([^}]*)\}|\$\{?\d+\}?", lambda found: found[1] or found[2] or "", body
    )
    text = re.sub(r"\{(?=\.name\})", "{call", text.replace("\\\\", "\\"))
    prefix = SNIPPETS[name]["prefix"]
    before, after = AROUND.get(prefix, ("", "\n"))
    text = text.replace("\n", "\n  ") if prefix in AROUND else text
    declared = 'format small {\n  tokens = ["<|start|>", "<|end|>", "<think>", "</think>"]\n}\n'
    turns = 'turn assistant { sampled { "x" close "<|end|>" } }\n'
    rest = ("" if prefix == "format" else declared) + ("" if "turn assistant" in before + text else turns)
    found = resolve(Source("x", before + text + after + rest), lambda name: None)
    assert found[1] == []
    assert found[0] is not None
    assert [d for d in check(found[0]) if d.code not in ("unused-rule", "undeclared-token")] == []


def test_the_snippets_begin_with_words_of_the_language() -> None:
    """A snippet for a turn has the name of the turn instead."""
    named = {"assistant", "results"}
    assert {snippet["prefix"] for snippet in SNIPPETS.values()} - {*DECLARATIONS, *TERMS} == named
