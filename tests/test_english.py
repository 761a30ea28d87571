"""Plain English: no document, help text or message uses an idiom of idioms.toml, and few docstrings do.

`python tests/test_english.py` prints every place, and the share of each package.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import typer
from places import ROOT
from typer.testing import CliRunner

PACKAGE = ROOT / "compiler" / "chatwright"
#: The share of sentences in docstrings and comments that may use an idiom.
MOST = 0.02
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "dsl/*.md", "dsl/errors/*.md", "specs/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
)
#: Strings with fewer words are names, patterns and pieces of text, and no messages.
FEWEST_WORDS = 3


class Found(NamedTuple):
    """An idiom in a text of a file."""

    file: Path
    line: int
    words: str
    better: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}: {self.words!r}; better: {self.better}"


class Text(NamedTuple):
    """A piece of prose, and where it begins."""

    line: int
    text: str


@cache
def idioms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The patterns, each with a better way to say it."""
    entries = tomllib.loads((Path(__file__).parent / "idioms.toml").read_text(encoding="utf-8"))["idiom"]
    return tuple(
        (re.compile(entry["pattern"].replace(" ", r"\s+"), re.IGNORECASE), entry["better"]) for entry in entries
    )


def prose_only(text: str) -> str:
    """A text without code, with all its lines: fences, code spans, quotes and link targets become blanks."""
    text = re.sub(r"^```.*?^```$", lambda m: "\n" * m[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text)
    return re.sub(r"`[^`]*`|\]\([^)]*\)|\"[^\"\n]*\"", lambda m: "\n" * m[0].count("\n") + " ` ", text)


def idioms_in(file: Path, text: Text) -> Iterator[Found]:
    clean = prose_only(text.text)
    for pattern, better in idioms():
        for match in pattern.finditer(clean):
            line = text.line + clean.count("\n", 0, match.start())
            yield Found(file, line, " ".join(match[0].split()), better)


def sentences(text: str) -> list[str]:
    """The sentences of a docstring or a comment."""
    found = re.split(r"(?<=[.!?:;])\s+|\n\s*\n", prose_only(text))
    return [sentence for sentence in found if re.search(r"[A-Za-z]{2}", sentence)]


def modules(folder: Path = PACKAGE) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def _docstring(node: ast.AST) -> ast.Constant | None:
    match node:
        case ast.Module(body=[ast.Expr(value=ast.Constant(value=str()) as found), *_]):
            return found
        case ast.ClassDef(body=[ast.Expr(value=ast.Constant(value=str()) as found), *_]):
            return found
        case ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str()) as found), *_]):
            return found
        case ast.AsyncFunctionDef(body=[ast.Expr(value=ast.Constant(value=str()) as found), *_]):
            return found
    return None


def explanations(path: Path) -> Iterator[Text]:
    """The docstrings and the comments of a module."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        found = _docstring(node)
        if found is not None:
            yield Text(found.lineno, str(found.value))
    block: list[str] = []
    start = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        if block and line != last + 1:
            yield Text(start, "\n".join(block))
            block = []
        start = start if block else line
        block.append(token.string.lstrip("#: "))
        last = line
    if block:
        yield Text(start, "\n".join(block))


def messages(path: Path) -> Iterator[Text]:
    """The strings of a module that are long enough to be messages, f-strings as one text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(found) for node in ast.walk(tree) if (found := _docstring(node)) is not None}
    inside: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr():
                inside |= {id(value) for value in node.values}
                text = "".join(str(v.value) if isinstance(v, ast.Constant) else " x " for v in node.values)
            case ast.Constant(value=str()) if id(node) not in docstrings and id(node) not in inside:
                text = str(node.value)
            case _:
                continue
        if len(re.findall(r"[A-Za-z]{2,}", text)) >= FEWEST_WORDS:
            yield Text(node.lineno, text)


def helps() -> dict[str, str]:
    """The help of the command line and of each command."""
    from chatwright.cli.commands import app

    command = typer.main.get_command(app)
    names = sorted(getattr(command, "commands", {}))
    run = CliRunner()
    pages = {name: run.invoke(app, [*name.split(), "--help"], env={"COLUMNS": "200"}).output for name in ("", *names)}
    pages = {name: re.sub(r"[\u2500-\u257f]", " ", page) for name, page in pages.items()}  # without the frames
    assert len(pages) > 10 and all(pages.values())
    return {f"chatwright {name}".strip(): page for name, page in pages.items()}


# ---- budgets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_pages_are_plain(page: Path) -> None:
    assert [str(found) for found in idioms_in(page, Text(1, page.read_text(encoding="utf-8")))] == []


def test_help_is_plain() -> None:
    assert [str(f) for name, page in helps().items() for f in idioms_in(ROOT / name, Text(1, page))] == []


def test_messages_are_plain() -> None:
    found = [str(f) for path in modules() for text in messages(path) for f in idioms_in(path, text)]
    assert found == []


def share(paths: list[Path]) -> tuple[int, int]:
    """How many sentences of docstrings and comments use an idiom, and how many there are."""
    found = [(path, sentence) for path in paths for text in explanations(path) for sentence in sentences(text.text)]
    return sum(any(idioms_in(path, Text(1, sentence))) for path, sentence in found), len(found)


def test_few_docstrings_and_comments_use_an_idiom() -> None:
    stilted, total = share(modules())
    assert total > 2000
    assert stilted <= MOST * total, f"{stilted} of {total} sentences; `python tests/test_english.py` lists them"


# ---- the test itself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stilted",
    [
        "Who wrote it is told by the branch.",
        "A message whose role has no turn.",
        "What is sampled\nis trained.",
        "It stands before the loop.",
        "A key of what is no object is absent.",
        "Nobody wrote that.",
    ],
)
def test_an_idiom_is_found(stilted: str) -> None:
    assert list(idioms_in(ROOT / "x", Text(1, stilted)))


def test_code_is_not_prose() -> None:
    assert not list(idioms_in(ROOT / "x", Text(1, "The name `whose`:\n\n```text\nwhat is told\n```\n")))


if __name__ == "__main__":
    for page in PAGES:
        print(*idioms_in(page, Text(1, page.read_text(encoding="utf-8"))), sep="\n")
    for module in modules():
        for text in [*messages(module), *explanations(module)]:
            print(*idioms_in(module, text), sep="\n")
    for folder in sorted({path.parent for path in modules()}):
        stilted, total = share(sorted(folder.glob("*.py")))
        print(f"{folder.relative_to(PACKAGE).as_posix():24} {stilted:4} of {total:4}  {stilted / max(total, 1):.1%}")
