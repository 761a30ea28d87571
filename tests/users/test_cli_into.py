"""`build --into`: a format is put into the folder of a tokenizer; transformers then loads it, renders and reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Run
from conformance.real_tokenizers import control_tokens, trained
from transformers import AutoTokenizer, PreTrainedTokenizerFast

import chatwright

MESSAGES = [{"role": "user", "content": "Hi"}]
CALL = '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call><|im_end|>'
BACKUP = ".before-chatwright"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tokenizer with the tokens of Qwen3, and settings in an order and a layout of their own."""
    made = PreTrainedTokenizerFast(tokenizer_object=trained(control_tokens("qwen3")), eos_token="<|im_end|>")
    made.save_pretrained(tmp_path / "model")
    settings = json.loads((tmp_path / "model" / "tokenizer_config.json").read_text(encoding="utf-8"))
    odd = {"zeta": {"b": 1, "a": [1.5, None, "é"]}, **settings, "model_max_length": 10**30, "alpha": "last"}
    text = json.dumps(odd, indent=4, ensure_ascii=False) + "\n"
    (tmp_path / "model" / "tokenizer_config.json").write_text(text, encoding="utf-8")
    return tmp_path / "model"


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def settings_of(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_a_folder_renders_and_reads_with_the_format(run: Run, folder: Path) -> None:
    ran = run("build", "qwen3", "--into", folder)
    kept, wrote = f"kept {folder / 'tokenizer_config.json'}{BACKUP}\n", f"wrote {folder / 'chat_template.jinja'}\n"
    assert ran == (0, f"{kept}{wrote}wrote {folder / 'tokenizer_config.json'}\n", "")
    spec = chatwright.load("qwen3")
    for loaded in (AutoTokenizer.from_pretrained(folder), PreTrainedTokenizerFast.from_pretrained(folder)):
        assert loaded.chat_template == spec.jinja()
        assert loaded.chat_control_tokens == list(spec.tokens)
        prompt = loaded.apply_chat_template(MESSAGES, add_generation_prompt=True, tokenize=False)
        assert prompt == spec.text(MESSAGES, add_generation_prompt=True)
        function = {"name": "f", "arguments": {"a": 1}}
        want = {"role": "assistant", "tool_calls": [{"type": "function", "function": function}]}
        assert loaded.parse_response(CALL, prefix=prompt) == want
        ids = loaded.encode(CALL, add_special_tokens=False)
        assert loaded.parse_response(ids, prefix=loaded.encode(prompt, add_special_tokens=False)) == want


def test_nothing_else_in_the_settings_changes(run: Run, folder: Path) -> None:
    before = (folder / "tokenizer_config.json").read_text(encoding="utf-8")
    assert run("build", "qwen3", "--into", folder).status == 0
    after = (folder / "tokenizer_config.json").read_text(encoding="utf-8")
    assert (folder / f"tokenizer_config.json{BACKUP}").read_text(encoding="utf-8") == before
    assert after.startswith(before.rstrip().removesuffix("}").rstrip() + ",\n")
    known = json.loads(before)
    assert {key: value for key, value in settings_of(folder).items() if key in known} == known
    assert list(settings_of(folder)) == [*known, "response_template", "chat_control_tokens"]


def test_a_second_time_changes_nothing(run: Run, folder: Path) -> None:
    assert run("build", "qwen3", "--into", folder).status == 0
    before = files(folder)
    assert run("build", "qwen3", "--into", folder) == (0, f"{folder} already has qwen3\n", "")
    assert files(folder) == before
    assert run("build", "qwen3_2507", "--into", folder).status == 0  # what chatwright has made needs no force
    assert run("build", "qwen3", "--into", folder).status == 0
    assert {name: data for name, data in files(folder).items() if BACKUP not in name} == {
        name: data for name, data in before.items() if BACKUP not in name
    }
    assert files(folder)[f"tokenizer_config.json{BACKUP}"] == before[f"tokenizer_config.json{BACKUP}"]


def test_what_somebody_else_put_there_is_replaced_by_force_and_kept(run: Run, folder: Path) -> None:
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    config = folder / "tokenizer_config.json"
    config.write_text(json.dumps({**settings_of(folder), "chat_template": "{{ tools }}"}), encoding="utf-8")
    before = files(folder)
    ran = run("build", "qwen3", "--into", folder)
    there = "chat_template.jinja and chat_template in tokenizer_config.json"
    assert ran.status == 2
    assert ran.err == (f"chatwright: {folder} already has {there}; --force replaces them and keeps a copy\n")
    assert files(folder) == before
    assert run("build", "qwen3", "--into", folder, "--force").status == 0
    after = files(folder)
    assert after[f"chat_template.jinja{BACKUP}"] == before["chat_template.jinja"]
    assert after[f"tokenizer_config.json{BACKUP}"] == before["tokenizer_config.json"]
    assert "chat_template" not in settings_of(folder)
    assert AutoTokenizer.from_pretrained(folder).chat_template == chatwright.load("qwen3").jinja()

    (folder / "chat_template.jinja").write_text("{{ other }}", encoding="utf-8")
    assert run("build", "qwen3", "--into", folder, "--force").status == 0
    assert (folder / f"chat_template.jinja{BACKUP}.2").read_text(encoding="utf-8") == "{{ other }}"
    assert files(folder)[f"chat_template.jinja{BACKUP}"] == before["chat_template.jinja"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON that can be rewritten: "),
        ("[]", "does not hold a JSON object"),
        ('{"a": 1, "a": 2}', "is not JSON that can be rewritten: an object repeats a key"),
        (None, "has no tokenizer_config.json; --into takes the folder of a tokenizer"),
    ],
)
def test_settings_that_cannot_be_kept_are_refused(run: Run, folder: Path, text: str | None, told: str) -> None:
    config = folder / "tokenizer_config.json"
    config.unlink()
    if text is not None:
        config.write_text(text, encoding="utf-8")
    before = files(folder)
    ran = run("build", "qwen3", "--into", folder, "--force")
    assert ran.status == 2 and told in ran.err
    assert files(folder) == before


def test_the_tokenizer_of_another_format_is_refused(run: Run, folder: Path) -> None:
    before = files(folder)
    ran = run("build", "gemma4", "--into", folder, "--force")
    assert ran.status != 0 and "<|turn>" in ran.err
    assert files(folder) == before


def test_more_templates_beside_it_are_refused(run: Run, folder: Path) -> None:
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "tool_use.jinja").write_text("x", encoding="utf-8")
    ran = run("build", "qwen3", "--into", folder)
    assert ran.status == 2 and "move them away first" in ran.err


def test_build_goes_to_one_place(run: Run, tmp_path: Path) -> None:
    told = "chatwright: build takes one of --out DIR, --into DIR and --stub\n"
    assert run("build", "qwen3") == (2, "", told)
    assert run("build", "qwen3", "--out", tmp_path, "--into", tmp_path) == (2, "", told)
    ran = run("build", "qwen3", "--into", tmp_path / "none")
    assert ran == (2, "", f"chatwright: {tmp_path / 'none'} is not a folder; --into takes the folder of a tokenizer\n")
