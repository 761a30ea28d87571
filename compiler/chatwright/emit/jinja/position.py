"""The place in a template that code is written for."""

from __future__ import annotations

from typing import Any
from typing import Literal as OneOf

import msgspec

from chatwright.emit.jinja.plan import Plan
from chatwright.ir import program as ir
from chatwright.ir.logic import asked, excluded


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a template. It decides how an expression of the spec is written there.

    `plan`: the program and the facts about it.
    `stage`: before the loop over the turns (`head`), in it (`turn`), or after it (`prompt`).
    `aside`: a loop inside this turn asks for the place of the turn. Variables hold it, for `loop` is the inner loop.
    `inner`: this is in a loop inside a turn or a rule.
    `counter`: the field of `ns` that counts the turns of this declaration.
    `role`: the source of the role whose content is printed.
    `part_text`: the variable that is printed like a text part; empty elsewhere.
    `filtering`: this is the condition of a loop. The variables that the body of the loop sets are not set yet.
    `sure`: the values that exist, because a condition around this place has tested them.
    `there`: like `sure`, and the values that an earlier part of the same condition has tested.
    `no_text`, `no_list`: the values that are no text or no list, because of such a condition.
    `checked`: the message variables whose contents are no lists, because the template refuses those before the turns.
    `lists`: the parameters of this macro that may be a list of parts, calls or tools.
    `params`: the parameters of this macro that hold data.
    `nullable`: the parameters of this macro that may be absent.
    """

    plan: Plan
    stage: OneOf["head", "turn", "prompt"] = "turn"
    aside: bool = False
    inner: bool = False
    counter: str = ""
    role: str = "message.role"
    part_text: str = ""
    filtering: bool = False
    sure: tuple[ir.Expr, ...] = ()
    there: tuple[ir.Expr, ...] = ()
    no_text: tuple[ir.Expr, ...] = ()
    no_list: tuple[ir.Expr, ...] = ()
    checked: tuple[str, ...] = ()
    lists: frozenset[str] = frozenset()
    params: frozenset[str] = frozenset()
    nullable: frozenset[str] = frozenset()

    def knowing(self, when: ir.Expr, holds: bool = True) -> Position:
        """The place in a branch where a condition holds, or fails."""
        return self.but(
            there=(*self.there, *(asked(when) if holds else ())),
            no_text=(*self.no_text, *excluded(when, "text", holds)),
            no_list=(*self.no_list, *excluded(when, "list", holds)),
        )

    def but(self, **changes: Any) -> Position:
        """The same place with other values for some fields."""
        return msgspec.structs.replace(self, **changes)
