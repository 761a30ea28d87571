"""A program as the function sees it that prints text and records nothing: without all that only says who wrote it."""

from __future__ import annotations

import msgspec

from chatwright.analysis.facts import Facts
from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE
from chatwright.ir.rewrite import rebuild


def text_only(program: ir.Program, facts: Facts) -> tuple[ir.Program, Facts]:
    """A program that prints the same text, and its facts."""
    replace = msgspec.structs.replace
    program = replace(
        program,
        head=replace(program.head, body=_printed(program.head.body)),
        parts=tuple(replace(part, body=_printed(part.body)) for part in program.parts),
        rules=tuple(replace(rule, body=_printed(rule.body)) for rule in program.rules),
        closed_by_next=(),
    )
    facts = replace(
        facts,
        turns=tuple(replace(turn, body=_printed(turn.body)) for turn in facts.turns),
        prompt_opener=_printed(facts.prompt_opener),
        prompt_region=_printed(facts.prompt_region),
        written=_printed(facts.written),
    )
    return program, facts


def _printed(body: ir.Body) -> ir.Body:
    out: list[ir.Stmt] = []
    for stmt in body:
        match stmt:
            case ir.Sampled():
                out += _printed(stmt.body)
            case ir.PromptEnd() | ir.CloseByNext():
                pass
            case ir.Text(closes=True):
                out.append(msgspec.structs.replace(stmt, closes=False))
            case ir.Close() if stmt.past_when == FALSE:
                out.append(stmt.token)
            case ir.Close():
                out.append(ir.If(((stmt.past_when, (stmt.past,)),), (stmt.token,)))
            case _:
                out.append(rebuild(stmt, _printed))
    return tuple(out)
