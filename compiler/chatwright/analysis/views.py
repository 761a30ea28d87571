"""The views of one grammar: history, the fresh turn as the model wrote it, and the generation prompt."""

from __future__ import annotations

import msgspec

from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE, choose, conj, disj, neg
from chatwright.ir.rewrite import Change, rebuild, rewritten
from chatwright.ir.typing import root_of
from chatwright.ir.walk import statements, walk

Bound = frozenset[str]
NO_NAMES: Bound = frozenset()
NO_RESULTS = ir.Const(())


def history(body: ir.Body) -> ir.Body:
    """The history view: `past` in place of `fresh`, and the ends of prompts marked."""
    out: list[ir.Stmt] = []
    for stmt in body:
        match stmt:
            case ir.Prefill():
                out += [*history(stmt.body), ir.PromptEnd(stmt.when)]
            case ir.Fresh():
                out += choose([(stmt.past_when, history(stmt.past))], history(stmt.body))
            case _:
                out.append(rebuild(stmt, history))
    return tuple(out)


def fresh(body: ir.Body) -> ir.Body:
    """The fresh view: `fresh` itself, and closers that are never replaced."""
    out: list[ir.Stmt] = []
    for stmt in body:
        match stmt:
            case ir.Fresh():
                out += fresh(stmt.body)
            case ir.Close():
                out.append(ir.Close(stmt.token, stmt.past, FALSE))
            case _:
                out.append(rebuild(stmt, fresh))
    return tuple(out)


def settled(body: ir.Body, change: Change) -> ir.Body:
    """A body with the atoms of its conditions replaced; branches that can then never print are left out."""
    out: list[ir.Stmt] = []
    for stmt in body:
        out += _settled(stmt, change)
    return tuple(out)


def _settled(stmt: ir.Stmt, change: Change) -> ir.Body:
    match stmt:
        case ir.If():
            branches = [(rewritten(when, change), settled(body, change)) for when, body in stmt.branches]
            return choose(branches, settled(stmt.otherwise, change))
        case ir.For():
            if rewritten(ir.Filled(stmt.items), change) == FALSE:
                return ()
            where = None if stmt.where is None else rewritten(stmt.where, change)
            if where == FALSE:
                return ()
            where = None if where == TRUE else where
            return (msgspec.structs.replace(stmt, where=where, body=settled(stmt.body, change)),)
        case ir.Slot():
            return (msgspec.structs.replace(stmt, value=rewritten(stmt.value, change)),)
        case ir.Prefill():
            return (ir.Prefill(rewritten(stmt.when, change), settled(stmt.body, change), stmt.at),)
        case ir.Fresh():
            when = rewritten(stmt.past_when, change)
            return (ir.Fresh(settled(stmt.body, change), settled(stmt.past, change), when),)
        case ir.Close():
            return (ir.Close(stmt.token, stmt.past, rewritten(stmt.past_when, change)),)
    return (rebuild(stmt, lambda body: settled(body, change)),)


def sampling_turn(program: ir.Program) -> ir.Turn | None:
    """The turn that the model writes."""
    return next((t for t in program.turns if any(isinstance(st, ir.Sampled) for st in statements(t.body))), None)


def prompt(program: ir.Program) -> tuple[ir.Body, ir.Body]:
    """The generation prompt: the model's turn up to its last active prefill, for a message after the last.

    Nothing is known of that message. Conditions on it are three-valued; if one is unknown, the branch with an active
    prefill is taken. `prev` is the last turn of the conversation. Returns two bodies: the text before the sampled
    region, and the prefilled part of the region.
    """
    turn = sampling_turn(program)
    if turn is None:
        return (), ()
    role = "assistant" if "assistant" in turn.roles else turn.roles[0]

    def of_model(node: ir.Expr) -> ir.Expr:
        match node:
            case ir.Attr(message=ir.Msg(which="this"), name="role"):
                return ir.Const(role)
            case ir.RoleIs(message=ir.Msg(which="this"), roles=roles):
                return ir.Const(role in roles)
        return node

    body = settled(turn.body, of_model) if len(turn.roles) > 1 else turn.body
    at = next((i for i, stmt in enumerate(body) if isinstance(stmt, ir.Sampled)), None)
    if at is None:
        return (), prompt_of(body)
    return _full(body[:at]), prompt_of(body[at : at + 1])


def prompt_of(body: ir.Body) -> ir.Body:
    """The part of a body that belongs to the prompt."""
    return _cut(body)[0]


# ---- conditions on a message that is unknown -----------------------------------------------------------


def unknown(expr: ir.Expr, bound: Bound = NO_NAMES) -> bool:
    """Whether an expression reads the message that is still to be written. `bound`: the variables of loops over known
    lists."""
    for node in walk(expr):
        match node:
            case ir.Attr(message=m) | ir.Content(message=m) | ir.Reasoning(message=m) | ir.Inline(message=m):
                if m.which == "this":
                    return True
            case ir.Answer() | ir.Position(word="ending"):
                return True
            case ir.Var(name=name) if name not in bound:
                return True
            case ir.Position(of="loop") if not bound:
                return True
    return False


def at_prompt(atom: ir.Expr) -> ir.Expr:
    """The value of a condition on position for a message after the last."""
    match atom:
        case ir.Position(word="first", of="turn"):
            return neg(ir.Filled(ir.Turns()))
        case ir.Position(word="last", of="turn") | ir.MarkTest(test="after"):
            return TRUE
        case ir.MarkTest(test="before" | "equal"):
            return FALSE
        case ir.RoleIs(message=ir.Msg(which="next")) | ir.Exists(message=ir.Msg(which="next")):
            return FALSE
        case ir.Results(message=ir.Msg(which="this")):
            return NO_RESULTS
        case ir.Filled(value=ir.Results(message=ir.Msg(which="this")) | ir.Const(value=())):
            return FALSE
    return of_nothing(atom) if asks_next(atom) else atom


def reads_next(expr: ir.Expr) -> bool:
    """Whether an expression reads data of the next message."""
    values = (ir.Attr, ir.Content, ir.Reasoning)
    return any(isinstance(e, values) and e.message.which == "next" for e in walk(expr))


def asks_next(expr: ir.Expr) -> bool:
    """Whether a single condition reads data of the next message."""
    single = isinstance(expr, ir.Filled | ir.Test | ir.Compare | ir.In) or (
        isinstance(expr, ir.Fn) and expr.name != "length"
    )
    return single and reads_next(expr)


def of_nothing(atom: ir.Expr) -> ir.Expr:
    """The value of a condition on the data of a message if there is no message."""
    match atom:
        case ir.Test():
            return ir.Const(atom.what == "blank")
        case ir.Compare():
            return ir.Const(atom.op in ("!=", "<"))
    return FALSE


def _known(expr: ir.Expr, bound: Bound = NO_NAMES) -> tuple[ir.Expr, ir.Expr]:
    """The conditions under which a condition certainly holds, and certainly does not."""
    match expr:
        case ir.Not():
            holds, fails = _known(expr.value, bound)
            return fails, holds
        case ir.And():
            pairs = [_known(item, bound) for item in expr.items]
            return conj(*(t for t, _ in pairs)), disj(*(f for _, f in pairs))
        case ir.Or():
            pairs = [_known(item, bound) for item in expr.items]
            return disj(*(t for t, _ in pairs)), conj(*(f for _, f in pairs))
    if unknown(expr, bound):
        return FALSE, FALSE
    atom = rewritten(expr, at_prompt)
    return atom, neg(atom)


# ---- the text up to the last active prefill ----------------------------------------------------------------------


def _cut(body: ir.Body) -> tuple[ir.Body, ir.Expr]:
    """The text of a body up to its last active prefill, and the condition under which there is one."""
    pieces: list[ir.Body] = []
    later: ir.Expr = FALSE
    for stmt in reversed(body):
        cut, active = _cut_stmt(stmt)
        whole = _full((stmt,))
        if cut == whole:
            pieces.append(choose([(disj(later, active), whole)], ()))
        else:
            pieces.append(choose([(later, whole), (active, cut)], ()))
        later = disj(later, active)
    return tuple(stmt for piece in reversed(pieces) for stmt in piece), later


def _cut_stmt(stmt: ir.Stmt) -> tuple[ir.Body, ir.Expr]:
    match stmt:
        case ir.Sampled():
            return _cut(stmt.body)[0], TRUE
        case ir.Prefill():
            return _full(stmt.body), _known(stmt.when)[0]
        case ir.Fresh():
            return _cut(stmt.body)
        case ir.If():
            return _cut_branches(list(stmt.branches), stmt.otherwise)
    return (), FALSE


def _cut_branches(branches: list[tuple[ir.Expr, ir.Body]], otherwise: ir.Body) -> tuple[ir.Body, ir.Expr]:
    if not branches:
        return _cut(otherwise)
    (when, body), *rest = branches
    holds, fails = _known(when)
    cut, active = _cut(body)
    other, other_active = _cut_branches(rest, otherwise)
    told = disj(holds, fails)
    is_active = disj(conj(holds, active), conj(fails, other_active), conj(neg(told), disj(active, other_active)))
    text = choose([(disj(holds, conj(neg(fails), active)), cut)], other)
    return text, is_active


def _full(body: ir.Body, bound: Bound = NO_NAMES) -> ir.Body:
    """The text of a body for an unknown message: its slots are empty."""
    out: list[ir.Stmt] = []
    for stmt in body:
        match stmt:
            case ir.Text():
                out.append(ir.Text(stmt.text, "prompt", "none", stmt.at))
            case ir.Slot():
                out += _full_slot(stmt, bound)
            case ir.If():
                out += _full_branches(list(stmt.branches), stmt.otherwise, bound)
            case ir.Sampled() | ir.Prefill() | ir.Fresh():
                out += _full(stmt.body, bound)
            case ir.Close():
                out += _full((stmt.token,), bound)
            case ir.For() if not unknown(stmt.items, bound) and rewritten(ir.Filled(stmt.items), at_prompt) != FALSE:
                inner = bound | set(stmt.names)
                out.append(rebuild(stmt, lambda body, inner=inner: _full(body, inner)))  # type: ignore[misc]
            case ir.Run() if not any(unknown(arg, bound) for arg in stmt.args):
                out.append(ir.Run(stmt.rule, stmt.args, "none", stmt.at))
    return tuple(out)


def _full_slot(slot: ir.Slot, bound: Bound) -> ir.Body:
    value = rewritten(slot.value, at_prompt)
    if isinstance(value, ir.FirstFilled):
        known = tuple(choice for choice in value.choices if not (unknown(choice, bound) or reads_next(choice)))
        if not known:
            return ()
        value = known[0] if len(known) == 1 else ir.FirstFilled(known)
    elif unknown(value, bound) or reads_next(value):
        return ()
    if isinstance(value, ir.Const):
        return (ir.Text(str(value.value), "prompt", "none", slot.at),)
    return (ir.Slot(value, "prompt", "none", root_of(value) != "wrap", slot.field, False, slot.at),)


def _full_branches(branches: list[tuple[ir.Expr, ir.Body]], otherwise: ir.Body, bound: Bound) -> ir.Body:
    if not branches:
        return _full(otherwise, bound)
    (when, body), *rest = branches
    holds, fails = _known(when, bound)
    active = _cut(body)[1]
    return choose([(disj(holds, conj(neg(fails), active)), _full(body, bound))], _full_branches(rest, otherwise, bound))
