"""The abstract syntax of a .chatspec: frozen nodes with spans, one for each construct of dsl/grammar.lark."""

from __future__ import annotations

from typing import Literal as OneOf

import msgspec

from chatwright.diagnostics.source import Span


class Node(msgspec.Struct, frozen=True, tag=True, tag_field="node"):
    """The base of all nodes: where the construct stands in its source."""

    span: Span


# ---- expressions -----------------------------------------------------------------------------------------------


class Name(Node, frozen=True):
    id: str


class Get(Node, frozen=True):
    object: Expr
    key: str


class Call(Node, frozen=True):
    """`after(query)`, `wrapped(content, "…", "…")`, or a rule used as text in a condition."""

    name: str
    args: tuple[Expr, ...]


class Text(Node, frozen=True):
    value: str


class Number(Node, frozen=True):
    value: int


class ListOf(Node, frozen=True):
    items: tuple[Expr, ...]


class Filter(Node, frozen=True):
    name: str
    args: tuple[str | int, ...]


class Pipe(Node, frozen=True):
    value: Expr
    filter: Filter


class Or(Node, frozen=True):
    left: Expr
    right: Expr


class And(Node, frozen=True):
    left: Expr
    right: Expr


class Not(Node, frozen=True):
    value: Expr


class Compare(Node, frozen=True):
    left: Expr
    op: OneOf["==", "!=", ">", "<"]
    right: Expr


class In(Node, frozen=True):
    left: Expr
    right: Expr
    negated: bool


class Is(Node, frozen=True):
    """`x is given`, `prev is user`, `value is not text`."""

    value: Expr
    what: str
    negated: bool


Expr = Name | Get | Call | Text | Number | ListOf | Pipe | Or | And | Not | Compare | In | Is


class Slot(Node, frozen=True):
    """What stands between the braces of a string: the first non-empty of `choices`, through the filters.

    `required` (the mark `!`): refuse a conversation in which there is none of them.
    """

    choices: tuple[Expr, ...]
    required: bool
    filters: tuple[Filter, ...]


# ---- terms -----------------------------------------------------------------------------------------------------


class Literal(Node, frozen=True):
    """A string: scaffold text with slots. Adjacent texts are one part."""

    parts: tuple[str | Slot, ...]
    style: OneOf["string", "raw", "block"]


class Apply(Node, frozen=True):
    """A rule printed at this place; also `bos` and `eos`."""

    name: str
    args: tuple[Expr, ...]


class When(Node, frozen=True):
    branches: tuple[tuple[Expr, Block], ...]
    otherwise: Block | None


class Each(Node, frozen=True):
    names: tuple[str, ...]
    items: Expr
    where: Expr | None
    sep: str | None
    body: Block


class Join(Node, frozen=True):
    sep: str
    body: Block


class Maybe(Node, frozen=True):
    body: Block


class Sampled(Node, frozen=True):
    body: Block


class Prefill(Node, frozen=True):
    when: Expr | None
    body: Block


class Fresh(Node, frozen=True):
    """`fresh { A } past [when C] { B }`; `past` is None where nothing is said of it."""

    body: Block
    past: Block | None
    past_when: Expr | None


class Close(Node, frozen=True):
    """`close T past when C U`. `token` is the text, or the name `bos` / `eos`."""

    token: Text | Name
    past: str | None
    past_when: Expr | None


class CloseByNext(Node, frozen=True):
    roles: tuple[str, ...]


class Reject(Node, frozen=True):
    message: Literal


class Entry(Node, frozen=True):
    key: str
    optional: bool
    value: Expr


class Spread(Node, frozen=True):
    value: Expr


class Record(Node, frozen=True):
    entries: tuple[Entry | Spread, ...]


Term = Literal | Apply | When | Each | Join | Maybe | Sampled | Prefill | Fresh | Close | CloseByNext | Reject | Record


class Block(Node, frozen=True):
    terms: tuple[Term, ...]


# ---- declarations ----------------------------------------------------------------------------------------------

Value = str | int | tuple["Value", ...]


class Setting(Node, frozen=True):
    name: str
    value: Value


class Format(Node, frozen=True):
    name: str
    extends: str | None
    settings: tuple[Setting, ...]


class Type(Node, frozen=True):
    """`bool`, `text`, `int`, `date`, `list`, `low | medium | high`, or `list of a | b`."""

    names: tuple[str, ...]
    of: tuple[str, ...] | None


class Option(Node, frozen=True):
    name: str
    type: Type
    default: Value | None
    default_name: str | None


class Field(Node, frozen=True):
    name: str
    type: Type
    default: Value | None
    default_name: str | None


class Inline(Node, frozen=True):
    """`else inline OPEN CLOSE trim S | FILTER at first`."""

    how: OneOf["else", "and"]
    open: str
    close: str
    trim: str | None
    filters: tuple[Filter, ...]
    at: OneOf["first", "last"]


class Reasoning(Node, frozen=True):
    """`from A | B`: the first field that is given; `from A or B` (`filled`): the first that is not empty."""

    fields: tuple[str, ...]
    inline: Inline | None
    filled: bool = False


class ToolsFrom(Node, frozen=True):
    """`from A | B`: the first of these that is given; `from A or B` (`filled`): the first that is not empty."""

    names: tuple[str, ...]
    filled: bool = False


class Content(Node, frozen=True):
    filters: tuple[Filter, ...]


class Answers(Node, frozen=True):
    way: str


class Mark(Node, frozen=True):
    name: str
    end: OneOf["first", "last"]
    roles: tuple[str, ...]
    where: Expr | None
    otherwise: OneOf["start", "end"] | None


class Ids(Node, frozen=True):
    """How call ids are made: a pattern with `{name}` and `{index}`, or a number of random characters."""

    pattern: str | None
    random: int | None


class Refusal(Node, frozen=True):
    message: Literal
    when: Expr


class Deviation(Node, frozen=True):
    """Where this format knowingly differs from the model's own template, and why."""

    name: str
    reason: str


class Drop(Node, frozen=True):
    """In a format that extends another: a declaration that this one does not take over."""

    kind: str
    name: str | None


class Use(Node, frozen=True):
    """Rules of another format, brought in by name."""

    rules: tuple[str, ...]
    format: str


class Head(Node, frozen=True):
    takes: tuple[str, ...]
    which: OneOf["first", "last", "all"] | None
    body: Block


class Turn(Node, frozen=True):
    """`roles` is empty for `turn *`; `run`: a maximal run of these roles is one turn."""

    roles: tuple[str, ...]
    run: bool
    body: Block


class Skip(Node, frozen=True):
    roles: tuple[str, ...]


class Part(Node, frozen=True):
    kinds: tuple[str, ...]
    body: Block


class Rule(Node, frozen=True):
    name: str
    params: tuple[str, ...]
    reads: str | None
    body: Block


Bare = (
    Format
    | Option
    | Field
    | Reasoning
    | ToolsFrom
    | Content
    | Answers
    | Mark
    | Ids
    | Refusal
    | Deviation
    | Drop
    | Head
    | Turn
    | Skip
    | Part
    | Rule
    | Use
)


class Decl(Node, frozen=True):
    """A declaration with its doc comment."""

    doc: str | None
    override: bool
    bare: Bare


class File(msgspec.Struct, frozen=True):
    """One parsed .chatspec."""

    decls: tuple[Decl, ...]
