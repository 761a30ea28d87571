"""The intermediate representation: a small closed set of statements and expressions that the emitters read.

Names are resolved, rules that see the message are inlined, runs and joins are unfolded into conditions. Spans are
places now: (index of the source in the program's list, line).
"""

from __future__ import annotations

from typing import Literal as OneOf

import msgspec

from chatwright.ir.expressions import (
    Alternating as Alternating,
)
from chatwright.ir.expressions import (
    And as And,
)
from chatwright.ir.expressions import (
    Answer as Answer,
)
from chatwright.ir.expressions import (
    Attr as Attr,
)
from chatwright.ir.expressions import (
    CallKey as CallKey,
)
from chatwright.ir.expressions import (
    Compare as Compare,
)
from chatwright.ir.expressions import (
    Const as Const,
)
from chatwright.ir.expressions import (
    Content as Content,
)
from chatwright.ir.expressions import (
    Exists as Exists,
)
from chatwright.ir.expressions import (
    Expr as Expr,
)
from chatwright.ir.expressions import (
    Filled as Filled,
)
from chatwright.ir.expressions import (
    FirstFilled as FirstFilled,
)
from chatwright.ir.expressions import (
    Fn as Fn,
)
from chatwright.ir.expressions import (
    Function as Function,
)
from chatwright.ir.expressions import (
    HeadList as HeadList,
)
from chatwright.ir.expressions import (
    In as In,
)
from chatwright.ir.expressions import (
    Inline as Inline,
)
from chatwright.ir.expressions import (
    Key as Key,
)
from chatwright.ir.expressions import (
    Kind as Kind,
)
from chatwright.ir.expressions import (
    MarkTest as MarkTest,
)
from chatwright.ir.expressions import (
    Messages as Messages,
)
from chatwright.ir.expressions import (
    Msg as Msg,
)
from chatwright.ir.expressions import (
    Not as Not,
)
from chatwright.ir.expressions import (
    Number as Number,
)
from chatwright.ir.expressions import (
    Opt as Opt,
)
from chatwright.ir.expressions import (
    Or as Or,
)
from chatwright.ir.expressions import (
    PartText as PartText,
)
from chatwright.ir.expressions import (
    Pipe as Pipe,
)
from chatwright.ir.expressions import (
    Place as Place,
)
from chatwright.ir.expressions import (
    Position as Position,
)
from chatwright.ir.expressions import (
    Reasoning as Reasoning,
)
from chatwright.ir.expressions import (
    Results as Results,
)
from chatwright.ir.expressions import (
    RoleIs as RoleIs,
)
from chatwright.ir.expressions import (
    RuleText as RuleText,
)
from chatwright.ir.expressions import (
    Test as Test,
)
from chatwright.ir.expressions import (
    Tools as Tools,
)
from chatwright.ir.expressions import (
    Turns as Turns,
)
from chatwright.ir.expressions import (
    Var as Var,
)

# ---- statements ------------------------------------------------------------------------------------------------


class Stmt(msgspec.Struct, frozen=True, tag=True, tag_field="node"):
    """The base of statements. A body is a tuple of them."""


Body = tuple[Stmt, ...]


class Text(Stmt, frozen=True):
    """Scaffold. `owner` as in Slot. `closes`: this token ends the previous turn, if that turn closes by the next."""

    text: str
    part: str
    owner: str
    at: Place
    closes: bool = False


class Slot(Stmt, frozen=True):
    """A value printed as text. `owner`: `turn` (this message), `none`, `head`, `rule` (the caller's), or the name of a
    message variable. `field`: the name of the value in error messages. `required`: refused when absent."""

    value: Expr
    part: str
    owner: str
    body: bool
    field: str
    required: bool
    at: Place


class If(Stmt, frozen=True):
    branches: tuple[tuple[Expr, Body], ...]
    otherwise: Body


class For(Stmt, frozen=True):
    """A loop. `names` has two names for the pairs of an object. `only_first`: at most the first item."""

    names: tuple[str, ...]
    kind: Kind
    items: Expr
    where: Expr | None
    only_first: bool
    sep: Text | None
    body: Body
    at: Place


class Run(Stmt, frozen=True):
    """The text of a rule of `Program.rules`, printed."""

    rule: str
    args: tuple[Expr, ...]
    owner: str
    at: Place


class Entry(msgspec.Struct, frozen=True):
    key: str
    optional: bool
    value: Expr
    part: str
    bare: bool


class Record(Stmt, frozen=True):
    """A JSON record; an entry without a key spreads its object. `part`: the part of its braces, keys and commas."""

    entries: tuple[Entry, ...]
    part: str
    owner: str
    at: Place


class Sampled(Stmt, frozen=True):
    body: Body


class Prefill(Stmt, frozen=True):
    when: Expr
    body: Body
    at: Place


class PromptEnd(Stmt, frozen=True):
    """In a view: the prompt ended here if `when` holds."""

    when: Expr


class Advance(Stmt, frozen=True):
    """In a view: from here on, marks that move take their places among the messages up to the model's next turn."""


class Fresh(Stmt, frozen=True):
    """The model writes `body`; a later rendering prints `past` instead if `past_when` holds."""

    body: Body
    past: Body
    past_when: Expr


class Close(Stmt, frozen=True):
    """The stop token; `past` replaces it if `past_when` holds."""

    token: Text | Slot
    past: Text
    past_when: Expr


class CloseByNext(Stmt, frozen=True):
    roles: tuple[str, ...]
    at: Place


class Reject(Stmt, frozen=True):
    message: tuple[str | Expr, ...]
    at: Place


# ---- the program -----------------------------------------------------------------------------------------------


class Option(msgspec.Struct, frozen=True):
    """An option. `type`: bool, text, int, date, list or choice. `values`: those of a choice or of a list's items.
    `default` is a value (for a date, the spelling of today), `default_option` an earlier option; an option with neither
    may be absent."""

    name: str
    type: str
    values: tuple[str, ...]
    default: str | int | bool | tuple[str, ...] | None
    default_option: str | None
    doc: str


class Inlining(msgspec.Struct, frozen=True):
    how: OneOf["else", "and"]
    open: str
    close: str
    trim: str
    strip: str | None
    at: OneOf["first", "last"]


class Mark(msgspec.Struct, frozen=True):
    """A mark. `moves`: in a view, the last `Advance` before determines its place."""

    name: str
    end: OneOf["first", "last"]
    roles: tuple[str, ...]
    where: Expr | None
    otherwise: OneOf["start", "end"]
    moves: bool = False


class Refusal(msgspec.Struct, frozen=True):
    message: tuple[str | Expr, ...]
    when: Expr
    at: Place


class Head(msgspec.Struct, frozen=True):
    takes: tuple[str, ...]
    which: OneOf["first", "all"] | None
    body: Body


class Turn(msgspec.Struct, frozen=True):
    """A turn. `roles` is empty for the turn of any other role. A run prints through the same body, message by
    message."""

    roles: tuple[str, ...]
    run: bool
    body: Body
    at: Place


class Part(msgspec.Struct, frozen=True):
    kinds: tuple[str, ...]
    body: Body


class Rule(msgspec.Struct, frozen=True):
    """A rule that sees only its arguments, the options and the tools."""

    name: str
    base: str
    params: tuple[Var, ...]
    reads: str | None
    body: Body


class Program(msgspec.Struct, frozen=True):
    name: str
    models: tuple[str, ...]
    reproduces: tuple[str, ...]
    sources: tuple[str, ...]
    hash: str
    tokens: tuple[str, ...]
    bos: str | None
    eos: str | None
    stops: tuple[str, ...]
    options: tuple[Option, ...]
    fields: tuple[str, ...]
    tools_from: tuple[str, ...]
    tools_filled: bool
    content_strip: str | None
    reasoning: tuple[str, ...]
    reasoning_filled: bool
    inline: Inlining | None
    ids: str | int | None
    marks: tuple[Mark, ...]
    refusals: tuple[Refusal, ...]
    head: Head
    turns: tuple[Turn, ...]
    skip: tuple[str, ...]
    skip_others: bool
    parts: tuple[Part, ...]
    rules: tuple[Rule, ...]
    deviations: tuple[tuple[str, str], ...]
    closed_by_next: tuple[str, ...]
