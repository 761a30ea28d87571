"""Input that was made to break the compiler gets an error in bounded time, and never a traceback."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from random import Random

import pytest
from places import SPEC_FILES

from chatwright.check.check import check
from chatwright.diagnostics.diagnostic import Diagnostic, render_all
from chatwright.diagnostics.source import Source
from chatwright.syntax.fmt import format_source
from chatwright.syntax.parse import MAX_CHARACTERS
from chatwright.syntax.resolve import resolve

pytestmark = pytest.mark.slow

SPECS = list(SPEC_FILES.values())
SECONDS = 2.0
FORMAT = 'format x { bos = "<s>" tokens = ["<|end|>"] }\n'
ASSISTANT = 'turn assistant { sampled { "{content}" close "<|end|>" } }\n'


def passes(text: str, load: Callable[[str], Source | None] = lambda name: None) -> list[Diagnostic]:
    """Run the whole front end on a text, and render its diagnostics."""
    tree, found = resolve(Source("x.chatspec", text), load)
    if tree is not None:
        found += check(tree)
    for diagnostic in found:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(diagnostic.source.text) + 1
    render_all(found)
    return found


def block(body: str) -> str:
    return FORMAT + ASSISTANT + f"turn user {{ {body} }}\n"


def condition(text: str) -> str:
    return block(f'when {text} {{ "x" }}')


def names(count: int, between: str, start: str = "a") -> str:
    return between.join(f"{start}{i}" for i in range(count))


def rules(count: int, body: Callable[[int], str], params: str = "(x)") -> str:
    return "".join(f"rule r{i}{params} {{ {body(i)} }}\n" for i in range(count))


def hard(index: int) -> str:
    """A condition of many parts that can or cannot hold together."""
    some = names(5, " or ", "content.k")
    parts = [f"({some} or not content.k{(index * i) % 7})" for i in range(9)]
    return f"when {' and '.join(parts)} {{ }}"


N = 10_000
M = 100_000
# name: (text, a code that must be found; None where the text is only large)
HOSTILE: dict[str, tuple[str, str | None]] = {
    "nothing": ("", "missing-format"),
    "white space": (" \n" * M, "missing-format"),
    "NUL bytes": ("\0" * M, "syntax"),
    "a NUL byte in a string": (block('"a\0b"'), "syntax"),
    "a lone surrogate": (block('"\ud800"'), "syntax"),
    "escape sequences of a terminal": (block('"\x1b[2J"'), "syntax"),
    "bytes as latin-1": (bytes(range(256)).decode("latin-1") * 100, "syntax"),
    "not a character of the language": ("§" * M, "syntax"),
    "open comments of other languages": ("/*" * (M // 2), "syntax"),
    "open blocks of other languages": ("{%" * (M // 2), "syntax"),
    "braces between apostrophes": (block("'" + "{" * (M // 2) + "'"), None),
    "almost a slot between apostrophes": (block("'" + "{role or a or a" * (M // 20) + "'"), None),
    "quotes between apostrophes": (block("'" + '"' * (M // 2) + "'"), None),
    "closers": (
        'format x { }\nturn assistant { sampled { "a" '
        + " else ".join(f'when content == "{i}" {{ "b" close "{i}" }}' for i in range(190))
        + ' else { close "c" } } }',
        None,
    ),
    "10 MB of a": ("a" * 10_000_000, "too-large"),
    "10 MB of lines": ("turn user { }\n" * 750_000, "too-large"),
    "10 MB on one line": (block('"' + "x" * 10_000_000 + '"'), "too-large"),
    "a million characters": ("a " * (MAX_CHARACTERS // 2), "too-large"),
    "a million brackets": ("{" * MAX_CHARACTERS, "too-large"),
    "a million quotes": ('"' * MAX_CHARACTERS, "too-large"),
    "a million lines": ("\n" * MAX_CHARACTERS, "missing-format"),
    "a long string": (block('"' + "x" * 900_000 + '"'), None),
    "a long string of escapes": (block('"' + "\\n" * 450_000 + '"'), None),
    "a long raw string": (block("'" + "<" * 900_000 + "'"), None),
    "a long block string": (FORMAT + 'head {\n  """\n' + "  x\n" * 200_000 + '  """\n}\n', None),
    "a long comment": (FORMAT + "// " + "x" * 900_000, None),
    "a long doc comment": (FORMAT + "/// x\n" * 150_000, "syntax"),
    "a long name": (block("a" * 900_000), "unknown-name"),
    "a long number": (condition("9" * 900_000), "too-large"),
    "a long number in a slot": (block('"{content | json indent ' + "9" * 9_000 + '}"'), "too-large"),
    "a long unclosed string": (block('"' + "x" * 900_000), "syntax"),
    "unclosed strings": (FORMAT + 'turn user { "x\n' * 2_000, "syntax"),
    "unclosed block strings": (FORMAT + '"""\nturn x {\n' * 2_000, "syntax"),
    "text at column 0 of block strings": (FORMAT + 'turn user {\n"""\nx\n' * 2_000, "syntax"),
    "slots": (block('"' + "{a}" * M + '"'), "too-large"),
    "unclosed slots": (block('"' + "{" * M + '"'), "too-large"),
    "some unclosed slots": (block('"{"' * 2_000), "unclosed-slot"),
    "some empty slots": (block('"{}"' * 2_000), "syntax"),
    "nested blocks": (block("when a { " * N + " } " * N), "too-deep"),
    "nested blocks that are not closed": (block("when a { " * 1_000), "too-deep"),
    "nested loops": (block("each a in a { " * 500 + " } " * 500), "too-deep"),
    "nested parentheses": (condition("(" * N + "a" + ")" * N), "too-deep"),
    "some nested parentheses": (condition("(" * 500 + "a" + ")" * 500), "too-deep"),
    "nested lists": (condition("a in " + "[" * 500 + "a" + "]" * 500), "too-deep"),
    "nested calls": (condition("f(" * 500 + "a" + ")" * 500), "too-deep"),
    "nested values": ("format x { tokens = " + "[" * 500 + "]" * 500 + " }", "too-deep"),
    "not": (condition("not " * N + "a"), "too-deep"),
    "keys": (condition("a" + ".b" * 5_000), "too-deep"),
    "keys in a slot": (block('"{a' + ".b" * 5_000 + '}"'), "too-deep"),
    "or": (condition(names(5_000, " or ")), "too-deep"),
    "or in a slot": (block('"{' + names(5_000, " or ") + '}"'), "too-deep"),
    "and": (condition(names(5_000, " and ")), "too-deep"),
    "filters": (condition("a" + " | strip" * 5_000), "too-deep"),
    "filters of a slot": (block('"{a' + " | strip" * 5_000 + '}"'), None),
    "filters of the content": (FORMAT + "content" + " | strip" * 5_000, None),
    "deep keys of a deep condition": (condition("not " * 40 + "a" + ".b" * 40), None),
    "a long chain of branches": (
        block("when a0 { }" + "".join(f" else when a{i} {{ }}" for i in range(3_000))),
        "unknown-name",
    ),
    "a very long chain of branches": (block("when a { }" + " else when content { }" * 4_000), "too-large"),
    "a chain of the same branch": (block("when content { }" + " else when content { }" * 190), "unreachable-branch"),
    "a chain of roles": (
        block("when role == 'a' { }" + "".join(f" else when role == 'r{i}' {{ }}" for i in range(190))),
        "unreachable-branch",
    ),
    "hard conditions": (block(" ".join(hard(i) for i in range(60))), None),
    "many ways through sampled": (
        FORMAT
        + "turn assistant { sampled { "
        + " ".join(f'when content.a{i} {{ close "<|end|>" }}' for i in range(400))
        + " } }\nturn user { }\n",
        "missing-close",
    ),
    "many slots in sampled": (
        FORMAT
        + "turn assistant { sampled { "
        + " ".join(f'when content.a{i} {{ "{{content.b{i}}}" }}' for i in range(400))
        + ' close "<|end|>" } }\nturn user { }\n',
        "ambiguous-slot",
    ),
    "many declarations": (FORMAT + ASSISTANT + "".join(f"turn r{i} {{ }}\n" for i in range(3_000)), "too-large"),
    "the same declaration": (FORMAT + ASSISTANT + "turn user { }\n" * 3_000, "duplicate"),
    "many options": (
        FORMAT + ASSISTANT + "".join(f"option o{i}: bool = o{i - 1}\n" for i in range(2_500)),
        "unknown-name",
    ),
    "many marks": (
        FORMAT
        + ASSISTANT
        + "".join(f"mark m{i} = last user where content == 'x'\n" for i in range(1_500))
        + "turn user { }",
        "too-large",
    ),
    "many roles": (FORMAT + ASSISTANT + f"turn {names(9_000, ' | ')} {{ }}\n", None),
    "one role many times": (FORMAT + ASSISTANT + f"turn {'a | ' * 9_000} a {{ }}\n", "duplicate"),
    "many words of a choice": (FORMAT + f"option x: {names(9_000, ' | ')} = b\n", "unknown-name"),
    "many parameters": (FORMAT + f"rule x({names(9_000, ', ')}) {{ }}\n", "unused-rule"),
    "one parameter many times": (FORMAT + f"rule x({'a, ' * 9_000} a) {{ }}\n", "duplicate"),
    "many tokens": (
        "format x { tokens = [" + names(9_000, '", "', '"<|') + '"] }\n' + block('"' + "<|z|>" * 9_000 + '"'),
        None,
    ),
    "one token many times": ("format x { tokens = [" + '"<|a|>", ' * 9_000 + "] }\n", "duplicate"),
    "things that look like tokens": (block('"' + "<|a" * 100_000 + '"'), None),
    "many tokens that are not declared": (block('"' + "<|a|>" * 50_000 + '"'), "undeclared-token"),
    "keys of a record": (FORMAT + "turn user { json { " + names(6_000, ": role, ") + ": role } }\n", None),
    "one key of a record": (FORMAT + "turn user { json { " + "a: role, " * 4_000 + "} }\n", "duplicate"),
    "unknown names": (block(names(9_000, " ")), "unknown-name"),
    "unknown declarations": ("".join(f"trun{i} user\n" for i in range(5_000)), "syntax"),
    "rules in a row": (FORMAT + "head { r0(tools) }\n" + rules(1_500, lambda i: f"r{i + 1}(x)"), "unknown-name"),
    "rules in a row inside sampled": (
        FORMAT
        + 'turn assistant { sampled { r0 close "<|end|>" } }\nturn user { }\n'
        + rules(800, lambda i: f"r{i + 1}", "")
        + 'rule r800 { "{content}" }\n',
        "too-deep",
    ),
    "rules that double": (
        FORMAT
        + 'turn assistant { sampled { r0 close "<|end|>" } }\nturn user { }\n'
        + rules(60, lambda i: f"r{i + 1} r{i + 1}", "")
        + 'rule r60 { "x" }\n',
        "too-large",
    ),
    "rules that double and close": (
        FORMAT
        + "turn assistant { sampled { r0 } }\nturn user { }\n"
        + rules(60, lambda i: f"when content {{ r{i + 1} }} else {{ r{i + 1} }}", "")
        + 'rule r60 { close "<|end|>" }\n',
        "too-deep",
    ),
    "rules that double a few times": (
        FORMAT
        + ASSISTANT
        + "turn user { r0 }\n"
        + rules(11, lambda i: f"r{i + 1} r{i + 1} r{i + 1}", "")
        + 'rule r11 { "x" }\n',
        "too-large",
    ),
    "loops of rules inside each other": (
        FORMAT
        + "head { r0(tools) }\n"
        + rules(9, lambda i: f"each y in x {{ each z in y {{ r{i + 1}(z) }} }}")
        + "rule r9(x) { }\n",
        "too-deep",
    ),
    "rules in a circle": (
        FORMAT + "head { r0 }\n" + rules(1_000, lambda i: f"r{(i + 1) % 1_000}", ""),
        "endless-recursion",
    ),
    "rules that all print all": (
        FORMAT
        + "head { r0(tools, tools, tools) }\n"
        + rules(30, lambda i: " ".join(f"r{j}(y, z.a, x)" for j in range(30)), "(x, y, z)"),
        "endless-recursion",
    ),
    "a rule that turns its arguments round": (
        FORMAT
        + f"head {{ r({', '.join(['tools'] * 12)}) }}\n"
        + f"rule r({names(12, ', ')}) {{ "
        + " ".join(f"r({', '.join(f'a{(i * k) % 12}' for i in range(12))})" for k in (1, 5, 7, 11, 2, 3))
        + " }\n",
        "endless-recursion",
    ),
}


@pytest.fixture(autouse=True)
def own_garbage() -> Iterator[None]:
    """The garbage collector does not go over the objects of earlier tests while a text is timed."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str) -> None:
    text, code = HOSTILE[name]
    began = time.process_time()
    found = passes(text)
    assert time.process_time() - began < SECONDS
    if code is not None:
        assert code in {d.code for d in found}
    assert len(found) <= 3_000


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_formatted_or_left(name: str) -> None:
    text, _ = HOSTILE[name]
    began = time.process_time()
    format_source(Source("x.chatspec", text))
    assert time.process_time() - began < SECONDS


def test_memory_is_bounded() -> None:
    text = block("when a { " * 100_000)
    tracemalloc.start()
    passes(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000_000


def test_a_format_that_extends_itself() -> None:
    source = Source("x", "format x extends x { }\n")
    found = passes(source.text, lambda name: source)
    assert [d.code for d in found] == ["endless-recursion"]


def test_formats_that_extend_each_other() -> None:
    texts = {"a": "format a extends b { }\n", "b": "format b extends a { }\n"}
    found = passes(texts["a"], lambda name: Source(name, texts[name]))
    assert [d.code for d in found] == ["endless-recursion"]


def test_formats_that_extend_without_end() -> None:
    found = passes("format a0 extends a1 { }\n", lambda name: Source(name, f"format {name} extends {name}0 {{ }}\n"))
    assert [d.code for d in found] == ["too-large"]


def test_a_format_that_says_another_name() -> None:
    found = passes("format a extends b { }\n", lambda name: Source(name, "format a extends b { }\n"))
    assert [d.code for d in found] == ["endless-recursion"]


def damaged(seed: int) -> str:
    """A shipped spec with a few cuts, repetitions and insertions."""
    random = Random(seed)
    text = random.choice(SPECS).read_text(encoding="utf-8")
    for _ in range(random.choice((1, 1, 2, 5, 20))):
        start = random.randrange(len(text) + 1)
        end = min(len(text), start + random.choice((0, 1, 1, 5, 40)))
        put = random.choice(("", "", text[start:end] * 2, *'{}()[]"|,.!?=*+', "'", '"""', "\n", " when ", "\0", "é"))
        text = text[:start] + put + text[end:]
    return text


@pytest.mark.parametrize("seed", range(300))
def test_a_damaged_spec(seed: int) -> None:
    """Whatever is cut out of a spec, doubled in it or put into it: diagnostics, and no traceback."""
    bases = {path.stem: path.read_text(encoding="utf-8") for path in SPECS}
    passes(damaged(seed), lambda name: Source(name, bases[name]) if name in bases else None)
