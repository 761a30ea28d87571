"""A format to extend, and what may be wrong with a format that extends it."""

from __future__ import annotations

BASE = """\
/// The base.
format parent {
  models = ["org/parent"]
  bos = "<s>"
  tokens = ["<|start|>", "<|end|>"]
  stops = ["<|stop|>"]
}

/// How warm.
option warm: bool = false

option who: text = "Ada"

mark query = last user

head { title }

turn user { "<|start|>user {content}<|end|>" }

turn assistant {
  "<|start|>assistant "
  sampled {
    when after(query) { "(" }
    "{content}"
    close "<|end|>"
  }
}

part image | video { "<image>" }

part audio { "<audio>" }

rule title { "{who}:" when warm { "!" } }
"""

#: what a format that extends BASE declares, the mistake between ⟦ and ⟧: code, message, help.
MISTAKES: dict[str, tuple[str, str, str, str | None]] = {
    "override of nothing": (
        'override rule ⟦tilte⟧ { "x" }\n',
        "unknown-name",
        "there is no rule tilte to override",
        "did you mean rule title?",
    ),
    "override of nothing alike": (
        "override option ⟦zzz⟧: bool\n",
        "unknown-name",
        "there is no option zzz to override",
        None,
    ),
    "override of another kind": (
        "override option ⟦query⟧: bool\n",
        "unknown-name",
        "there is no option query to override",
        None,
    ),
    "override of other roles": (
        'override turn ⟦user | tool⟧ { "x" }\n',
        "unknown-name",
        "there is no turn user | tool to override",
        None,
    ),
    "override of what was dropped": (
        "drop option warm\noverride option ⟦warm⟧: bool\n",
        "unknown-name",
        "there is no option warm to override",
        None,
    ),
    "drop of nothing": (
        "drop mark ⟦qeury⟧\n",
        "unknown-name",
        "there is no mark qeury to drop",
        "did you mean mark query?",
    ),
    "drop of another kind": ("drop rule ⟦warm⟧\n", "unknown-name", "there is no rule warm to drop", None),
    "drop of what stands once": ("drop ⟦reasoning⟧\n", "unknown-name", "there is no reasoning to drop", None),
    "drop of a part for all": ("drop part ⟦*⟧\n", "unknown-name", "there is no part * to drop", None),
    "drop twice": (
        "drop option warm\ndrop option ⟦warm⟧\n",
        "duplicate",
        "drop option warm is declared twice",
        None,
    ),
    "no override": (
        "option ⟦warm⟧: bool = true\n",
        "duplicate",
        "the base of this format already declares option warm",
        "write `override` before it",
    ),
    "no override of a turn": (
        'turn tool { "x" }\nturn ⟦user⟧ { "x" }\n',
        "duplicate",
        "the base of this format already declares turn user",
        "write `override` before it",
    ),
    "twice": (
        'rule x { "1" }\nrule ⟦x⟧ { "2" }\n',
        "duplicate",
        "rule x is declared twice",
        None,
    ),
    "refusal twice": (
        'reject "no" when warm\nreject ⟦"no"⟧ when who\n',
        "duplicate",
        "reject no is declared twice",
        None,
    ),
    "override twice": (
        'override head { "1" }\noverride ⟦head⟧ { "2" }\n',
        "duplicate",
        "head is declared twice",
        None,
    ),
}
