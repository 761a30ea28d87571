"""The names that lead to a shipped format, and the index of all formats."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import index as writer
import pytest
from command_line import OWN

import chatwright
from chatwright.library import index, shipped_name, suggestion


def test_the_index_is_sorted_and_whole() -> None:
    assert [entry.name for entry in index().formats] == list(chatwright.formats())
    assert writer.INDEX.read_text(encoding="utf-8") == writer.text(list(index().formats))


def test_every_model_leads_to_a_format_that_names_it() -> None:
    by_name = {entry.name: entry for entry in index().formats}
    for model, name in index().models.items():
        assert model in by_name[name].models
        assert shipped_name(model) == shipped_name(model.lower()) == shipped_name(Path(model)) == name
    assert set(index().models) == {model for entry in by_name.values() for model in entry.models}


def test_a_model_that_two_formats_name_leads_to_the_template_of_its_repository() -> None:
    for model, name in (
        ("poolside/Laguna-XS-2.1", "laguna_s_2_1_nothink"),
        ("Qwen/Qwen3-Coder-480B-A35B-Instruct", "qwen3_coder"),
    ):
        claims = [entry.name for entry in index().formats if model in entry.models]
        assert len(claims) == 2 and index().models[model] == name


def test_load_takes_models() -> None:
    assert chatwright.load("Qwen/Qwen3-8B").name == "qwen3"
    assert chatwright.load("Qwen/Qwen3-8B").hash == chatwright.load("qwen3").hash


def test_paths_are_no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shipped_name(OWN) is None and chatwright.load(OWN).name == "my_chatml"
    monkeypatch.chdir(tmp_path)
    Path("some").mkdir()
    Path("some", "spec").write_bytes(OWN.read_bytes())
    assert shipped_name("some/spec") is None and chatwright.load("some/spec").name == "my_chatml"
    with pytest.raises(chatwright.UnknownFormat, match="cannot be read"):
        chatwright.load("Qwen/Qwen3-8B.chatspec")


def test_a_near_miss_names_formats_and_models() -> None:
    with pytest.raises(chatwright.UnknownFormat) as caught:
        chatwright.load("Qwen/Qwen3-8B-Instuct")
    assert "the model Qwen/Qwen3-" in str(caught.value) and "did you mean qwen3_8" in str(caught.value)
    assert suggestion("qwen33").startswith("did you mean qwen3 or ")
    assert "zai-org/GLM-4.6" in suggestion("glm-4.7x") or "glm4_6" in suggestion("glm-4.7x")
    assert suggestion("zzzzzz") == "`chatwright list` shows all formats and models"


def test_the_package_shows_its_public_names() -> None:
    assert set(dir(chatwright)) == {*chatwright.__all__, "__version__"}
    sentences = chatwright.__doc__ or ""
    for name in chatwright.__all__:
        (line,) = (line for line in sentences.splitlines() if line.strip().startswith((f"{name} ", f"{name}(")))
        assert line.endswith(".")
        assert getattr(chatwright, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        chatwright.lode  # noqa: B018


def test_help_of_the_package_imports_neither_transformers_nor_torch() -> None:
    code = (
        "import chatwright, sys; dir(chatwright); print(*{'transformers', 'torch', 'numpy', 'lark'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


def test_the_index_is_plain_json() -> None:
    found = json.loads(writer.INDEX.read_text(encoding="utf-8"))
    assert set(found) == {"formats", "models"}
