"""The views for training: the model's turns as they were when it wrote them."""

from __future__ import annotations

import msgspec

from chatwright.analysis.facts import Facts, asked_by, facts
from chatwright.analysis.simplify import tidy
from chatwright.analysis.views import (
    asks_next,
    at_prompt,
    fresh,
    history,
    of_nothing,
    reads_next,
    sampling_turn,
    settled,
)
from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE, choose, conj, disj, neg
from chatwright.ir.rewrite import rebuild, rewritten
from chatwright.ir.walk import all_expressions, statements, walk
from chatwright.runtime.view import View

#: The name of a mark that moves: the place of the mark when the model wrote.
THEN = "{}_then"


def viewed(program: ir.Program, said: Facts, view: View) -> tuple[ir.Program, Facts]:
    """The program and the facts that a back end reads for a view."""
    if view == "fresh":
        return program, just_written(program, said)
    if view == "training":
        return training(program, said)
    return program, said


# ---- the last message has just been written ------------------------------------------------------------------------


def just_written(program: ir.Program, said: Facts) -> Facts:
    """The facts of the view in which the last message, if it is the model's, has just been written.

    The text before it is the history of the earlier messages and their generation prompt: the model's context. A
    conversation with another end is printed as history.
    """
    turn = sampling_turn(program)
    if turn is None:
        return said
    body = settled(_stopping(fresh(turn.body), program), behind_all)
    return msgspec.structs.replace(said, written=tidy(history(body)))


# ---- every turn as the model wrote it --------------------------------------------------------------------------------


def training(program: ir.Program, said: Facts) -> tuple[ir.Program, Facts]:
    """The training view as a program whose history it is, and its facts.

    Each turn of the model is printed as the model wrote it, and all other text as the model saw it when it wrote next.
    So the text of a message depends on no later turn of the model, and the text of a shorter conversation is a prefix
    of the text of a longer one.
    """
    turn = sampling_turn(program)
    if turn is None:
        return program, said
    looks = _Looks(turn.roles, program)
    turns = tuple(
        ir.Turn(t.roles, t.run, looks.written(t.body)[0] if t is turn else looks.seen(t.body), t.at)
        for t in program.turns
    )
    head = msgspec.structs.replace(program.head, body=(ir.Advance(), *looks.seen(program.head.body)))
    prompt = [settled(body, _then) for body in (said.prompt_opener, said.prompt_region)]
    bodies = [head.body, *(t.body for t in turns), *prompt]
    used = {e.mark for body in bodies for e in all_expressions(body) if isinstance(e, ir.MarkTest)}
    refusing = {e.mark for r in program.refusals for e in walk(r.when) if isinstance(e, ir.MarkTest)}
    for mark in reversed(program.marks):  # a mark follows those that it depends on
        refusing |= asked_by(mark) if mark.name in refusing else set()
        used |= {THEN.format(name) for name in asked_by(mark)} if THEN.format(mark.name) in used else set()
    marks = [mark for mark in program.marks if mark.name in refusing]
    for mark in program.marks:
        if THEN.format(mark.name) in used:
            where = None if mark.where is None else rewritten(mark.where, _then)
            marks.append(msgspec.structs.replace(mark, name=THEN.format(mark.name), where=where, moves=True))
    if not any(mark.moves for mark in marks):
        turns = tuple(ir.Turn(t.roles, t.run, _without_advance(t.body), t.at) for t in turns)
        head = msgspec.structs.replace(head, body=_without_advance(head.body))
    made = msgspec.structs.replace(program, turns=turns, head=head, marks=tuple(marks))
    opener, region = prompt
    return made, msgspec.structs.replace(facts(made), prompt_opener=opener, prompt_region=region)


class _Looks:
    """The meaning of look-ahead words in the training view. `sampler`: the roles of the model's turn."""

    def __init__(self, sampler: tuple[str, ...], program: ir.Program) -> None:
        self.sampler = sampler
        self.program = program

    def written(self, body: ir.Body) -> tuple[ir.Body, bool]:
        """The model's turn: fresh up to the stop, like other text behind it. Also returns whether it stopped."""
        out: list[ir.Stmt] = []
        stopped = False
        for stmt in body:
            if stopped:
                out += settled(fresh((stmt,)), self.seen_by_next)
            elif isinstance(stmt, ir.Sampled):
                out += [*_stopping(_written(stmt), self.program), ir.Advance()]
                stopped = True
            elif isinstance(stmt, ir.If) and any(isinstance(s, ir.Sampled) for s in statements((stmt,))):
                branches = [(rewritten(when, _at_place), self.written(inner)[0]) for when, inner in stmt.branches]
                out += choose(branches, self.written(stmt.otherwise)[0])
                stopped = True
            else:
                out += _written(stmt)
        return tuple(out), stopped

    def seen(self, body: ir.Body) -> ir.Body:
        """Text of other roles, as the model saw it when it wrote next."""
        return settled(where_next(body, neg(ir.RoleIs(ir.Msg("next"), self.sampler))), self.seen_by_next)

    def seen_by_next(self, atom: ir.Expr) -> ir.Expr:
        """The value of an atom if all messages before the model's next turn exist, but that turn and later ones do
        not."""
        models = ir.RoleIs(ir.Msg("next"), self.sampler)
        match atom:
            case ir.Position(word="last", of="turn"):
                return disj(atom, models)
            case ir.Position(word="ending"):
                return FALSE
            case ir.RoleIs(message=ir.Msg(which="next"), roles=roles):
                others = tuple(role for role in roles if role not in self.sampler)
                return ir.RoleIs(atom.message, others) if others else FALSE
            case ir.Exists(message=ir.Msg(which="next")):
                return conj(atom, neg(models))
        if asks_next(atom):
            return disj(conj(atom, neg(models)), conj(of_nothing(atom), models))
        return _then(atom)


def _written(stmt: ir.Stmt) -> ir.Body:
    """The model's text at the time when no message followed."""
    return settled(where_next(fresh((stmt,)), FALSE), _at_place)


def _stopping(body: ir.Body, program: ir.Program) -> ir.Body:
    """A body that the next turn closes, with a stop also at the end of the list.

    Behind calls the model stops with the opener of results, else with that of the first role.
    """
    out: list[ir.Stmt] = []
    for stmt in body:
        if isinstance(stmt, ir.CloseByNext):
            stops = stops_by_next(program)
            called = ir.Filled(ir.Attr(ir.Msg("this"), "tool_calls"))
            close = {
                role: ir.Close(ir.Text(token, "closer", "turn", stmt.at), ir.Text("", "closer", "turn", stmt.at), FALSE)
                for role, token in stops.items()
            }
            plain = (close[next(role for role in stmt.roles if role in close)],)
            ends = choose([(called, (close["tool"],))], plain) if "tool" in close else plain
            out += choose([(ir.Position("ending", "turn"), ends)], (stmt,))
        else:
            out.append(rebuild(stmt, lambda inner: _stopping(inner, program)))
    return tuple(out)


def stops_by_next(program: ir.Program) -> dict[str, str]:
    """The stop token by the role of the next turn, for formats in which the next turn closes a turn."""
    found: dict[str, str] = {}
    for turn in program.turns:
        token = next((s.text for s in statements(turn.body) if isinstance(s, ir.Text) and s.closes), None)
        if token is not None:
            found |= {role: token for role in turn.roles if role in program.closed_by_next}
    return found


def _without_advance(body: ir.Body) -> ir.Body:
    return tuple(rebuild(stmt, _without_advance) for stmt in body if not isinstance(stmt, ir.Advance))


# ---- conditions on what came later ---------------------------------------------------------------------------------


def behind_all(atom: ir.Expr) -> ir.Expr:
    """The value of an atom for a message behind the last: nothing follows, and marks are where they were without it.

    The prompt at the start of its turn was made the same way. The message itself is known.
    """
    if atom == ir.Position("ending", "turn"):
        return TRUE
    return at_prompt(atom)


def _at_place(atom: ir.Expr) -> ir.Expr:
    """The value of an atom for a message in its place: nothing follows, and marks are where they were before it."""
    return atom if atom == ir.Position("first", "turn") else _then(behind_all(atom))


def _then(atom: ir.Expr) -> ir.Expr:
    return ir.MarkTest(atom.test, THEN.format(atom.mark)) if isinstance(atom, ir.MarkTest) else atom


def where_next(body: ir.Body, when: ir.Expr) -> ir.Body:
    """The same body, except that data of the next message is printed only if there is one."""
    out: list[ir.Stmt] = []
    for stmt in body:
        own = isinstance(stmt, ir.Slot | ir.For | ir.Record) and any(map(reads_next, _values(stmt)))
        out += choose([(when, (stmt,))], ()) if own else (rebuild(stmt, lambda inner: where_next(inner, when)),)
    return tuple(out)


def _values(stmt: ir.Slot | ir.For | ir.Record) -> tuple[ir.Expr, ...]:
    match stmt:
        case ir.Slot():
            return (stmt.value,)
        case ir.For():
            return (stmt.items,)
    return tuple(entry.value for entry in stmt.entries)


# ---- what of a turn was prompt -------------------------------------------------------------------------------------


def parted(body: ir.Body) -> tuple[ir.Body, ir.Body]:
    """The prompt and the sampled part of a sampled region in a view; conditions occur in both."""
    before, after, _ = _parted(body)
    return tidy(before), tidy(after)


def _parted(body: ir.Body) -> tuple[ir.Body, ir.Body, ir.Expr]:
    """The same for a body, and the condition under which it contains the end of a prompt."""
    pieces: list[tuple[ir.Body, ir.Body]] = []
    later: ir.Expr = FALSE
    for stmt in reversed(body):
        first, second, ends = _parted_stmt(stmt)
        before = choose([(later, (stmt,)), (ends, first)], ())
        pieces.append((before, choose([(later, ())], second)))
        later = disj(later, ends)
    pieces.reverse()
    return tuple(s for b, _ in pieces for s in b), tuple(s for _, a in pieces for s in a), later


def _parted_stmt(stmt: ir.Stmt) -> tuple[ir.Body, ir.Body, ir.Expr]:
    """The same for a statement: the text before the last end of a prompt in it, the text behind it, and the
    condition."""
    match stmt:
        case ir.PromptEnd():
            return (), (), stmt.when
        case ir.If():
            parts = [(when, _parted(body)) for when, body in stmt.branches]
            other = _parted(stmt.otherwise)
            ends: ir.Expr = FALSE
            passed: ir.Expr = TRUE
            for when, (_, _, inner) in parts:
                ends = disj(ends, conj(passed, when, inner))
                passed = conj(passed, neg(when))
            ends = disj(ends, conj(passed, other[2]))
            return (
                choose([(when, part[0]) for when, part in parts], other[0]),
                choose([(when, part[1]) for when, part in parts], other[1]),
                ends,
            )
    return (), (stmt,), FALSE


def prints(body: ir.Body) -> ir.Expr:
    """The condition under which a body prints something; rules and loops over items count as printing."""
    return disj(*(_prints(stmt) for stmt in body))


def _prints(stmt: ir.Stmt) -> ir.Expr:
    match stmt:
        case ir.Text():
            return TRUE if stmt.text else FALSE
        case ir.Slot():
            return ir.Filled(stmt.value)
        case ir.If():
            out, passed = FALSE, TRUE
            found: ir.Expr = out
            rest: ir.Expr = passed
            for when, body in stmt.branches:
                found = disj(found, conj(rest, when, prints(body)))
                rest = conj(rest, neg(when))
            return disj(found, conj(rest, prints(stmt.otherwise)))
        case ir.For() if prints(stmt.body) != FALSE:
            return ir.Filled(stmt.items)
        case ir.Record() | ir.Close() | ir.Run():
            return TRUE
    return FALSE
