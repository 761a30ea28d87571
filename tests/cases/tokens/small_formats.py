"""Small formats for tokenizers of which no shipped format speaks, and conversations that are hard on tokenizers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import chatwright

Message = dict[str, Any]

#: Turns between two control tokens, in which text touches the caller's and the model's without any space.
TURNS = """
format small {{
  tokens = ["{open}", "{close}"]
}}

turn user | system {{ "{open}{{role}}{glue}{{content}}{close}\\n" }}

turn assistant {{
  "{open}assistant{glue}"
  sampled {{
    "{{content}}"
    close "{close}"
  }}
  "\\n"
}}
"""


def small(folder: Path, open: str, close: str, glue: str) -> Any:
    """A format whose turns are `<open>role<glue>content<close>`."""
    file = folder / "small.chatspec"
    file.write_text(TURNS.format(open=open, close=close, glue=glue.replace("\n", "\\n")), encoding="utf-8")
    return chatwright.load(file)


#: Texts that begin or end in what tokenizers join with its neighbour, or split.
EDGES = (
    "plain",
    " leads with a space",
    "ends with a space ",
    "\n\nnewlines around\n\n",
    "\t\ttabs\t",
    "🙂",
    "🙂🙃 in front",
    "behind 👩‍👩‍👧‍👦",
    "🇩🇪🇫🇷",
    "e\u0301 begins with a combining pair",
    "\u0301 begins with a bare accent",
    "ends with a combining pair e\u0301",
    "a\u0323\u0307 two marks in one order",
    "a\u0307\u0323 and in the other",
    "ﬁ ½ Å \u212b \u1e9b\u0323",
    "한국어 \u1112\u1161\u11ab",
    "中文与日本語",
    "ไทย தமிழ் हिन्दी",
    "\u200d\ufeff\u00a0",
    "▁▁ Ġ <0x0A> ▁",
    "",
    " ",
    "\n",
    "'s n't 12345678",
    "x" * 70,
    "\x00\x7f\u0085",
    "\U0001f9d1\U0001f3ff\u200d\U0001f4bb",
)


def conversation(*texts: str) -> list[Message]:
    """Texts of a user and of the model in turns."""
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]


def conversations() -> list[list[Message]]:
    """Each of the edges against each of some others, from both sides."""
    found = [conversation(text, text, text, text) for text in EDGES]
    for n, text in enumerate(EDGES):
        other = EDGES[(n * 7 + 3) % len(EDGES)]
        found.append([{"role": "system", "content": other}, *conversation(text, other, other + text, text + other)])
    return found
