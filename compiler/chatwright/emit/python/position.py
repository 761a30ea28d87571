"""The program that a module is made of, and the position in the module that is written."""

from __future__ import annotations

import re
from typing import Literal as OneOf

import msgspec

from chatwright.analysis.facts import Facts
from chatwright.emit.rule_arguments import may_be_absent
from chatwright.ir import program as ir

AttributeKey = tuple[str, bool, str | None, int, int, int]
Where = OneOf["head", "refusal", "turn", "prompt", "part", "rule"]

# The role that a piece of no message has, by where it is printed.
_ROLES = {"head": "system", "refusal": "system", "prompt": "assistant"}
# The message at work, by where the module is.
_OWNERS = {"head": "none", "prompt": "none", "rule": "rule"}


class Attributes:
    """The attributes of all pieces of a module, numbered as they come up."""

    def __init__(self, tokens: tuple[str, ...]) -> None:
        ordered = sorted(map(re.escape, tokens), key=len, reverse=True)
        self._control = re.compile("|".join(ordered)) if ordered else None
        self.codes: dict[AttributeKey, int] = {}

    def code(self, part: str, body: bool, role: str | None, place: ir.Place, literal: str) -> int:
        """The number of an attribute. `literal`: the text of the piece, where the spec says it."""
        controls = len(self._control.findall(literal)) if self._control else 0
        return self.codes.setdefault((part, body, role, *place, controls), len(self.codes))


class Loops:
    """The loops of a module, numbered as they come up."""

    def __init__(self) -> None:
        self._count = 0

    def next(self) -> str:
        """The name of the variable that counts the rounds of the next loop."""
        self._count += 1
        return f"n_{self._count}"


class Plan(msgspec.Struct, frozen=True):
    """A program, and all that holds for the whole of it.

    `traced` says whether the functions record attributes, owners and spans next to the texts that they print.
    `options` are those of the program by name, `absent` the parameters of rules that can be absent, by rule.
    `attributes` and `loops` grow while the module is written.
    """

    program: ir.Program
    facts: Facts
    traced: bool
    options: dict[str, ir.Option]
    absent: frozenset[tuple[str, str]]
    attributes: Attributes
    loops: Loops


class Position(msgspec.Struct, frozen=True):
    """Where in the module a statement or an expression is written.

    `where` is the function, or the section of the emitter, that holds it.
    `owner` is the message at work. It owns each piece that names no other owner: `turn`, `none`, `head`, `rule` (the
    owner of the caller), or the name of a message variable.
    `index` is the variable that holds the index of the message `m`: `i`, or `j` while messages are searched.
    `counter` is the variable that counts the turns of the declaration at work.
    `loop` is the variable that counts the rounds of the innermost loop.
    `sure` are the values that a condition around has found there.
    `nullable` are the parameters of the rule at work that can be absent.
    """

    plan: Plan
    where: Where
    owner: str
    index: str = "i"
    counter: str = ""
    loop: str = ""
    sure: tuple[ir.Expr, ...] = ()
    nullable: frozenset[str] = frozenset()

    @property
    def role(self) -> str | None:
        """The role of a piece that belongs to no message; None where it is the role of the message at work."""
        return _ROLES.get(self.where)

    def within(self, loop: str, owner: str) -> Position:
        """The position in the body of a loop."""
        return msgspec.structs.replace(self, loop=loop, owner=owner)

    def knowing(self, sure: list[ir.Expr]) -> Position:
        """The position in a branch, where some values are known to be there."""
        return msgspec.structs.replace(self, sure=(*self.sure, *sure)) if sure else self


def plan(program: ir.Program, facts: Facts, *, traced: bool) -> Plan:
    """The plan of functions of which nothing is written yet."""
    options = {option.name: option for option in program.options}
    return Plan(program, facts, traced, options, may_be_absent(program), Attributes(program.tokens), Loops())


def position(plan: Plan, where: Where, *, index: str = "i", counter: str = "", rule: str = "") -> Position:
    """The position at the beginning of a function or section. `rule` is the name of the rule that is written."""
    nullable = frozenset(name for called, name in plan.absent if called == rule)
    return Position(plan, where, _OWNERS.get(where, "turn"), index, counter, nullable=nullable)
