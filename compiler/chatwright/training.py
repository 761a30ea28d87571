"""Views for training: turns of the model as they were when it wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from chatwright import ir
from chatwright.built import View
from chatwright.facts import Facts, facts
from chatwright.logic import FALSE, TRUE, choose, rewritten
from chatwright.tidy import tidy
from chatwright.views import at_prompt, fresh, history, rebuild, sampling_turn

if TYPE_CHECKING:
    from chatwright.compile import Compiled


def viewed(compiled: Compiled, view: View) -> tuple[ir.Program, Facts]:
    """The program and the facts that a back end is given for a view."""
    program = compiled.program
    if view == "history":
        return program, compiled.facts
    return program, sampled_last(program)


def sampled_last(program: ir.Program) -> Facts:
    """The facts of the view in which the last message, if it is the model's, has just been written.

    What stands before it is the history of the messages before and their generation prompt: the text that the model
    was given. A conversation that ends otherwise is printed as history.
    """
    turn = sampling_turn(program)
    said = facts(program)
    if turn is None:
        return said
    return msgspec.structs.replace(said, written=tidy(history(as_written(turn.body))))


def as_written(body: ir.Body) -> ir.Body:
    """The body of the model's turn when nothing stands behind it yet: fresh, and all that looks ahead settled.

    Of the messages after it nothing is known, and the marks are where they were before it: this is how the prompt was
    made that the turn begins with. Of the message itself everything is known.
    """
    return settled(fresh(body))


def settled(body: ir.Body) -> ir.Body:
    """A body with the conditions on later messages settled as at the end of the list."""
    out: list[ir.Stmt] = []
    for stmt in body:
        out += _settled(stmt)
    return tuple(out)


def _settled(stmt: ir.Stmt) -> ir.Body:
    match stmt:
        case ir.If():
            return choose([(_at_end(when), settled(body)) for when, body in stmt.branches], settled(stmt.otherwise))
        case ir.For(items=ir.Results(message=ir.Msg(which="this"))):
            return ()
        case ir.For(where=where) if where is not None:
            when = _at_end(where)
            loop = msgspec.structs.replace(stmt, where=None if when == TRUE else when, body=settled(stmt.body))
            return () if when == FALSE else (loop,)
        case ir.Prefill():
            return (ir.Prefill(_at_end(stmt.when), settled(stmt.body), stmt.at),)
        case ir.Close():
            return (ir.Close(stmt.token, stmt.past, _at_end(stmt.past_when)),)
    return (rebuild(stmt, settled),)


def _at_end(expr: ir.Expr) -> ir.Expr:
    return rewritten(expr, _atom)


def _atom(atom: ir.Expr) -> ir.Expr:
    match atom:
        case ir.Position(word="ending"):
            return TRUE
        case ir.Filled(value=value) | ir.Test(what="given", value=value) if _is_of_next(value):
            return FALSE
    return at_prompt(atom)


def _is_of_next(value: ir.Expr) -> bool:
    match value:
        case ir.Attr(message=m) | ir.Content(message=m) | ir.Reasoning(message=m):
            return m.which == "next"
    return False
