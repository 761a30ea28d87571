"""What is told of a format besides its verdicts: its generation prompts as text, the fields that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import msgspec

from chatwright import ir
from chatwright.facts import Facts, reasoning_keys
from chatwright.logic import all_expressions, walk
from chatwright.runtime.errors import ChatwrightError
from chatwright.runtime.rendered import Rendered
from chatwright.runtime.renderer import Renderer

Messages = list[dict[str, Any]]

CALL = {"id": "call00001", "type": "function", "function": {"name": "f", "arguments": {}}}
ASKED: Messages = [{"role": "user", "content": "a"}]
CALLED: Messages = [
    *ASKED,
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "content": "a", "tool_call_id": CALL["id"]},
]


class Prompt(msgspec.Struct, frozen=True):
    """A generation prompt: behind messages of which roles, under which options."""

    behind: tuple[str, ...]
    options: Mapping[str, Any]
    text: str


def prompts(facts: Facts, renderer: Renderer) -> list[Prompt]:
    """The prompts behind a user's message and behind a result, for every value of the options that they ask for."""
    asked = {e.name for e in all_expressions(facts.prompt) if isinstance(e, ir.Opt)}
    few = [name for name, option in renderer.options.items() if name in asked and option.type in ("bool", "choice")]
    found = []
    for values in product(*(renderer.options[name].values for name in few)):
        options = dict(zip(few, values, strict=True))
        texts: dict[str, list[str]] = {}
        for messages in (ASKED, CALLED):
            try:
                text = _behind(renderer.render(messages, None, True, **options))
            except ChatwrightError:
                continue
            texts.setdefault(text, []).append(str(messages[-1]["role"]))
        found += [Prompt(tuple(roles), options, text) for text, roles in texts.items()]
    return found


def _behind(asked: Rendered) -> str:
    """The text behind the last turn."""
    at = len(asked.texts)
    while at and asked.attributes[asked.codes[at - 1]].part == "prompt":
        at -= 1
    return "".join(asked.texts[at:])


def read_fields(program: ir.Program) -> dict[str, tuple[str, ...]]:
    """The fields of messages that each role's turn reads, in the order of the spec; `*` are all other roles."""
    found: dict[str, tuple[str, ...]] = {}
    if program.head.takes:
        heads = [e for body in (program.head.body, *(t.body for t in program.turns)) for e in all_expressions(body)]
        which = "head" if program.head.which == "first" else "item"
        fields = tuple(name for e in heads for name in _fields(e, which, program))
        found["head: " + ", ".join(program.head.takes)] = tuple(dict.fromkeys(fields))
    for turn in program.turns:
        asked = [mark.where for mark in program.marks if mark.where is not None and set(mark.roles) & set(turn.roles)]
        exprs = [*all_expressions(turn.body), *(e for where in asked for e in walk(where))]
        fields = tuple(name for e in exprs for name in _fields(e, "this", program))
        found[", ".join(turn.roles) or "*"] = tuple(dict.fromkeys(fields))
    return found


def _fields(expr: ir.Expr, which: str, program: ir.Program) -> tuple[str, ...]:
    match expr:
        case ir.Attr(message=m, name=name) if m.which == which and name != "role":
            return (name,)
        case ir.Content(message=m) if m.which == which:
            return ("content",)
        case ir.Reasoning(message=m) if m.which == which:
            return tuple(key for keys in reasoning_keys(program) for key in keys)
    return ()
