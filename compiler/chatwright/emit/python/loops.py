"""The first lines of loops: what they go over, and the variables that they bind."""

from __future__ import annotations

import msgspec

from chatwright.analysis.facts import reads
from chatwright.emit.code import Code
from chatwright.emit.python.expressions import argument, condition, value
from chatwright.emit.python.lines import Lines, lines
from chatwright.emit.python.locals import numbered_messages, py_name
from chatwright.emit.python.position import Position
from chatwright.emit.python.spelling import ATOM, OR, call, either, name
from chatwright.ir import program as ir


class Loop(msgspec.Struct, frozen=True):
    """A loop as source: the lines before it, its first line, and those that its body begins with."""

    before: Lines
    head: str
    first: Lines


def loop(stmt: ir.For, at: Position, index: str) -> Loop:
    """The loop of a statement. `index` is the variable that counts its rounds."""
    names = [py_name(declared) for declared in stmt.names]
    if stmt.kind == "message":
        names = [f"i_{stmt.names[0]}", *names]
    target = ", ".join(names)
    whole = target if len(names) == 1 else f"({target})"
    function = _function_of(stmt)
    found = _items(stmt, at)
    if stmt.only_first and len(stmt.names) == 2:
        found = call("list", found)
    if stmt.only_first:
        found = Code(f"{found.at(ATOM)}[:1]", ATOM)
    if stmt.where is not None:
        bound = f" for f_{stmt.names[0]} in ({function},)" if function else ""
        found = name(f"[{whole} for {target} in {found.at(OR)}{bound} if {condition(stmt.where, at).text}]")
    before: Lines = []
    inside = reads(stmt.body)
    if inside.loop_last:
        listed = name(f"listed_{index}")
        before = lines(f"{listed.text} = list({found.text})", f"last_{index} = len({listed.text}) - 1")
        found = listed
    if inside.loop_position or stmt.sep is not None:
        target = f"{index}, {whole}"
        found = call("enumerate", found)
    first = lines(f"f_{stmt.names[0]} = {function}") if function else []
    return Loop(before, f"for {target} in {found.text}:", first)


def _function_of(stmt: ir.For) -> str:
    """The function of a call that a loop is at, as source; nothing where the loop goes over something else."""
    variable = py_name(stmt.names[0])
    return f'{variable}.get("function") or {variable}' if stmt.kind == "call" else ""


def _items(stmt: ir.For, at: Position) -> Code:
    if isinstance(stmt.items, ir.HeadList | ir.Messages | ir.Turns | ir.Results):
        return numbered_messages(stmt.items, at)
    if len(stmt.names) == 2:
        return call("pairs", (argument if isinstance(stmt.items, ir.Key) else value)(stmt.items, at))
    found = value(stmt.items, at)
    return either(found, name("()")) if stmt.kind in ("call", "tool") else call("items", found)
