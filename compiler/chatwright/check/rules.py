"""Checks rules: each one is used, and no recursion is endless."""

from __future__ import annotations

from typing import NamedTuple

from chatwright.check.findings import Calls, Findings
from chatwright.diagnostics.diagnostic import Label
from chatwright.diagnostics.source import Source, Span
from chatwright.syntax import ast as s
from chatwright.syntax.resolve import FormatTree
from chatwright.syntax.walk import children, walk

# For each parameter of the called rule that comes from a parameter of the caller: both positions, and whether it is a
# real part.
Arcs = frozenset[tuple[int, int, bool]]
MAX_GRAPHS = 400
# Bounds for rules written out inside each other, far beyond all real specs. Python nests 20 loops.
MAX_PARTS = 5_000
MAX_CHAIN = 12
MAX_LOOPS = 16
# Filters that never make an object or a list larger.
_KEEPING = ("sorted", "without")


class _Size(NamedTuple):
    """The size of a declaration with the rules that it prints written out in it."""

    parts: int
    chain: int
    loops: int


def check_rules(tree: FormatTree, calls: Calls, findings: Findings) -> None:
    """Every rule is used, and every recursion passes on a part of an argument."""
    _unused(tree, calls, findings)
    groups = _recursive_groups(calls)
    for group in groups:
        _Descent(calls, findings, group).check()
    _sizes(tree, calls, groups, findings)


def _unused(tree: FormatTree, calls: Calls, findings: Findings) -> None:
    reached: set[str] = set()
    queue = [node.name for p in tree.decls if not isinstance(p.decl.bare, s.Rule) for node in calls.uses[id(p)]]
    while queue:
        name = queue.pop()
        if name not in reached:
            reached.add(name)
            queue += [node.name for node in calls.inside(name)]
    for name, (rule, placed) in calls.rules.items():
        # A base may declare a rule for another format of its family.
        source, at = placed.by or (placed.source, rule.word.span)
        if name not in reached and source is tree.sources[0]:
            findings.report("unused-rule", f"rule {name} is never printed", source, at)


def _recursive_groups(calls: Calls) -> list[set[str]]:
    """The sets of rules that can print each other (Tarjan's algorithm, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    groups: list[set[str]] = []
    for root in calls.rules:
        if root in index:
            continue
        work = [(root, iter([node.name for node in calls.inside(root)]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            name, targets = work[-1]
            target = next(targets, None)
            if target is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    group: set[str] = set()
                    while name not in group:
                        group.add(stack.pop())
                    on_stack -= group
                    if len(group) > 1 or any(node.name == name for node in calls.inside(name)):
                        groups.append(group)
            elif target not in index:
                index[target] = low[target] = len(index)
                stack.append(target)
                on_stack.add(target)
                work.append((target, iter([node.name for node in calls.inside(target)])))
            elif target in on_stack:
                low[name] = min(low[name], index[target])
    return groups


def _sizes(tree: FormatTree, calls: Calls, groups: list[set[str]], findings: Findings) -> None:
    """No declaration is too large or too deep with all its rules written out."""
    group_of = {name: i for i, group in enumerate(groups) for name in group}
    known: dict[str, _Size] = {}
    for root in calls.rules:
        work = [root]
        while work:
            name = work[-1]
            inner = [n.name for n in calls.inside(name) if group_of.get(n.name, -1) != group_of.get(name, -2)]
            waiting = [n for n in inner if n not in known]
            if name not in known and waiting:
                work += waiting
                continue
            work.pop()
            if name not in known:
                known[name] = _sized(calls.rules[name][0].body, inner, known)
                rule, placed = calls.rules[name]
                _bounded(known[name], [known[n] for n in inner], placed.source, rule.word.span, findings)
    for placed in tree.decls:
        bare = placed.decl.bare
        if isinstance(bare, s.Head | s.Turn | s.Part):
            inner = [n.name for n in calls.uses[id(placed)]]
            size = _sized(bare.body, inner, known)
            _bounded(size, [known[n] for n in inner], placed.source, bare.head, findings)


def _sized(body: s.Block, inner: list[str], known: dict[str, _Size]) -> _Size:
    parts = sum(1 for _ in walk(body)) + sum(known[n].parts for n in inner)
    chain = 1 + max((known[n].chain for n in inner), default=0)
    return _Size(min(parts, MAX_PARTS + 1), chain, _loops(body, known))


def _loops(node: s.Node, known: dict[str, _Size]) -> int:
    if isinstance(node, s.Apply | s.Call) and node.name in known:
        return known[node.name].loops
    most = max((_loops(child, known) for child in children(node)), default=0)
    return most + 1 if isinstance(node, s.Each) else most


def _bounded(size: _Size, inner: list[_Size], source: Source, at: Span, findings: Findings) -> None:
    """Report a size over a bound, unless a rule inside is over it already."""
    if size.parts > MAX_PARTS and all(i.parts <= MAX_PARTS for i in inner):
        message = f"this has more than {MAX_PARTS:,} parts when its rules are written out"
        findings.report("too-large", message, source, at)
    elif size.chain > MAX_CHAIN and all(i.chain <= MAX_CHAIN for i in inner):
        message = f"this nests rules inside rules more than {MAX_CHAIN} times"
        findings.report("too-deep", message, source, at)
    elif size.loops > MAX_LOOPS and all(i.loops <= MAX_LOOPS for i in inner):
        message = f"this nests more than {MAX_LOOPS} loops when its rules are written out"
        findings.report("too-deep", message, source, at)


class _Descent:
    """Size-change termination of one group of rules: on every cycle, some argument gets smaller."""

    def __init__(self, calls: Calls, findings: Findings, group: set[str]) -> None:
        self.calls = calls
        self.findings = findings
        self.group = group
        self.graphs: dict[tuple[str, str, Arcs], tuple[str, s.Apply | s.Call]] = {}

    def check(self) -> None:
        for name in sorted(self.group):
            rule, _ = self.calls.rules[name]
            variables = {param: (i, False) for i, param in enumerate(rule.params)}
            self.collect(rule.body, name, variables)
        edges = list(self.graphs.items())
        queue = [key for key, _ in edges]
        while queue:
            caller, middle, arcs = key = queue.pop()
            if len(self.graphs) > MAX_GRAPHS:
                self.endless(self.graphs[key])
                return
            for (start, end, more), origin in edges:
                if start == middle:
                    joined = (caller, end, _compose(arcs, more))
                    if joined not in self.graphs:
                        self.graphs[joined] = self.graphs[key] if self.graphs[key][0] == caller else origin
                        queue.append(joined)
        reported: set[str] = set()
        for (start, end, arcs), origin in self.graphs.items():
            endless = start == end and _compose(arcs, arcs) == arcs and not any(a == b and less for a, b, less in arcs)
            if endless and origin[0] not in reported:
                reported.add(origin[0])
                self.endless(origin)

    def endless(self, origin: tuple[str, s.Apply | s.Call]) -> None:
        name, node = origin
        _, placed = self.calls.rules[name]
        labels: tuple[Label, ...] = ()
        again = "itself" if node.name == name else f"{node.name}, which prints {name} again"
        target, target_placed = self.calls.rules[node.name]
        if node.name != name and target_placed.source is placed.source:
            labels = (Label(target.word.span, "declared here"),)
        message = f"rule {name} prints {again}, and no argument gets smaller"
        help = "pass on a part of a parameter: a key of it, or an item from `each`"
        self.findings.report("endless-recursion", message, placed.source, node.word.span, help, labels)

    # ---- arguments that are parts of parameters ----------------------------------------------------------------

    def collect(self, node: s.Node, name: str, variables: dict[str, tuple[int, bool]]) -> None:
        if isinstance(node, s.Apply | s.Call) and node.name in self.group:
            arcs = set()
            for position, arg in enumerate(node.args):
                found = _origin(arg, variables)
                if found is not None:
                    arcs.add((found[0], position, found[1]))
            self.graphs.setdefault((name, node.name, frozenset(arcs)), (name, node))
        if isinstance(node, s.Each):
            self.collect(node.items, name, variables)
            found = _origin(node.items, variables)
            inner = {k: v for k, v in variables.items() if k not in node.names}
            if found is not None:
                inner |= dict.fromkeys(node.names, (found[0], True))
            if node.where is not None:
                self.collect(node.where, name, inner)
            self.collect(node.body, name, inner)
            return
        for child in children(node):
            self.collect(child, name, variables)


def _origin(expr: s.Expr, variables: dict[str, tuple[int, bool]]) -> tuple[int, bool] | None:
    """The parameter that an expression comes from, and whether the expression is a real part of it."""
    match expr:
        case s.Name():
            return variables.get(expr.id)
        case s.Get():
            found = _origin(expr.object, variables)
            return None if found is None else (found[0], True)
        case s.Pipe() if expr.filter.name in _KEEPING:
            return _origin(expr.value, variables)
    return None


def _compose(first: Arcs, second: Arcs) -> Arcs:
    joined: dict[tuple[int, int], bool] = {}
    for a, b, less in first:
        for c, d, less_too in second:
            if b == c:
                joined[a, d] = joined.get((a, d), False) or less or less_too
    return frozenset((a, d, less) for (a, d), less in joined.items())
