"""What is kept of a shipped format is what compiling it gives, and nothing else is ever taken for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conformance.formats import FIRST

import chatwright
from chatwright import build as built
from chatwright import cache as cachefiles
from chatwright.spec import Spec, compiled_at

CHAT = [{"role": "user", "content": "What is it?"}]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHATWRIGHT_CACHE", str(tmp_path))
    return tmp_path / "chatwright"


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.built"))


@pytest.mark.parametrize("name", [fmt.name for fmt in FIRST])
def test_what_is_kept_is_what_compiling_gives(name: str) -> None:
    first = chatwright.load(name)
    kept = built.kept(name)
    assert kept is not None
    fresh = built.build(compiled_at(name))
    assert kept.about == fresh.about == first.built.about
    assert kept.python == fresh.python
    assert kept.code == fresh.code
    again = chatwright.load(name)
    assert "compiled" not in vars(again)
    assert again.text(CHAT) == Spec(compiled_at(name)).text(CHAT)
    assert again.compiled.program == first.compiled.program


def test_a_kept_format_needs_no_compiler() -> None:
    chatwright.load("qwen3")
    code = (
        "import sys, chatwright; chatwright.load('qwen3').text([{'role': 'user', 'content': 'x'}]);"
        "print(*sorted({'lark', 'jinja2', 'chatwright.compile', 'chatwright.ir.program'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_another_compiler_or_library_makes_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    chatwright.load("qwen3")
    monkeypatch.setattr(built, "_makers", lambda: bytes(32))
    assert built.kept("qwen3") is None
    assert chatwright.load("qwen3").text(CHAT)
    assert built.kept("qwen3") is not None


def test_every_file_that_the_outcome_depends_on_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = built._makers()
    package = tmp_path / "made_up"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "one.chatspec").write_text("format one {}")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(built, "_MAKERS", {"made_up": ".chatspec"})
    other = built._makers()
    (package / "one.chatspec").write_text("format two {}")
    assert len({before, other, built._makers()}) == 3


@pytest.mark.parametrize("content", [b"", b"short", bytes(200)])
def test_a_damaged_file_is_no_file(content: bytes, folder: Path) -> None:
    chatwright.load("qwen3")
    (place,) = files(folder)
    place.write_bytes(content)
    assert built.kept("qwen3") is None
    assert chatwright.load("qwen3").text(CHAT)


def test_what_is_whole_but_strange_is_not_taken(folder: Path) -> None:
    chatwright.load("qwen3")
    (place,) = files(folder)
    for strange in (b"", b"i\x01\x00\x00\x00", b"(\x00\x00\x00\x00"):
        cachefiles.write(place, built._makers() + strange)
        assert built.kept("qwen3") is None


def test_a_file_that_others_can_write_is_not_opened(folder: Path) -> None:
    chatwright.load("qwen3")
    (place,) = files(folder)
    place.chmod(0o666)
    assert built.kept("qwen3") is None


def test_nothing_is_left_behind_and_nothing_piles_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for digest in (bytes(32), bytes([1] * 32)):
        monkeypatch.setattr(built, "_makers", lambda digest=digest: digest)
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
        assert built.kept(name) is None
