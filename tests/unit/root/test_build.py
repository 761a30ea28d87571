"""What is kept of a shipped format is what compiling it gives, and nothing else is ever taken for it."""

from __future__ import annotations

import marshal
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zlib
from pathlib import Path

import pytest
from conformance.formats import FIRST

import chatwright
from chatwright import ahead, build, kept
from chatwright import cache as cachefiles
from chatwright.loaded_format import LoadedFormat, compiled_at
from chatwright.runtime.view import VIEWS, View
from chatwright.spec import Spec, format_of
from chatwright.syntax import grammar

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SPECS = ROOT / "specs"

CHAT = [{"role": "user", "content": "What is it?"}]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of a test. It has no files that were made when the package was built."""
    monkeypatch.setenv("CHATWRIGHT_CACHE", str(tmp_path))
    monkeypatch.setattr(cachefiles, "made", lambda: tmp_path / "made")
    return tmp_path / "chatwright"


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.built"))


@pytest.mark.parametrize("name", [fmt.name for fmt in FIRST])
def test_what_is_kept_is_what_compiling_gives(name: str) -> None:
    first = chatwright.load(name)
    found = kept.kept(name)
    assert found is not None
    fresh = build.build(compiled_at(name))
    assert found.about == fresh.about == format_of(first).built.about
    assert found.python == fresh.python
    assert found.code == fresh.code
    again = chatwright.load(name)
    assert "compiled" not in vars(format_of(again))
    assert again.text(CHAT) == Spec(LoadedFormat(compiled_at(name))).text(CHAT)
    assert format_of(again).compiled.program == format_of(first).compiled.program


def test_a_kept_format_needs_no_compiler() -> None:
    chatwright.load("qwen3")
    code = (
        "import sys, chatwright; chatwright.load('qwen3').text([{'role': 'user', 'content': 'x'}]);"
        "print(*sorted({'lark', 'jinja2', 'chatwright.compile', 'chatwright.ir.program'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_another_compiler_makes_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    chatwright.load("qwen3")
    monkeypatch.setattr(cachefiles, "digest_of", lambda parts: "another")
    monkeypatch.setattr(cachefiles, "digest_now", lambda parts: "another")
    assert kept.kept("qwen3") is None
    assert chatwright.load("qwen3").text(CHAT)
    assert kept.kept("qwen3") is not None


def test_a_compiler_that_changes_while_it_runs_records_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cachefiles, "digest_now", lambda parts: "another")
    assert chatwright.load("qwen3").text(CHAT)
    assert files(folder) == []


def test_another_source_makes_it_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is one that the format only extends."""
    compiled = compiled_at("qwen3_coder")
    library = tmp_path / "library"
    for path, _ in kept.digests(compiled):
        (library / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SPECS / path, library / path)
    real = kept._folder
    monkeypatch.setattr(kept, "_folder", lambda package: library if package == "chatwright.specs" else real(package))
    kept.keep_data(compiled, "fact", 1)
    assert len(compiled.read) > 1
    for path, _ in kept.digests(compiled):
        text = (library / path).read_text(encoding="utf-8")
        assert kept.kept_data("qwen3_coder", "fact") == 1
        (library / path).write_text(text + "\n", encoding="utf-8")
        assert kept.kept_data("qwen3_coder", "fact") is None
        (library / path).write_text(text, encoding="utf-8")


def test_every_file_that_makes_a_format_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the compiler has the same digest; with a byte more in any module that a format needs, another."""
    root = Path(kept.__file__).parent
    copy = tmp_path / "chatwright"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("__pycache__", "made"))
    before = cachefiles.digest_now(kept.MAKERS)
    monkeypatch.setattr(cachefiles, "__file__", str(copy / "cache.py"))
    assert cachefiles.digest_now(kept.MAKERS) == before
    code = (
        "import sys; from chatwright import ahead; from chatwright.stability.verdict import prefix_stable_table;"
        "ahead.make(ahead.Path(sys.argv[1]), ['qwen3', 'gpt_oss']);"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('chatwright') and m.__file__))"
    )
    run = subprocess.run([sys.executable, "-c", code, tmp_path / "out"], capture_output=True, text=True, check=True)
    imported = {Path(file) for file in run.stdout.split()} - {Path(ahead.__file__)}
    assert len(imported) > 60
    for file in imported:
        if not file.is_relative_to(root) or (file.name == "__init__.py" and file.parent == root):
            continue  # the folders of the grammar and the library, and a root that only names what it has
        if file == root / "cache.py":
            continue  # it reads and writes files, whatever is in them
        place = copy / file.relative_to(root)
        content = place.read_bytes()
        place.write_bytes(content + b"#")
        assert cachefiles.digest_now(kept.MAKERS) != before, file
        place.write_bytes(content)


# ---- made when the package was built -------------------------------------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_made_ahead_is_what_compiling_gives(view: View, tmp_path: Path) -> None:
    ahead.make(tmp_path / "made", ["gpt_oss"])
    found = kept.kept("gpt_oss", view)
    assert found is not None
    fresh = build.build(compiled_at("gpt_oss"), view)
    assert (found.about, found.python, found.file, found.code) == (fresh.about, fresh.python, fresh.file, fresh.code)
    assert files(tmp_path) == []


def test_what_was_made_ahead_by_others_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead.make(tmp_path / "made", ["qwen3"])
    monkeypatch.setattr(cachefiles, "digest_of", lambda parts: "another")
    assert kept.kept("qwen3") is None


@pytest.mark.parametrize(
    "content", [b"", b"short", bytes(200), zlib.compress(b"[]"), zlib.compress(b'["", [], [], {}]')]
)
def test_a_damaged_file_that_was_made_ahead_is_no_file(content: bytes, tmp_path: Path) -> None:
    ahead.make(tmp_path / "made", ["qwen3"])
    cachefiles.write(tmp_path / "made" / "qwen3.built", content)
    assert kept.kept("qwen3") is None
    (tmp_path / "made" / "qwen3.built").write_bytes(content)
    assert kept.kept("qwen3") is None


def test_the_tables_of_the_grammar_come_with_the_package(tmp_path: Path, folder: Path) -> None:
    ahead.make(tmp_path / "made", [])
    grammar.grammar.cache_clear()
    try:
        assert compiled_at("qwen3").tree.name == "qwen3"
    finally:
        grammar.grammar.cache_clear()
    assert not folder.exists()


def test_building_the_package_makes_its_formats_ready(tmp_path: Path) -> None:
    """In a copy with one family of formats: what is built loads them without a compiler."""
    source, out = tmp_path / "source", tmp_path / "out"
    without = shutil.ignore_patterns("__pycache__", "made", "*.egg-info")
    for part in ("compiler", "dsl"):
        shutil.copytree(ROOT / part, source / part, ignore=without)
    shutil.copytree(SPECS / "chatml", source / "specs" / "chatml", ignore=without)
    for file in ("specs/__init__.py", "setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source / file)
    subprocess.run([sys.executable, "setup.py", "-q", "build_py", "--build-lib", out], cwd=source, check=True)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import chatwright;"
        "chatwright.load('chatml').text([{'role': 'user', 'content': 'x'}]);"
        "print(chatwright.__file__, *({'lark', 'chatwright.compile'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code, out], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [str(out / "chatwright" / "__init__.py")]


def test_building_needs_only_the_packages_that_the_build_declares(tmp_path: Path) -> None:
    """A front end of builds installs these alone. Without any other dependency of users, formats compile."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared, used = (
        {re.split(r"[^\w.-]", requirement)[0] for requirement in requirements}
        for requirements in (settings["build-system"]["requires"], settings["project"]["dependencies"])
    )
    assert {"lark", "msgspec"} <= declared and len(used - declared) > 4
    code = (
        "import sys; sys.modules.update(dict.fromkeys(sys.argv[2].split())); from chatwright import ahead;"
        "ahead.make(ahead.Path(sys.argv[1]), ['qwen3', 'gpt_oss'])"
    )
    command = [sys.executable, "-c", code, tmp_path / "made", " ".join(used - declared)]
    subprocess.run(command, check=True, env={**os.environ, "CHATWRIGHT_CACHE": str(tmp_path)})
    assert len(list((tmp_path / "made").glob("*.built"))) == 2


# ---- files of an earlier process -----------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"short", bytes(200)])
def test_a_damaged_file_is_no_file(content: bytes, folder: Path) -> None:
    chatwright.load("qwen3")
    (place,) = files(folder)
    place.write_bytes(content)
    assert kept.kept("qwen3") is None
    assert chatwright.load("qwen3").text(CHAT)


def test_what_is_whole_but_strange_is_not_taken(folder: Path) -> None:
    chatwright.load("qwen3")
    (place,) = files(folder)
    makers, sources, _ = marshal.loads(cachefiles.read(place) or b"")
    whole = [marshal.dumps((makers, sources, data)) for data in (None, 1, (), ("a", "b"))]
    for strange in (b"", b"i\x01\x00\x00\x00", b"(\x00\x00\x00\x00", marshal.dumps((makers, (), ())), *whole):
        cachefiles.write(place, strange)
        assert kept.kept("qwen3") is None


def test_a_file_that_others_can_write_is_not_opened(folder: Path) -> None:
    chatwright.load("qwen3")
    (place,) = files(folder)
    place.chmod(0o666)
    assert kept.kept("qwen3") is None


def test_nothing_is_left_behind_and_nothing_piles_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for digest in ("one", "another"):
        monkeypatch.setattr(cachefiles, "digest_of", lambda parts, digest=digest: digest)
        monkeypatch.setattr(cachefiles, "digest_now", lambda parts, digest=digest: digest)
        chatwright.load("qwen3")
    assert [place.suffix for place in folder.iterdir() if not place.name.startswith("grammar")] == [".built"]


def test_without_a_folder_it_is_only_slower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("CHATWRIGHT_CACHE", str(blocked))
    assert chatwright.load("qwen3").text(CHAT)
    monkeypatch.setattr(cachefiles, "folder", lambda: None)
    assert chatwright.load("qwen3").text(CHAT)


def test_a_path_is_always_compiled(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "qwen3.chatspec"
    path.write_text('format qwen3 { tokens = ["<s>"] }\nturn user { "<s>{content}" }\n')
    assert chatwright.load(path).text(CHAT) == "<s>What is it?"
    assert files(folder) == []


def test_no_name_leads_out_of_the_folder() -> None:
    for name in ("../x", "a/b", "", ".."):
        assert kept.kept(name) is None
