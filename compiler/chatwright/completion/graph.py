"""The outline of a completion: a graph of literals, fields and calls, made from the fresh view of the model's turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal as OneOf

import msgspec

from chatwright.analysis.views import sampling_turn
from chatwright.completion.delimiters import Delimiters, Form, inlined, joined, words
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, statements

Settle = Callable[[ir.Expr], bool | None]
Target = OneOf["content", "reasoning"]
END = 0


class Ways(msgspec.Struct, frozen=True):
    """One of several nodes comes next, the preferred one first."""

    nexts: tuple[int, ...]


class Space(msgspec.Struct, frozen=True):
    text: str
    next: int


class Word(msgspec.Struct, frozen=True):
    """A literal without white space at its ends. With `form` it opens calls."""

    text: str
    next: int
    form: Form | None = None


class Field(msgspec.Struct, frozen=True):
    """A slot of the message. `lstrip` and `rstrip`: the characters that its filters strip, None for none."""

    target: Target
    lstrip: str | None
    rstrip: str | None
    next: int


Node = Ways | Space | Word | Field
SPACES = "".join(map(chr, [*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)])) + (
    "\u2028\u2029\u202f\u205f\u3000"
)


class Outline(msgspec.Struct, frozen=True):
    """`nodes[0]` is the end. `tokens` are the format's control tokens, `rules` those that its calls may run."""

    nodes: tuple[Node, ...]
    start: int
    tokens: tuple[str, ...]
    rules: tuple[ir.Rule, ...] = ()


def region_of(program: ir.Program) -> ir.Body:
    """The sampled region of the model's turn; empty if the model writes nothing."""
    turn = sampling_turn(program)
    if turn is None:
        return ()
    return next(stmt.body for stmt in statements(turn.body) if isinstance(stmt, ir.Sampled))


def outline(program: ir.Program, settle: Settle, printed: Callable[[ir.Expr], str | None]) -> Outline:
    """The outline in a context: `settle` decides conditions, `printed` gives values that are not of the message."""
    build = _Build(program, settle, printed)
    start = build.body(region_of(program), END, guarded=False)
    return Outline(tuple(build.nodes), start, program.tokens, program.rules)


class _Build:
    """Builds the graph from its end: each statement receives the node that follows it."""

    def __init__(self, program: ir.Program, settle: Settle, printed: Callable[[ir.Expr], str | None]) -> None:
        self.program = program
        self.settle = settle
        self.printed = printed
        self.rules = {rule.name: rule for rule in program.rules}
        self.delimiters = Delimiters(program, region_of(program))
        self.nodes: list[Node] = [Ways(())]

    def add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def body(self, body: ir.Body, after: int, guarded: bool) -> int:
        """The first node of a body; `after` follows it. `guarded`: the body is under a condition on the calls."""
        if any(is_calls(stmt) and self.bare_at(body, at) is not None for at, stmt in enumerate(body)):
            body = joined(body)
        index = len(body) - 1
        while index >= 0:
            stmt = body[index]
            bare = self.bare_at(body, index)
            if bare is not None:
                index, after = self.bare(body, bare, after, guarded)
            elif is_calls(stmt) and isinstance(stmt, ir.For):
                taken, after = self.calls(body, index, stmt, after, guarded)
                index -= taken
            elif index and is_calls(body[index - 1]) and isinstance(stmt, ir.Text) and self.in_section(body, index - 1):
                after = self.section(body, index - 1, after)
                index -= 3
            else:
                after = self.statement(stmt, after, guarded)
                index -= 1
        return after

    def statement(self, stmt: ir.Stmt, after: int, guarded: bool) -> int:
        match stmt:
            case ir.Text():
                return self.text(stmt.text, after)
            case ir.Slot():
                return self.slot(stmt.value, after)
            case ir.If():
                return self.choice(stmt, after, guarded)
            case ir.Prefill():
                return self.body(stmt.body, after, guarded)
            case ir.Fresh():
                fresh = self.body(stmt.body, after, guarded)
                return self.ways(fresh, self.body(stmt.past, after, guarded)) if stmt.past else fresh
            case ir.Close() if stmt.past.text:
                return self.ways(after, self.text(stmt.past.text, after))
            case ir.Run() if self.rules[stmt.rule].reads is None and self.depth(stmt.rule) is not None:
                return self.body(inlined(self.rules[stmt.rule], stmt), after, guarded)
        return after

    def depth(self, name: str, under: tuple[str, ...] = ()) -> int | None:
        """How deep rules call rules; None if one calls itself."""
        if name in under:
            return None
        runs = [s.rule for s in statements(self.rules[name].body) if isinstance(s, ir.Run)]
        depths = [self.depth(rule, (*under, name)) for rule in runs]
        return None if None in depths else 1 + max((d for d in depths if d is not None), default=0)

    def text(self, text: str, after: int) -> int:
        for word in reversed(words(text, self.program.tokens)):
            after = self.add(Word(word, after) if word.strip() else Space(word, after))
        return after

    def ways(self, *nexts: int) -> int:
        distinct = tuple(dict.fromkeys(nexts))
        return distinct[0] if len(distinct) == 1 else self.add(Ways(distinct))

    def choice(self, stmt: ir.If, after: int, guarded: bool) -> int:
        nexts = []
        for when, body in stmt.branches:
            known = False if self.unread(when) else self.settle(when)
            if known is not False:
                nexts.append(self.body(body, after, guarded or _asks_for_calls(when)))
            if known is True:
                return self.ways(*nexts)
        return self.ways(*nexts, self.body(stmt.otherwise, after, guarded))

    def unread(self, when: ir.Expr) -> bool:
        """Whether a branch is for messages with a field of the format's own, which a parsed message never has."""
        match when:
            case ir.Test(what="given", value=ir.Attr(message=ir.Msg(which="this"), name=name)):
                return name in self.program.fields
        return False

    def slot(self, value: ir.Expr, after: int) -> int:
        target = target_of(value)
        if target is None:
            known = self.printed(value)
            return self.text(known, after) if known else after
        left, right = stripped(value)
        if target == "content" and self.program.content_strip is not None:
            left = right = self.program.content_strip or SPACES
        return self.add(Field(target, left, right, after))

    # ---- calls -------------------------------------------------------------------------------------------------

    def in_section(self, body: ir.Body, index: int) -> bool:
        """Whether only the literals around a loop over the calls identify it."""
        loop = body[index]
        before = body[index - 1] if index else None
        if not isinstance(loop, ir.For) or not isinstance(before, ir.Text):
            return False
        after = body[index + 1] if index + 1 < len(body) else None
        text = after if isinstance(after, ir.Text) else None
        forms = self.delimiters.forms(loop)
        told = forms is not None and all(form.opener is not None for _, form in forms)
        return not told and self.delimiters.section(before, loop, text) is not None

    def section(self, body: ir.Body, index: int, after: int) -> int:
        """A section of calls between two literals, with both of them."""
        before = body[index - 1]
        loop = body[index]
        text = body[index + 1] if index + 1 < len(body) else None
        assert isinstance(before, ir.Text) and isinstance(loop, ir.For)
        tail = text if isinstance(text, ir.Text) else None
        form = self.delimiters.section(before, loop, tail)
        assert form is not None and form.opener is not None
        opening = self.add(Word(form.opener, self.text(form.tail, after), form))
        return self.text(form.lead, opening)

    def bare_at(self, body: ir.Body, index: int) -> int | None:
        """The index of the loop over bare calls at a statement: the statement itself, or the one behind its literal."""
        at = index - 1 if index and isinstance(body[index], ir.Text) and is_calls(body[index - 1]) else index
        loop = body[at]
        if not isinstance(loop, ir.For) or not is_calls(loop) or self.in_section(body, at):
            return None
        return at if self.delimiters.bare(loop) else None

    def bare(self, body: ir.Body, at: int, after: int, guarded: bool) -> tuple[int, int]:
        """Bare calls with the literals around them: the statement before these, and the node of their beginning."""
        loop = body[at]
        first = body[at - 1] if at else None
        last = body[at + 1] if at + 1 < len(body) else None
        assert isinstance(loop, ir.For)
        before, behind = (stmt if isinstance(stmt, ir.Text) else None for stmt in (first, last))
        lead, form, tail = self.delimiters.bare_section(before, loop, behind)
        start = self.text(lead, self.add(Word("", self.text(tail, after), form)))
        if not guarded:
            without = (before.text if before else "") + (behind.text if behind else "")
            start = self.ways(start, self.text(without, after))
        return at - (1 if before is None else 2), start

    def calls(self, body: ir.Body, index: int, loop: ir.For, after: int, guarded: bool) -> tuple[int, int]:
        """The calls of a loop: the number of statements that they take, and the node of their beginning."""
        if self.in_section(body, index):
            return 2, self.section(body, index, after)
        forms = self.delimiters.forms(loop)
        if forms is None:
            forms = self.delimiters.without_tokens(loop)
        entry = self.add(Ways(()))
        again = () if loop.only_first else (self.text(loop.sep.text, entry) if loop.sep else entry,)
        ended = self.add(Ways((*again, after)))
        starts = []
        for lead, form in forms:
            alone = (msgspec.structs.replace(loop, body=form.body),)
            told = form if form.opener is not None else Form(None, alone, None, True)
            opening = self.add(Word(told.opener or "", self.text(form.tail, ended), told))
            starts.append(self.body(lead, self.text(form.lead, opening), guarded))
        self.nodes[entry] = Ways(tuple(starts))
        return 1, self.ways(*starts, after)


def is_calls(stmt: ir.Stmt) -> bool:
    """Whether a statement is the loop over the calls of the message."""
    if not isinstance(stmt, ir.For):
        return False
    source = stmt.items
    while isinstance(source, ir.Pipe):
        source = source.value
    return source == ir.Attr(ir.Msg("this"), "tool_calls")


def _asks_for_calls(when: ir.Expr) -> bool:
    asked = ir.Attr(ir.Msg("this"), "tool_calls")
    return any(e == asked for e in all_expressions((ir.If(((when, ()),), ()),)))


def target_of(value: ir.Expr) -> Target | None:
    """The field of the message that a slot prints."""
    match value:
        case ir.Pipe():
            return target_of(value.value)
        case ir.FirstFilled(choices=choices):
            return target_of(choices[0])
        case ir.Content(message=ir.Msg(which="this")) | ir.Attr(message=ir.Msg(which="this"), name="content"):
            return "content"
        case ir.Reasoning(message=ir.Msg(which="this")):
            return "reasoning"
    return None


def stripped(value: ir.Expr) -> tuple[str | None, str | None]:
    """The characters that the filters of a slot strip at its start and at its end."""
    left: str | None = None
    right: str | None = None
    while isinstance(value, ir.Pipe):
        chars = "\n" if "newlines" in value.args else SPACES
        if value.filter in ("strip", "lstrip"):
            left = _wider(left, chars)
        if value.filter in ("strip", "rstrip"):
            right = _wider(right, chars)
        value = value.value
    return left, right


def _wider(one: str | None, other: str) -> str:
    return one if one is not None and len(one) > len(other) else other


def tells_empty_reasoning(body: ir.Body) -> bool:
    """Whether a body distinguishes empty reasoning from none."""
    return any(
        isinstance(e, ir.Test) and e.what == "given" and isinstance(e.value, ir.Reasoning)
        for e in all_expressions(body)
    )
