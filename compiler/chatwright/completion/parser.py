"""The parser of a format: from a completion to the message."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from chatwright.analysis.facts import stop_tokens
from chatwright.completion.call_texts import CallReader
from chatwright.completion.context import Context, Message
from chatwright.completion.engine import Engine
from chatwright.completion.graph import outline, region_of, tells_empty_reasoning
from chatwright.completion.marks import Control, Spelling
from chatwright.completion.message import ParsedResponse
from chatwright.completion.positions import Positions
from chatwright.completion.prompt import foreign_tokens, opener_body, openers_of, prefill_body, printed, tail_of
from chatwright.completion.states import Machine
from chatwright.completion.stream import Stream
from chatwright.ir import program as ir

# An unknown conversation ends with a user message.
UNKNOWN: tuple[Message, ...] = ({"role": "user", "content": "…"},)
Piece = str | Control


class Parser:
    """Reads completions of one format under one setting of its options. It holds no state of a completion.

    `control`: the tokens of the format that the caller feeds as `Control`; the parser never searches text for them.
    `stops`: stop tokens in addition to the format's own, such as the tokenizer's.
    """

    def __init__(
        self,
        program: ir.Program,
        options: Mapping[str, Any],
        control: Collection[str] = (),
        stops: Collection[str] = (),
    ) -> None:
        self.program = program
        self.options = options
        self.stops = tuple(dict.fromkeys((*stop_tokens(program), *stops)))
        self.spelling = Spelling((*program.tokens, *self.stops), frozenset(control))
        self.reader = CallReader(program, self.spelling.spell, self.spelling.show)
        self.empty_reasoning = tells_empty_reasoning(region_of(program))
        self.opener = opener_body(program)
        self.prefill = prefill_body(program)
        self.markers = (*openers_of(program), *foreign_tokens(program))
        # Each machine with the questions about the context that its outline depends on, and their answers.
        self.machines: list[tuple[dict[ir.Expr, Any], Machine]] = []

    def parse(
        self,
        completion: str,
        *,
        messages: Sequence[Message] | None = None,
        tools: Sequence[Any] | None = None,
        prompt: str | Sequence[Piece] | None = None,
    ) -> ParsedResponse:
        """The message of a completion that is complete as text. Never raises, whatever the text; see `stream`."""
        stream = self._stream(messages, tools, prompt, False)
        stream.feed(completion)
        return stream.finish()

    def parse_tokens(
        self,
        texts: Sequence[str | bytes],
        control: Sequence[int] = (),
        *,
        messages: Sequence[Message] | None = None,
        tools: Sequence[Any] | None = None,
        prompt: str | Sequence[Piece] | None = None,
    ) -> ParsedResponse:
        """The message of a completion that is complete as tokens; see `Stream.feed_tokens`."""
        stream = self._stream(messages, tools, prompt, True)
        stream.feed_tokens(texts, control)
        return stream.finish()

    def stream(
        self,
        *,
        messages: Sequence[Message] | None = None,
        tools: Sequence[Any] | None = None,
        prompt: str | Sequence[Piece] | None = None,
    ) -> Stream:
        """A reader that is fed a completion piece by piece.

        `messages`: the conversation before it. `tools`: its tools. `prompt`: the text or the pieces of the end of the
        prompt, at least from the opener of the model's turn on. Without it, the reader takes the format's own prompt
        for the messages and options. The part of the prompt inside the model's turn is read as part of the turn.

        If no control token opens calls, the reader holds back text that may be calls until it cannot be or the turn
        ends. Text that fits as a whole is calls; all other text is content.
        """
        return self._stream(messages, tools, prompt, True)

    def _stream(
        self,
        messages: Sequence[Message] | None,
        tools: Sequence[Any] | None,
        prompt: str | Sequence[Piece] | None,
        spans: bool,
    ) -> Stream:
        context = Context(self.program, UNKNOWN if messages is None else messages, tools, self.options)
        positions = Positions()
        engine = Engine(self.machine(context), self.reader, self.spelling, tools, positions if spans else None)
        stream = Stream(engine, self.spelling, positions, self.empty_reasoning)
        if prompt is None:
            begun: Sequence[Piece] = self.pieces(printed(self.prefill, context))
        else:
            pieces = self.pieces(prompt) if isinstance(prompt, str) else prompt
            begun = tail_of(pieces, (printed(self.opener, context), *self.markers))
        stream.prefill(begun)
        return stream

    def opening(self, messages: Sequence[Message] | None = None, tools: Sequence[Any] | None = None) -> str:
        """The text of a prompt before the sampled region."""
        context = Context(self.program, UNKNOWN if messages is None else messages, tools, self.options)
        return printed(self.opener, context)

    def machine(self, context: Context) -> Machine:
        """The machine for a context: an earlier one for which all answers were the same, or a new one."""
        for asked, machine in self.machines:
            if all(_answer(context, expr) == answer for expr, answer in asked.items()):
                return machine
        answers: dict[ir.Expr, Any] = {}

        def settle(when: ir.Expr) -> bool | None:
            answers[when] = _answer(context, when)
            return context.holds(when)

        def known(value: ir.Expr) -> str | None:
            answers[value] = _answer(context, value)
            there, found = context.value(value)
            return str(found) if there and found is not None else None

        machine = Machine(outline(self.program, settle, known), self.stops, self.spelling.spell)
        self.machines.append((answers, machine))
        return machine

    def pieces(self, text: str) -> list[Piece]:
        """A text of the format itself as pieces, with control tokens as `Control`."""
        out: list[Piece] = []
        at = 0
        for found in re.finditer(self.spelling.written, text):
            if found.start() > at:
                out.append(text[at : found.start()])
            out.append(Control(found.group()))
            at = found.end()
        return [*out, text[at:]] if at < len(text) else out


def _answer(context: Context, expr: ir.Expr) -> Any:
    """The value of an expression in a context, as a condition and as a printed value: an expression could be either."""
    there, value = context.value(expr)
    return context.holds(expr), str(value) if there else None
