"""The command line: every command, every kind of mistake, and that nothing is written half."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

import chatwright
from chatwright.cli import main, output, transcript
from chatwright.runtime.rendered import Segment

ROOT = Path(__file__).resolve().parent.parent
CHAT = ROOT / "examples" / "conversation.json"
OWN = ROOT / "examples" / "my_chatml.chatspec"
HELLO = [{"role": "user", "content": "Grüezi\n"}, {"role": "assistant", "content": "Hoi 🧀"}]
WRONG = """format wrong {
  tokens = ["<|a|>"]
}

turn user { "<|b|>{contents}<|a|>" }

turn assistant { sampled { "{content}" close "<|a|>" } }
"""


class Ran(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in this process, with a standard input, and gives what it returned and printed."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def runs(*words: str | Path, stdin: bytes | str = b"") -> Ran:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        status = main([str(word) for word in words])
        out, err = capfdbinary.readouterr()
        return Ran(status, out.decode(), err.decode())

    return runs


def command(*words: str | Path, **settings: object) -> subprocess.CompletedProcess[bytes]:
    """Runs the command as a process of its own."""
    line = [sys.executable, "-m", "chatwright.cli", *map(str, words)]
    return subprocess.run(line, capture_output=True, check=False, timeout=60, **settings)  # type: ignore[call-overload,no-any-return]


# Starting up


def test_help_names_every_command(run: Run) -> None:
    for words in (["--help"], ["-h"], []):
        ran = run(*words)
        assert ran.status == 0 and not ran.err
        for name in ("list", "check", "fmt", "build", "render", "explain"):
            assert f"  {name}  " in ran.out
    assert "verbose" not in ran.out


@pytest.mark.parametrize("name", ["list", "check", "fmt", "build", "render", "explain"])
def test_every_command_has_help(run: Run, name: str) -> None:
    ran = run(name, "--help")
    assert ran.status == 0 and f"chatwright {name}" in ran.out and not ran.err


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version") == (0, f"chatwright {chatwright.__version__}\n", "")


def test_help_needs_neither_the_compiler_nor_rich() -> None:
    code = "import sys; from chatwright.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stderr.split())
    assert not loaded & {"lark", "rich", "rich.console", "jinja2", "transformers", "numpy", "chatwright.spec"}


def test_help_is_there_at_once() -> None:
    def seconds() -> float:
        start = time.perf_counter()
        command("--help")
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.3


# list


def test_list_shows_every_format(run: Run) -> None:
    ran = run("list")
    assert ran.status == 0 and not ran.err
    starts = [line.split()[0] for line in ran.out.splitlines() if line[:1].strip()]
    assert starts == list(chatwright.formats())
    assert "reasoning_effort=low|medium|high" in ran.out and "enable_thinking=true" in ran.out


def test_list_as_json_has_models_options_and_stops(run: Run) -> None:
    found = {entry["name"]: entry for entry in json.loads(run("list", "--json").out)}
    assert list(found) == list(chatwright.formats())
    for name, entry in found.items():
        spec = chatwright.load(name)
        assert tuple(entry["models"]) == spec.models and tuple(entry["stops"]) == spec.stops
        assert [option["name"] for option in entry["options"]] == list(spec.options)
        assert entry["about"] and "\n" not in entry["about"]


# check


def test_check_of_clean_specs(run: Run) -> None:
    assert run("check", "qwen3", OWN) == (0, "no errors in 2 specs\n", "")


def test_check_takes_folders(run: Run) -> None:
    ran = run("check", ROOT / "specs")
    assert ran == (0, f"no errors in {len(chatwright.formats())} specs\n", "")


def test_check_shows_what_is_wrong_and_where(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "wrong.chatspec"
    path.write_text(WRONG, encoding="utf-8")
    ran = run("check", "qwen3", path)
    assert ran.status == 1 and not ran.err
    assert "error[unknown-name]" in ran.out and "error[undeclared-token]" in ran.out
    assert (
        f"--> {path}:5:{WRONG.splitlines()[4].index('contents') + 1}" in ran.out and "did you mean content?" in ran.out
    )
    assert ran.out.endswith("\n\n2 errors in 2 specs\n")


def test_check_as_json(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "wrong.chatspec"
    path.write_text(WRONG, encoding="utf-8")
    ran = run("check", path, "--format", "json")
    (found,) = [d for d in json.loads(ran.out) if d["code"] == "unknown-name"]
    assert ran.status == 1 and found["file"] == str(path) and found["severity"] == "error"
    start, end = found["start"], found["end"]
    assert (start["line"], start["column"]) == (5, WRONG.splitlines()[4].index("contents") + 1)
    assert WRONG[start["offset"] : end["offset"]] == "contents"
    assert json.loads(run("check", "qwen3", "--format", "json").out) == []


def test_a_fault_of_a_shared_base_is_told_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.chatspec").write_text(WRONG, encoding="utf-8")
    for name in ("one", "two"):
        (tmp_path / f"{name}.chatspec").write_text(f"format {name} extends wrong {{\n}}\n", encoding="utf-8")
    ran = run("check", tmp_path)
    assert ran.status == 1 and ran.out.count("error[unknown-name]") == 1


@pytest.mark.parametrize("name", ["qwen3", "qwen3_2507", "gemma4"])
def test_every_stage_can_be_printed(run: Run, name: str) -> None:
    spec = chatwright.load(name)
    assert run("check", "--emit", "jinja", name) == (0, spec.jinja(), "")
    assert run("check", "--emit", "python", name) == (0, spec.python(), "")
    tree, ir, facts = (json.loads(run("check", "--emit", stage, name).out) for stage in ("ast", "ir", "facts"))
    assert tree["decls"][0]["bare"]["name"] == name
    assert ir["name"] == name and ir["tokens"] == list(spec.tokens)
    assert facts["stops"] == list(spec.stops)


def test_stages_are_the_same_in_every_process() -> None:
    for stage in ("ast", "ir", "facts", "jinja", "python"):
        outs = {
            command("check", "--emit", stage, "gpt_oss", env={**os.environ, "PYTHONHASHSEED": seed}).stdout
            for seed in ("1", "2")
        }
        assert len(outs) == 1 and outs != {b""}


def test_a_stage_of_a_wrong_spec_is_not_printed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "wrong.chatspec"
    path.write_text(WRONG, encoding="utf-8")
    for stage in ("ir", "facts", "jinja", "python"):
        ran = run("check", "--emit", stage, path)
        assert ran.status == 1 and not ran.out and "error[unknown-name]" in ran.err


# fmt


def test_fmt_puts_files_in_order_once(run: Run, tmp_path: Path) -> None:
    tidy = OWN.read_text(encoding="utf-8")
    path, clean = tmp_path / "inner" / "a.chatspec", tmp_path / "b.chatspec"
    path.parent.mkdir()
    path.write_text(tidy.replace("  sampled {", "        sampled  {"), encoding="utf-8")
    path.chmod(0o640)
    clean.write_text(tidy, encoding="utf-8")
    assert run("fmt", "--check", tmp_path) == (1, f"would format {path}\n", "")
    assert path.read_text(encoding="utf-8") != tidy
    assert run("fmt", tmp_path) == (0, f"formatted {path}\n", "")
    assert path.read_text(encoding="utf-8") == tidy and stat.S_IMODE(path.stat().st_mode) == 0o640
    assert run("fmt", tmp_path) == (0, "", "") == run("fmt", "--check", tmp_path)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.chatspec", "b.chatspec", "inner"]


def test_fmt_of_standard_input(run: Run) -> None:
    tidy = OWN.read_text(encoding="utf-8")
    assert run("fmt", "-", stdin=tidy.replace("  sampled {", "    sampled{")) == (0, tidy, "")


def test_fmt_leaves_alone_what_cannot_be_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.chatspec"
    path.write_text("format a {\n", encoding="utf-8")
    ran = run("fmt", path)
    assert ran.status == 1 and not ran.out and f"--> {path}:" in ran.err
    assert path.read_text(encoding="utf-8") == "format a {\n"


# build


@pytest.mark.parametrize("name", chatwright.formats())
def test_what_is_built_is_what_the_spec_gives(run: Run, tmp_path: Path, name: str) -> None:
    out = tmp_path / "deep" / "er"
    ran = run("build", name, "--out", out)
    files = [f"{name}.jinja", f"{name}.training.jinja", f"{name}.py"]
    assert ran == (0, "".join(f"wrote {out / file}\n" for file in files), "")
    spec = chatwright.load(name)
    # Read as transformers reads it: a newline too many or too few would change what it renders.
    assert (out / f"{name}.jinja").read_bytes() == spec.jinja().encode()
    assert (out / f"{name}.py").read_bytes() == spec.python().encode()
    assert (out / f"{name}.training.jinja").read_bytes() == spec.jinja(training=True).encode()
    assert {path.name for path in out.iterdir()} == set(files)


def test_the_built_template_renders_as_the_spec_does(run: Run, tmp_path: Path) -> None:
    run("build", OWN, "--out", tmp_path)
    template = (tmp_path / "my_chatml.jinja").read_text(encoding="utf-8")
    (text,), _ = render_jinja_template([HELLO], chat_template=template)
    assert text == chatwright.load(OWN).text(HELLO)


def test_the_built_module_needs_the_runtime_alone(run: Run, tmp_path: Path) -> None:
    run("build", "qwen3", "--out", tmp_path)
    chat = json.loads(CHAT.read_text(encoding="utf-8"))
    code = (
        "import json, sys; import qwen3; chat = json.load(open(sys.argv[1], encoding='utf-8'))\n"
        "text = qwen3.text(chat['messages'], chat['tools'], enable_thinking=False, add_generation_prompt=True)\n"
        "ours = {m for m in sys.modules if m.startswith('chatwright') and not m.startswith('chatwright.runtime')}\n"
        "others = {'lark', 'jinja2', 'transformers', 'typer'} & set(sys.modules)\n"
        "json.dump([text, sorted(ours), sorted(others)], sys.stdout)"
    )
    line = [sys.executable, "-c", code, str(CHAT)]
    done = subprocess.run(line, capture_output=True, check=True, cwd=tmp_path, timeout=60)
    text, ours, others = json.loads(done.stdout)
    wanted = chatwright.load("qwen3").text(
        chat["messages"], chat["tools"], enable_thinking=False, add_generation_prompt=True
    )
    assert text == wanted and ours == ["chatwright"] and others == []


def test_build_overwrites_its_own_files_and_no_others(run: Run, tmp_path: Path) -> None:
    assert run("build", "qwen3", "--out", tmp_path).status == 0
    assert run("build", "qwen3", "--out", tmp_path).status == 0
    foreign = {"qwen3.jinja": "{{ messages }}", "qwen3.py": '"""Renders my own things."""\n'}
    for name, text in {**foreign, "qwen3.training.jinja": "{{ messages }}"}.items():
        path = tmp_path / name
        before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
        path.write_text(text, encoding="utf-8")
        ran = run("build", "qwen3", "--out", tmp_path)
        assert ran == (2, "", f"chatwright: {path} was not made by chatwright; --force overwrites it\n")
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {**before, name: text.encode()}
        assert run("build", "qwen3", "--out", tmp_path, "--force").status == 0
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_format_without_the_model_has_no_training_template(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "plain.chatspec"
    path.write_text('format plain { }\n\nturn * { "{role}: {content}\\n" }\n', encoding="utf-8")
    assert run("build", path, "--out", tmp_path / "out").status == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"plain.jinja", "plain.py"}
    with pytest.raises(chatwright.ChatwrightError, match="nothing stands in `sampled`"):
        chatwright.load(path).jinja(training=True)


def test_build_writes_all_files_or_none(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def full(path: Path, *arguments: str, **settings: str) -> object:
        if ".py." in path.name:
            raise OSError(28, "No space left on device", str(path))
        return opened(path, *arguments, **settings)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    ran = run("build", "qwen3", "--out", tmp_path)
    assert ran == (2, "", f"chatwright: nothing was written to {tmp_path}: No space left on device\n")
    assert list(tmp_path.iterdir()) == []


def test_files_are_complete_before_they_take_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, text = tmp_path / "a.txt", "new\n" * 1000
    path.write_text("old", encoding="utf-8")
    replaced = os.replace
    seen = []

    def watched(source: Path, target: Path) -> None:
        seen.append((source.read_text(encoding="utf-8"), target.read_text(encoding="utf-8")))
        replaced(source, target)

    monkeypatch.setattr(os, "replace", watched)
    output.write_files({path: text})
    assert seen == [(text, "old")] and path.read_text(encoding="utf-8") == text
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


# render


def test_render_prints_the_text_exactly(run: Run) -> None:
    chat = json.loads(CHAT.read_text(encoding="utf-8"))
    for name in chatwright.formats():
        wanted = chatwright.load(name).text(chat["messages"], tools=chat["tools"], add_generation_prompt=True)
        given = run("render", name, CHAT, "-g")
        if "current_date" not in chatwright.load(name).options:
            assert given == (0, wanted, "")


@pytest.mark.parametrize("words", [(), ("-",)])
def test_render_reads_standard_input(run: Run, words: tuple[str, ...]) -> None:
    wanted = chatwright.load("qwen3").text(HELLO)
    assert run("render", "qwen3", *words, stdin=json.dumps(HELLO)) == (0, wanted, "")
    assert run("render", "qwen3", *words, stdin=b"\xef\xbb\xbf" + json.dumps(HELLO).encode()) == (0, wanted, "")


def test_render_takes_options_of_every_type(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "types.chatspec"
    spec.write_text(
        "format types {\n}\n\noption a: bool = false\n\noption b: int = 1\n\noption c: text\n\n"
        "option d: low | high = low\n\noption e: list of x | y\n\noption f: date\n\n"
        'turn user { "{a}/{b}/{c}/{d}/{f}/" each k in e { "{k}," } "{content}" }\n',
        encoding="utf-8",
    )
    words = ["a=true", "b=-7", "c=x=1 ü", "d=high", 'e=["y","x"]', "f=2026-03-12"]
    options = [part for word in words for part in ("-o", word)]
    ran = run("render", spec, *options, stdin='[{"role": "user", "content": "!"}]')
    assert ran == (0, "True/-7/x=1 ü/high/2026-03-12/y,x,!", "")


def test_the_command_line_wins_over_the_file(run: Run, tmp_path: Path) -> None:
    spec = chatwright.load("qwen3")
    tools = json.loads(CHAT.read_text(encoding="utf-8"))["tools"]
    file = tmp_path / "tools.json"
    file.write_text(json.dumps(tools[:1]), encoding="utf-8")
    given = {"messages": HELLO, "tools": tools, "add_generation_prompt": True, "enable_thinking": False}
    stdin = json.dumps(given)
    own = spec.text(HELLO, tools=tools, add_generation_prompt=True, enable_thinking=False)
    assert run("render", "qwen3", stdin=stdin).out == own
    words = ["--tools", file, "--no-generation-prompt", "--option", "enable_thinking=true"]
    assert run("render", "qwen3", *words, stdin=stdin).out == spec.text(HELLO, tools=tools[:1])
    words = ["--tools", CHAT]  # an object that holds tools
    assert run("render", "qwen3", *words, stdin=json.dumps(HELLO)).out == spec.text(HELLO, tools=tools)


def test_render_of_json_lines_prints_json_lines(run: Run, tmp_path: Path) -> None:
    spec = chatwright.load("qwen3")
    one, two = HELLO, {"messages": HELLO[:1], "add_generation_prompt": True}
    texts = [spec.text(HELLO), spec.text(HELLO[:1], add_generation_prompt=True)]
    lines = f"{json.dumps(one)}\n\n{json.dumps(two)}\n"
    path = tmp_path / "chats.jsonl"
    path.write_text(lines, encoding="utf-8")
    for ran in (run("render", "qwen3", path), run("render", "qwen3", stdin=lines)):
        assert ran.status == 0 and [json.loads(line)["text"] for line in ran.out.splitlines()] == texts
    ran = run("render", "qwen3", path, "--segments")
    assert ["".join(s["text"] for s in json.loads(line)) for line in ran.out.splitlines()] == texts
    path.write_text(f"{json.dumps(one)}\n", encoding="utf-8")
    assert json.loads(run("render", "qwen3", path).out) == {"text": texts[0]}


def test_segments_are_those_of_the_spec(run: Run) -> None:
    chat = json.loads(CHAT.read_text(encoding="utf-8"))
    wanted = chatwright.load("qwen3").segments(chat["messages"], tools=chat["tools"])
    for words in (["--segments"], ["--show", "segments"]):
        ran = run("render", "qwen3", CHAT, *words)
        assert ran.status == 0 and [Segment(**entry) for entry in json.loads(ran.out)] == wanted
    assert len(ran.out.splitlines()) == len(wanted) + 2


MASK = """\
0 user      wrap      ┆ <|im_start|>user↵
            content   │ ·two··→sp\\x1baces·↵
                      │ \\xa0\\u200b
            wrap      ┆ <|im_end|>↵
1 assistant wrap      ┆ <|im_start|>assistant↵
            wrap      ┇ <think>↵
            reasoning ┃ words that do not fit in so little room, and\x20
                      ┃ so they go on below, as\x20
                      ┃ 東京東京東京東京東京東京東京東京東京東京東京
                      ┃ 東京東京東京東京東京東京東京東京東京東京東京
            wrap      ┇ ↵
                      ┇ </think>↵
            content   ┃ 42
            closer    █ <|im_end|>
            wrap      ┆ ↵
— assistant prompt    ┆ <|im_start|>assistant↵

given    ┆ scaffold 73   │ body 18    ░ closer 0     91 characters
sampled  ┇ scaffold 18   ┃ body 115   █ closer 10   143 characters
         ↵ newline   → tab   · space   — of no message
"""


def test_mask_shows_who_wrote_what_without_colours(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    thought = "words that do not fit in so little room, and so they go on below, as " + "東京" * 22
    messages = [
        {"role": "user", "content": " two  \tsp\x1baces \n\xa0\u200b"},
        {"role": "assistant", "reasoning_content": thought, "content": "42"},
    ]
    ran = run("render", OWN, "--show", "mask", "-g", stdin=json.dumps(messages))
    assert ran.status == 0 and "\x1b" not in ran.out
    assert ran.out == MASK


def test_mask_has_colours_unless_they_are_not_wanted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    words = ["render", OWN, "--show", "mask"]
    coloured = run(*words, stdin=json.dumps(HELLO)).out
    for code in ("90", "36", "32", "1;32", "1;35"):
        assert f"\x1b[{code}m" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    plain = run(*words, stdin=json.dumps(HELLO)).out
    assert not any(f"\x1b[{code}m" in plain for code in ("90", "36", "32", "1;32", "1;35"))
    assert "Hoi 🧀" in plain


def test_the_mask_loses_no_text() -> None:
    chat = json.loads(CHAT.read_text(encoding="utf-8"))
    for name in chatwright.formats():
        segments = chatwright.load(name).segments(chat["messages"], tools=chat["tools"])
        shown = "".join(transcript.visible_lines("".join(s.text for s in segments), 40))
        wanted = "".join(s.text for s in segments).replace("\n", "↵")
        assert shown.replace("·", " ") == wanted
        pieces = transcript.pieces(segments)
        assert "".join(piece.text for piece in pieces) == "".join(s.text for s in segments)
        assert {(p.kind, p.sampled) for p in pieces} == {(transcript.kind_of(s), s.sampled) for s in segments}


def test_masks_of_json_lines_stand_under_their_lines(run: Run) -> None:
    lines = f"{json.dumps(HELLO)}\n{json.dumps(HELLO)}\n"
    ran = run("render", OWN, "--show", "mask", stdin=lines)
    assert ran.out.startswith("standard input, line 1\n\n0 user") and "\n\nstandard input, line 2\n\n0 user" in ran.out
    assert ran.out.count("given  ") == 1


def test_a_role_cannot_reach_into_the_terminal(run: Run) -> None:
    ran = run("render", "qwen2_5", "--show", "mask", stdin='[{"role": "user", "content": "\\u001b[2J\\r\\u0007"}]')
    assert ran.status == 0 and "\\x1b[2J\\r\\x07" in ran.out and not {"\x1b", "\r", "\x07"} & set(ran.out)


# explain


def test_explain_lists_codes_and_shows_pages(run: Run) -> None:
    pages = {page.stem: page.read_text(encoding="utf-8") for page in (ROOT / "dsl" / "errors").glob("*.md")}
    listed = run("explain")
    assert listed.status == 0 and [line.split()[0] for line in listed.out.splitlines()] == sorted(pages)
    for code, text in pages.items():
        assert run("explain", code) == (0, f"{text.rstrip()}\n", "")
        assert run("explain", f"error[{code}]") == (0, f"{text.rstrip()}\n", "")


def test_explain_names_the_nearest_codes(run: Run) -> None:
    ran = run("explain", "missing-clothes")
    assert ran.status == 2 and not ran.out
    assert "there is no diagnostic missing-clothes; did you mean missing-close" in ran.err
    ran = run("explain", "zzz")
    assert ran == (2, "", "chatwright: there is no diagnostic zzz; chatwright explain lists them\n")


# What is wrong: one line, exit code 2, nothing printed


MISTAKES: dict[str, tuple[list[str], bytes, str]] = {
    "no such command": (["rendr"], b"", "no such command 'rendr'"),
    "no such flag": (["render", "qwen3", "--segmnts"], b"", "no such option: --segmnts"),
    "missing argument": (["check"], b"", "missing argument 'SPEC...'"),
    "missing option": (["build", "qwen3"], b"", "missing option '--out'"),
    "no such value": (["render", "qwen3", "--show", "colours"], b"[]", "invalid value for '--show'"),
    "no such stage": (["check", "--emit", "tokens", "qwen3"], b"", "invalid value for '--emit'"),
    "two specs for one stage": (["check", "--emit", "ir", "qwen3", "gemma4"], b"", "--emit takes one spec, not 2"),
    "two views": (["render", "qwen3", "--segments", "--show", "mask"], b"[]", "--segments and --show mask cannot go"),
    "unknown format": (["render", "qwen33"], b"[]", "there is no format qwen33; did you mean qwen3 or"),
    "unknown format to check": (["check", "gema4"], b"", "there is no format gema4; did you mean gemma4"),
    "missing spec": (["check", "none.chatspec"], b"", "none.chatspec cannot be read: No such file or directory"),
    "folder without specs": (["check", "empty"], b"", "there is no .chatspec file in empty"),
    "binary spec": (["check", "binary.chatspec"], b"", "binary.chatspec is no UTF-8 text"),
    "binary spec to format": (["fmt", "binary.chatspec"], b"", "binary.chatspec is a binary file: byte 0xff at offset"),
    "missing file to format": (["fmt", "none.chatspec"], b"", "none.chatspec cannot be read"),
    "out is a file": (["build", "qwen3", "--out", "binary.chatspec"], b"", "binary.chatspec is a file; --out takes"),
    "out is in a file": (["build", "qwen3", "--out", "binary.chatspec/a"], b"", "binary.chatspec/a cannot be made"),
    "missing file": (["render", "qwen3", "none.json"], b"", "none.json cannot be read: No such file or directory"),
    "folder": (["render", "qwen3", "empty"], b"", "empty cannot be read: Is a directory"),
    "missing tools": (["render", "qwen3", "--tools", "none.json"], b"[]", "none.json cannot be read"),
    "tools and chat from one": (["render", "qwen3", "--tools", "-"], b"[]", "standard input cannot hold both"),
    "tools that are none": (["render", "qwen3", "--tools", "tools.json"], b"[]", "tools.json: tools must be a list"),
    "tool that is none": (
        ["render", "qwen3"],
        b'{"messages": [], "tools": [1]}',
        "tools[0] must be an object, not a number",
    ),
    "empty": (["render", "qwen3"], b" \n", "standard input is empty"),
    "binary": (["render", "qwen3"], b"\x89PNG\r\n\x1a\n\0\0", "standard input is a binary file: byte 0x89 at offset 0"),
    "not UTF-8": (["render", "qwen3"], '["é"]'.encode("latin-1"), "standard input is not UTF-8: byte 0xe9 at offset 2"),
    "not JSON": (["render", "qwen3"], b"[{]", "standard input is not JSON: expecting property name"),
    "not JSON, deep inside": (["render", "qwen3"], b"[\n1,\n]", "not JSON"),
    "Python": (
        ["render", "qwen3"],
        b"[{'role': 'user'}]",
        "not JSON: expecting property name enclosed in double quotes at column 3",
    ),
    "not a number of JSON": (["render", "qwen3"], b"[NaN]", "not JSON: NaN is no number of JSON"),
    "half a character": (
        ["render", "qwen3"],
        b'[{"role":"user","content":"\\uD83D"}]',
        "\\ud83d is half of a surrogate pair",
    ),
    "nested": (["render", "qwen3"], b"[" * 100_000, "not JSON: it is nested too deeply"),
    "a number": (
        ["render", "qwen3"],
        b"3",
        "a conversation is a list of messages or an object with messages, not a number",
    ),
    "one message": (
        ["render", "qwen3"],
        b'{"role": "user"}',
        "the field messages is missing; one message goes into a list",
    ),
    "no messages": (["render", "qwen3"], b'{"message": []}', "standard input: the field messages is missing\n"),
    "messages are none": (["render", "qwen3"], b'{"messages": "hi"}', "messages must be a list, not a text"),
    "message is none": (["render", "qwen3"], b'["hi"]', "messages[0] must be an object, not a text"),
    "no role": (["render", "qwen3"], b'[{"content": "hi"}]', "standard input: message 0, role: is missing"),
    "role is null": (["render", "kimi_k2_6"], b'[{"role": null}]', "standard input: message 0, role: is missing"),
    "role is a number": (["render", "kimi_k2_6"], b'[{"role": 1}]', "message 0, role: must be a text, not int"),
    "unknown role": (["render", "mistral_v0_3"], b'[{"role": "robot", "content": "hi"}]', "role"),
    "no content": (["render", "qwen3"], b'[{"role": "system"}]', "message 0, content: is missing"),
    "content is a number": (
        ["render", "qwen3"],
        b'[{"role": "user", "content": 3}]',
        "message 0, content: must be a text",
    ),
    "prompt is none": (
        ["render", "qwen3"],
        b'{"messages": [], "add_generation_prompt": 1}',
        "takes true or false, not a number",
    ),
    "unknown option": (
        ["render", "qwen3", "-o", "enable_thinkin=true"],
        b"[]",
        "no option enable_thinkin; did you mean enable_thinking?",
    ),
    "unknown option in the file": (
        ["render", "qwen3"],
        b'{"messages": [{"role": "user", "content": ""}], "id": 3}',
        "standard input: there is no option id; the options",
    ),
    "tools as an option": (["render", "qwen3", "-o", "tools=x"], b"[]", "there is no option tools"),
    "option without a value": (
        ["render", "qwen3", "-o", "enable_thinking"],
        b"[]",
        "is given as name=value, not 'enable_thinking'",
    ),
    "option of another type": (
        ["render", "qwen3", "-o", "enable_thinking=yes"],
        b"[]",
        "enable_thinking takes true or false, not 'yes'",
    ),
    "option in the file of another type": (
        ["render", "qwen3"],
        b'{"messages": [{"role": "user", "content": ""}], "enable_thinking": 1}',
        "enable_thinking takes True or False, not 1",
    ),
    "option of no choice": (
        ["render", "gpt_oss", "-o", "reasoning_effort=huge"],
        b"[]",
        "reasoning_effort takes 'low' or 'medium' or",
    ),
    "option that is no list": (
        ["render", "gpt_oss", "-o", "builtin_tools=python"],
        b"[]",
        "builtin_tools takes a JSON list such as [\"browser\"], not 'python'",
    ),
    "refused by the format": (["render", "gpt_oss"], b'[{"role": "tool", "content": "1"}]', "message 0"),
    "second line is not JSON": (
        ["render", "qwen3"],
        b'[{"role": "user", "content": ""}]\n[{"role": \n',
        "standard input, line 2 is not JSON: expecting value at column",
    ),
    "third line is none": (
        ["render", "qwen3", "chats.jsonl"],
        b"",
        "chats.jsonl, line 3: the field messages is missing",
    ),
    "third line is refused": (
        ["render", "qwen3"],
        b'[{"role": "user", "content": ""}]\n\n[{"content": "x"}]\n',
        "standard input, line 3: message 0, role: is missing",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told_in_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "binary.chatspec").write_bytes(b"format \0\xff\xfe\xff")
    (tmp_path / "tools.json").write_text('{"type": "function"}', encoding="utf-8")
    (tmp_path / "chats.jsonl").write_text("[]\n\n{}\n", encoding="utf-8")
    files = sorted(tmp_path.rglob("*"))
    words, stdin, message = MISTAKES[name]
    ran = run(*words, stdin=stdin)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith("chatwright: ") and ran.err.count("\n") == 1 and ran.err.endswith("\n")
    assert message in ran.err
    assert sorted(tmp_path.rglob("*")) == files


def test_errors_of_a_spec_are_shown_where_it_is_used(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "wrong.chatspec"
    path.write_text(WRONG, encoding="utf-8")
    for words in (["render", path], ["build", path, "--out", tmp_path / "out"]):
        ran = run(*words, stdin="[]")
        assert ran.status == 1 and not ran.out and "error[unknown-name]" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_fault_of_ours_is_one_line_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ZeroDivisionError("no way")

    monkeypatch.setattr(chatwright, "load", broken, raising=False)
    ran = run("render", "qwen3", stdin="[]")
    assert ran == (70, "", "chatwright: internal error: ZeroDivisionError: no way; --verbose shows where\n")
    ran = run("--verbose", "render", "qwen3", stdin="[]")
    assert ran.status == 70 and "Traceback" in ran.err and "in broken" in ran.err


def test_ending_early_is_quiet(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(chatwright, "load", interrupted, raising=False)
    assert run("render", "qwen3", stdin="[]") == (130, "", "")


@pytest.mark.parametrize("view", ["text", "segments", "mask"])
def test_a_reader_who_leaves_is_no_error(tmp_path: Path, view: str) -> None:
    path = tmp_path / "long.json"
    path.write_text(json.dumps([{"role": "user", "content": "long " * 100_000}]), encoding="utf-8")
    line = [sys.executable, "-m", "chatwright.cli", "render", "qwen3", str(path), "--show", view]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


def test_output_is_utf_8_in_every_locale() -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for words in (["--show", "mask"], ["--segments"], []):
        ran = command("render", "qwen3", "-", *words, input=json.dumps(HELLO).encode(), env=environment)
        assert ran.returncode == 0 and "🧀" in ran.stdout.decode() and ran.stderr == b""
