"""Lowers joins: each child prints the separator before itself, if the child prints and an earlier one has printed."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE, choose, conj, disj, neg
from chatwright.ir.rewrite import rebuild
from chatwright.ir.walk import all_expressions, statements
from chatwright.lower.scope import Problem, Scope
from chatwright.syntax import ast as s

Children = list[tuple[s.Term, ir.Body]]


class Rules(msgspec.Struct, frozen=True):
    """The questions about rules that the lowering of terms asks.

    `find`: the declaration of a rule and the index of its source. `inlined`: whether a rule with these arguments is
    printed in its place instead of called. `instance`: the name of the lowered rule for these arguments. `wrap`: the
    name of a new rule with this body. `base_of`: the declared name of a lowered rule.
    """

    find: Callable[[str], tuple[s.Rule, int]]
    inlined: Callable[[str, tuple[ir.Expr, ...]], bool]
    instance: Callable[[str, tuple[ir.Expr, ...], Scope], str]
    wrap: Callable[[ir.Body], str]
    base_of: Callable[[str], str]


class Joins:
    """Lowers the joins of one format."""

    def __init__(self, rules: Rules, problem: Problem) -> None:
        self.rules = rules
        self.problem = problem

    def join(self, term: s.Join, children: Children, sc: Scope, at: ir.Place) -> ir.Body:
        """The children one after another. Where history and `fresh` differ, each view is joined by itself."""
        if not any(isinstance(stmt, ir.Fresh) for _, body in children for stmt in statements(body)):
            return self.joined(term, children, sc, at)
        fresh = self.joined(term, [(child, in_view(body, past=False)) for child, body in children], sc, at)
        past = self.joined(term, [(child, in_view(body, past=True)) for child, body in children], sc, at)
        return (ir.Fresh(fresh, past, TRUE),)

    def joined(self, term: s.Join, children: Children, sc: Scope, at: ir.Place) -> ir.Body:
        out: list[ir.Stmt] = []
        earlier: ir.Expr = FALSE
        sep = ir.Text(term.sep, "separator", sc.owner, at)
        for child, body in children:
            if len(body) == 1 and isinstance(body[0], ir.For) and body[0].sep is None:
                filled, printed = self.join_loop(body[0], sep, earlier)
            else:
                filled = self.prints(body, child, sc)
                printed = self.separated(body, filled, earlier, sep)
            out += printed
            earlier = disj(earlier, filled)
        return tuple(out)

    def join_loop(self, loop: ir.For, sep: ir.Text, earlier: ir.Expr) -> tuple[ir.Expr, ir.Body]:
        filled: ir.Expr = ir.Filled(loop.items)
        if earlier == FALSE:
            separated = ir.For(loop.names, loop.kind, loop.items, loop.where, loop.only_first, sep, loop.body, loop.at)
            return filled, (separated,)
        first = ir.Position("first", "loop")
        need = choose([(disj(neg(first), earlier), (sep,))], ())
        body = (*need, *loop.body)
        return filled, (ir.For(loop.names, loop.kind, loop.items, loop.where, loop.only_first, None, body, loop.at),)

    def separated(self, body: ir.Body, filled: ir.Expr, earlier: ir.Expr, sep: ir.Text) -> ir.Body:
        """A child with its separator, inside the child's own condition if it has a single one."""
        if FALSE in (earlier, filled):
            return body
        need = choose([(earlier, (sep,))], ())
        if len(body) == 1 and isinstance(body[0], ir.If) and body[0].branches and not body[0].otherwise:
            own = disj(*(when for when, _ in body[0].branches))
            if own == filled:
                return (ir.If(tuple((when, (*need, *inner)) for when, inner in body[0].branches), ()),)
        if filled == TRUE:
            return (*need, *body)
        return choose([(filled, (*need, *body))], ())

    def prints(self, body: ir.Body, child: s.Term, sc: Scope) -> ir.Expr:
        """The condition under which a body prints anything; without one, whether its text is filled."""
        told = self.told(body)
        if told is not None:
            return told
        if not needs_its_place(body):
            return ir.Filled(ir.RuleText(self.rules.wrap(body), ()))
        told = self.told(body, texts=True)
        if told is None:
            message = (
                "it cannot be decided beforehand whether this child of `join` prints anything; make it a rule with "
                "parameters for all that it reads"
            )
            self.problem("wrong-type", message, child, sc)
        return told or TRUE

    def told(self, body: ir.Body, texts: bool = False) -> ir.Expr | None:
        """The condition under which a body prints anything; None if there is none. With `texts`, the text of a rule may
        decide."""
        options = [self.told_of(stmt, texts) for stmt in body]
        if TRUE in options:
            return TRUE
        known = [option for option in options if option is not None]
        return disj(*known) if len(known) == len(options) else None

    def told_of(self, stmt: ir.Stmt, texts: bool) -> ir.Expr | None:
        match stmt:
            case ir.Text():
                return TRUE if stmt.text else FALSE
            case ir.Slot():
                return ir.Filled(stmt.value)
            case ir.Record():
                return TRUE
            case ir.If():
                return self.told_of_if(stmt, texts)
            case ir.For() if stmt.where is None and self.told(stmt.body) == TRUE:
                return ir.Filled(stmt.items)
            case ir.Prefill():
                return self.told(stmt.body, texts)
            case ir.Run():
                rule, _ = self.rules.find(self.rules.base_of(stmt.rule))
                if any(isinstance(t, s.Literal) and t.parts for t in rule.body.terms):
                    return TRUE
                return ir.Filled(ir.RuleText(stmt.rule, stmt.args)) if texts else None
            case ir.Reject():
                return FALSE
        return None

    def told_of_if(self, stmt: ir.If, texts: bool) -> ir.Expr | None:
        told = [(when, self.told(body, texts)) for when, body in stmt.branches]
        last = self.told(stmt.otherwise, texts)
        if last is None or any(t is None for _, t in told):
            return None
        if last == TRUE and all(t == TRUE for _, t in told):
            return TRUE
        options: list[ir.Expr] = []
        passed: ir.Expr = TRUE
        for when, t in told:
            assert t is not None
            options.append(conj(passed, when, t))
            if t != TRUE:
                passed = conj(passed, neg(when))
        return disj(*options, conj(passed, last))


def in_view(body: ir.Body, past: bool) -> ir.Body:
    """A body without `fresh`: in the view of history, or as the model wrote it."""
    out: list[ir.Stmt] = []
    for stmt in body:
        if isinstance(stmt, ir.Fresh):
            own = in_view(stmt.body, past)
            out += choose([(stmt.past_when, in_view(stmt.past, past))], own) if past else own
        else:
            out.append(rebuild(stmt, lambda inner: in_view(inner, past)))
    return tuple(out)


def needs_its_place(body: ir.Body) -> bool:
    """Whether a body reads a message, a position or a variable of its place, so that it cannot become a rule."""
    bound = {name for stmt in statements(body) if isinstance(stmt, ir.For) for name in stmt.names}
    for expr in all_expressions(body):
        if isinstance(expr, ir.Msg) and expr.which in ("this", "prev", "next", "before"):
            return True
        if isinstance(expr, ir.MarkTest) or (isinstance(expr, ir.Position) and expr.of == "turn"):
            return True
        if isinstance(expr, ir.Var) and expr.name not in bound:
            return True
    return False
