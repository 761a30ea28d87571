"""`chatwright encode`: what it prints, on a terminal and off, and what it says of what is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from command_line import Run, command
from encode_jobs import TOKENIZER, encoded, files, lines, rejects, renderer, rows, write_lines
from places import ROOT

from chatwright.cli import binding
from chatwright.cli import encode_progress as encoding
from chatwright.encode import Progress, Summary
from chatwright.tokens.selecting import selector_of

pytestmark = pytest.mark.slow

real = binding.load_tokenizer
FORMAT = ("--format", "qwen3", "--tokenizer", TOKENIZER)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "rows.jsonl", rows(60))


def test_a_job_is_summed_up(run: Run, tmp_path: Path) -> None:
    given = [*rows(20), "", "{", {"messages": []}, 3, {}, [{"role": "user"}]]
    source = write_lines(tmp_path / "rows.jsonl", given)
    out = tmp_path / "out"
    done = run("encode", source, *FORMAT, "--out", out, "-j", 1, "--max-length", 200, "--overflow", "cut-end")
    assert done.status == 0
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    told = {line.split()[0]: line.split()[1:] for line in done.out.splitlines()}
    assert told["rows"] == ["25", "and", "1", "blank", "lines"]
    assert told["samples"][0] == str(summary["samples"]) and told["samples"][1] == str(summary["cut"])
    assert told["tokens"] == [f"{summary['tokens']:,}"]
    assert told["trained"] == [f"{summary['trained']:,}", f"{summary['trained_share']:.1%}", "of", "all", "tokens"]
    assert told["rejects"] == [str(len(rejects(out))), "in", str(out / "rejects.jsonl")]
    first, second, third, more = done.err.splitlines()
    assert re.fullmatch(r"rejected: rows.jsonl, row \d+: .*", first)
    assert more == f"rejected: and {len(rejects(out)) - 3} more"
    assert second != third


def test_the_summary_as_json_is_the_summary(run: Run, source: Path, tmp_path: Path) -> None:
    done = run("encode", source, *FORMAT, "--out", tmp_path / "out", "-j", 1, "--json")
    assert done.status == 0 and done.err == ""
    summary = msgspec.json.decode(done.out, type=Summary)
    assert (summary.rows, summary.samples, summary.new) == (60, 60, 1)
    again = run("encode", source, *FORMAT, "--out", tmp_path / "out", "-j", 1)
    assert "1 written before" in again.out


def test_a_finished_job_is_found_without_a_tokenizer(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_lines(tmp_path / "rows.jsonl", [*rows(30), 3])
    words = ["encode", source, *FORMAT, "--out", tmp_path / "out", "-j", 1, "--rows-per-shard", 10]
    first = run(*words)
    assert first.status == 0 and "rejected: rows.jsonl, row 30" in first.err
    loaded: list[str] = []
    monkeypatch.setattr(binding, "load_tokenizer", lambda name: loaded.append(name) or real(name))
    second = run(*words)
    assert not loaded and second.status == 0 and second.err == first.err
    assert second.out.replace(", 4 written before", "") == first.out
    assert run(*words, "--json").status == 0 and not loaded

    other = run(*words, "--option", "enable_thinking=false")
    assert loaded == [str(TOKENIZER)] and other.status == 2 and "options was" in other.err
    (tmp_path / "out" / "data" / "shard-000001.parquet").unlink()
    third = run(*words)
    assert len(loaded) == 2 and "3 written before" in third.out
    write_lines(source, rows(20))
    assert "the input has changed" in run(*words).err


def test_asking_for_a_finished_job_imports_no_library_for_tokens(source: Path, tmp_path: Path, run: Run) -> None:
    words = ["encode", str(source), *map(str, FORMAT), "--out", str(tmp_path / "out"), "-j", "1"]
    assert run(*words).status == 0
    code = f"import sys; from chatwright.cli import main; main({words!r}); print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "written before" in ran.stdout
    heavy = {"tokenizers", "transformers", "torch", "pyarrow", "fastokens", "lark", "chatwright.tokens.bound"}
    assert not heavy & set(ran.stderr.split())


def test_options_are_those_of_the_library(run: Run, source: Path, tmp_path: Path) -> None:
    words = ["--packing", "700", "--split", "--weights", "--mask", "sampled() * 0.5", "--rows-per-shard", "25"]
    words += ["--max-length", "600", "--overflow", "cut-start", "--tokenization", "as_sampled"]
    words += ["--content-specials", "parse", "--option", "enable_thinking=false", "--messages", "messages"]
    assert run("encode", source, *FORMAT, "--out", tmp_path / "out", "-j", 1, *words).status == 0
    bound = renderer(tokenization="as_sampled", content_specials="parse", enable_thinking=False)
    encoded(
        source,
        tmp_path / "library",
        bound,
        packing=700,
        split=True,
        weights=True,
        select=selector_of("sampled() * 0.5"),
        rows_per_shard=25,
        max_length=600,
        overflow="cut-start",
    )
    assert files(tmp_path / "out") == files(tmp_path / "library")
    assert set(lines(tmp_path / "out")[0]["weights"]) == {0.0, 0.5}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["absent.jsonl"], "absent.jsonl does not exist; encode takes"),
        (["{source}", "--format", "qwen33"], "there is no format qwen33; did you mean qwen3"),
        (["{source}", "--tokenizer", "none.json"], "none.json does not exist; --tokenizer takes a folder"),
        (["{source}", "--mask", "sampld()"], "there is no selector sampld; did you mean sampled?"),
        (["{source}", "--option", "enable_thinking=maybe"], "enable_thinking takes true or false, not 'maybe'"),
        (["{source}", "--option", "thinking=true"], "enable_thinking"),
        (["{source}", "--max-length", "0"], "greater than or equal to 1"),
        (["{source}", "--overflow", "drop"], "'drop' is not one of 'reject', 'cut-end', 'cut-start'"),
        (["{source}", "--max-length", "3"], "no row of {source} could be encoded; rows.jsonl, row 0: it has "),
        (
            ["{source}", "--messages", "chat"],
            "row 0: the field chat is missing; --messages messages reads that field",
        ),
        (["{empty}"], "no row of {empty} could be encoded; the input has no rows"),
        (["{source}", "--out", "{source}"], "{source} is a file; --out takes a folder"),
    ],
)
def test_mistakes_are_told_in_a_line(run: Run, words: list[str], says: str, source: Path, tmp_path: Path) -> None:
    empty = write_lines(tmp_path / "empty.jsonl", [])
    names = {"source": str(source), "empty": str(empty)}
    given = [word.format(**names) for word in words]
    done = run("encode", *FORMAT, "--out", tmp_path / "out", "-j", 1, *given)
    assert done.status == 2
    assert says.format(**names) in done.err
    assert "Traceback" not in done.err and done.err.count("\n") == 1


def test_verbose_shows_where(run: Run, tmp_path: Path) -> None:
    done = run("encode", tmp_path / "absent.jsonl", *FORMAT, "--out", tmp_path / "out", "--verbose")
    assert done.status == 2 and "Traceback" in done.err and "EncodeError" in done.err


@pytest.mark.parametrize(("module", "words", "extra"), [("pyarrow", [], "encode"), ("ray", ["--engine", "ray"], "ray")])
def test_a_missing_package_is_named_with_its_extra(module: str, words: list[str], extra: str, source: Path) -> None:
    """As where it is not installed: its import fails."""
    out = source.parent / "out"
    code = f"import sys; sys.modules[{module!r}] = None; from chatwright.cli import main; sys.exit(main(sys.argv[1:]))"
    line = [sys.executable, "-c", code, "encode", str(source), *map(str, FORMAT), "--out", str(out), *words]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr == f"chatwright: {module} is not installed; install chatwright[{extra}]\n"


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = "import sys, chatwright, chatwright.encode, chatwright.cli.commands; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert not {"pyarrow", "ray", "datasets", "pandas", "transformers", "torch"} & set(eval(done.stdout))


# ---- how far it is -----------------------------------------------------------------------------------------------


def test_now_and_then_a_line_says_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    told = encoding.Lines(lambda: now[0])
    for seconds, rows_, done in ((1, 10, 1), (11, 1234, 50), (12, 1300, 60), (25, 2_000_000, 100)):
        now[0] = seconds
        told.tell(Progress(rows_, rows_ * 1000, 3 if done > 50 else 0, seconds, done, 100, 1))
    assert capsys.readouterr().err.splitlines() == [
        "50%: 1,234 rows, 112 rows/s, 1.2M tokens, 112.2k tokens/s",
        "100%: 2,000,000 rows, 80,000 rows/s, 2.0G tokens, 80.0M tokens/s, 3 rejects",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_terminal_has_a_bar(source: Path, tmp_path: Path) -> None:
    """Progress goes to standard error, so that the summary can go elsewhere."""
    import pty

    parent, child = pty.openpty()
    words = [sys.executable, "-m", "chatwright", "encode", str(source), *map(str, FORMAT)]
    words += ["--out", str(tmp_path / "out"), "-j", "1", "--json"]
    environment = {**os.environ, "COLUMNS": "120", "TERM": "xterm"}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=child, env=environment)
    os.close(child)
    out, _ = process.communicate(timeout=60)
    drawn = b""
    try:
        while data := os.read(parent, 4096):
            drawn += data
    except OSError:  # what a closed terminal says
        pass
    os.close(parent)
    assert process.returncode == 0
    assert json.loads(out)["rows"] == 60
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn.decode())
    assert "100%" in text and "60 rows, " in text and " tokens/s" in text


def test_the_example_data_set(tmp_path: Path) -> None:
    done = command("encode", ROOT / "examples" / "chats.jsonl", *FORMAT, "--out", tmp_path / "out")
    assert done.returncode == 0
    assert done.stderr.decode() == "rejected: chats.jsonl, row 3: message 0, content: must be a text, not int\n"
    assert [one["row"] for one in lines(tmp_path / "out")] == [0, 1, 2, 4, 5]
