"""The Jinja back end: a template for any engine of chat templates."""

from __future__ import annotations

from chatwright.analysis.facts import Facts, counter_of, reads
from chatwright.emit.jinja.lines import Lines
from chatwright.emit.jinja.macros import macros
from chatwright.emit.jinja.marks import namespace, tracked
from chatwright.emit.jinja.messages import hidden, message, position
from chatwright.emit.jinja.operators import Term, among, literal, name, whole
from chatwright.emit.jinja.options import options, tools
from chatwright.emit.jinja.plan import Plan, plan_of
from chatwright.emit.jinja.position import Position
from chatwright.emit.jinja.prelude import ahead, prelude
from chatwright.emit.jinja.statements import body
from chatwright.emit.jinja.survey import check_contents, head_and_turns, refusals
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, statements

_ROLE = name("message.role")
# A neighbour, the end of the list where it does not exist, and the variable that holds it for loops inside a turn.
_NEIGHBOURS = ((ir.Msg("prev"), "first", "previous"), (ir.Msg("next"), "last", "following"))


def emit_jinja(program: ir.Program, facts: Facts, training: bool = False) -> str:
    """The template of a program. With `training`, `generation` tags enclose the sampled text."""
    plan = plan_of(program, facts, training)
    lines = Lines()
    lines.line(f"{{#- chatspec={program.name}@{program.hash} -#}}")
    options(program, lines)
    tools(plan, lines)
    macros(plan, lines)
    head_and_turns(plan, lines)
    namespace(Position(plan=plan), lines)
    refusals(Position(plan=plan), lines)
    check_contents(plan, lines)
    _head(plan, lines)
    _loop(plan, lines)
    _prompt(plan, lines)
    return lines.text()


def _head(plan: Plan, lines: Lines) -> None:
    head = plan.program.head.body
    if reads(head).next and plan.facts.looks_through:
        ahead(plan.turns, plan, lines)
    body(head, Position(plan=plan, stage="head"), lines)


def _loop(plan: Plan, lines: Lines) -> None:
    """The loop over the turns: a branch for each declaration. The turn for any other role comes last."""
    others = hidden(plan.program)
    unnamed = among(_ROLE, others, negated=True) if others else None
    with lines.block(f"for message in {plan.turns}", "endfor"):
        word = "if"
        for turn in sorted(plan.facts.turns, key=lambda turn: not turn.roles):
            if turn.roles or turn.body:
                with lines.block(_branch(word, among(_ROLE, turn.roles) if turn.roles else unnamed)):
                    _turn(turn, plan, lines)
                word = "elif"
        if not plan.facts.any_role:
            with lines.block(_branch(word, unnamed)):
                reason = ": this format has no turn for the role "
                lines.refuse("message ", name("loop.index0"), reason, _ROLE)
            word = "elif"
        if word == "elif":
            lines.tag("endif")


def _branch(word: str, condition: Term | None) -> str:
    """The tag of a branch; without a condition, that of the branch for all other messages."""
    if condition is None:
        return "else" if word == "elif" else "if true"
    return f"{word} {whole(condition)}"


def _turn(turn: ir.Turn, plan: Plan, lines: Lines) -> None:
    counter = counter_of(turn.roles)
    at = Position(plan=plan, aside=_needs_aside(turn.body, plan), counter=counter)
    if turn.roles in plan.facts.counted:
        lines.set(f"ns.{counter}", f"ns.{counter} + 1")
    if at.aside:
        _set_aside(turn.body, at.but(aside=False), lines)
    is_models = bool(set(turn.roles) & set(plan.facts.sampler))
    prelude(reads(turn.body), plan, lines, thinks=is_models)
    body(turn.body, at, lines)
    if plan.training and plan.program.closed_by_next and turn.body:
        lines.set("ns.open", literal(is_models))
    _track(turn, plan, lines)


def _track(turn: ir.Turn, plan: Plan, lines: Lines) -> None:
    """Record the index of this turn for later turns that ask for it."""
    fields = tracked(plan)
    if "prev" in fields:
        lines.set("ns.prev", "loop.index0")
        lines.set("ns.role", "message.role")
    for role in fields:
        if role not in turn.roles:
            continue
        if len(turn.roles) == 1:
            lines.set(f"ns.{role}", "loop.index0")
        else:
            with lines.when(among(_ROLE, (role,))):
                lines.set(f"ns.{role}", "loop.index0")


def _needs_aside(stmts: ir.Body, plan: Plan) -> bool:
    """Whether a loop inside the turn asks for the place of the turn, or for its neighbours."""
    for stmt in statements(stmts):
        if isinstance(stmt, ir.For):
            inside = list(all_expressions((stmt,)))
            if any(isinstance(e, ir.MarkTest) or (isinstance(e, ir.Position) and e.of == "turn") for e in inside):
                return True
            if not plan.facts.looks_through and any(map(_is_neighbour, inside)):
                return True
    return False


def _set_aside(stmts: ir.Body, at: Position, lines: Lines) -> None:
    """Set the variables that hold the place of the turn for the loops inside it."""
    found = list(all_expressions(stmts))
    words: set[str] = {e.word for e in found if isinstance(e, ir.Position) and e.of == "turn"}
    if not at.plan.facts.looks_through:
        for neighbour, edge, variable in _NEIGHBOURS:
            if any(isinstance(e, ir.Msg) and e.which == neighbour.which for e in found):
                words.add(edge)
                lines.set(variable, message(neighbour, at))
    if words & {"last", "ending"}:
        lines.set("is_last", position(ir.Position("last", "turn"), at))
    if "first" in words:
        lines.set("is_first", position(ir.Position("first", "turn"), at))
    if any(isinstance(e, ir.MarkTest) for e in found):
        lines.set("index", "loop.index0")


def _is_neighbour(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Msg) and expr.which in ("prev", "next")


def _prompt(plan: Plan, lines: Lines) -> None:
    facts = plan.facts
    if not facts.prompt:
        return
    at = Position(plan=plan, stage="prompt", counter=counter_of(facts.sampler))
    with lines.block("if add_generation_prompt", "endif"):
        body(facts.prompt_opener, at, lines)
        # Engines search the prompt as one literal to learn that the model always thinks. With conditions, they read the
        # opener alone.
        if not all(isinstance(stmt, ir.Text) for stmt in facts.prompt_region):
            lines.flush()
        body(facts.prompt_region, at, lines)
