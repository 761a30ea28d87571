"""Checks the model's text for two slots that touch: a parser could not tell where the first one ends."""

from __future__ import annotations

import msgspec

from chatwright.check.branches import MAX_RULES, inside, named_roles, setting_of
from chatwright.check.conditions import Formula, Setting, Solver, formula, negated
from chatwright.check.findings import Calls, Findings
from chatwright.diagnostics.diagnostic import Label
from chatwright.diagnostics.source import Source, Span
from chatwright.syntax import ast as s
from chatwright.syntax import vocabulary as w
from chatwright.syntax.resolve import FormatTree, Placed
from chatwright.syntax.walk import walk

Path = tuple[Formula, ...]
# Bounds on the edges and the empty paths of one shape, and on the conditions of a path.
MAX_EDGES = 12
MAX_PATH = 16


class Edge(msgspec.Struct, frozen=True):
    """A slot that can be at the edge of a text, and the conditions under which it is."""

    source: Source
    span: Span
    path: Path


class Shape(msgspec.Struct, frozen=True):
    """The slots that a text can begin and end with, and the paths on which it prints nothing at all."""

    first: tuple[Edge, ...] = ()
    last: tuple[Edge, ...] = ()
    empty: tuple[Path, ...] = ()


SOLID = Shape()
NOTHING = Shape((), (), ((),))


class Place(msgspec.Struct, frozen=True):
    """The names that slots can read at a place. `data` has the fixed text of a variable, or whether it holds data."""

    source: Source
    setting: Setting
    data: dict[str, bool | str]
    rules: tuple[str, ...] = ()


def check_slots(tree: FormatTree, calls: Calls, solver: Solver, findings: Findings) -> None:
    """No two slots of `sampled`, in the fresh view, are next to each other with nothing between them."""
    scaffold: dict[str, bool | str] = {option.name: False for option, _ in tree.all(s.Option)}
    scaffold |= dict.fromkeys((*w.SETTLED_TOKENS, "role", "number"), False)
    check = _Slots(calls, solver, findings)
    named = named_roles(tree)
    for turn, placed in tree.all(s.Turn):
        for node in walk(turn.body):
            if isinstance(node, s.Sampled):
                check.block(node.body, Place(placed.source, setting_of(turn, named), dict(scaffold)))


class _Slots:
    def __init__(self, calls: Calls, solver: Solver, findings: Findings) -> None:
        self.calls = calls
        self.solver = solver
        self.findings = findings
        self.shapes: dict[tuple[str, tuple[bool | str, ...]], Shape] = {}

    def possible(self, *paths: Path) -> bool:
        return self.solver.possible(tuple(f for path in paths for f in path))

    # ---- combining shapes --------------------------------------------------------------------------------------

    def sequence(self, shapes: list[Shape], apart: bool = False) -> Shape:
        """One text after the other. `apart`: there is always a text between two that print."""
        first: list[Edge] = []
        last: list[Edge] = []
        empty: tuple[Path, ...] = ((),)
        for shape in shapes:
            if not apart:
                for before in last:
                    for after in shape.first:
                        self.touching(before, after)
            first += self.through(shape.first, empty)
            last = [*shape.last, *self.through(last, shape.empty)][:MAX_EDGES]
            empty = self.both(empty, shape.empty)
        return Shape(tuple(first[:MAX_EDGES]), tuple(last), empty)

    def through(self, edges: tuple[Edge, ...] | list[Edge], empty: tuple[Path, ...]) -> list[Edge]:
        """The edges that stay edges when the text next to them prints nothing."""
        out: list[Edge] = []
        for edge in edges:
            for path in empty:
                if path == () or self.possible(edge.path, path):
                    out.append(Edge(edge.source, edge.span, (*edge.path, *path)[-MAX_PATH:]))
                    break
        return out

    def both(self, one: tuple[Path, ...], other: tuple[Path, ...]) -> tuple[Path, ...]:
        out: dict[Path, None] = {}
        for a in one:
            for b in other:
                if len(out) < MAX_EDGES and self.possible(a, b):
                    out[(*a, *b)[-MAX_PATH:]] = None
        return () if not out else (((),) if () in out else tuple(out))

    def under(self, shape: Shape, path: Path) -> Shape:
        """A shape under a condition."""
        if not path:
            return shape
        return Shape(
            tuple(Edge(e.source, e.span, (*path, *e.path)[-MAX_PATH:]) for e in shape.first),
            tuple(Edge(e.source, e.span, (*path, *e.path)[-MAX_PATH:]) for e in shape.last),
            tuple((*path, *p)[-MAX_PATH:] for p in shape.empty),
        )

    def touching(self, before: Edge, after: Edge, path: Path | None = None) -> None:
        if not self.possible(before.path, after.path if path is None else path):
            return
        labels: tuple[Label, ...] = ()
        message = "two adjacent slots cannot be parsed back; put text between them"
        if before.span == after.span and before.source is after.source:
            message = "a repeated slot cannot be parsed back; put text or `sep` between its repetitions"
        elif before.source is after.source:
            labels = (Label(before.span, "the slot before it"),)
        self.findings.report("ambiguous-slot", message, after.source, after.span, None, labels)

    # ---- terms -------------------------------------------------------------------------------------------------

    def block(self, block: s.Block, place: Place) -> Shape:
        return self.sequence([self.term(term, place) for term in block.terms])

    def term(self, term: s.Term, place: Place) -> Shape:
        match term:
            case s.Literal():
                return self.sequence([self.part(part, place) for part in term.parts])
            case s.Apply():
                return self.apply(term, place)
            case s.When():
                return self.when(term, place)
            case s.Each():
                return self.each(term, place, False)
            case s.Join():
                shapes = [
                    self.each(child, place, bool(term.sep)) if isinstance(child, s.Each) else self.term(child, place)
                    for child in term.body.terms
                ]
                return self.sequence(shapes, apart=bool(term.sep))
            case s.Maybe():
                shape = self.block(term.body, place)
                return Shape(shape.first, shape.last, ((),))
            case s.Prefill() | s.Fresh() | s.Sampled():
                return self.block(term.body, place)
        # Closers and records begin and end with text of their own. A `reject` ends everything.
        return SOLID

    def part(self, part: str | s.Slot, place: Place) -> Shape:
        if isinstance(part, str):
            return SOLID if part else NOTHING
        texts = [self.holds(choice, place) for choice in part.choices]
        if texts == [""]:
            return NOTHING
        if not any(text is True for text in texts):
            return SOLID
        filled = formula(part.choices[0], place.setting)
        for choice in part.choices[1:]:
            filled = ("or", filled, formula(choice, place.setting))
        edge = Edge(place.source, Span(part.span.start - 1, part.span.end + 1), (filled,))
        return Shape((edge,), (edge,), ((negated(filled),),))

    def holds(self, expr: s.Expr, place: Place) -> bool | str:
        """Whether an expression gives data. The text of a fixed one."""
        match expr:
            case s.Text():
                return expr.value
            case s.Name():
                return place.data.get(expr.id, True)
            case s.Get():
                return expr.key != "role" and self.holds(expr.object, place) is True
            case s.Pipe():
                return self.holds(expr.value, place) is True
            case s.Call():
                return any(self.holds(arg, place) is True for arg in expr.args)
        return False

    def when(self, term: s.When, place: Place) -> Shape:
        first: list[Edge] = []
        last: list[Edge] = []
        empty: list[Path] = []
        passed: Path = ()
        for condition, body in term.branches:
            test = formula(condition, place.setting)
            shape = self.under(self.block(body, place), (*passed, test)[-MAX_PATH:])
            first += shape.first
            last += shape.last
            empty += shape.empty
            passed = (*passed, negated(test))[-MAX_PATH:]
        rest = NOTHING if term.otherwise is None else self.block(term.otherwise, place)
        shape = self.under(rest, passed)
        bound = slice(MAX_EDGES)
        return Shape(
            tuple([*first, *shape.first][bound]),
            tuple([*last, *shape.last][bound]),
            tuple([*shape.empty, *empty][bound]),
        )

    def each(self, term: s.Each, place: Place, apart: bool) -> Shape:
        data = self.holds(term.items, place)
        inner = Place(
            place.source,
            inside(term, place.setting),
            {**place.data, **dict.fromkeys(term.names, data is True)},
            place.rules,
        )
        shape = self.block(term.body, inner)
        if not (apart or term.sep):
            own = tuple(inner.setting.names[name] for name in ("first", "last", *term.names))
            more: Path = (negated(("atom", ("name", own[1]))),)
            again: Path = (negated(("atom", ("name", f"{own[0]} again"))),)
            for before in shape.last:
                for after in shape.first:
                    second = tuple(_renamed(f, own) for f in after.path)
                    if self.possible(before.path, more):
                        self.touching(Edge(before.source, before.span, (*before.path, *more)), after, (*second, *again))
        none: Path = (negated(formula(term.items, place.setting)),)
        skipped = bool(shape.empty) or term.where is not None
        return Shape(shape.first, shape.last, ((),) if skipped else (none,))

    # ---- rules -------------------------------------------------------------------------------------------------

    def apply(self, term: s.Apply, place: Place) -> Shape:
        if term.name not in self.calls.rules:
            return SOLID
        rule, placed = self.calls.rules[term.name]
        if rule.reads is not None:
            edge = Edge(place.source, term.word.span, ())
            return Shape((edge,), (edge,), ((),))
        if term.name in place.rules or len(place.rules) >= MAX_RULES:
            # A recursion: its edges are found at the outermost use.
            return SOLID
        if rule.params:
            return self.of_arguments(rule, placed, term, place)
        inner = Place(placed.source, place.setting, place.data, (*place.rules, term.name))
        key = (term.name, (str(sorted(place.setting.names.items())), str(sorted(place.setting.roles.items()))))
        if key not in self.shapes:
            self.shapes[key] = SOLID
            self.shapes[key] = self.block(rule.body, inner)
        return self.shapes[key]

    def of_arguments(self, rule: s.Rule, placed: Placed, term: s.Apply, place: Place) -> Shape:
        """The shape of a rule for its kinds of arguments, without its conditions on them: other uses differ."""
        held = tuple(self.holds(arg, place) for arg in term.args)
        key = (rule.name, held)
        if key not in self.shapes:
            self.shapes[key] = SOLID
            data = {**place.data, **dict(zip(rule.params, held, strict=False))}
            names = {name: f"{name} of {rule.name}" for name in rule.params}
            setting = Setting({**place.setting.names, **names}, place.setting.roles, place.setting.other)
            shape = self.block(rule.body, Place(placed.source, setting, data, (*place.rules, rule.name)))
            self.shapes[key] = Shape(
                tuple(Edge(e.source, e.span, ()) for e in shape.first),
                tuple(Edge(e.source, e.span, ()) for e in shape.last),
                ((),) if shape.empty else (),
            )
        return self.shapes[key]


def _renamed(value: Formula, own: tuple[str, ...]) -> Formula:
    """A condition on one item of a loop, as a condition on the next item: the loop's names have other values there."""

    def renamed(at: object) -> object:
        if isinstance(at, tuple):
            return tuple(renamed(item) for item in at)
        return f"{at} again" if isinstance(at, str) and at in own else at

    return renamed(value)  # type: ignore[return-value]
