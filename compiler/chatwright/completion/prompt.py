"""The part of the prompt that belongs to the model's turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chatwright.analysis.views import prompt, prompt_of
from chatwright.completion.context import Context
from chatwright.completion.graph import region_of
from chatwright.completion.marks import Control
from chatwright.ir import program as ir
from chatwright.ir.walk import statements

Pieces = Sequence[str | Control]


def prefill_body(program: ir.Program) -> ir.Body:
    """The part of the sampled region that the prompt prints."""
    return prompt_of(region_of(program))


def opener_body(program: ir.Program) -> ir.Body:
    """The part of the model's turn before the sampled region, as the prompt prints it."""
    return prompt(program)[0]


def openers_of(program: ir.Program) -> tuple[str, ...]:
    """All texts that the opener can be; "" for an opener that depends on the conversation."""
    return tuple(dict.fromkeys(_ways(opener_body(program))))


def _ways(body: ir.Body) -> list[str]:
    found = [""]
    for stmt in body:
        match stmt:
            case ir.Text():
                found = [text + stmt.text for text in found]
            case ir.If():
                inner = [way for branch in (*(b for _, b in stmt.branches), stmt.otherwise) for way in _ways(branch)]
                found = [text + more for text in found for more in dict.fromkeys(inner)]
            case _:
                return [""]
    return found


def foreign_tokens(program: ir.Program) -> tuple[str, ...]:
    """The tokens that no text of the sampled region holds."""
    rules = {rule.name: rule for rule in program.rules}
    found = list(statements(region_of(program)))
    seen: set[str] = set()
    for stmt in found:
        if isinstance(stmt, ir.Run) and stmt.rule not in seen:
            seen.add(stmt.rule)
            found += statements(rules[stmt.rule].body)
    held = "".join(stmt.text for stmt in found if isinstance(stmt, ir.Text))
    return tuple(token for token in program.tokens if token not in held)


def tail_of(pieces: Pieces, markers: Iterable[str]) -> Pieces:
    """The pieces of a prompt inside the sampled region: those behind the last of the markers. Markers are openers, and
    tokens that no region holds."""
    text = "".join(piece.text if isinstance(piece, Control) else piece for piece in pieces)
    at = 0
    for marker in markers:
        found = text.rfind(marker) if marker else -1
        if found >= 0:
            at = max(at, found + len(marker))
    return _behind(pieces, at)


def _behind(pieces: Pieces, at: int) -> Pieces:
    out: list[str | Control] = []
    start = 0
    for piece in pieces:
        text = piece.text if isinstance(piece, Control) else piece
        if start >= at:
            out.append(piece)
        elif start + len(text) > at and isinstance(piece, str):
            out.append(text[at - start :])
        start += len(text)
    return out


def printed(body: ir.Body, context: Context) -> str:
    """The text that the prompt prints for a body in a context."""
    out = []
    for stmt in body:
        match stmt:
            case ir.Text():
                out.append(stmt.text)
            case ir.Slot():
                found = context.value(stmt.value)[1]
                out.append("" if found is None else str(found))
            case ir.If():
                taken = next((inner for when, inner in stmt.branches if context.holds(when)), stmt.otherwise)
                out.append(printed(taken, context))
    return "".join(out)
