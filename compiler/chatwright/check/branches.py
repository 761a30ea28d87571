"""Checks the paths through a block: branches that are never taken, text that is never printed, missing closers."""

from __future__ import annotations

import msgspec

from chatwright.check.conditions import Formula, Setting, Solver, atoms, formula, negated
from chatwright.check.findings import Calls, Findings
from chatwright.diagnostics.diagnostic import Label
from chatwright.diagnostics.source import Source, Span
from chatwright.syntax import ast as s
from chatwright.syntax.resolve import FormatTree, Placed
from chatwright.syntax.walk import walk

# Where a block has more ways, some are merged.
MAX_WAYS = 48
# Branches of one `when`, which becomes one chain in the generated code.
MAX_BRANCHES = 200
# Depth of rules inside rules. `check_rules` reports deeper ones.
MAX_RULES = 24
Path = tuple[Formula, ...]


def check_branches(tree: FormatTree, calls: Calls, solver: Solver, findings: Findings) -> None:
    """Every branch and every term can be reached, and every way through `sampled` ends in one `close`."""
    named = named_roles(tree)
    closers = rules_that_close(calls)
    for placed in tree.decls:
        bare = placed.decl.bare
        check = _Branches(placed, solver, findings)
        if isinstance(bare, s.Head | s.Turn | s.Part | s.Rule):
            check.block(bare.body, (), setting_of(bare, named))
        elif isinstance(bare, s.Refusal):
            check.constant(bare.when, Setting(), "this refusal")
        elif isinstance(bare, s.Mark) and bare.where is not None:
            check.constant(bare.where, Setting(), "this mark")
        if isinstance(bare, s.Turn | s.Rule):
            for node in walk(bare.body):
                if isinstance(node, s.Sampled):
                    _Ways(tree, placed, calls, closers, solver, findings).sampled(node, setting_of(bare, named))


def named_roles(tree: FormatTree) -> tuple[str, ...]:
    """The roles with turns of their own, which `turn *` never gets."""
    return tuple(role for turn, _ in tree.all(s.Turn) for role in turn.roles)


def setting_of(bare: s.Bare, named: tuple[str, ...]) -> Setting:
    """The facts about the message of a declaration. A rule may be printed inside a loop of its caller."""
    if isinstance(bare, s.Rule):
        return Setting({"first": "first in a rule", "last": "last in a rule"})
    if not isinstance(bare, s.Turn):
        return Setting()
    if bare.run:
        loops = [term for term in bare.body.terms if isinstance(term, s.Each) and isinstance(term.items, s.Name)]
        names = [loop.names[0] for loop in loops if isinstance(loop.items, s.Name) and loop.items.id == "run"]
        return Setting(roles={f"{name} in run": bare.roles for name in names})
    return Setting({}, {"role": bare.roles or named, "message": bare.roles or named}, not bare.roles)


def inside(loop: s.Each, setting: Setting) -> Setting:
    """The setting inside a loop, which has its own names."""
    place = "in run" if isinstance(loop.items, s.Name) and loop.items.id == "run" else f"at {loop.span.start}"
    own = {name: f"{name} {place}" for name in ("first", "last", *loop.names)}
    return Setting({**setting.names, **own}, setting.roles, setting.other)


class _Branches:
    def __init__(self, placed: Placed, solver: Solver, findings: Findings) -> None:
        self.source = placed.source
        self.solver = solver
        self.findings = findings

    def unreachable(self, message: str, span: Span, labels: tuple[Label, ...] = ()) -> None:
        self.findings.report("unreachable-branch", message, self.source, span, None, labels)

    def block(self, block: s.Block, path: Path, setting: Setting) -> None:
        for index, term in enumerate(block.terms):
            self.term(term, path, setting)
            if isinstance(term, s.Reject) and index + 1 < len(block.terms):
                labels = (Label(term.head, "the conversation is refused here"),)
                self.unreachable("nothing after a `reject` is printed", block.terms[index + 1].head, labels)
                return

    def term(self, term: s.Term, path: Path, setting: Setting) -> None:
        match term:
            case s.When():
                self.when(term, path, setting)
            case s.Each():
                inner = inside(term, setting)
                if term.where is not None:
                    path = self.constant(term.where, inner, "this `where`", path)
                self.block(term.body, path, inner)
            case s.Join() | s.Maybe() | s.Sampled():
                self.block(term.body, path, setting)
            case s.Prefill():
                if term.when is not None:
                    self.constant(term.when, setting, "this `prefill`", path)
                self.block(term.body, path, setting)
            case s.Fresh():
                self.block(term.body, path, setting)
                if term.past_when is not None:
                    path = self.constant(term.past_when, setting, "this `past`", path)
                if term.past is not None:
                    self.block(term.past, path, setting)
            case s.Close(past_when=when) if when is not None:
                self.constant(when, setting, "this `past`", path)
            case _:
                pass

    def constant(self, when: s.Expr, setting: Setting, what: str, path: Path = ()) -> Path:
        """Report a condition that never or always holds. Returns the path on which it holds."""
        test = formula(when, setting)
        if not self.solver.possible((test,)):
            self.unreachable(f"the condition of {what} is never true", when.span)
        elif not self.solver.possible((*path, test)) and self.solver.possible(path):
            self.unreachable(
                f"the condition of {what} is never true here: a condition around it rules it out", when.span
            )
        elif _constant(test) or not self.solver.possible((negated(test),)):
            self.unreachable(f"the condition of {what} is always true", when.span)
        return (*path, test)

    def when(self, term: s.When, path: Path, setting: Setting) -> None:
        if len(term.branches) > MAX_BRANCHES:
            message = f"a `when` has at most {MAX_BRANCHES} branches"
            at = term.branches[MAX_BRANCHES][0].span
            self.findings.report("too-large", message, self.source, at)
            return
        passed: Path = ()
        seen: dict[Formula, Span] = {}
        covered = False
        for condition, body in term.branches:
            test = formula(condition, setting)
            span = condition.span
            if covered:
                self.unreachable("this branch is never taken: the branches before it cover every case", span)
                continue
            if not self.solver.possible((test,)):
                self.unreachable("this condition is never true: its parts exclude each other", span)
            elif test in seen:
                labels = (Label(seen[test], "first here"),)
                self.unreachable("an earlier branch has the same condition", span, labels)
            elif _constant(test):
                self.unreachable("this condition is always true", span)
            elif not self.solver.possible((*path, *passed, test)):
                earlier = self.solver.possible((*path, test))
                reason = "the branches before it rule" if earlier else "a condition around it rules"
                self.unreachable(f"this branch is never taken: {reason} it out", span)
            else:
                self.block(body, (*path, *passed, test), setting)
            seen.setdefault(test, span)
            passed = (*passed, negated(test))[-24:]
            covered = not self.solver.possible((*path, *passed)) and self.solver.possible(path)
        if term.otherwise is not None:
            if covered:
                message = "this `else` is never taken: the branches before it cover every case"
                self.unreachable(message, term.otherwise.head)
            else:
                self.block(term.otherwise, (*path, *passed), setting)


def _constant(test: Formula) -> bool:
    return test is True or not _has_atoms(test)


def _has_atoms(test: Formula) -> bool:
    found: dict[tuple[object, ...], None] = {}
    atoms(test, found)
    return bool(found)


def example_close(tree: FormatTree) -> str:
    """A `close` that fits the format, for a help."""
    if tree.eos is not None:
        return "close eos"
    ends = [token for token in tree.tokens if "end" in token or "eot" in token]
    return f'close "{ends[-1]}"' if ends else 'close "<the token that ends a turn>"'


class _Way(msgspec.Struct, frozen=True):
    """One way through a block: its conditions, the last branching, and its `close` if it has one."""

    path: Path
    split: Label | None
    closed: Span | None


def rules_that_close(calls: Calls) -> set[str]:
    """The rules that print a closer, directly or through another rule."""
    direct = {
        name
        for name, (rule, _) in calls.rules.items()
        if any(isinstance(node, s.Close | s.CloseByNext) for node in walk(rule.body))
    }
    queue = list(direct)
    while queue:
        for placed, _ in calls.sites[queue.pop()]:
            bare = placed.decl.bare
            if isinstance(bare, s.Rule) and bare.name not in direct:
                direct.add(bare.name)
                queue.append(bare.name)
    return direct


class _Ways:
    """The ways through one `sampled` block."""

    def __init__(
        self,
        tree: FormatTree,
        placed: Placed,
        calls: Calls,
        closers: set[str],
        solver: Solver,
        findings: Findings,
    ) -> None:
        self.tree = tree
        self.source: Source = placed.source
        self.calls = calls
        self.solver = solver
        self.findings = findings
        self.late: s.Term | None = None
        self.closers = closers

    def sampled(self, node: s.Sampled, setting: Setting) -> None:
        ways = self.block(node.body, [_Way((), None, None)], setting, ())
        unclosed = [way for way in ways if way.closed is None]
        if unclosed:
            closed = any(way.closed for way in ways)
            split = unclosed[0].split if closed else None
            labels = () if split is None else (split,)
            message = "every way through `sampled` needs a `close`, and one way has none"
            if not closed:
                message = "this `sampled` has no `close`, so the model would not stop"
            self.findings.report("missing-close", message, self.source, node.head, example_close(self.tree), labels)
        elif self.late is not None:
            first = next((way.closed for way in ways if way.closed is not None), None)
            labels = () if first is None else (Label(first, "the model stops here"),)
            message = "the model stops before this text: move it after the `sampled` block"
            self.findings.report("text-after-close", message, self.source, self.late.head, None, labels)

    def block(self, block: s.Block, ways: list[_Way], setting: Setting, rules: tuple[str, ...]) -> list[_Way]:
        for term in block.terms:
            ways = self.term(term, ways, setting, rules)
        return ways

    def term(self, term: s.Term, ways: list[_Way], setting: Setting, rules: tuple[str, ...]) -> list[_Way]:
        match term:
            case s.When():
                return self.when(term, ways, setting, rules)
            case s.Reject():
                return []
            case s.Close() | s.CloseByNext():
                self.after_close(ways, term, rules)
                at = term.head if not rules else None
                return [_Way(way.path, way.split, way.closed or at or Span(0, 0)) for way in ways]
            case s.Fresh():
                fresh = self.block(term.body, ways, setting, rules)
                past = ways if term.past is None else self.block(term.past, ways, setting, rules)
                if term.past is None or all(way.closed for way in past):
                    return fresh
                return past if all(way.closed for way in fresh) else fresh
            case s.Prefill():
                return self.block(term.body, ways, setting, rules)
            case s.Apply() if term.name in self.closers and term.name not in rules and len(rules) < MAX_RULES:
                rule, _ = self.calls.rules[term.name]
                closed = self.block(rule.body, ways, Setting(), (*rules, term.name))
                if rules:
                    return closed
                return [_Way(w.path, w.split, term.head if w.closed == Span(0, 0) else w.closed) for w in closed]
            case _:
                # A closer in a loop, `join` or `maybe` is not always printed, so it does not count.
                self.after_close(ways, term, rules)
                return ways

    def after_close(self, ways: list[_Way], term: s.Term, rules: tuple[str, ...]) -> None:
        prints = not (isinstance(term, s.Literal) and not term.parts)
        if prints and not rules and self.late is None and any(way.closed for way in ways):
            self.late = term

    def when(self, term: s.When, ways: list[_Way], setting: Setting, rules: tuple[str, ...]) -> list[_Way]:
        out: list[_Way] = []
        for way in ways:
            path = way.path
            taken: list[tuple[Label, list[_Way]]] = []
            for condition, body in term.branches:
                test = formula(condition, setting)
                if self.solver.possible((*path, test)):
                    inner = self.block(body, [_Way((*path, test), way.split, way.closed)], setting, rules)
                    taken.append((Label(condition.span, "no `close` when this holds"), inner))
                path = (*path, negated(test))
            if self.solver.possible(path):
                left = [_Way(path, way.split, way.closed)]
                label = Label(term.head, "no `close` when no branch of this is taken")
                if term.otherwise is not None:
                    label = Label(term.otherwise.head, "no `close` in this branch")
                    left = self.block(term.otherwise, left, setting, rules)
                taken.append((label, left))
            splits = not rules and any(w.closed for _, inner in taken for w in inner)
            for label, inner in taken:
                out += [_Way(w.path, w.split or label, None) if splits and not w.closed else w for w in inner]
        return _merged(out)


def _merged(ways: list[_Way]) -> list[_Way]:
    """The ways; where there are many, one that closes and one that does not, without their conditions."""
    if len(ways) <= MAX_WAYS:
        return ways
    kept: dict[bool, _Way] = {}
    for way in ways:
        kept.setdefault(way.closed is not None, _Way((), way.split, way.closed))
    return list(kept.values())
