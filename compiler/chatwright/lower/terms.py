"""Lowers the terms of a block to statements: inlines or calls rules, unfolds runs and joins."""

from __future__ import annotations

from collections.abc import Callable

from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE, choose, disj, neg
from chatwright.ir.typing import describe, kind_of, root_of
from chatwright.lower.expr import WIRE_FILTERS, Exprs, wire
from chatwright.lower.joins import Joins, Rules
from chatwright.lower.scope import Problem, Scope, owner_of
from chatwright.syntax import ast as s
from chatwright.syntax import vocabulary as w


class Terms:
    """Lowers blocks of one format."""

    def __init__(self, exprs: Exprs, rules: Rules, line: Callable[[s.Node, Scope], int], problem: Problem) -> None:
        self.exprs = exprs
        self.rules = rules
        self.line = line
        self.problem = problem
        self.joins = Joins(rules, problem)

    def at(self, node: s.Node, sc: Scope) -> ir.Place:
        return sc.file, self.line(node, sc)

    def block(self, block: s.Block, sc: Scope) -> ir.Body:
        return self.terms(block.terms, sc)

    def terms(self, terms: tuple[s.Term, ...], sc: Scope) -> ir.Body:
        out: list[ir.Stmt] = []
        for term in terms:
            out += self.term(term, sc)
        return tuple(out)

    def term(self, term: s.Term, sc: Scope) -> ir.Body:
        match term:
            case s.Literal():
                return self.literal(term, sc)
            case s.Apply():
                return self.apply(term, sc)
            case s.When():
                branches = [(self.exprs.cond(when, sc), self.block(body, sc)) for when, body in term.branches]
                return choose(branches, self.block(term.otherwise, sc) if term.otherwise else ())
            case s.Each():
                return self.each(term, sc)
            case s.Join():
                children = [(child, self.term(child, sc)) for child in term.body.terms]
                return self.joins.join(term, children, sc, self.at(term, sc))
            case s.Maybe():
                body = self.block(term.body, sc)
                slots = [ir.Filled(st.value) for st in body if isinstance(st, ir.Slot) and st.body]
                return choose([(disj(*slots), body)], ())
            case s.Sampled():
                return (ir.Sampled(self.block(term.body, sc)),)
            case s.Prefill():
                when = TRUE if term.when is None else self.exprs.cond(term.when, sc)
                return (ir.Prefill(when, self.block(term.body, sc), self.at(term, sc)),)
            case s.Fresh():
                past = self.block(term.past, sc) if term.past else ()
                when = TRUE if term.past_when is None else self.exprs.cond(term.past_when, sc)
                return (ir.Fresh(self.block(term.body, sc), past, when),)
            case s.Close():
                return (self.close(term, sc),)
            case s.CloseByNext():
                return (ir.CloseByNext(term.roles, self.at(term, sc)),)
            case s.Reject():
                return (ir.Reject(self.message(term.message, sc), self.at(term, sc)),)
            case s.Record():
                return (self.record(term, sc),)

    # ---- strings -----------------------------------------------------------------------------------------------

    def literal(self, term: s.Literal, sc: Scope) -> ir.Body:
        out: list[ir.Stmt] = []
        for part in term.parts:
            if isinstance(part, str):
                out.append(ir.Text(part, sc.part, sc.owner, self.at(term, sc)))
            else:
                out.append(self.slot(part, sc))
        return tuple(out)

    def value(self, e: s.Expr, sc: Scope) -> ir.Expr:
        """A value that is printed or passed to a rule."""
        return self.exprs.freed(self.exprs.value(e, sc), sc)

    def slot_value(self, slot: s.Slot, sc: Scope) -> ir.Expr:
        choices = [self.value(choice, sc) for choice in slot.choices]
        if slot.filters and slot.filters[0].name in WIRE_FILTERS:
            choices = [wire(choice) for choice in choices]
        value = choices[0] if len(choices) == 1 else ir.FirstFilled(tuple(choices))
        if kind_of(value) == "part" and not slot.filters:
            value = ir.PartText(value)
        for filter in slot.filters:
            self.exprs.sorts(filter, sc)
            value = ir.Pipe(value, filter.name, filter.args)
        return value

    def slot(self, slot: s.Slot, sc: Scope) -> ir.Slot:
        value = self.slot_value(slot, sc)
        root = root_of(value)
        body = root != "wrap"
        field = describe(value)
        part = root if body else sc.part
        return ir.Slot(value, part, owner_of(value, sc), body, field, slot.required, self.at(slot, sc))

    def message(self, literal: s.Literal, sc: Scope) -> tuple[str | ir.Expr, ...]:
        return tuple(p if isinstance(p, str) else self.slot_value(p, sc) for p in literal.parts)

    def close(self, term: s.Close, sc: Scope) -> ir.Close:
        at = self.at(term, sc)
        token: ir.Text | ir.Slot
        if isinstance(term.token, s.Text):
            token = ir.Text(term.token.value, "closer", sc.owner, at)
        else:
            token = ir.Slot(self.exprs.name(term.token.id, sc), "closer", sc.owner, False, term.token.id, False, at)
        when = TRUE if term.past_when is None else self.exprs.cond(term.past_when, sc)
        past = ir.Text(term.past or "", "closer", sc.owner, at)
        return ir.Close(token, past, FALSE if term.past is None else when)

    def record(self, term: s.Record, sc: Scope) -> ir.Record:
        entries = []
        for entry in term.entries:
            value = self.value(entry.value, sc)
            if isinstance(entry, s.Spread):
                entries.append(ir.Entry("", False, value, root_of(value), False))
            else:
                bare = kind_of(value) == "text" and not isinstance(value, ir.Pipe)
                entries.append(ir.Entry(entry.key, entry.optional, value, root_of(value), bare))
        return ir.Record(tuple(entries), sc.part, sc.owner, self.at(term, sc))

    # ---- rules -------------------------------------------------------------------------------------------------

    def apply(self, term: s.Apply, sc: Scope) -> ir.Body:
        if term.name in w.SETTLED_TOKENS:
            value = ir.Opt(f"{term.name}_token")
            return (ir.Slot(value, sc.part, sc.owner, False, term.name, False, self.at(term, sc)),)
        args = tuple(self.value(arg, sc) for arg in term.args)
        if self.rules.inlined(term.name, args):
            if term.name in sc.rules:
                message = f"rule {term.name} sees the message and prints itself: only rules of their arguments may"
                self.problem("endless-recursion", message, term, sc)
                return ()
            rule, file = self.rules.find(term.name)
            inner = sc.but(file=file, rules=(*sc.rules, term.name))
            for name, arg in zip(rule.params, args, strict=True):
                inner = inner.with_vars(owner_of(arg, sc), **{name: arg})
            return self.block(rule.body, inner)
        args = tuple(wire(arg) for arg in args)
        owner = sc.owner if sc.owner == "rule" else self.owner_of_args(args, sc)
        return (ir.Run(self.rules.instance(term.name, args, sc), args, owner, self.at(term, sc)),)

    def owner_of_args(self, args: tuple[ir.Expr, ...], sc: Scope) -> str:
        return next((owner_of(arg, sc) for arg in args if root_of(arg) != "wrap"), sc.owner)

    # ---- loops -------------------------------------------------------------------------------------------------

    def each(self, term: s.Each, sc: Scope) -> ir.Body:
        items = self.exprs.items(term.items, sc)
        if isinstance(items, ir.Content):
            items = wire(items)
        listed = kind_of(items)
        kind = _ITEM_KINDS.get(listed, "data") if len(term.names) == 1 else "data"
        owner = term.names[0] if kind == "message" else owner_of(items, sc)
        root = {"call": "call", "tool": "tools", "part": "content"}.get(kind, root_of(items))
        inner = sc.but(loop="loop", part=_LOOP_PARTS.get(kind, sc.part))
        if kind == "message":
            name = term.names[0]
            settled = isinstance(items, ir.HeadList | ir.Results)
            inner = inner.with_vars(name, **{name: ir.Msg("item", name)}).but(owner=name)
            inner = inner.but(settled=inner.settled | {name} if settled else inner.settled - {name})
        else:
            variables = {name: ir.Var(name, kind, root) for name in term.names}
            inner = inner.with_vars(owner, **variables)
        only_first = isinstance(term.where, s.Name) and term.where.id == "first"
        where = None if term.where is None or only_first else self.exprs.cond(term.where, inner)
        at = self.at(term, sc)
        sep = None if term.sep is None else ir.Text(term.sep, "separator", inner.owner, at)
        return (ir.For(term.names, kind, items, where, only_first, sep, self.block(term.body, inner), at),)

    def run(self, turn: s.Turn, sc: Scope) -> ir.Body:
        """The body of a turn over a run, as each of its messages prints it."""
        index = next((i for i, t in enumerate(turn.body.terms) if _is_run(t)), None)
        if index is None:
            self.problem("wrong-type", "a turn over a run prints its messages by `each … in run`", turn, sc)
            return ()
        each = turn.body.terms[index]
        assert isinstance(each, s.Each)
        starts = neg(ir.RoleIs(ir.Msg("prev"), turn.roles))
        stops = neg(ir.RoleIs(ir.Msg("next"), turn.roles))
        before = self.terms(turn.body.terms[:index], sc)
        after = self.terms(turn.body.terms[index + 1 :], sc)
        inner = sc.but(loop="run").with_vars("turn", **{each.names[0]: ir.Msg("this")})
        separated: ir.Body = ()
        if each.sep is not None:
            separated = (ir.Text(each.sep, "separator", sc.owner, self.at(each, sc)),)
        body = self.block(each.body, inner)
        return (*choose([(starts, before)], separated), *body, *choose([(stops, after)], ()))


def _is_run(term: s.Term) -> bool:
    return isinstance(term, s.Each) and isinstance(term.items, s.Name) and term.items.id == "run"


_ITEM_KINDS: dict[str, ir.Kind] = {"calls": "call", "tools": "tool", "parts": "part", "messages": "message"}
_LOOP_PARTS = {"call": "call", "tool": "tools"}
