"""What the text behind a turn of the model needs from earlier messages, because the ids alone do not contain it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from chatwright.analysis.facts import Facts
from chatwright.analysis.simplify import tidy
from chatwright.analysis.views import sampling_turn, settled
from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE
from chatwright.ir.walk import all_expressions, walk

ANSWER = "the call that a result answers"


class Asked(msgspec.Struct, frozen=True):
    """Text that depends on more than the ids of a prompt and a completion.

    `roles`: the roles whose messages print it (empty: any other role), None if the prompt prints it. `what`: the
    missing information, needed at `line` of `spec`. `calls`: it is the call that a result answers, which is known if
    all calls are of one tool, or have ids.
    """

    roles: tuple[str, ...] | None
    what: str
    spec: str
    line: int
    calls: bool = False


def asked(program: ir.Program, said: Facts, options: Mapping[str, Any]) -> tuple[Asked, ...]:
    """What a program of the training view needs, under settled options.

    It assumes that a user message precedes the model's turn, and that the calls of that turn are known.
    """
    sampler = sampling_turn(program)
    if sampler is None:
        return ()
    found: dict[Asked, None] = {}
    turns = [(t.roles, t.body, t.at) for t in program.turns if t is not sampler]
    prompt = (*said.prompt_opener, *said.prompt_region)
    for roles, body, at in [*turns, (None, _behind_stop(sampler.body), sampler.at), (None, prompt, sampler.at)]:
        known = tidy(settled(body, lambda atom: _known(atom, options)))
        for expr in all_expressions(known):
            for what in _asks(expr, program, sampler.roles):
                found[Asked(roles, what, program.sources[at[0]], at[1], what is ANSWER)] = None
    return tuple(found)


def _behind_stop(body: ir.Body) -> ir.Body:
    """The text of the model's turn behind its sampled part."""
    for index, stmt in enumerate(body):
        if isinstance(stmt, ir.Sampled):
            return body[index + 1 :]
        if isinstance(stmt, ir.If):
            inner = [_behind_stop(branch) for branch in (*(b for _, b in stmt.branches), stmt.otherwise)]
            if any(isinstance(s, ir.Sampled) for b in (*(b for _, b in stmt.branches), stmt.otherwise) for s in b):
                return tuple(s for branch in inner for s in branch) + body[index + 1 :]
    return ()


def _known(atom: ir.Expr, options: Mapping[str, Any]) -> ir.Expr:
    """The value of a condition if a turn precedes and the options are known."""
    match atom:
        case ir.Position(word="first", of="turn"):
            return FALSE
        case ir.Exists(message=ir.Msg(which="prev")):
            return TRUE
        case ir.Filled(value=ir.Opt(name=name)) if name in options:
            return TRUE if options[name] else FALSE
    return atom


def _asks(expr: ir.Expr, program: ir.Program, models: tuple[str, ...]) -> Iterator[str]:
    marks = {mark.name: mark for mark in program.marks}
    for atom in walk(expr):
        match atom:
            case ir.Msg(which="head") | ir.HeadList():
                yield "the messages that the head takes"
            case ir.Answer():
                yield ANSWER
            case ir.Number():
                yield "the number of earlier turns like it"
            case ir.Turns() | ir.Messages() | ir.Alternating():
                yield "the whole list of messages"
            case ir.Msg(which="before", name=name) if name not in models:
                yield f"the nearest earlier message of the role {name}"
            case ir.MarkTest(mark=name) if not {"user"} & set(marks[name].roles):
                yield f"the place of the mark {name}"
            case ir.Attr(message=ir.Msg(which="prev" | "before"), name=key) if key not in ("tool_calls", "role"):
                yield f"the field {key} of an earlier message"
            case ir.Content(message=ir.Msg(which="prev" | "before")):
                yield "the content of an earlier message"
            case ir.Reasoning(message=ir.Msg(which="prev" | "before")):
                yield "the reasoning of an earlier message"
