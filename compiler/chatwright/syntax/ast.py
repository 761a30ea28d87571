"""The abstract syntax of a .chatspec: one frozen node for each construct of dsl/grammar.lark.

Every name and every text carries its span, so a diagnostic underlines exactly its subject. A field with names holds
`Word`s. A property gives their texts, for the passes after the checks need no spans.
"""

from __future__ import annotations

from typing import ClassVar
from typing import Literal as OneOf

import msgspec

from chatwright.diagnostics.source import Span


class Word(msgspec.Struct, frozen=True):
    """A name in the source: its text and its span."""

    text: str
    span: Span


Words = tuple[Word, ...]
Plain = str | int | tuple["Plain", ...]


class Value(msgspec.Struct, frozen=True):
    """A text, a number, a bare name or a list in the source. The span of a text includes its quotes."""

    data: str | int | tuple[Value, ...]
    span: Span

    @property
    def plain(self) -> Plain:
        """The value without spans."""
        return tuple(item.plain for item in self.data) if isinstance(self.data, tuple) else self.data


def texts(words: Words) -> tuple[str, ...]:
    """The texts of some words."""
    return tuple(word.text for word in words)


class Node(msgspec.Struct, frozen=True, tag=True, tag_field="node"):
    """The base of all nodes. `span` is the whole construct in its source, `KEYWORD` the keyword that begins it."""

    KEYWORD: ClassVar[str] = ""

    span: Span

    @property
    def head(self) -> Span:
        """The span of the keyword that begins the node; of the whole node where none does."""
        return Span(self.span.start, self.span.start + len(self.KEYWORD)) if self.KEYWORD else self.span


class Named(Node, frozen=True):
    """A node with a name of its own."""

    word: Word

    @property
    def name(self) -> str:
        return self.word.text


# ---- expressions -----------------------------------------------------------------------------------------------------


class Name(Node, frozen=True):
    id: str


class Get(Node, frozen=True):
    object: Expr
    word: Word

    @property
    def key(self) -> str:
        return self.word.text


class Call(Named, frozen=True):
    """`after(query)`, `wrapped(content, "…", "…")`, or a rule used as text in a condition."""

    args: tuple[Expr, ...]


class Text(Node, frozen=True):
    value: str


class Number(Node, frozen=True):
    value: int


class ListOf(Node, frozen=True):
    items: tuple[Expr, ...]


class Filter(Named, frozen=True):
    """`| strip newlines`: the name of the filter and its arguments."""

    values: tuple[Value, ...]

    @property
    def args(self) -> tuple[str | int, ...]:
        return tuple(value.data for value in self.values if not isinstance(value.data, tuple))


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
    word: Word
    negated: bool

    @property
    def what(self) -> str:
        return self.word.text


Expr = Name | Get | Call | Text | Number | ListOf | Pipe | Or | And | Not | Compare | In | Is


class Slot(Node, frozen=True):
    """The expression between the braces of a string: the first non-empty one of `choices`, through the filters.

    `required` (the mark `!`): the conversation is refused where all choices are empty. `span` excludes the braces.
    """

    choices: tuple[Expr, ...]
    required: bool
    filters: tuple[Filter, ...]


# ---- terms -----------------------------------------------------------------------------------------------------------


class Literal(Node, frozen=True):
    """A string: scaffold text with slots. Adjacent texts are one part.

    `spans` has one span for each part; `escapes` are the offsets of all backslashes that begin an escape, in order.
    """

    parts: tuple[str | Slot, ...]
    style: OneOf["string", "raw", "block"]
    spans: tuple[Span, ...]
    escapes: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The text without slots."""
        return "".join(part for part in self.parts if isinstance(part, str))

    def span_in(self, part: int, start: int, end: int) -> Span:
        """The span of the characters from `start` to `end` of a text part; of the whole string in a block string."""
        if self.style == "block":
            return self.span
        return Span(self._offset(part, start), self._offset(part, end))

    def _offset(self, part: int, index: int) -> int:
        """The offset in the source of a character of a text part. An escape has one character more in the source."""
        begin = self.spans[part].start
        offset = begin + index
        for escape in self.escapes:
            offset += begin <= escape < offset
        return offset


class Apply(Named, frozen=True):
    """A rule printed at this place; also `bos` and `eos`."""

    args: tuple[Expr, ...]

    @property
    def head(self) -> Span:
        return self.word.span


class When(Node, frozen=True):
    KEYWORD = "when"

    branches: tuple[tuple[Expr, Block], ...]
    otherwise: Block | None


class Each(Node, frozen=True):
    KEYWORD = "each"

    variables: Words
    items: Expr
    where: Expr | None
    separator: Literal | None
    body: Block

    @property
    def names(self) -> tuple[str, ...]:
        return texts(self.variables)

    @property
    def sep(self) -> str | None:
        return None if self.separator is None else self.separator.text


class Join(Node, frozen=True):
    KEYWORD = "join"

    separator: Literal
    body: Block

    @property
    def sep(self) -> str:
        return self.separator.text


class Maybe(Node, frozen=True):
    KEYWORD = "maybe"

    body: Block


class Sampled(Node, frozen=True):
    KEYWORD = "sampled"

    body: Block


class Prefill(Node, frozen=True):
    KEYWORD = "prefill"

    when: Expr | None
    body: Block


class Fresh(Node, frozen=True):
    """`fresh { A } past [when C] { B }`; `past` is None where the construct has no `past`."""

    KEYWORD = "fresh"

    body: Block
    past: Block | None
    past_when: Expr | None


class Close(Node, frozen=True):
    """`close T past when C U`. `token` is the text, or the name `bos` / `eos`."""

    KEYWORD = "close"

    token: Text | Name
    past_literal: Literal | None
    past_when: Expr | None

    @property
    def past(self) -> str | None:
        return None if self.past_literal is None else self.past_literal.text


class CloseByNext(Node, frozen=True):
    KEYWORD = "close"

    words: Words

    @property
    def roles(self) -> tuple[str, ...]:
        return texts(self.words)


class Reject(Node, frozen=True):
    KEYWORD = "reject"

    message: Literal


class Entry(Node, frozen=True):
    word: Word
    optional: bool
    value: Expr

    @property
    def key(self) -> str:
        return self.word.text


class Spread(Node, frozen=True):
    value: Expr


class Record(Node, frozen=True):
    KEYWORD = "json"

    entries: tuple[Entry | Spread, ...]


Term = Literal | Apply | When | Each | Join | Maybe | Sampled | Prefill | Fresh | Close | CloseByNext | Reject | Record


class Block(Node, frozen=True):
    terms: tuple[Term, ...]

    @property
    def head(self) -> Span:
        """The opening brace."""
        return Span(self.span.start, self.span.start + 1)


# ---- declarations ----------------------------------------------------------------------------------------------------


class Setting(Named, frozen=True):
    given: Value

    @property
    def value(self) -> Plain:
        return self.given.plain


class Format(Named, frozen=True):
    KEYWORD = "format"

    base: Word | None
    settings: tuple[Setting, ...]

    @property
    def extends(self) -> str | None:
        return None if self.base is None else self.base.text


class Type(Node, frozen=True):
    """`bool`, `text`, `int`, `date`, `list`, `low | medium | high`, or `list of a | b`."""

    words: Words
    of_words: Words | None

    @property
    def names(self) -> tuple[str, ...]:
        return texts(self.words)

    @property
    def of(self) -> tuple[str, ...] | None:
        return None if self.of_words is None else texts(self.of_words)


class Typed(Named, frozen=True):
    """`given` is the default where it is a value, `link` where it is a bare name: of a choice or of another option."""

    type: Type
    given: Value | None
    link: Word | None

    @property
    def default(self) -> Plain | None:
        return None if self.given is None else self.given.plain

    @property
    def default_name(self) -> str | None:
        return None if self.link is None else self.link.text


class Option(Typed, frozen=True):
    KEYWORD = "option"


class Field(Typed, frozen=True):
    KEYWORD = "field"


class Inline(Node, frozen=True):
    """`else inline OPEN CLOSE trim S | FILTER at first`."""

    how: OneOf["else", "and"]
    opener: Literal
    closer: Literal
    trimmed: Literal | None
    filters: tuple[Filter, ...]
    at: OneOf["first", "last"]

    @property
    def open(self) -> str:
        return self.opener.text

    @property
    def close(self) -> str:
        return self.closer.text

    @property
    def trim(self) -> str | None:
        return None if self.trimmed is None else self.trimmed.text


class Reasoning(Node, frozen=True):
    """`from A | B`: the first field that is given; `from A or B` (`filled`): the first that is not empty."""

    KEYWORD = "reasoning"

    words: Words
    inline: Inline | None
    filled: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        return texts(self.words)


class ToolsFrom(Node, frozen=True):
    """`from A | B`: the first of these that is given; `from A or B` (`filled`): the first that is not empty."""

    KEYWORD = "tools"

    words: Words
    filled: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return texts(self.words)


class Content(Node, frozen=True):
    KEYWORD = "content"

    filters: tuple[Filter, ...]


class Answers(Node, frozen=True):
    KEYWORD = "answers"

    word: Word

    @property
    def way(self) -> str:
        return self.word.text


class Mark(Named, frozen=True):
    KEYWORD = "mark"

    end: OneOf["first", "last"]
    words: Words
    where: Expr | None
    otherwise: OneOf["start", "end"] | None

    @property
    def roles(self) -> tuple[str, ...]:
        return texts(self.words)


class Ids(Node, frozen=True):
    """How call ids are made: a pattern with `{name}` and `{index}`, or a number of random characters.

    The span of the pattern excludes its quotes.
    """

    KEYWORD = "ids"

    word: Word | None
    random: int | None

    @property
    def pattern(self) -> str | None:
        return None if self.word is None else self.word.text


class Refusal(Node, frozen=True):
    KEYWORD = "reject"

    message: Literal
    when: Expr


class Deviation(Named, frozen=True):
    """A known difference between this format and the model's own template, with its reason."""

    KEYWORD = "deviation"

    reason: str


class Drop(Node, frozen=True):
    """In a format that extends another: a declaration of the base that this format leaves out.

    `word` is the name; for parts it is their kinds, joined by ` | `, or `*`.
    """

    KEYWORD = "drop"

    kind_word: Word
    word: Word | None

    @property
    def kind(self) -> str:
        return self.kind_word.text

    @property
    def name(self) -> str | None:
        return None if self.word is None else self.word.text


class Use(Node, frozen=True):
    """Rules of another format, by name."""

    KEYWORD = "use"

    words: Words
    origin: Word

    @property
    def rules(self) -> tuple[str, ...]:
        return texts(self.words)

    @property
    def format(self) -> str:
        return self.origin.text


class Head(Node, frozen=True):
    KEYWORD = "head"

    words: Words
    which: OneOf["first", "last", "all"] | None
    body: Block

    @property
    def takes(self) -> tuple[str, ...]:
        return texts(self.words)


class Turn(Node, frozen=True):
    """`words` is empty for `turn *`; `who` is the span of the list or the `*`. `run`: a maximal run is one turn."""

    KEYWORD = "turn"

    words: Words
    who: Span
    run: bool
    body: Block

    @property
    def roles(self) -> tuple[str, ...]:
        return texts(self.words)


class Skip(Node, frozen=True):
    """`words` is empty for `skip *`; `who` is the span of the list or the `*`."""

    KEYWORD = "skip"

    words: Words
    who: Span

    @property
    def roles(self) -> tuple[str, ...]:
        return texts(self.words)


class Part(Node, frozen=True):
    """`words` is empty for `part *`; `who` is the span of the list or the `*`."""

    KEYWORD = "part"

    words: Words
    who: Span
    body: Block

    @property
    def kinds(self) -> tuple[str, ...]:
        return texts(self.words)


class Rule(Named, frozen=True):
    KEYWORD = "rule"

    parameters: Words
    reader: Word | None
    body: Block

    @property
    def params(self) -> tuple[str, ...]:
        return texts(self.parameters)

    @property
    def reads(self) -> str | None:
        return None if self.reader is None else self.reader.text


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

    @property
    def subject(self) -> Span:
        """The span of the part that identifies the declaration: its name, its roles, its message.

        It is the span of the keyword where a format can have one such declaration only.
        """
        match self.bare:
            case Named(word=word) | Drop(word=Word() as word) | Drop(kind_word=word):
                return word.span
            case Refusal(message=message):
                return message.span
            case Turn() | Skip() | Part():
                return self.bare.who
        return self.bare.head


class File(msgspec.Struct, frozen=True):
    """One parsed .chatspec."""

    decls: tuple[Decl, ...]
