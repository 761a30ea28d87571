"""The format of a tokenizer: found by the hash of its template, and refused with what differs where it is not known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import revisions
import tokenizers
from conformance.formats import ALL, BY_NAME
from conformance.oracle import original
from transformers import PreTrainedTokenizerFast

import chatwright
from chatwright.recognize import digest, nearest
from chatwright.recognize import revisions as known

pytestmark = pytest.mark.slow

MODEL = "Qwen/Qwen3-8B"


def tokenizer(template: Any, name: str = "") -> Any:
    inner = tokenizers.Tokenizer(tokenizers.models.BPE())
    found = PreTrainedTokenizerFast(tokenizer_object=inner, chat_template=template)
    found.name_or_path = name
    return found


@pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)
def test_specs_name_what_their_tests_compare_with(fmt: Any) -> None:
    """`python tools/revisions.py` writes the lists anew."""
    found = chatwright.load(fmt.name).reproduces
    assert [(revision.name, revision.sha256) for revision in found] == revisions.revisions(fmt)


def test_the_known_templates_are_those_of_the_specs() -> None:
    assert revisions.INDEX.read_text(encoding="utf-8") == revisions.index()


def test_every_known_template_finds_its_format() -> None:
    for fmt in ALL:
        for name in (fmt.template, *fmt.also):
            found = chatwright.for_tokenizer(tokenizer(original(name)))
            assert found.name == known()[digest(original(name))].format
            assert digest(original(name)) in {revision.sha256 for revision in found.reproduces}


def test_the_template_goes_before_the_name() -> None:
    other = original(BY_NAME["llama3_1"].template)
    assert chatwright.for_tokenizer(tokenizer(other, MODEL)).name == "llama3_1"


def test_without_a_template_the_declared_model_counts() -> None:
    assert chatwright.for_tokenizer(tokenizer(None, MODEL)).name == "qwen3"
    with pytest.raises(chatwright.UnknownTemplate, match="'who/knows' has no chat template"):
        chatwright.for_tokenizer(tokenizer(None, "who/knows"))
    with pytest.raises(chatwright.UnknownTemplate, match="this tokenizer has no chat template"):
        chatwright.for_tokenizer(tokenizer(None))


def test_a_template_that_has_changed_is_refused_with_what_differs() -> None:
    right = original(BY_NAME["qwen3"].template)
    changed = right.replace("<|im_start|>assistant\\n", "<|im_start|>assistant \\n")
    line = next(line for line in changed.split("\n") if "assistant \\n" in line)
    with pytest.raises(chatwright.UnknownTemplate) as caught:
        chatwright.for_tokenizer(tokenizer(changed, MODEL))
    said = str(caught.value)
    assert digest(changed)[:16] in said
    assert "of the format qwen3" in said
    assert line[:100] in said
    assert "the format qwen3 names this model" in said and "allow_drift=True" in said
    near = nearest(changed)
    assert near is not None and near.ratio > 0.9
    assert near.gone == len(near.added) == changed.count("assistant \\n")


def test_drift_that_is_allowed() -> None:
    changed = original(BY_NAME["qwen3"].template).replace("assistant\\n", "assistant \\n")
    assert chatwright.for_tokenizer(tokenizer(changed), allow_drift=True).name == "qwen3"
    assert chatwright.for_tokenizer(tokenizer("{{ messages }}", MODEL), allow_drift=True).name == "qwen3"
    with pytest.raises(chatwright.UnknownTemplate):
        chatwright.for_tokenizer(tokenizer("{{ messages }}"), allow_drift=True)


def test_folders(tmp_path: Path) -> None:
    template = original(BY_NAME["glm4_6"].template)
    with pytest.raises(chatwright.UnknownTemplate, match="has no chat template"):
        chatwright.for_tokenizer(tmp_path)
    config = tmp_path / "tokenizer_config.json"
    config.write_text(json.dumps({"chat_template": [{"name": "default", "template": template}]}), encoding="utf-8")
    assert chatwright.for_tokenizer(tmp_path).name == "glm4_6"
    (tmp_path / "chat_template.jinja").write_bytes(original(BY_NAME["qwen3"].template).encode())
    assert chatwright.for_tokenizer(str(tmp_path)).name == "qwen3"
    with pytest.raises(chatwright.UnknownTemplate, match="is not a folder"):
        chatwright.for_tokenizer(tmp_path / "nowhere")


def test_several_templates() -> None:
    default = original(BY_NAME["qwen3"].template)
    assert chatwright.for_tokenizer(tokenizer({"default": default, "tool_use": "x"})).name == "qwen3"
    with pytest.raises(chatwright.UnknownTemplate, match="no template named default"):
        chatwright.for_tokenizer(tokenizer({"tool_use": default}))


def test_our_own_templates_find_their_format(tmp_path: Path) -> None:
    spec = chatwright.load("qwen3")
    for template in (spec.jinja(), spec.jinja(view="training")):
        assert chatwright.for_tokenizer(tokenizer(template, "meta-llama/Llama-3.1-8B")).name == "qwen3"
    (tmp_path / "chat_template.jinja").write_bytes(spec.jinja().encode())
    assert chatwright.for_tokenizer(tmp_path).name == "qwen3"


def test_our_own_templates_that_are_not_what_is_made_now() -> None:
    spec = chatwright.load("qwen3")
    older = spec.jinja().replace(spec.hash, "0123456789ab")
    with pytest.raises(chatwright.UnknownTemplate) as caught:
        chatwright.for_tokenizer(tokenizer(older))
    said = str(caught.value)
    assert "from the format qwen3, at another state of its spec" in said
    assert "0123456789ab" in said and spec.hash in said and "chatwright build qwen3 --into" in said
    with pytest.raises(chatwright.UnknownTemplate, match="qwen3; it was changed"):
        chatwright.for_tokenizer(tokenizer(spec.jinja() + "x"))
    assert chatwright.for_tokenizer(tokenizer(older, "meta-llama/Llama-3.1-8B"), allow_drift=True).name == "qwen3"
    own = spec.jinja().replace("chatspec=qwen3@", "chatspec=my_own@")
    for drift in (False, True):
        with pytest.raises(chatwright.UnknownTemplate, match="my_own, which is not a shipped format"):
            chatwright.for_tokenizer(tokenizer(own), allow_drift=drift)


def test_what_is_no_tokenizer() -> None:
    with pytest.raises(chatwright.UnknownTemplate, match="int has no chat_template"):
        chatwright.for_tokenizer(3)


def test_broken_files(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text("[1, 2", encoding="utf-8")
    with pytest.raises(chatwright.UnknownTemplate, match="does not hold a JSON object"):
        chatwright.for_tokenizer(tmp_path)
