"""What the tests of the command line share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from places import ROOT

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


def command(*words: str | Path, **settings: object) -> subprocess.CompletedProcess[bytes]:
    """Runs the command as a process of its own."""
    line = [sys.executable, "-m", "chatwright", *map(str, words)]
    return subprocess.run(line, capture_output=True, check=False, timeout=60, **settings)  # type: ignore[call-overload,no-any-return]
