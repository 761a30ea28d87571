"""The command line: every kind of mistake is told in one line, and nothing is written half."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import HELLO, WRONG, Run, command

import chatwright

# What is wrong: one line, exit code 2, nothing printed


MISTAKES: dict[str, tuple[list[str], bytes, str]] = {
    "no such command": (["rendr"], b"", "no such command 'rendr'"),
    "no such flag": (["render", "qwen3", "--segmnts"], b"", "no such option: --segmnts"),
    "missing argument": (["check"], b"", "missing argument 'SPEC...'"),
    "missing option": (["build", "qwen3"], b"", "build takes one of --out DIR, --into DIR and --stub"),
    "no such value": (["render", "qwen3", "--show", "colours"], b"[]", "invalid value for '--show'"),
    "no such stage": (["check", "--emit", "tokens", "qwen3"], b"", "invalid value for '--emit'"),
    "two specs for one stage": (["check", "--emit", "ir", "qwen3", "gemma4"], b"", "--emit takes one spec, not 2"),
    "two views": (["render", "qwen3", "--json", "--show", "mask"], b"[]", "--json and --show mask exclude each other"),
    "unknown format": (["render", "qwen33"], b"[]", "there is no format qwen33; did you mean qwen3 or"),
    "unknown format to check": (["check", "gema4"], b"", "there is no format gema4; did you mean gemma4"),
    "unknown model": (
        ["render", "Qwen/Qwen3-9B"],
        b"[]",
        "there is no format Qwen/Qwen3-9B; did you mean qwen3_8 or qwen3_6 or qwen3_5, or the model Qwen/",
    ),
    "neither a format nor a model": (["facts", "foo/bar"], b"", "`chatwright list` shows all formats and models"),
    "nothing to list": (["list", "qwen9"], b"", "no format, family or model matches qwen9; did you mean qwen"),
    "no tokenizer": (["which", "empty"], b"", "this tokenizer has no chat template, and no shipped format names its"),
    "no folder": (["which", "nowhere"], b"", "nowhere is not a folder"),
    "missing spec": (["check", "none.chatspec"], b"", "none.chatspec cannot be read: No such file or directory"),
    "folder without specs": (["check", "empty"], b"", "there is no .chatspec file in empty"),
    "binary spec": (["check", "binary.chatspec"], b"", "binary.chatspec is not UTF-8 text"),
    "binary spec to format": (["fmt", "binary.chatspec"], b"", "binary.chatspec is a binary file: byte 0xff at offset"),
    "missing file to format": (["fmt", "none.chatspec"], b"", "none.chatspec cannot be read"),
    "out is a file": (["build", "qwen3", "--out", "binary.chatspec"], b"", "binary.chatspec is a file; --out takes"),
    "out is in a file": (["build", "qwen3", "--out", "binary.chatspec/a"], b"", "binary.chatspec/a cannot be created"),
    "missing file": (["render", "qwen3", "none.json"], b"", "none.json cannot be read: No such file or directory"),
    "folder": (["render", "qwen3", "empty"], b"", "empty cannot be read: Is a directory"),
    "missing tools": (["render", "qwen3", "--tools", "none.json"], b"[]", "none.json cannot be read"),
    "tools and chat from one": (["render", "qwen3", "--tools", "-"], b"[]", "standard input cannot hold both"),
    "tools that are none": (
        ["render", "qwen3", "--tools", "tools.json"],
        b"[]",
        "tools.json: tools: must be a list",
    ),
    "tool that is none": (
        ["render", "qwen3"],
        b'{"messages": [], "tools": [1]}',
        "tools[0]: must be an object with a JSON schema, not a number",
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
    "not a number of JSON": (["render", "qwen3"], b"[NaN]", "not JSON: NaN is not a JSON number"),
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
        "the field messages is missing; put a single message into a list",
    ),
    "no messages": (["render", "qwen3"], b'{"message": []}', "standard input: the field messages is missing\n"),
    "messages are none": (
        ["render", "qwen3"],
        b'{"messages": "hi"}',
        "messages: is text but not JSON",
    ),
    "message is none": (["render", "qwen3"], b'["hi"]', "message 0: a message is an object with a role, not a text"),
    "no role": (["render", "qwen3"], b'[{"content": "hi"}]', "standard input: message 0, role: is missing"),
    "role is null": (["render", "kimi_k2_6"], b'[{"role": null}]', "standard input: message 0, role: is missing"),
    "role is a number": (["render", "kimi_k2_6"], b'[{"role": 1}]', "message 0, role: must be a text, not a number"),
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
        ["render", "qwen3", "--option", "enable_thinkin=true"],
        b"[]",
        "no option enable_thinkin; did you mean enable_thinking?",
    ),
    "unknown option in the file": (
        ["render", "qwen3"],
        b'{"messages": [{"role": "user", "content": ""}], "id": 3}',
        "standard input: there is no option id; the options",
    ),
    "tools as an option": (["render", "qwen3", "--option", "tools=x"], b"[]", "there is no option tools"),
    "option without a value": (
        ["render", "qwen3", "--option", "enable_thinking"],
        b"[]",
        "--option takes NAME=VALUE, not 'enable_thinking'",
    ),
    "option of another type": (
        ["render", "qwen3", "--option", "enable_thinking=yes"],
        b"[]",
        "enable_thinking takes true or false, not 'yes'",
    ),
    "option in the file of another type": (
        ["render", "qwen3"],
        b'{"messages": [{"role": "user", "content": ""}], "enable_thinking": 1}',
        "enable_thinking takes True or False, not 1",
    ),
    "option of no choice": (
        ["render", "gpt_oss", "--option", "reasoning_effort=huge"],
        b"[]",
        "reasoning_effort takes 'low' or 'medium' or",
    ),
    "option that is no list": (
        ["render", "gpt_oss", "--option", "builtin_tools=python"],
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


@pytest.mark.parametrize("view", ["--show=text", "--json", "--show=mask"])
def test_a_reader_who_leaves_is_no_error(tmp_path: Path, view: str) -> None:
    path = tmp_path / "long.json"
    path.write_text(json.dumps([{"role": "user", "content": "long " * 100_000}]), encoding="utf-8")
    line = [sys.executable, "-m", "chatwright", "render", "qwen3", str(path), view]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


def test_output_is_utf_8_in_every_locale() -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for words in (["--show", "mask"], ["--json"], []):
        ran = command("render", "qwen3", "-", *words, input=json.dumps(HELLO).encode(), env=environment)
        assert ran.returncode == 0 and "🧀" in ran.stdout.decode() and ran.stderr == b""
