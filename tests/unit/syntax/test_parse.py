"""The syntax tree of a text, and the errors of a text that has none. The table of broken snippets is the reference."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from places import SPEC_FILES

from chatwright.diagnostics.source import Source
from chatwright.syntax import ast as s
from chatwright.syntax import grammar as grammar_module
from chatwright.syntax.errors import expected, words_of_terminals
from chatwright.syntax.foreign import FOREIGN
from chatwright.syntax.grammar import grammar, grammar_text, make_parser
from chatwright.syntax.parse import parse
from chatwright.syntax.snippets import CLAUSES, DECLARATIONS, TERMS
from chatwright.syntax.strings import ESCAPES

SPECS = list(SPEC_FILES.values())


def problems(text: str) -> list[tuple[str, str | None]]:
    return [(d.message, d.help) for d in parse(Source("x", text))[1]]


WHEN = "`if` is written `when` here: " + TERMS["when"]
EACH = "`for` is written `each` here: " + TERMS["each"]
NO_VARIABLES = "there are no variables: an `option` is a value from the caller, a `rule` is a piece of text with a name"

# (the snippet with the places of its errors, (message, help) of each)
BROKEN: list[tuple[str, list[tuple[str, str | None]]]] = [
    ("turn user { a⟦(⟧b }", [("this ( is not closed before the } after it", None)]),
    (
        'turn ⟦{⟧ "x" }',
        [("expected the roles that it is for, found `{`", 'turn user | system { "{role}: {content}" }')],
    ),
    (
        'turn user ⟦"x"⟧',
        [("expected a block `{ … }`, `+` or `|`, found a text", 'turn user | system { "{role}: {content}" }')],
    ),
    ('turn user ⟦{⟧ "x"', [("this { is not closed before the declaration ends", None)]),
    ('turn user { "x" } ⟦}⟧', [("this } closes nothing", None)]),
    (
        'turn user { when ⟦{⟧ "x" } }',
        [("expected a condition, found `{`", 'when content { "{content}" } else { "nothing" }')],
    ),
    (
        'turn user { when a ⟦b⟧ { "x" } }',
        [("expected a block `{ … }`, found `b`", 'when content { "{content}" } else { "nothing" }')],
    ),
    ('turn user { ⟦if⟧ a { "x" } }', [("there is no term `if`", WHEN)]),
    ('turn user { "y" ⟦for⟧ x in y { "x" } }', [("there is no term `for`", EACH)]),
    ("turn user {\n  bos\n  ⟦set⟧ x = 1\n}", [("there is no term `set`", NO_VARIABLES)]),
    (
        'turn user { when a and\n  error ⟦;⟧ { "x" } }',
        [("the character ';' has no meaning here", "write terms next to each other, without ;")],
    ),
    (
        "turn user { each error in ⟦{⟧ } }",
        [("expected a value, found `{`", 'each call in tool_calls sep ", " { "{call.name}" }')],
    ),
    (
        'turn user { error "x" ⟦,⟧ }',
        [("expected a term or `}`, found `,`", "write terms next to each other, without commas")],
    ),
    (
        'turn user { when a { "x" } else ⟦if⟧ b { "y" } }',
        [("expected a block `{ … }` or `when`, found `if`", WHEN)],
    ),
    (
        'turn user {\n  when a == ⟦{⟧ "x" }\n  each x ⟦{⟧ "y" }\n  "{a ⟦b⟧}"\n}',
        [
            ("expected a value, found `{`", 'when content { "{content}" } else { "nothing" }'),
            ("expected `,` or `in`, found `{`", 'each call in tool_calls sep ", " { "{call.name}" }'),
            ("expected the end of the slot, found `b`", "a slot reads data, with filters: {content | strip}"),
        ],
    ),
    (
        'turn user {\n  foo bar baz⟦,⟧\n  "x" ⟦+⟧ "y"\n  close\n  ok\n}',
        [
            ("expected a term or `}`, found `,`", "write terms next to each other, without commas"),
            ("expected a term or `}`, found `+`", "write texts next to each other"),
        ],
    ),
    ("option x ⟦=⟧ true", [("expected `:`, found `=`", "option enable_thinking: bool = true")]),
    (
        "option x: bool =⟦ ⟧",
        [
            (
                "expected a text in quotes, a name, a number or `[`, and the declaration ends here",
                "option enable_thinking: bool = true",
            )
        ],
    ),
    ("option ⟦:⟧ bool", [("expected the name of an option, found `:`", "option enable_thinking: bool = true")]),
    ('⟦trun⟧ user { "x" }', [("there is no declaration `trun`", "did you mean turn?")]),
    (
        '⟦when⟧ a { "x" }',
        [("`when` belongs inside a block, but a declaration begins at column 0", "indent the text inside a block")],
    ),
    ('  ⟦turn⟧ user { "x" }', [("a declaration begins at column 0", "remove the white space before it")]),
    (
        '⟦"x"⟧\nturn user { "x" }',
        [
            (
                "this is outside every declaration: each one begins at column 0 with its keyword",
                'write it inside a block: turn user | system { "{role}: {content}" }',
            )
        ],
    ),
    ("⟦/// doc⟧\n", [("this doc comment has no declaration after it", "write // for other comments")]),
    (
        "⟦/// doc⟧\n/// more\n\n/// two\nturn user { }",
        [("this doc comment has no declaration after it", "write // for other comments")],
    ),
    (
        'turn user {\n⟦foo⟧\n"x"\n}\nturn tool { }',
        [("a declaration begins at column 0, and foo begins none", "indent the text inside a block")],
    ),
    ('turn user { ⟦"abc }⟧\n', [('this string is not closed by " on its line', None)]),
    ('turn user { ⟦"{content }⟧\n}', [('this string is not closed by " on its line', None)]),
    (
        'turn user { "⟦{content⟧" }',
        [("this slot is not closed before the string ends", "close it with }, or write \\{ for a brace")],
    ),
    (
        'turn user { "⟦{a or ⟧"b"}" }',
        [("this slot is not closed before the string ends", "close it with }, or write \\{ for a brace")],
    ),
    (
        'turn user { "⟦{}⟧" "{ content | strip⟦(⟧newlines)}" "{a ⟦==⟧ b}" "{when ⟦x⟧}" "{⟦+⟧}" "{a | ⟦}⟧"}',
        [
            ("this slot is empty", "a slot reads data: {content}; a brace is written \\{"),
            (
                "expected a name, a number, a text in '…' or `|`, found `(`",
                "write the arguments of a filter without parentheses: | strip newlines",
            ),
            (
                "expected the end of the slot, found `==`",
                "a slot reads data; put the condition into a `when` around the string",
            ),
            (
                "expected a condition, found `x`",
                'write the words of a block outside the string: when name { "{name}" }',
            ),
            ("expected a text in quotes or a name, found `+`", "write texts next to each other"),
            ("expected a name, and the slot ends here", "a slot reads data, with filters: {content | strip}"),
        ],
    ),
    ('turn user {\n  ⟦"""⟧\n  abc\n}\n\nturn tool { "x" }', [('this block string is not closed by """', None)]),
    (
        'turn user {\n  """\n⟦abc⟧\n  """\n}',
        [
            (
                "text at column 0 ends a block string, for a declaration begins there",
                "indent the text at least as far as the closing quotes",
            )
        ],
    ),
    (
        'turn user { ⟦"""abc"""⟧ }',
        [
            (
                'write nothing after the opening """ on its line, and nothing before the closing """',
                "a text on one line is written \"…\" or '…'",
            )
        ],
    ),
    ('turn user { ⟦/// doc⟧\n "x" }', [("a doc comment must be before a declaration", "write // for other comments")]),
    ('turn user { "a⟦\\q⟧b" }', [("unknown escape \\q", 'the escapes are \\n \\t \\" \\\\ and \\{')]),
    ("turn user { a⟦.⟧b }", [("expected a term or `}`, found `.`", 'a slot prints data: "{a.…}"')]),
    ("turn user { json { a ⟦=⟧ b } }", [("expected `:` or `?`, found `=`", "the entries of a record have a colon")]),
    (
        'turn user { json { ⟦"a"⟧: b } }',
        [("expected a name, `...` or `}`, found a text", "json { name: call.name, arguments: call.arguments }")],
    ),
    ("turn user { ⟦(⟧a) }", [("expected a term or `}`, found `(`", None)]),
    ("mark q = ⟦newest⟧ user", [("expected `first` or `last`, found `newest`", "mark query = last user else start")]),
    ("mark q ⟦last⟧ user", [("expected `=`, found `last`", "mark query = last user else start")]),
    ('format x { tokens ⟦[⟧"a"] }', [("expected `=`, found `[`", 'format my_model { tokens = ["<|end|>"] }')]),
    ("format ⟦{⟧ }", [("expected the name of the format, found `{`", 'format my_model { tokens = ["<|end|>"] }')]),
    ('reject "x"⟦⟧', [("expected `when`, and the declaration ends here", 'reject "No messages." when not messages')]),
    (
        'turn user { reject "x" when y ⟦}⟧',
        [("expected a block `{ … }`, found `}`", 'when content { "{content}" } else { "nothing" }')],
    ),
    ('turn user { when a >⟦=⟧ b { "x" } }', [("expected a value, found `=`", "there is no >=, only >")]),
    ('turn user { when a |⟦|⟧ b { "x" } }', [("expected a name, found `|`", "or is written `or`")]),
    ('turn user { when a ⟦&&⟧ b { "x" } }', [("the character '&' has no meaning here", "and is written `and`")]),
    ('turn user { when ⟦!⟧a { "x" } }', [("expected a condition, found `!`", "not is written `not`")]),
    (
        "turn user { json { name: name⟦!⟧ } }",
        [
            (
                "expected `,`, `.`, `|` or `}`, found `!`",
                'write ! in a slot: "{x!}"; elsewhere test first: when x is not given { reject "…" }',
            )
        ],
    ),
    (
        'turn user { "x" ⟦{⟧ {shown} } }',
        [
            (
                "expected a term or `}`, found `{`",
                'write a slot in a string: "{content}"; write a rule as a bare name',
            )
        ],
    ),
    (
        'turn user { fresh { } past ⟦"x"⟧ }',
        [("expected a block `{ … }` or `when`, found a text", 'fresh { "{reasoning}" } past { "" }')],
    ),
    ('turn user { "x" ⟦past⟧ { } }', [("expected a term or `}`, found `past`", 'fresh { "{reasoning}" } past { "" }')]),
    (
        "turn user { else ⟦{⟧ } }",
        [("expected a term or `}`, found `{`", 'when content { "{content}" } else { "nothing" }')],
    ),
    (
        "head takes ⟦system⟧ { }",
        [("expected `all`, `first` or `last`, found `system`", 'head takes first system { "{system.content}" }')],
    ),
    ("rule x(a ⟦b⟧) { }", [("expected `)` or `,`, found `b`", "rule quoted(text) { \"'{text}'\" }")]),
    ("rule x⟦(⟧ { }", [("this ( is not closed before the declaration ends", None)]),
    ("turn user | ⟦{⟧ }", [("expected a name, found `{`", 'turn user | system { "{role}: {content}" }')]),
    (
        "turn user+ ⟦tool⟧ { }",
        [("expected a block `{ … }`, found `tool`", 'turn user | system { "{role}: {content}" }')],
    ),
    ("turn user⟦;⟧", [("the character ';' has no meaning here", "write terms next to each other, without ;")]),
    ("deviation x⟦⟧", [("expected a text in quotes, and the declaration ends here", 'deviation name "the reason"')]),
    ("ids ⟦foo⟧", [("expected a text in quotes or `random`, found `foo`", 'ids "functions.{name}:{index}"')]),
    ("content ⟦strip⟧", [("expected `|`, found `strip`", "content | strip")]),
    ("answers ⟦id⟧", [("expected `by`, found `id`", "answers by id")]),
    ("override ⟦trun⟧ x {}", [("expected the keyword of a declaration, found `trun`", None)]),
    (
        "turn user { each x in ⟦[⟧a, b { } }",
        [("this [ is not closed before the } after it", None)],
    ),
    ('turn user { when ⟦(⟧a { "x" } }', [("this ( is not closed before the } after it", None)]),
    (
        'turn user { prefill ⟦"x"⟧ }',
        [
            (
                "expected a block `{ … }` or `when`, found a text",
                'prefill when not enable_thinking { "<think></think>" }',
            )
        ],
    ),
    ("turn user { ⟦#⟧comment\n}", [("the character '#' has no meaning here", "a comment begins with //")]),
    (
        "turn user { ⟦# comment }⟧\n}",
        [("a comment of another language begins with #", "a comment begins with //")],
    ),
    (
        "⟦/* the user's turn⟧\n */\nturn user { }",
        [("a comment of another language begins with /*", "a comment begins with // and ends with its line")],
    ),
    (
        'head { "x" }\n  ⟦turn⟧ user { "x" }',
        [("a declaration begins at column 0", "remove the white space before it")],
    ),
    ("turn user { ⟦'abc }⟧\n", [("this string is not closed by ' on its line", None)]),
]


def split(marked: str) -> tuple[str, list[tuple[int, int]]]:
    text, spans = "", []
    while "⟦" in marked:
        before, _, rest = marked.partition("⟦")
        inner, _, marked = rest.partition("⟧")
        text += before
        # An error after the last character has no text to mark.
        spans.append((len(text), len(text) + max(1, len(inner))))
        text += inner
    return text + marked, spans


@pytest.mark.parametrize(("marked", "wanted"), BROKEN, ids=[marked for marked, _ in BROKEN])
def test_broken(marked: str, wanted: list[tuple[str, str | None]]) -> None:
    text, spans = split(marked)
    _, found = parse(Source("x", text))
    assert [(d.message, d.help) for d in found] == wanted
    assert [tuple(d.span) for d in found] == spans


def test_one_run_reports_every_declaration() -> None:
    text = 'option : bool\n\nturn user { "{content" }\n\nmark q = any user\n\nturn tool { "x" }\n\nrul x { }\n'
    file, found = parse(Source("x", text))
    assert [d.line for d in found] == [1, 3, 5, 9]
    assert [type(decl.bare) for decl in file.decls] == [s.Turn, s.Turn]


def test_one_run_reports_several_lines_of_a_declaration() -> None:
    lines = ["turn user {", "  when a == {", '    "x"', "  }", '  "{b c}"', "  each x { }", "  foo,", '  "{d}"', "}"]
    assert [d.line for d in parse(Source("x", "\n".join(lines)))[1]] == [2, 5]
    lines[1] = "  when a {"
    assert [d.line for d in parse(Source("x", "\n".join(lines)))[1]] == [5, 6, 7]


@pytest.mark.slow
def test_nothing_is_lost() -> None:
    """Every token of a valid file is in a declaration of its tree."""
    for path in SPECS:
        text = path.read_text(encoding="utf-8")
        file, found = parse(Source(path.name, text))
        assert found == []
        left = list(text)
        for decl in file.decls:
            left[decl.span.start : decl.span.end] = " " * (decl.span.end - decl.span.start)
        assert re.sub(r"//.*", "", "".join(left)).strip() == ""


@pytest.mark.parametrize("junk", ["}", '"x"', "  foo", "  turn user { }", "( [", "/// doc\n", "/// a\n\n/// b\n", "\\"])
def test_junk_is_never_passed_over(junk: str) -> None:
    format = "format x { tokens = [] }\n"
    assert problems(f"{junk}\n{format}") != [] or junk.startswith("/// doc")
    assert problems(f"{format}{junk}") != []
    assert problems(f"{format}{junk}\n") != []


def test_spans_point_at_what_they_name() -> None:
    text = '/// A doc.\nturn user { "{name or role | strip newlines}" when not content.x { quoted("y") } }\n'
    file, found = parse(Source("x", text))
    assert found == []
    (decl,) = file.decls
    assert decl.doc == "A doc."
    assert isinstance(decl.bare, s.Turn)
    literal, when = decl.bare.body.terms
    assert isinstance(literal, s.Literal) and isinstance(when, s.When)
    (slot,) = literal.parts
    assert isinstance(slot, s.Slot)
    assert text[slice(*slot.span)] == "name or role | strip newlines"
    assert text[slice(*slot.choices[1].span)] == "role"
    assert text[slice(*slot.filters[0].span)] == "| strip newlines"
    assert text[slice(*when.branches[0][0].span)] == "not content.x"
    assert text[slice(*when.branches[0][1].span)] == '{ quoted("y") }'


WORDS = {
    **{word: f"{form}\n" for word, form in DECLARATIONS.items()},
    **{f"{word} in a turn": f"turn user {{ {form} }}\n" for word, form in TERMS.items()},
    "settings": 'format kid extends parent { tokens = ["<a>", \'<b>\', "<\\"c\\">"] bos = "<s>" }\n',
    "defaults": 'option a: list of low | high = [low, "high"]\n\noption b: low | high = low\n\nfield c: text = "x"\n',
    "reasoning with tags": 'reasoning from a | b else inline "<t>" "</t>" trim "\\n" | strip newlines at last\n',
    "run": "turn (tool | user)+ { }\n\nturn developer+ { }\n\nskip *\n\nturn * { }\n\npart * { }\n",
    "drops": "drop part a | b\n\ndrop part *\n\ndrop reasoning\n\ndrop option x\n",
    "head of all": "head takes all system | developer { }\n",
    "rule with a reader": "rule r(a, b) reads json { }\n\nuse r, q from other\n",
    "conditions": 'turn a { when f(b.c.d, "e") | strip newlines == [1, g] and h is not user { } }\n',
    "filters": "turn a { \"{b | cut '[' ']' | json indent 2}\" }\n",
    "escapes": "turn a { \"x\\n\\t\\\"\\\\\\{y}{z}\\n{'q' or w}\\\\\" 'r\\n{' }\n",
}


def structs(value: object) -> Iterator[msgspec.Struct]:
    """All parts of a tree that have spans."""
    if isinstance(value, msgspec.Struct):
        yield value
        for name in value.__struct_fields__:
            yield from structs(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from structs(item)


@pytest.mark.parametrize("name", WORDS)
def test_every_word_is_at_its_span(name: str) -> None:
    text = WORDS[name]
    file, found = parse(Source("x", text))
    assert found == []
    words: list[str] = []
    for part in structs(file):
        if isinstance(part, s.Word):
            words.append(part.text)
            assert text[slice(*part.span)] == part.text
        elif isinstance(part, s.Value) and not isinstance(part.data, tuple):
            words.append(str(part.data))
            assert text[slice(*part.span)].strip("\"'").replace("\\", "") == str(part.data)
        elif isinstance(part, s.Value):
            assert text[slice(*part.span)][:: part.span.end - part.span.start - 1] == "[]"
        elif isinstance(part, s.Node) and part.KEYWORD:
            words.append(part.KEYWORD)
            assert text[slice(*part.head)] == part.KEYWORD
        elif isinstance(part, s.Block):
            assert text[slice(*part.head)] == "{"
        elif isinstance(part, s.Literal):
            for index, piece in enumerate(part.parts):
                if isinstance(piece, s.Slot):
                    assert part.spans[index] == piece.span
                    continue
                written = [text[slice(*part.span_in(index, at, at + 1))] for at in range(len(piece))]
                assert "".join(written) == text[slice(*part.spans[index])]
                assert [ESCAPES[c[1]] if len(c) == 2 else c for c in written] == list(piece)
        elif isinstance(part, s.Name):
            assert text[slice(*part.span)] == part.id
    assert words


def test_line_ends_of_windows_are_no_text() -> None:
    text = 'turn user {\r\n  """\r\n  one\r\n\r\n  two\r\n  """\r\n}\r\n'
    file, found = parse(Source("x", text))
    assert found == []
    assert isinstance(file.decls[0].bare, s.Turn)
    (literal,) = file.decls[0].bare.body.terms
    assert isinstance(literal, s.Literal)
    assert literal.parts == ("one\n\ntwo",)


def test_a_byte_order_mark_is_no_text() -> None:
    file, found = parse(Source("x", "\ufeffformat x { tokens = [] }\n"))
    assert (len(file.decls), found) == (1, [])


# ---- the grammar and the words for it ------------------------------------------------------------------------------


def test_the_grammar_is_strictly_lalr1() -> None:
    """In strict mode, lark refuses conflicts of the tables and of the lexer. Otherwise it resolves them silently."""
    make_parser(grammar_text(), strict=True)


def test_every_terminal_has_a_word() -> None:
    silent = {"DOC", "COMMENT", "WS"}
    assert {terminal.name for terminal in grammar().terminals} - set(words_of_terminals()) <= silent


def keywords() -> set[str]:
    return {t.pattern.value for t in grammar().terminals if t.pattern.type == "str" and t.pattern.value.isalpha()}


def test_forms_are_what_they_show() -> None:
    for word, form in DECLARATIONS.items():
        assert problems(f"{form}\n") == []
        assert form.startswith(word)
    for word, form in TERMS.items():
        assert problems(f"turn user {{ {form} }}\n") == []
        assert form.startswith(word)


def test_forms_are_of_the_keywords_of_the_grammar() -> None:
    assert set(DECLARATIONS) | set(TERMS) | set(CLAUSES) <= keywords()
    assert not set(FOREIGN) & keywords()
    assert set(CLAUSES.values()) <= set(DECLARATIONS) | set(TERMS)
    # The parser accepts exactly these words at the beginning of a declaration or a term.
    accepted = grammar().parse_interactive("", start="decl").accepts()
    assert {word.upper() for word in DECLARATIONS} == accepted - {"DOC", "OVERRIDE"}
    in_block = grammar().parse_interactive("turn user {", start="decl")
    in_block.exhaust_lexer()
    assert {word.upper() for word in TERMS} == in_block.accepts() - {"STRING", "RAW", "BLOCK", "NAME", "RBRACE"}


def test_phrases() -> None:
    assert expected(frozenset({"LBRACE"}), "maybe") == "a block `{ … }`"
    assert expected(frozenset({"COMMA", "IN"}), "x") == "`,` or `in`"


def start(cache: Path, code: str = "") -> str:
    """A new process that parses a line with its cache in this folder, and without the tables of the package."""
    program = (
        (
            "import pathlib; from chatwright import cache; cache.made = lambda: pathlib.Path('no-such-folder')\n"
            "from chatwright.syntax.parse import parse; from chatwright.diagnostics.source import Source\n"
            f"{code}\n"
            "print(parse(Source('x', 'turn user {{ \"a\" }}')))"
        )
        .replace("{{", "{")
        .replace("}}", "}")
    )
    environment = {**os.environ, "CHATWRIGHT_CACHE": str(cache)}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert run.stderr == ""
    return run.stdout


@pytest.mark.slow
def test_the_cache_is_used_and_mended(tmp_path: Path) -> None:
    first = start(tmp_path)
    (file,) = (tmp_path / "chatwright").iterdir()
    whole = file.read_bytes()
    never = "import chatwright.syntax.grammar as g; g.make_parser = None"
    assert start(tmp_path, never) == first
    for broken in (b"", whole[:-1], whole[:40], b"x" * 1000, b"\0" + whole):
        file.write_bytes(broken)
        assert start(tmp_path) == first
        assert file.read_bytes()[:32] == hashlib.sha256(file.read_bytes()[32:]).digest()
        assert list((tmp_path / "chatwright").iterdir()) == [file]


@pytest.mark.slow
def test_a_cache_that_others_can_write_is_not_read(tmp_path: Path) -> None:
    start(tmp_path)
    (file,) = (tmp_path / "chatwright").iterdir()
    file.chmod(0o666)
    code = (
        "import chatwright.syntax.grammar as g; m = g.make_parser; g.make_parser = lambda t: (print('made'), m(t))[1]"
    )
    assert "made" in start(tmp_path, code)


def test_no_cache_is_needed(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert "Turn" in start(blocked)


def test_a_changed_grammar_has_another_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATWRIGHT_CACHE", str(tmp_path))
    assert grammar_module.cache_file("a") != grammar_module.cache_file("b")
