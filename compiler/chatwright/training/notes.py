"""What one training text cannot show, and which turns do not start with their prompt, as sentences with lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from chatwright.analysis.simplify import assume, under
from chatwright.analysis.views import fresh, history, sampling_turn, settled, unknown
from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE
from chatwright.ir.walk import statements, walk
from chatwright.training.views import behind_all, parted, stops_by_next

OLDER = "An older turn is printed as the model wrote it. Later prompts contained different text here."
MOVED = "The model saw this text at its next turn. Later prompts contained different text here."
HOISTED = "A later message of the role {} moves to the front, before turns that the model had already written."
STOP = (
    "The next turn decides which stop ends a turn. The last turn is assumed to end with {} after calls, else with {}."
)
SLOT = "The prompt is empty here: a turn with text here was written after another prompt."
BRANCH = "The prompt has this for every message: a turn of another branch was written after another prompt."


class Note(msgspec.Struct, frozen=True):
    """A remark on training texts. `context`: the text before some turn is not the model's context, so only one sample
    for each turn is exact. `stop`: a stop is inferred. `prompt`: some turns do not continue their prompt."""

    kind: Literal["context", "stop", "prompt"]
    text: str
    spec: str
    line: int


def notes(program: ir.Program) -> tuple[Note, ...]:
    """The notes of a program, each sentence once for a line."""
    turn = sampling_turn(program)
    if turn is None:
        return ()
    found = [*_context(program, turn), *_stop(program, turn), *_prompt(turn)]
    unique = dict.fromkeys(found)
    return tuple(Note(kind, text, program.sources[at[0]], at[1]) for kind, text, at in unique)  # type: ignore[arg-type]


Found = Iterator[tuple[str, str, ir.Place]]


def _context(program: ir.Program, turn: ir.Turn) -> Found:
    head = program.head
    if head.which == "all":
        place = _place(head.body, turn.at)
        yield "context", HOISTED.format(" or ".join(head.takes)), place
    bodies = [(head.body, turn.at), *((t.body, t.at) for t in program.turns)]
    for body, at in bodies:
        text = OLDER if body is turn.body else MOVED
        for stmt in statements(body):
            if _looks_ahead(stmt, program, turn):
                yield "context", text, _place((stmt,), at)


def _looks_ahead(stmt: ir.Stmt, program: ir.Program, turn: ir.Turn) -> bool:
    """Whether a statement can print other text when the list grows, because of its conditions."""
    mine = any(stmt is inner for inner in statements(turn.body))
    match stmt:
        case ir.Fresh():
            return stmt.past_when != FALSE and stmt.body != stmt.past
        case ir.Close():
            return stmt.past_when != FALSE
        case ir.If():
            conditions = [when for when, _ in stmt.branches]
        case ir.For():
            conditions = [] if stmt.where is None else [stmt.where]
        case _:
            return False
    return any(_moves(atom, program, turn, mine) for when in conditions for atom in walk(when))


def _moves(atom: ir.Expr, program: ir.Program, turn: ir.Turn, mine: bool) -> bool:
    match atom:
        case ir.Position(word="last" | "ending", of="turn"):
            return True
        case ir.MarkTest():
            mark = next(mark for mark in program.marks if mark.name == atom.mark)
            return mark.end == "last" or atom.test == "exists" or mark.otherwise == "end"
        case ir.RoleIs(message=ir.Msg(which="next"), roles=roles):
            return mine or bool(set(roles) & set(turn.roles))
        case ir.Exists(message=ir.Msg(which="next")) | ir.Filled(value=ir.Results(message=ir.Msg(which="this"))):
            return mine
    return False


def _stop(program: ir.Program, turn: ir.Turn) -> Found:
    stops = stops_by_next(program)
    for stmt in statements(turn.body):
        if isinstance(stmt, ir.CloseByNext) and stops:
            plain = stops[next(role for role in stmt.roles if role in stops)]
            yield "stop", STOP.format(stops.get("tool", plain), plain), stmt.at


def _prompt(turn: ir.Turn) -> Found:
    """The prompt text of a turn that depends on the message, which the prompt cannot know."""
    body = settled(fresh(turn.body), behind_all)
    for stmt in history(body):
        if isinstance(stmt, ir.Sampled):
            yield from _known_too_late(parted(stmt.body)[0], (), turn.at)
            return
        yield from _known_too_late((stmt,), (), turn.at)


def _known_too_late(body: ir.Body, path: tuple[ir.Expr, ...], at: ir.Place) -> Found:
    for stmt in body:
        match stmt:
            case ir.If():
                passed: tuple[ir.Expr, ...] = path
                for when, inner in stmt.branches:
                    yield from _known_too_late(inner, (*passed, when), at)
                    passed = (*passed, ir.Not(when))
                yield from _known_too_late(stmt.otherwise, passed, at)
            case ir.Text(text="") | ir.PromptEnd() | ir.Reject():
                continue
            case _:
                settings = _settings(path)
                if FALSE in settings:
                    continue
                if any(unknown(setting) for setting in settings):
                    yield "prompt", BRANCH, _place((stmt,), at)
                elif isinstance(stmt, ir.Slot) and unknown(stmt.value):
                    yield "prompt", SLOT, stmt.at


def _settings(path: tuple[ir.Expr, ...]) -> list[ir.Expr]:
    """The rest of each condition on a way, given that the others hold."""
    conditions = [item for when in path for item in (when.items if isinstance(when, ir.And) else (when,))]
    left = []
    for index, when in enumerate(conditions):
        known: dict[ir.Expr, bool] = {}
        for other in (*conditions[:index], *conditions[index + 1 :]):
            if other != when:
                known = assume(known, other, True)
        left.append(under(when, known))
    return left


def _place(body: ir.Body, otherwise: ir.Place) -> ir.Place:
    return next((s.at for s in statements(body) if isinstance(s, ir.Text | ir.Slot | ir.For | ir.Run)), otherwise)
