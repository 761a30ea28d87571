"""What the prompt has of the model's turn."""

from __future__ import annotations

from collections.abc import Sequence

from chatwright import ir
from chatwright.logic import statements
from chatwright.reading.context import Context
from chatwright.reading.outline import region_of
from chatwright.reading.spelling import Control
from chatwright.views import prompt, prompt_of

Pieces = Sequence[str | Control]


def prefill_body(program: ir.Program) -> ir.Body:
    """What of the sampled region the prompt writes."""
    return prompt_of(region_of(program))


def opener_body(program: ir.Program) -> ir.Body:
    """What the prompt writes of the model's turn before the sampled region."""
    return prompt(program)[0]


def tail_of(program: ir.Program, pieces: Pieces, opener: Pieces) -> Pieces:
    """What the pieces of a prompt have of the sampled region: all behind the last opener, or behind the last token
    that no region holds."""
    region = "".join(stmt.text for stmt in statements(region_of(program)) if isinstance(stmt, ir.Text))
    foreign = [token for token in program.tokens if token not in region]
    text = "".join(piece.text if isinstance(piece, Control) else piece for piece in pieces)
    opening = "".join(piece.text if isinstance(piece, Control) else piece for piece in opener)
    at = 0
    for marker in (opening, *foreign):
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
    """What the prompt prints of a body under what is known."""
    out = []
    for stmt in body:
        match stmt:
            case ir.Text():
                out.append(stmt.text)
            case ir.Slot():
                out.append(str(context.value(stmt.value)[1] or ""))
            case ir.If():
                taken = next((inner for when, inner in stmt.branches if context.holds(when)), stmt.otherwise)
                out.append(printed(taken, context))
    return "".join(out)
