"""The command line: how it starts, and all commands but those that render."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import CHAT, HELLO, OWN, WRONG, Run, command
from conformance.formats import FIRST
from conformance.oracle import original
from places import ROOT
from transformers.utils.chat_template_utils import render_jinja_template
from typer.main import get_command

import chatwright
from chatwright.cli import commands, listing, output
from chatwright.cli.commands import COMMANDS, FIND, USE, WRITE, Command
from chatwright.library import index

# Starting up


def test_help_names_every_command_in_its_group(run: Run) -> None:
    for words in (["--help"], ["-h"], []):
        ran = run(*words)
        assert ran.status == 0 and not ran.err
        places = [ran.out.index(f"─ {group} ─") for group in (FIND, USE, WRITE)]
        assert places == sorted(places)
        for one in COMMANDS:
            assert f"│ {one.name} " in ran.out[ran.out.index(f"─ {one.group} ─") :]
    assert "verbose" not in ran.out and "--install-completion" in ran.out


@pytest.mark.parametrize("one", COMMANDS, ids=lambda one: one.name)
def test_every_command_has_help_with_an_example(run: Run, one: Command) -> None:
    ran = run(one.name, "--help")
    assert ran.status == 0 and f"chatwright {one.name}" in ran.out and not ran.err
    assert f"Example: {one.example}" in " ".join(ran.out.split())
    words = one.example.split()
    assert words[:2] == ["chatwright", one.name]
    assert SIGNATURES[one.name].make_context(one.name, words[2:]).params


#: The commands as typer reads them, by name.
SIGNATURES: dict[str, Any] = get_command(commands.app).commands  # type: ignore[attr-defined]


def test_an_option_means_one_thing_in_all_commands() -> None:
    meanings: dict[str, set[str]] = {}
    for one in SIGNATURES.values():
        for parameter in one.params:
            for spelling in parameter.opts if parameter.param_type_name == "option" else ():
                meanings.setdefault(spelling, set()).add(max(parameter.opts, key=len))
    assert {spelling for spelling, names in meanings.items() if len(names) > 1} == set()
    assert meanings["-o"] == {"--out"} and "--json" in meanings
    with_json = {"list", "which", "facts", "render", "encode", "check", "verify"}
    assert {name for name, one in SIGNATURES.items() if any("--json" in p.opts for p in one.params)} == with_json


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version") == (0, f"chatwright {chatwright.__version__}\n", "")


def loaded(*words: str) -> set[str]:
    """The modules that a command imports."""
    code = f"import sys; from chatwright.cli import main; main({list(words)!r}); print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ran.stderr.split())


def test_help_and_the_list_import_neither_the_compiler_nor_libraries_for_models(tmp_path: Path) -> None:
    template = original(FIRST[0].template)
    (tmp_path / "chat_template.jinja").write_bytes(template.encode())
    for words in (["--help"], ["list"], ["which", str(tmp_path)]):
        assert not loaded(*words) & {
            "lark",
            "jinja2",
            "transformers",
            "tokenizers",
            "torch",
            "numpy",
            "chatwright.spec",
        }


def test_the_shell_completes_formats_and_models() -> None:
    def completed(word: str) -> list[str]:
        shell = {"_CHATWRIGHT_COMPLETE": "complete_bash", "COMP_WORDS": f"chatwright render {word}", "COMP_CWORD": "2"}
        return command(env={**os.environ, **shell}).stdout.decode().split()

    assert completed("qwen3_2507") == ["qwen3_2507", "qwen3_2507_thinker"]
    assert completed("Qwen/Qwen3-8") == ["Qwen/Qwen3-8B"]
    folder = f"{OWN.parent}/my_chat"
    assert completed(folder) == [str(OWN)]


# list and which


def test_list_shows_a_format_on_each_line(run: Run) -> None:
    ran = run("list")
    assert ran.status == 0 and not ran.err
    assert [line.split()[0] for line in ran.out.splitlines()] == list(chatwright.formats())
    assert "qwen3        " in ran.out and "Qwen3" in ran.out and "\x1b" not in ran.out


def test_list_finds_names_models_and_families(run: Run) -> None:
    def names(*words: str) -> list[str]:
        return [line.split()[0] for line in run("list", *words).out.splitlines()]

    assert names("Qwen/Qwen3-8B") == ["qwen3"]
    assert "qwen3" in names("QWEN3") and "gemma4" not in names("qwen3")
    assert names("gemma", "270m") == ["gemma3"]
    family = {entry.name for entry in index().formats if entry.family == "kimi"}
    assert family <= set(names("kimi"))


def test_a_terminal_gets_colour_and_lines_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    lines = listing.as_lines(listing.matching(["qwen3"])).splitlines()
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert all(line.startswith("\x1b[1;36mqwen") or "\x1b[0m" in line for line in lines)
    assert max(map(len, plain)) <= 60 and any(line.endswith("…") for line in plain)


def test_list_as_json_has_models_options_and_stops(run: Run) -> None:
    found = {entry["name"]: entry for entry in json.loads(run("list", "--json").out)}
    assert list(found) == list(chatwright.formats())
    for name in [fmt.name for fmt in FIRST]:
        spec, entry = chatwright.load(name), found[name]
        assert tuple(entry["models"]) == spec.models and tuple(entry["stops"]) == spec.stops
        assert [option["name"] for option in entry["options"]] == list(spec.options)
        assert entry["about"] and "\n" not in entry["about"]


def test_which_names_the_format_of_a_folder(run: Run, tmp_path: Path) -> None:
    for fmt in FIRST:
        (tmp_path / "chat_template.jinja").write_bytes(original(fmt.template).encode())
        assert run("which", tmp_path) == (0, f"{fmt.name}\n", "")
        found = json.loads(run("which", tmp_path, "--json").out)
        assert (found["format"], found["by"]) == (fmt.name, "template") and found["revision"]


# models


def test_a_model_id_leads_to_its_format_and_says_which(run: Run) -> None:
    text = chatwright.load("qwen3").text(HELLO)
    for name in ("Qwen/Qwen3-8B", "qwen/qwen3-8b"):
        ran = run("render", name, stdin=json.dumps(HELLO))
        assert ran == (0, text, f"{name}: the format qwen3\n")
    assert run("check", "Qwen/Qwen3-8B") == (0, "no errors in 1 spec\n", "")


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
    ran = run("check", path, "--json")
    (found,) = [d for d in json.loads(ran.out) if d["code"] == "unknown-name"]
    assert ran.status == 1 and found["file"] == str(path) and found["severity"] == "error"
    start, end = found["start"], found["end"]
    assert (start["line"], start["column"]) == (5, WRONG.splitlines()[4].index("contents") + 1)
    assert WRONG[start["offset"] : end["offset"]] == "contents"
    assert json.loads(run("check", "qwen3", "--json").out) == []


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
    assert tree["decls"][0]["bare"]["word"]["text"] == name
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


@pytest.mark.parametrize("name", [fmt.name for fmt in FIRST])
def test_what_is_built_is_what_the_spec_gives(run: Run, tmp_path: Path, name: str) -> None:
    out = tmp_path / "deep" / "er"
    ran = run("build", name, "--out", out)
    files = [f"{name}.jinja", f"{name}.training.jinja", f"{name}.response.json", f"{name}.py"]
    assert ran == (0, "".join(f"wrote {out / file}\n" for file in files), "")
    spec = chatwright.load(name)
    # Read as transformers reads it: a newline too many or too few would change what it renders.
    assert (out / f"{name}.jinja").read_bytes() == spec.jinja().encode()
    assert (out / f"{name}.py").read_bytes() == spec.python().encode()
    assert json.loads((out / f"{name}.response.json").read_text(encoding="utf-8")) == spec.response_template()
    assert (out / f"{name}.training.jinja").read_bytes() == spec.jinja(view="training").encode()
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
        "text = qwen3.text(chat['messages'], tools=chat['tools'], enable_thinking=False, add_generation_prompt=True)\n"
        "ours = {m for m in sys.modules if m.startswith('chatwright') and not m.startswith('chatwright.runtime')}\n"
        "others = {'lark', 'jinja2', 'transformers', 'typer'} & set(sys.modules)\n"
        "json.dump([text, sorted(ours), sorted(others)], sys.stdout)"
    )
    line = [sys.executable, "-c", code, str(CHAT)]
    done = subprocess.run(line, capture_output=True, check=True, cwd=tmp_path, timeout=60)
    text, ours, others = json.loads(done.stdout)
    wanted = chatwright.load("qwen3").text(
        chat["messages"], tools=chat["tools"], enable_thinking=False, add_generation_prompt=True
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
        assert ran == (2, "", f"chatwright: chatwright did not make {path}; --force overwrites it\n")
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {**before, name: text.encode()}
        assert run("build", "qwen3", "--out", tmp_path, "--force").status == 0
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_format_without_the_model_has_no_training_template(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "plain.chatspec"
    path.write_text('format plain { }\n\nturn * { "{role}: {content}\\n" }\n', encoding="utf-8")
    assert run("build", path, "--out", tmp_path / "out").status == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"plain.jinja", "plain.py"}
    with pytest.raises(chatwright.ChatwrightError, match="has no `sampled` text"):
        chatwright.load(path).jinja(view="training")


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
