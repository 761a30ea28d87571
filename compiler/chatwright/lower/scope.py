"""The names visible at a place of a spec, and the owner of the text that an expression prints there."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from chatwright.ir import program as ir
from chatwright.ir.typing import message_of, root_of, variable_of
from chatwright.syntax import ast as s


class Scope(msgspec.Struct, frozen=True):
    """The names visible at a place.

    `this`: there is a current message. `roles`: the roles it can have (empty: any). `loop`: what the position words
    refer to. `owner` and `part`: those of scaffold written here. `file`: index of the source. `settled`: the variables
    for messages with a declared role. `thinks`: this turn can find reasoning in the content.
    """

    vars: dict[str, ir.Expr]
    owners: dict[str, str]
    this: bool
    roles: tuple[str, ...]
    loop: str
    owner: str
    part: str
    file: int
    rules: tuple[str, ...] = ()
    settled: frozenset[str] = frozenset()
    thinks: bool = False

    def with_vars(self, owner: str, **more: ir.Expr) -> Scope:
        owners = {**self.owners, **dict.fromkeys(more, owner)}
        return msgspec.structs.replace(self, vars={**self.vars, **more}, owners=owners)

    def but(self, **changes: object) -> Scope:
        return msgspec.structs.replace(self, **changes)


Problem = Callable[[str, str, s.Node, Scope], None]


def owner_of(expr: ir.Expr, scope: Scope) -> str:
    """The owner of the text that an expression prints."""
    if scope.owner == "rule":
        return "rule"
    message = message_of(expr)
    if message is not None:
        return {"head": "head", "item": message.name}.get(message.which, scope.owner)
    variable = variable_of(expr)
    if variable is not None and variable in scope.owners:
        return scope.owners[variable]
    return "none" if root_of(expr) == "tools" else scope.owner
