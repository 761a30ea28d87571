"""Statements of the intermediate representation as Python source: straight-line code that appends to two lists."""

from __future__ import annotations

from itertools import groupby

import msgspec

from chatwright.analysis.facts import asked_by
from chatwright.emit.code import Code
from chatwright.emit.python.expressions import appended, argument, condition, text, value
from chatwright.emit.python.lines import Lines, block, lines, placed
from chatwright.emit.python.locals import index_of, lists, rule_name
from chatwright.emit.python.loops import loop
from chatwright.emit.python.position import Plan, Position
from chatwright.emit.python.spelling import call, compare, literal, name
from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE, asked
from chatwright.ir.records import unfold
from chatwright.ir.walk import statements


class Appended(msgspec.Struct, frozen=True):
    """A call that appends a text to `out` itself."""

    call: Code


class Piece(msgspec.Struct, frozen=True):
    """A piece of text, the number of its attribute as source, its owner, its place. A literal is a `str`."""

    text: str | Code | Appended
    code: str
    owner: str
    place: ir.Place


def body(stmts: ir.Body, at: Position) -> Lines:
    """The lines of a body, one of them at least. Pieces that follow one another are one addition to each list."""
    found: Lines = []
    pieces: list[Piece] = []
    for stmt in stmts:
        if not _is_piece(stmt):
            found += _appended(pieces, at)
            pieces = []
            found += _statement(stmt, at)
        pieces += _pieces(stmt, at)
    found += _appended(pieces, at)
    return found or lines("pass")


# ---- pieces --------------------------------------------------------------------------------------------------------


def _is_piece(stmt: ir.Stmt) -> bool:
    """Whether a statement prints a piece and does nothing else."""
    return (isinstance(stmt, ir.Text) and not stmt.closes) or (isinstance(stmt, ir.Slot) and not stmt.required)


def _pieces(stmt: ir.Stmt, at: Position) -> list[Piece]:
    """The pieces that a statement prints after all else that it does."""
    match stmt:
        case ir.Record():
            return [piece for inner in unfold(stmt) for piece in _pieces(inner, at)]
        case ir.Text(closes=False) if stmt.text:
            return [Piece(stmt.text, _code(stmt, at), stmt.owner, stmt.at)]
        case ir.Slot():
            return [_slot(stmt, at)]
    return []


def _slot(stmt: ir.Slot, at: Position) -> Piece:
    found = text(stmt.value, at.knowing(_read(stmt)) if stmt.required else at)
    code = _attribute(stmt.part, stmt.body, stmt.owner, stmt.at, _usual_token(stmt.value, at), at)
    if isinstance(stmt.value, ir.Attr) and stmt.value.free:
        scaffold = _attribute("wrap", False, stmt.owner, stmt.at, "", at)
        code = f"{scaffold} if {compare(found, 'in', name('STANDARD_ROLES')).text} else {code}"
    call = None if at.plan.traced else appended(stmt.value, at)
    return Piece(Appended(call) if call else found, code, stmt.owner, stmt.at)


def _code(stmt: ir.Text, at: Position) -> str:
    return _attribute(stmt.part, False, stmt.owner, stmt.at, stmt.text, at)


def _attribute(part: str, is_body: bool, owner: str, place: ir.Place, printed: str, at: Position) -> str:
    """The number of an attribute. `printed`: the text of its piece as far as the spec says it."""
    role = at.role if owner == "none" else None
    return str(at.plan.attributes.code(part, is_body, role, place, printed))


def _usual_token(printed: ir.Expr, at: Position) -> str:
    """The text of a slot for a special token, unless the caller gives another token."""
    match printed:
        case ir.Opt(name="bos_token"):
            return at.plan.program.bos or ""
        case ir.Opt(name="eos_token"):
            return at.plan.program.eos or ""
    return ""


def _appended(pieces: list[Piece], at: Position) -> Lines:
    """Pieces that follow one another, as one addition to each list."""
    if not pieces:
        return []
    if not at.plan.traced:
        return placed(pieces[0].place, lines(*_printed(_joined(pieces))))
    found = _switches([piece.owner for piece in pieces], at)
    texts, codes = [_spelled(piece.text) for piece in pieces], [piece.code for piece in pieces]
    return placed(pieces[0].place, [*found, *lines(_extended("out", texts), _extended("codes", codes))])


def _joined(pieces: list[Piece]) -> list[str | Code | Appended]:
    """The texts of pieces; literals that follow one another are one."""
    found: list[str | Code | Appended] = []
    for piece in pieces:
        if found and isinstance(found[-1], str) and isinstance(piece.text, str):
            found[-1] += piece.text
        else:
            found.append(piece.text)
    return found


def _printed(texts: list[str | Code | Appended]) -> list[str]:
    """The lines that append texts."""
    found: list[str] = []
    for calls, group in groupby(texts, key=lambda text: isinstance(text, Appended)):
        spelled = [_spelled(text) for text in group]
        found += spelled if calls else [_extended("out", spelled)]
    return found


def _spelled(text: str | Code | Appended) -> str:
    match text:
        case str():
            return literal(text).text
        case Appended():
            return text.call.text
    return text.text


def _extended(target: str, items: list[str]) -> str:
    """The line that adds items, as source, to a list."""
    return f"{target}.append({items[0]})" if len(items) == 1 else f"{target} += ({', '.join(items)})"


def _switches(owners: list[str], at: Position) -> Lines:
    """Records which of the next pieces belong to another message than the one at work."""
    if not at.plan.traced or at.where == "rule" or all(owner == at.owner for owner in owners):
        return []
    switches: list[str] = []
    last = at.owner
    for count, owner in enumerate([*owners, at.owner]):
        if owner != last:
            switches += [f"at + {count}" if count else "at", index_of(owner)]
            last = owner
    return lines("at = len(out)", f"owners += ({', '.join(switches)})")


def owned(index: str, plan: Plan) -> Lines:
    """Records that the pieces from here on belong to the message of an index, given as source."""
    return lines(f"owners += (len(out), {index})") if plan.traced else []


# ---- statements ----------------------------------------------------------------------------------------------------


def _statement(stmt: ir.Stmt, at: Position) -> Lines:
    """All that a statement does before it prints its own pieces."""
    match stmt:
        case ir.Text():
            return _closing_text(stmt, at)
        case ir.Slot():
            return _required(stmt, at)
        case ir.If():
            return _branches(stmt, at)
        case ir.For():
            return _loop(stmt, at)
        case ir.Run():
            return _run(stmt, at)
        case ir.Sampled():
            return _sampled(stmt, at)
        case ir.PromptEnd():
            start = lines("start = len(out)")
            return start if stmt.when == TRUE else block(f"if {condition(stmt.when, at).text}:", start)
        case ir.Advance():
            return _advance(at)
        case ir.Close():
            return _close(stmt, at)
        case ir.CloseByNext():
            return placed(stmt.at, lines("open_at = len(out)", "open_i = i"))
        case ir.Reject():
            return reject(stmt.message, stmt.at, at)
    return []


def _run(stmt: ir.Run, at: Position) -> Lines:
    args = "".join(f", {argument(arg, at).text}" for arg in stmt.args)
    found = lines(f"{rule_name(stmt.rule, at.plan)}({lists(at.plan)}{args})")
    if stmt.owner not in (at.owner, "rule"):
        found = [*owned(index_of(stmt.owner), at.plan), *found, *owned(index_of(at.owner), at.plan)]
    return placed(stmt.at, found)


def _required(stmt: ir.Slot, at: Position) -> Lines:
    """Refuses a message that lacks the value of a slot."""
    wires = [ir.Attr(c.message, "content") if isinstance(c, ir.Content) else c for c in _choices(stmt)]
    test = " and ".join(compare(value(wire, at), "is", name("None")).text for wire in wires)
    index = "None" if stmt.owner in ("none", "rule") else index_of(stmt.owner)
    refusal = f"raise missing({index}, {stmt.field!r}, {stmt.at[1]})"
    return placed(stmt.at, block(f"if {test}:", lines(refusal)))


def _read(stmt: ir.Slot) -> list[ir.Expr]:
    """The keys that a required slot may print: at least one of them is not null."""
    return [choice for choice in _choices(stmt) if isinstance(choice, ir.Attr | ir.Key)]


def _choices(stmt: ir.Slot) -> list[ir.Expr]:
    """The values that a slot prints the first of."""
    printed = stmt.value
    while isinstance(printed, ir.Pipe):
        printed = printed.value
    return list(printed.choices) if isinstance(printed, ir.FirstFilled) else [printed]


def _closing_text(stmt: ir.Text, at: Position) -> Lines:
    """The opener of this turn, which closes the turn before if that one is open right here."""
    closer = _attribute("closer", False, "turn", stmt.at, stmt.text, at)
    closing = lines(
        "spans += (open_at, open_at + 1)",
        f"owners += (open_at, open_i, open_at + 1, {index_of(stmt.owner)})",
        f"codes.append({closer})",
    )
    opening = lines(f"codes.append({_code(stmt, at)})")
    found = [*block("if open_at == len(out):", closing), *block("else:", opening)]
    return placed(stmt.at, [*found, *lines(f"out.append({stmt.text!r})")])


def _branches(stmt: ir.If, at: Position, word: str = "if") -> Lines:
    found: Lines = []
    for when, inside in stmt.branches:
        # A branch knows that the values are there which its condition asks for.
        found += block(f"{word} {condition(when, at).text}:", body(inside, at.knowing(asked(when))))
        word = "elif"
    match stmt.otherwise:
        case ():
            return found
        case (ir.If() as inner,):
            return found + _branches(inner, at, "elif")
    return found + block("else:", body(stmt.otherwise, at))


def _sampled(stmt: ir.Sampled, at: Position) -> Lines:
    past = any(isinstance(s, ir.Close) and s.past_when != FALSE for s in statements(stmt.body))
    before = lines("start = len(out)", "stop = -1") if past else lines("start = len(out)")
    end = "stop if stop >= 0 else len(out)" if past else "len(out)"
    return [*before, *body(stmt.body, at), *lines(f"spans += (start, {end})")]


def _close(stmt: ir.Close, at: Position) -> Lines:
    """The closer. The model did not write the text that a rendering prints in its place."""
    if stmt.past_when == FALSE:
        return body((stmt.token,), at)
    past = [*lines("stop = len(out)"), *(body((stmt.past,), at) if stmt.past.text else [])]
    return [
        *block(f"if {condition(stmt.past_when, at).text}:", past),
        *block("else:", body((stmt.token,), at)),
    ]


def _advance(at: Position) -> Lines:
    """Moves the marks to their places among the messages before the next turn of the model."""
    start = "begin" if at.where == "head" else "i + 1"
    found = lines(
        f"low, reach = reach, {start}",
        f'while reach < n and messages[reach]["role"] not in {at.plan.facts.sampler!r}:',
        "    reach += 1",
    )
    for mark in at.plan.program.marks:
        if mark.moves:
            found += _moved(mark)
    return placed(None, found)


def _moved(mark: ir.Mark) -> Lines:
    if asked_by(mark):
        nowhere = "begin - 1" if mark.otherwise == "start" else "reach - 1"
        return lines(
            f"j = find_{mark.name}(begin, reach)",
            f"mark_{mark.name}, has_{mark.name} = ({nowhere}, False) if j is None else (j, True)",
        )
    unless = f"None if has_{mark.name} else " if mark.end == "first" else ""
    found = lines(
        f"j = {unless}find_{mark.name}(low, reach)",
        "if j is not None:",
        f"    mark_{mark.name}, has_{mark.name} = j, True",
    )
    if mark.otherwise == "end":
        found += lines(f"elif not has_{mark.name}:", f"    mark_{mark.name} = reach - 1")
    return found


def reject(message: tuple[str | ir.Expr, ...], place: ir.Place, at: Position) -> Lines:
    """Raises the error of a refusal in the spec's own words."""
    words = [literal(part) if isinstance(part, str) else call("str", value(part, at)) for part in message]
    text = " + ".join(word.text for word in words) or repr("")
    index = "None" if at.role is not None or at.where == "rule" else "i"
    return placed(place, lines(f"raise refused({text}, {index}, {place[1]})"))


def _loop(stmt: ir.For, at: Position) -> Lines:
    index = at.plan.loops.next()
    found = loop(stmt, at, index)
    takes_over = stmt.kind == "message" and at.where != "rule"
    inside = at.within(index, stmt.names[0] if takes_over else at.owner)
    first = [*found.first, *(owned(index_of(inside.owner), at.plan) if takes_over else [])]
    if stmt.sep is not None:
        first += block(f"if {index}:", body((stmt.sep,), inside))
    whole = [*found.before, *block(found.head, [*first, *body(stmt.body, inside)])]
    if takes_over and inside.owner != at.owner:
        whole += owned(index_of(at.owner), at.plan)
    return placed(stmt.at, whole)
