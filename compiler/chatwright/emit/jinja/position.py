"""The place in a template that code is written for."""

from __future__ import annotations

from typing import Any
from typing import Literal as OneOf

import msgspec

from chatwright.emit.jinja.plan import Plan
from chatwright.ir import program as ir


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a template: how the same expression of the spec is written depends on it. Handed down, never changed.

    `plan`: the program and what is known of it.
    `stage`: in front of the loop over the turns, in it, or behind it.
    `aside`: a loop in this turn asks for the turn's own place, so variables hold it: `loop` is that of the inner loop.
    `counter`: the field of `ns` that counts the turns of this declaration.
    `role`: the code for the role that a content part is printed for.
    `part_text`: the variable that is printed as a text part; empty outside such a text.
    `filtering`: the condition of a loop, which is asked before the body of the loop has set its variables.
    `sure`: what conditions around this place have found to be there.
    `params`: the parameters of this macro that hold data.
    `nullable`: the parameters of this macro that may be absent.
    """

    plan: Plan
    stage: OneOf["head", "turn", "prompt"] = "turn"
    aside: bool = False
    counter: str = ""
    role: str = "message.role"
    part_text: str = ""
    filtering: bool = False
    sure: tuple[ir.Expr, ...] = ()
    params: frozenset[str] = frozenset()
    nullable: frozenset[str] = frozenset()

    def but(self, **changes: Any) -> Position:
        """The same place with some fields changed."""
        return msgspec.structs.replace(self, **changes)
