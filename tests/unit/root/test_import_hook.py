"""Specs as modules: `import chatwright.import_hook`, `build --python`, and the types of both."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import OWN, Run
from places import ROOT

import chatwright
import chatwright.import_hook

pytestmark = pytest.mark.slow

CHAT = [{"role": "user", "content": "Hi"}, {"role": "assistant", "reasoning_content": "Hm", "content": "Hoi"}]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path with my_chatml.chatspec."""
    (tmp_path / "my_chatml.chatspec").write_bytes(OWN.read_bytes())
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("my_chatml", "broken", "formats", "formats.my_chatml"):
        sys.modules.pop(name, None)


def test_a_spec_is_imported(folder: Path) -> None:
    module = importlib.import_module("my_chatml")
    spec = chatwright.load(folder / "my_chatml.chatspec")
    assert module.text(CHAT, think=False) == spec.text(CHAT, think=False)
    assert module.segments(CHAT) == spec.segments(CHAT)
    assert module.spec.stops == spec.stops
    assert module.__file__ == str(folder / "my_chatml.chatspec")
    assert importlib.import_module("my_chatml") is module


def test_a_changed_spec_is_loaded_anew(folder: Path) -> None:
    module = importlib.import_module("my_chatml")
    file = folder / "my_chatml.chatspec"
    file.write_text(file.read_text("utf-8").replace("{role}\\n", "{role}:\\n"), "utf-8")
    assert "user:\n" not in module.text(CHAT)
    assert "user:\n" in importlib.reload(module).text(CHAT)


def test_a_spec_in_a_package(folder: Path) -> None:
    (folder / "formats").mkdir()
    (folder / "formats" / "__init__.py").touch()
    (folder / "my_chatml.chatspec").rename(folder / "formats" / "my_chatml.chatspec")
    assert importlib.import_module("formats.my_chatml").text(CHAT).startswith("<|im_start|>user")
    assert "my_chatml" not in sys.modules


def test_a_module_of_that_name_wins(folder: Path) -> None:
    (folder / "my_chatml.py").write_text("mine = True\n", "utf-8")
    assert importlib.import_module("my_chatml").mine


def test_a_spec_with_errors_is_no_module(folder: Path) -> None:
    (folder / "broken.chatspec").write_text('format broken {}\n\nturn user { "{contents}" }\n', "utf-8")
    with pytest.raises(ImportError, match=r"broken\.chatspec.*\n(.*\n)*.*contents") as raised:
        importlib.import_module("broken")
    assert raised.value.path == str(folder / "broken.chatspec")
    assert "broken" not in sys.modules


def test_it_is_installed_once() -> None:
    chatwright.import_hook.install()
    assert sum(isinstance(finder, chatwright.import_hook.Finder) for finder in sys.meta_path) == 1


# ---- types --------------------------------------------------------------------------------------------------------

USES = """\
import {name}

right: str = {name}.text([{{"role": "user", "content": "Hi"}}], think=False)
for segment in {name}.segments([]):
    print(segment.text)
"""
WRONG = USES + "{name}.text([], thinks=False)\n{name}.text([], think='no')\nother: int = {name}.text([])\n"


def typed(folder: Path, source: str) -> list[str]:
    """What mypy finds in a program beside the spec."""
    (folder / "program.py").write_text(source, "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--no-error-summary", "program.py"]
    # mypy does not see what is installed to be edited in place; what is installed otherwise it finds by itself.
    paths = {**os.environ, "MYPYPATH": str(ROOT / "compiler")}
    ran = subprocess.run(command, cwd=folder, env=paths, capture_output=True, text=True, check=False)
    assert not ran.stderr, ran.stderr
    return ran.stdout.splitlines()


def test_what_is_built_is_typed(folder: Path, run: Run) -> None:
    """Ahead of time, as a module, and beside the spec, for the hook."""
    built = folder / "built"
    assert run("build", folder / "my_chatml.chatspec", "--python", "--out", built).status == 0
    assert sorted(path.name for path in built.iterdir()) == ["my_chatml.py", "my_chatml.pyi"]
    assert run("build", folder / "my_chatml.chatspec", "--stub").status == 0
    for place in (built, folder):
        assert typed(place, USES.format(name="my_chatml")) == []
        found = "\n".join(typed(place, WRONG.format(name="my_chatml")))
        assert "thinks" in found and '"think"' in found and "int" in found
    assert typed(folder, "import my_chatml\nprint(my_chatml.spec.stops)\n") == []


def test_every_option_has_a_type(run: Run, tmp_path: Path) -> None:
    for name in ("gpt_oss", "llama3_1", "deepseek_v4"):
        assert run("build", name, "--python", "--out", tmp_path).status == 0
        stub = (tmp_path / f"{name}.pyi").read_text("utf-8")
        for option in chatwright.load(name).options:
            assert stub.count(f"    {option}: ") == 3
    assert "Literal['low', 'medium', 'high']" in (tmp_path / "gpt_oss.pyi").read_text("utf-8")


def test_what_is_asked_for_amiss(run: Run, tmp_path: Path) -> None:
    for words, said in (
        (("qwen3", "--stub"), "shipped format"),
        (("qwen3", "--python"), "--out"),
        (("qwen3", "--out", tmp_path, "--stub"), "--out DIR, --into DIR and --stub"),
    ):
        ran = run("build", *words)
        assert ran.status == 2 and said in ran.err
