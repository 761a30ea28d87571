"""The intermediate representation: a small closed set of statements and expressions that the emitters read.

Names are resolved, rules that see the message are inlined, runs and joins are unfolded into conditions. Spans have
become places: (index of the source in the program's list, line).
"""

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
    value: str | int | bool | None | tuple[str, ...]


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
    """A message: `this` turn's, the `head`'s, the `prev` or `next` turn's, the nearest earlier one of a role
    (`before`, named by `name`), or a loop variable's (`item`, named by `name`)."""

    which: OneOf["this", "head", "prev", "next", "before", "item"]
    name: str = ""


class HeadList(Expr, frozen=True):
    """The messages that the head takes, where it takes all of a role."""


class Turns(Expr, frozen=True):
    pass


class Messages(Expr, frozen=True):
    pass


class Attr(Expr, frozen=True):
    """A key of a message as it came on the wire; null counts as absent."""

    message: Msg
    name: str


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
    """A key of an object; absent where the object is no object or lacks it."""

    object: Expr
    key: str


class CallKey(Expr, frozen=True):
    """`name` or `arguments` of a tool call, which may be bare or wrapped in `function`."""

    call: Expr
    key: str


class Function(Expr, frozen=True):
    """The inner object of a tool, or the tool itself where it is bare."""

    tool: Expr


class Results(Expr, frozen=True):
    """The tool messages right behind this message."""

    message: Msg


class Answer(Expr, frozen=True):
    """The tool call of this turn that a result answers."""

    result: Msg


class PartText(Expr, frozen=True):
    """What a content part prints."""

    part: Expr


class PartNumber(Expr, frozen=True):
    """The place of a content part among its kind, from 1."""


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
    """Whether the turns for which `where` holds are in turn of the role and of others."""

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
    """There, and not empty (nor null, false or zero)."""

    value: Expr


class Pipe(Expr, frozen=True):
    value: Expr
    filter: str
    args: tuple[str | int, ...]


class FirstFilled(Expr, frozen=True):
    """The first of the choices that is filled."""

    choices: tuple[Expr, ...]


class RuleText(Expr, frozen=True):
    """What a rule prints, as text."""

    rule: str
    args: tuple[Expr, ...]


class Fn(Expr, frozen=True):
    name: OneOf["wrapped", "starts", "ends", "length"]
    args: tuple[Expr, ...]


# ---- statements ------------------------------------------------------------------------------------------------


class Stmt(msgspec.Struct, frozen=True, tag=True, tag_field="node"):
    """The base of statements. A body is a tuple of them."""


Body = tuple[Stmt, ...]


class Text(Stmt, frozen=True):
    """Scaffold. `owner` as in Slot. `closes`: this token stops the turn before, if that one closes by the next."""

    text: str
    part: str
    owner: str
    at: Place
    closes: bool = False


class Slot(Stmt, frozen=True):
    """A value printed as text. `owner`: `turn` (this message), `none`, `head`, `rule` (the caller's), or the name
    of a message variable. `field`: how a message about it names what it prints; `required`: refused when absent."""

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
    """`names` has two names for the pairs of an object. `only_first`: at most the first item."""

    names: tuple[str, ...]
    kind: Kind
    items: Expr
    where: Expr | None
    only_first: bool
    sep: Text | None
    body: Body
    at: Place


class Run(Stmt, frozen=True):
    """Prints a rule of `Program.rules`."""

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
    """A JSON record; an entry without a key spreads its object."""

    entries: tuple[Entry, ...]
    owner: str
    at: Place


class Sampled(Stmt, frozen=True):
    body: Body


class Prefill(Stmt, frozen=True):
    when: Expr
    body: Body
    at: Place


class PromptEnd(Stmt, frozen=True):
    """In a view: where `when` holds, the prompt reached up to here."""

    when: Expr


class Fresh(Stmt, frozen=True):
    """The model writes `body`; where `past_when` holds, a later rendering prints `past` instead."""

    body: Body
    past: Body
    past_when: Expr


class Close(Stmt, frozen=True):
    """The stop token; `past` replaces it where `past_when` holds."""

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
    """`type`: bool, text, int, date, list or choice; `values` are those of a choice or of a list's items.
    `default` is a value, `default_option` an earlier option; with neither the option may be not given."""

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
    name: str
    end: OneOf["first", "last"]
    roles: tuple[str, ...]
    where: Expr | None
    otherwise: OneOf["start", "end"]


class Refusal(msgspec.Struct, frozen=True):
    message: tuple[str | Expr, ...]
    when: Expr
    at: Place


class Head(msgspec.Struct, frozen=True):
    takes: tuple[str, ...]
    which: OneOf["first", "all"] | None
    body: Body


class Turn(msgspec.Struct, frozen=True):
    """`roles` is empty for the turn of any other role. A run prints through the same body, message by message."""

    roles: tuple[str, ...]
    run: bool
    body: Body
    at: Place


class Part(msgspec.Struct, frozen=True):
    kinds: tuple[str, ...]
    body: Body


class Rule(msgspec.Struct, frozen=True):
    """A rule that sees nothing but its arguments, the options and the tools."""

    name: str
    base: str
    params: tuple[Var, ...]
    reads: str | None
    body: Body


class Program(msgspec.Struct, frozen=True):
    name: str
    models: tuple[str, ...]
    sources: tuple[str, ...]
    hash: str
    tokens: tuple[str, ...]
    bos: str | None
    eos: str | None
    stops: tuple[str, ...]
    options: tuple[Option, ...]
    fields: tuple[str, ...]
    tools_from: tuple[str, ...]
    content_strip: str | None
    reasoning: tuple[str, ...]
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
