"""Searches for conversations that show a change of text: few messages, and few fields, which the spec reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice, pairwise, product
from typing import Any, NamedTuple

import msgspec

from chatwright.analysis.facts import stop_tokens
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, walk
from chatwright.runtime.errors import ChatwrightError
from chatwright.runtime.rendered import Segment
from chatwright.runtime.renderer import Renderer
from chatwright.stability.cases import Case, Claim
from chatwright.stability.equivalence import common_start
from chatwright.stability.lookahead import OTHER
from chatwright.stability.subject import Subject

Message = dict[str, Any]

#: How many conversations are rendered for one case before the search gives up.
TRIES = 5_000

#: The role of a message without a turn of its own.
STRANGER = "stranger"

TOOL = {"type": "function", "function": {"name": "f", "description": "f", "parameters": {"type": "object"}}}
_TOOLS: tuple[list[Any] | None, ...] = (None, [TOOL])
CALL = {"id": "call00001", "type": "function", "function": {"name": "f", "arguments": {}}}


#: A source by its number, and a line of it.
Place = tuple[int, int]


class Witness(msgspec.Struct, frozen=True):
    """A conversation whose text changes when messages are appended to it.

    `before` is the text of `messages`; with `written`, the text of all but the last message, the prompt, and the
    completion. `after` is the text of `messages + appended`. They differ from character `at` on, which belonged to the
    message `message` (-1: to no message).
    """

    messages: list[Message]
    appended: list[Message]
    tools: list[Any] | None
    options: dict[str, Any]
    written: bool
    before: str
    after: str
    at: int
    message: int


class Found(NamedTuple):
    """A witness and the lines that printed the first difference, before and after. `exact`: it shows the case asked
    for."""

    witness: Witness
    near: tuple[Place, Place]
    exact: bool = True


class Search:
    """A search with the renderers of one format under options. `written` renders the last message as the model wrote
    it."""

    def __init__(
        self, subject: Subject, renderer: Renderer, written: Renderer | None, options: Mapping[str, Any]
    ) -> None:
        self.subject = subject
        self.program = subject.program
        self.renderer = renderer
        self.written = written
        self.options = dict(options)

    def find(self, claim: Claim, case: Case, roles: Sequence[str], fits: Callable[[Place], bool]) -> Found | None:
        """The smallest conversation that shows the case in its turn, at a line that `fits`; if there is none, one that
        shows any change. The last role must be appended."""
        other = None
        for messages, appended, at, tools in islice(self.conversations(claim, case, roles), TRIES):
            found = self.compared(claim, messages, appended, tools)
            if found is None:
                continue
            if found.witness.message == at and any(map(fits, found.near)):
                return found
            other = other or found
        return other._replace(exact=False) if other else None

    def compared(
        self, claim: Claim, messages: list[Message], appended: list[Message], tools: list[Any] | None
    ) -> Found | None:
        """The witness of a change of text, if the text changes."""
        try:
            later = self.renderer.segments([*messages, *appended], tools=tools, **self.options)
            segments = self.before(claim, messages, tools)
        except ChatwrightError:
            return None
        if segments is None:
            return None
        before = "".join(segment.text for segment in segments)
        after = "".join(segment.text for segment in later)
        if after.startswith(before):
            return None
        at = common_start(before, after)
        segment, there = _segment_at(segments, at), _segment_at(later, at)
        shown = Witness(messages, appended, tools, self.options, claim == "written", before, after, at, segment.message)
        return Found(shown, (self.place(segment), self.place(there)))

    def place(self, segment: Segment) -> Place:
        return self.program.sources.index(segment.spec), segment.line

    def before(self, claim: Claim, messages: list[Message], tools: list[Any] | None) -> list[Segment] | None:
        """The text that should stay; None if the last message is not an answer to the prompt."""
        if claim != "written":
            return self.renderer.segments(messages, tools=tools, **self.options)
        assert self.written is not None
        if len(messages) < 2 or messages[-2]["role"] == self.subject.model:
            return None
        prompt = self.renderer.text(messages[:-1], tools=tools, add_generation_prompt=True, **self.options)
        segments = self.written.segments(messages, tools=tools, **self.options)
        last = max((i for i, segment in enumerate(segments) if segment.sampled), default=-1)
        if not "".join(segment.text for segment in segments).startswith(prompt):
            return None
        if last >= 0 and self.program.closed_by_next and segments[last].part == "closer":
            last -= 1  # only the following message, if any, says which of the openers the model stopped by
        return segments[: last + 1] if last >= 0 else segments

    def find_stop(self, role: str) -> Witness | None:
        """A message of a role that does not begin with any token that the model stops with."""
        for answer, last in product(self.answers, self.messages(role)):
            messages, appended = [self.plain("user"), answer], [last]
            try:
                after = self.renderer.text([*messages, *appended], **self.options)
                segments = self.before("written", messages, None)
            except ChatwrightError:
                continue
            before = "".join(segment.text for segment in segments or ())
            rest = after[len(before) :]
            if segments and rest and after.startswith(before) and not rest.startswith(self.stops):
                before += self.stops[0]
                at = common_start(before, after)
                return Witness(messages, appended, None, self.options, True, before, after, at, 1)
        return None

    @cached_property
    def stops(self) -> tuple[str, ...]:
        return stop_tokens(self.program)

    # ---- conversations -----------------------------------------------------------------------------------------

    def conversations(
        self, claim: Claim, case: Case, roles: Sequence[str]
    ) -> Iterator[tuple[list[Message], list[Message], int, list[Any] | None]]:
        """Conversations that could show a case, the index of its turn, and tools; smaller ones first."""
        for lead, middle, behind in sorted(self.shapes(claim, case, roles), key=lambda s: self.oddity(case, *s)):
            own: list[list[Message]] = [[]]
            if case.turn is not None and not case.answer:
                own = [[m] for role in case.turn.roles or (OTHER,) for m in self.messages(role)]
            between = [self.some(role) for role in middle]
            if between and claim == "written":
                between[-1] = self.answers if case.answer else self.answers[:3]
            later = [*map(self.some, behind[:-1]), *map(self.messages, behind[-1:])]
            for mine, others in product(own, product(*between, *later)):
                messages = [*self.lead(lead), *mine, *others[: len(middle)]]
                if not messages or (claim != "answer" and messages[-1]["role"] != self.subject.model):
                    continue
                at = len(messages) - 1 if case.answer else -1 if case.turn is None else len(self.lead(lead))
                for tools in _TOOLS:
                    yield messages, list(others[len(middle) :]), at, tools

    def shapes(
        self, claim: Claim, case: Case, roles: Sequence[str]
    ) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
        """Three groups of roles: before the case's turn, between it and the appended messages, and the appended
        ones."""
        model, last = self.subject.model, roles[-1] if roles else None
        middles: list[tuple[str, ...]] = [(), ("user",), ("tool",), (model,), ("user", "tool")]
        behind: list[tuple[str, ...]] = [()]
        if claim == "answer":
            behind = [(model,)]
        elif last is not None:
            behind = [(last,), *((role, last) for role in dict.fromkeys(roles))]
        if claim != "answer":
            if case.turn is None or not (case.before.edge and claim == "behind"):
                middles = [(*middle, model) for middle in middles]
            else:
                middles = [()]
        elif case.before.edge and case.turn is not None:
            middles = [()]
        if case.answer:
            middles = [(model,)]
        yield from product(_LEADS, middles, behind)

    def oddity(self, case: Case, lead: tuple[str, ...], middle: tuple[str, ...], behind: tuple[str, ...]) -> int:
        """The length of a conversation, plus a penalty for unusual orders of roles."""
        model = self.subject.model
        own = () if case.turn is None or case.answer else case.turn.roles[:1] or (OTHER,)
        roles = [model if role in ("model", "call") else role for role in (*lead, *own, *middle, *behind)]
        doubled = sum(a == b == model for a, b in pairwise(roles))
        calls = {i for i, role in enumerate(roles) if role == "tool" and i and roles[i - 1] in (model, "tool")}
        loose = sum(role == "tool" and i not in calls for i, role in enumerate(roles))
        return len(roles) + 2 * doubled + 2 * loose + 2 * (roles[:1] in ([model], ["tool"]))

    def lead(self, roles: tuple[str, ...]) -> list[Message]:
        return [_calling(self.subject.model) if role == "call" else self.plain(role) for role in roles]

    def plain(self, role: str) -> Message:
        made: Message = {"role": self.subject.model if role == "model" else role, "content": "a"}
        return {**made, "tool_call_id": CALL["id"]} if role == "tool" else made

    def some(self, role: str) -> list[Message]:
        """Messages for places of little influence: plain, and with calls."""
        plain = self.messages(role)[:1]
        return [*plain, _calling(role)] if role == self.subject.model else plain

    def messages(self, role: str) -> list[Message]:
        """Messages of a role, the plainest first: with each field that the spec reads, and without."""
        return list(self._messages[role]) if role in self._messages else self._made(role)

    @cached_property
    def _messages(self) -> dict[str, list[Message]]:
        return {}

    def _made(self, role: str) -> list[Message]:
        name = STRANGER if role == OTHER else role
        fields: list[list[Message]] = [[{"content": text} for text in ("a", "", *self.texts, *self.lists)]]
        if role == "tool":
            fields[0] = [{**content, "tool_call_id": CALL["id"]} for content in fields[0]]
        if role == self.subject.model:
            fields[0].append({})
            reasoning = self.program.reasoning[:1]
            fields.append([{}, *({key: text} for key in reasoning for text in ("b", ""))])
            fields.append([{}, {"tool_calls": [CALL]}])
        fields += [[{}, {field: True}] for field in self.program.fields if role == self.subject.model]
        made = [{"role": name, **{k: v for part in parts for k, v in part.items()}} for parts in product(*fields)]
        plain = ("a", "")
        made.sort(key=lambda message: (message.get("content") not in plain, len(message.keys() - {"content"})))
        self._messages[role] = made
        return made

    @cached_property
    def answers(self) -> list[Message]:
        """Messages that the parser could have made from a completion: without control tokens in their texts."""
        tokens = (*self.program.tokens, *self._tags)

        def plain(message: Message) -> bool:
            return not any(isinstance(v, str) and t in v for v in message.values() for t in tokens)

        return [message for message in self.messages(self.subject.model) if plain(message)]

    @property
    def _tags(self) -> tuple[str, ...]:
        inline = self.program.inline
        return (inline.open, inline.close) if inline is not None else ()

    @cached_property
    def lists(self) -> list[list[Message]]:
        """A content that is a list, if the spec tests for one."""
        bodies = (self.program.head.body, *(turn.body for turn in self.program.turns))
        tests = [e for body in bodies for e in all_expressions(body) if isinstance(e, ir.Test)]
        asked = any(e.what in ("text", "list") and isinstance(e.value, ir.Attr) for e in tests)
        return [[{"type": "text", "text": "a"}]] if asked and self.program.parts else []

    @cached_property
    def texts(self) -> list[str]:
        """Contents that conditions of the spec distinguish."""
        found: dict[str, None] = {}
        bodies = [turn.body for turn in self.program.turns]
        asked: list[Iterable[ir.Expr]] = [all_expressions(body) for body in bodies]
        asked += [walk(mark.where) for mark in self.program.marks if mark.where is not None]
        for expr in (expr for exprs in asked for expr in exprs):
            for text in _telling(expr):
                found[text] = None
        if self.program.inline is not None:
            found[f"{self.program.inline.open}b{self.program.inline.close}a"] = None
        if any(isinstance(e, ir.Pipe) and e.filter.endswith("strip") for body in bodies for e in all_expressions(body)):
            found["\na\n"] = None
        return list(found)[:5]


#: Roles that may come before the turn of a case.
_LEADS: list[tuple[str, ...]] = [
    (),
    ("user",),
    ("system",),
    ("system", "user"),
    ("user", "model"),
    ("user", "call", "tool"),
]


def _calling(role: str) -> Message:
    return {"role": role, "content": "", "tool_calls": [CALL]}


def _telling(expr: ir.Expr) -> Iterator[str]:
    match expr:
        case ir.Fn(name="wrapped", args=(ir.Content(), ir.Const(value=str() as a), ir.Const(value=str() as b))):
            yield f"{a}a{b}"
        case ir.Fn(name="starts", args=(ir.Content(), ir.Const(value=str() as a))):
            yield f"{a}a"
        case ir.Fn(name="ends", args=(ir.Content(), ir.Const(value=str() as a))):
            yield f"a{a}"
        case ir.In(left=ir.Const(value=str() as a), right=ir.Content()):
            yield f"a{a}b"


def _segment_at(segments: list[Segment], at: int) -> Segment:
    start = 0
    for segment in segments:
        start += len(segment.text)
        if at < start:
            return segment
    return segments[-1]
