"""The expressions of the intermediate representation: names resolved, conditions as truth values."""

from __future__ import annotations

from typing import Literal as OneOf

import msgspec

Place = tuple[int, int]
Kind = OneOf[
    "text", "data", "call", "calls", "tool", "tools", "part", "parts", "message", "messages", "bool", "number", "list"
]


class Expr(msgspec.Struct, frozen=True, tag=True, tag_field="node"):
    """The base of expressions. Conditions are expressions too; their value is a truth value."""


class Const(Expr, frozen=True):
    value: str | int | bool | tuple[str, ...] | None


class Opt(Expr, frozen=True):
    """An option; `bos_token` and `eos_token` are options whose defaults the spec declares."""

    name: str


class Tools(Expr, frozen=True):
    pass


class Var(Expr, frozen=True):
    """A loop variable or a parameter of a rule. `root` is the part that its data belongs to."""

    name: str
    kind: Kind
    root: str


class Msg(Expr, frozen=True):
    """A message: that of `this` turn, the `head`, the `prev` or `next` turn, the nearest earlier one of a role
    (`before`, named by `name`), or that of a loop variable (`item`, named by `name`)."""

    which: OneOf["this", "head", "prev", "next", "before", "item"]
    name: str = ""


class HeadList(Expr, frozen=True):
    """The messages of the head, if it takes all of a role."""


class Turns(Expr, frozen=True):
    pass


class Messages(Expr, frozen=True):
    pass


class Attr(Expr, frozen=True):
    """A key of a message as it came on the wire; null counts as absent. `free`: a printed role that callers choose at
    will, because no declaration names it."""

    message: Msg
    name: str
    free: bool = False


class Content(Expr, frozen=True):
    """The printed text of a message's content: `cut` without inline reasoning, or as its `source`."""

    message: Msg
    form: OneOf["cut", "source"]


class Reasoning(Expr, frozen=True):
    message: Msg


class Inline(Expr, frozen=True):
    """Whether the reasoning was found in the content."""

    message: Msg


class Key(Expr, frozen=True):
    """A key of an object; absent if the value is not an object or lacks it."""

    object: Expr
    key: str


class CallKey(Expr, frozen=True):
    """`name` or `arguments` of a tool call, which may be bare or wrapped in `function`."""

    call: Expr
    key: str


class Function(Expr, frozen=True):
    """The inner object of a tool, or the tool itself if it is bare."""

    tool: Expr


class Results(Expr, frozen=True):
    """The tool messages right behind this message."""

    message: Msg


class Answer(Expr, frozen=True):
    """The tool call of this turn that a result answers."""

    result: Msg


class PartText(Expr, frozen=True):
    """The text of a content part."""

    part: Expr


class Number(Expr, frozen=True):
    """The number of a content part or of a turn among those of its declaration, counted from `start`."""

    of: OneOf["part", "turn"]
    start: OneOf[0, 1]


class Position(Expr, frozen=True):
    """`first`, `last`, `ending` of the turn, or `first` / `last` of the innermost loop."""

    word: OneOf["first", "last", "ending"]
    of: OneOf["turn", "loop"]


class MarkTest(Expr, frozen=True):
    test: OneOf["after", "before", "equal", "exists"]
    mark: str


class RoleIs(Expr, frozen=True):
    """Whether a message is there and has one of the roles."""

    message: Msg
    roles: tuple[str, ...]


class Exists(Expr, frozen=True):
    """Whether a `prev`, `next`, `before` or `head` message is there."""

    message: Msg


class Alternating(Expr, frozen=True):
    """Whether the turns for which `where` holds alternate between the role and other roles."""

    role: str
    where: Expr


class Not(Expr, frozen=True):
    value: Expr


class And(Expr, frozen=True):
    items: tuple[Expr, ...]


class Or(Expr, frozen=True):
    items: tuple[Expr, ...]


class Compare(Expr, frozen=True):
    left: Expr
    op: OneOf["==", "!=", ">", "<"]
    right: Expr


class In(Expr, frozen=True):
    left: Expr
    right: Expr


class Test(Expr, frozen=True):
    what: OneOf["given", "null", "blank", "text", "list", "object", "number", "bool"]
    value: Expr


class Filled(Expr, frozen=True):
    """Whether a value is present and not empty, null, false or zero."""

    value: Expr


class Pipe(Expr, frozen=True):
    value: Expr
    filter: str
    args: tuple[str | int, ...]


class FirstFilled(Expr, frozen=True):
    """The first of the choices that is filled."""

    choices: tuple[Expr, ...]


class RuleText(Expr, frozen=True):
    """The text of a rule."""

    rule: str
    args: tuple[Expr, ...]


class Fn(Expr, frozen=True):
    name: OneOf["wrapped", "starts", "ends", "length"]
    args: tuple[Expr, ...]
