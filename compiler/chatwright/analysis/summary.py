"""A summary of a format: its generation prompts as text, the fields that it reads, the fields that history drops."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import msgspec

from chatwright.analysis.facts import Facts, reasoning_keys
from chatwright.analysis.views import sampling_turn
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, walk
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


#: Texts that nothing else prints, by the field that holds them.
SHOWN = {"content": "\ue000content\ue000", "reasoning": "\ue000reasoning\ue000", "tool_calls": "\ue000name\ue000"}


class Dropped(msgspec.Struct, frozen=True):
    """The fields of a model's turn that history drops once a message of a role follows."""

    role: str
    options: Mapping[str, Any]
    fields: tuple[str, ...]


class Prompt(msgspec.Struct, frozen=True):
    """A generation prompt, with the roles that it follows and the options that it needs."""

    behind: tuple[str, ...]
    options: Mapping[str, Any]
    text: str


def prompts(facts: Facts, renderer: Renderer) -> list[Prompt]:
    """The prompts behind a user message and behind a result, for every value of the options that they use."""
    asked = {e.name for e in all_expressions(facts.prompt) if isinstance(e, ir.Opt)}
    few = [name for name, option in renderer.options.items() if name in asked and option.type in ("bool", "choice")]
    found = []
    for values in product(*(renderer.options[name].values for name in few)):
        options = dict(zip(few, values, strict=True))
        texts: dict[str, list[str]] = {}
        for messages in (ASKED, CALLED):
            try:
                text = _behind(renderer.render(messages, add_generation_prompt=True, **options))
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


def dropped(
    program: ir.Program, written: Renderer, renderer: Renderer, asked: Iterable[Mapping[str, Any]]
) -> tuple[Dropped, ...]:
    """The fields that history drops from older turns, for each of some options. They are found by rendering a turn that
    has every field the format takes."""
    if sampling_turn(program) is None:
        return ()
    keys = {key for given in reasoning_keys(program) for key in given[:1]}
    call = {**CALL, "function": {"name": SHOWN["tool_calls"], "arguments": {}}}
    result = {"role": "tool", "content": "a", "tool_call_id": CALL["id"]}
    found = []
    for options in asked:
        for role, later in (("user", [{"role": "user", "content": "a"}]), ("tool", [result])):
            gone: dict[str, None] = {}
            for calls in (False, True) if role == "user" else (True,):
                turn = {"role": "assistant", "content": SHOWN["content"], **dict.fromkeys(keys, SHOWN["reasoning"])}
                messages = [*ASKED, {**turn, "tool_calls": [call]} if calls else turn]
                after = [*([result] if calls and role == "user" else []), *later]
                with contextlib.suppress(ChatwrightError):
                    then, now = written.text(messages, **options), renderer.text([*messages, *after], **options)
                    gone |= {name: None for name, text in SHOWN.items() if text in then and text not in now}
            if gone:
                found.append(Dropped(role, options, tuple(gone)))
    return tuple(found)


def read_fields(program: ir.Program) -> dict[str, tuple[str, ...]]:
    """The message fields that each role's turn reads, in the order of the spec; `*` means all other roles."""
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
