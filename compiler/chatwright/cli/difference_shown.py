"""Shows a verdict as text: the conversations that differ, both texts, and a mark at the first differing byte."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

from chatwright.cli.transcript import visible
from chatwright.verify.case import Outcome, Refusal
from chatwright.verify.differing import Line, Place
from chatwright.verify.verdict import Difference, Verdict

#: The lines shown before the differing line, and from it on.
BEFORE, BEHIND = 3, 4
#: The least width of a column.
NARROWEST = 24
MARK = "▲"


def as_text(found: Verdict) -> str:
    """The whole verdict; each line ends with a newline."""
    lines = []
    for difference in found.differences:
        lines += [*_difference(difference, found), ""]
    lines += [f"{'wrong' if note.fails else 'note'}: {note.about}: {note.text}" for note in found.notes]
    if found.notes:
        lines.append("")
    word = "the same as" if found.same else "not the same as"
    but = f" ({', '.join(found.unvaried)} did not vary)" if found.unvaried else ""
    lines.append(
        f"{found.spec} is {word} {found.original}{but}: {found.cases} cases compared, {found.drawn} of them drawn "
        f"(seed {found.seed}); the original prints {found.printed}; {found.seconds:g} s"
    )
    return "".join(f"{line}\n" for line in lines)


def _difference(difference: Difference, found: Verdict) -> Iterator[str]:
    case = difference.case
    yield f"The {difference.way} of {found.spec} differs from {found.original} ({difference.found_by}, made smaller)."
    yield ""
    yield "conversation"
    for index, message in enumerate(case.messages):
        yield f"  {index}  {json.dumps(message, ensure_ascii=False)}"
    for tool in case.tools or ():
        yield f"  tool  {json.dumps(tool, ensure_ascii=False)}"
    if case.prompt or case.options:
        given = {"add_generation_prompt": True} if case.prompt else {}
        yield "options"
        for name, value in {**given, **case.options}.items():
            yield f"  {name} = {json.dumps(value, ensure_ascii=False)}"
    yield ""
    if difference.place is not None and isinstance(difference.want, str) and isinstance(difference.got, str):
        yield from _side_by_side(difference.want, difference.got, difference.place)
        yield from _written_by(difference.lines)
    else:
        yield from _outcome("the original", difference.want)
        yield from _outcome("ours", difference.got)


def _outcome(who: str, outcome: Outcome) -> Iterator[str]:
    if isinstance(outcome, Refusal):
        yield f"  {who} refuses: {outcome.message}"
        return
    yield f"  {who} prints"
    yield from (f"    {visible(line)}↵" for line in outcome.split("\n")[:-1])
    if not outcome.endswith("\n"):
        yield f"    {visible(outcome.rpartition(chr(10))[2])}"


def _side_by_side(want: str, got: str, place: Place) -> Iterator[str]:
    """Two columns of lines around the place, with a mark under the first character that differs."""
    room = max(NARROWEST, (shutil.get_terminal_size((100, 24)).columns - 7) // 2)
    number = want.count("\n", 0, place.character)
    column = place.character - (want.rfind("\n", 0, place.character) + 1)
    left, right = _lines(want), _lines(got)
    start = max(0, number - BEFORE)
    yield f"  {_fitted('the original', room)} │ ours"
    yield f"  {'─' * room}─┼─{'─' * room}"
    for index in range(start, min(max(len(left), len(right)), number + BEHIND)):
        pair = [_line(lines, index, column if index == number else 0, room) for lines in (left, right)]
        yield f"  {_fitted(pair[0][0], room)} │ {pair[1][0]}".rstrip()
        if index == number:
            marks = [" " * at + MARK for _, at in pair]
            yield f"  {_fitted(marks[0], room)} │ {marks[1]} byte {place.byte}"


def _lines(text: str) -> list[str]:
    """The lines of a text with their newlines. No other character ends a line, since places count newlines."""
    *whole, rest = text.split("\n")
    return [*(f"{line}\n" for line in whole), *([rest] if rest or not whole else [])]


def _line(lines: list[str], index: int, column: int, room: int) -> tuple[str, int]:
    """A line as it is shown, and the cell of the column. A long line is cut to the text around the column."""
    if index >= len(lines):
        return ("", 0)
    line = lines[index]
    shown = visible(line.rstrip("\n")) + ("↵" if line.endswith("\n") else "")
    at = cell_len(visible(line[:column].rstrip("\n")))
    if at > room * 2 // 3:
        cut = len(line[:column]) - room // 2
        shown = f"…{visible(line[cut:].rstrip(chr(10)))}" + ("↵" if line.endswith("\n") else "")
        at = 1 + cell_len(visible(line[cut:column]))
    return chop_cells(shown, room)[0] if shown else "", at


def _fitted(text: str, room: int) -> str:
    return text + " " * (room - cell_len(text))


def _written_by(lines: list[Line]) -> Iterator[str]:
    if not lines:
        return
    yield ""
    yield "lines of the spec that wrote our text there"
    for line in lines:
        yield f"  {line.spec}:{line.line}  {line.part}  {_short(line.text)}"


def _short(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= 70 else f"{shown[:33]} … {shown[-33:]}"
