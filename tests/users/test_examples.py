"""The examples run, say what they should, and are in order."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conformance.formats import FIRST
from places import EXAMPLES
from torch_needed import need_torch

import chatwright
from chatwright.compile import compile_source
from chatwright.library import find
from chatwright.syntax.fmt import format_text

SCRIPTS = {
    "who_wrote_what.py": [
        "the model wrote",
        "the model was sampled 5 times",
        "Done: on Thursday at 7:00 you will be told “rain jacket 🧥”.<|im_end|>\n",
        "<|im_end|> of message 2 comes from qwen3.chatspec, line ",
    ],
    "build_and_import.py": [
        "built glm4_6.jinja glm4_6.py glm4_6.response.json glm4_6.training.jinja\n",
        "stops: <|user|> <|observation|> <|endoftext|>\n",
        "the compiler was imported: False\n",
    ],
    "import_a_spec.py": [
        "sampled: '<think>\\n' 'Easy.'",
        "stops: <|im_end|>\n",
    ],
    "own_format.py": [
        "stops: <|im_end|>\n",
        r"prompt without thinking: '<|im_start|>user\nWhat is 6 times 7?<|im_end|>\n<|im_start|>assistant\n<think>",
        "template and renderer agree: ",
        "refused: message 1, role: this format has no turn for the role 'robot'",
    ],
    "rollout.py": [
        "assistant: multiply({'a': 6, 'b': 7})\ntool: 42\n",
        "one sample of ",
        "log probabilities as they were when sampled: True\n",
        ", and a gradient: True\n",
    ],
}
NEED_TORCH = {"rollout.py"}
#: Trains for a while: run once, by the tests in training/.
TRAINS = {"sft_with_trl.py"}


def test_every_script_is_run() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(SCRIPTS) | TRAINS


@pytest.mark.parametrize("name", SCRIPTS)
def test_script(name: str, tmp_path: Path) -> None:
    """Run elsewhere than in the clone: an example finds its files by itself."""
    if name in NEED_TORCH:
        need_torch()
    line = [sys.executable, str(EXAMPLES / name)]
    run = subprocess.run(line, capture_output=True, check=False, timeout=120, cwd=tmp_path)
    assert run.returncode == 0, run.stderr.decode()
    for text in SCRIPTS[name]:
        assert text in run.stdout.decode()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.chatspec")), ids=lambda path: path.name)
def test_specs_are_clean_and_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    compiled, diagnostics = compile_source(*find(path))
    assert compiled is not None and diagnostics == []
    assert format_text(text) == text


@pytest.mark.parametrize("name", [fmt.name for fmt in FIRST])
def test_the_conversation_can_be_rendered_in_formats_with_tools(name: str) -> None:
    chat = json.loads((EXAMPLES / "conversation.json").read_text(encoding="utf-8"))
    segments = chatwright.load(name).segments(chat["messages"], tools=chat["tools"])
    assert any(segment.sampled and "rain jacket 🧥" in segment.text for segment in segments)
    assert {segment.message for segment in segments if segment.body and segment.part == "content"} >= {
        1,
        3,
        5,
        6,
        7,
        10,
    }
