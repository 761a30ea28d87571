"""Why a text can change: the words of the spec that cause it, with their line and a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from chatwright.analysis.simplify import Known, assume
from chatwright.ir import program as ir
from chatwright.ir.walk import statements
from chatwright.stability.cases import Case
from chatwright.stability.dependence import bodies_of
from chatwright.stability.equivalence import agree, plain
from chatwright.stability.lookahead import at_moment, looks_ahead, replaced
from chatwright.stability.subject import Subject
from chatwright.syntax import ast as s
from chatwright.syntax.resolve import FormatTree, Placed
from chatwright.syntax.walk import walk

Word = ir.Expr | str

#: History differs from the text that the model wrote, whatever follows.
PAST = "past"


class Cause(msgspec.Struct, frozen=True):
    """A line of a spec that lets text change, the text of the line, and a sentence that explains it."""

    spec: str
    line: int
    text: str
    reason: str


def words_of(case: Case, subject: Subject) -> tuple[Word, ...]:
    """The words that change the text of an open case: the necessary ones, if there are any; else those that suffice
    alone; else all words whose meaning changes. PAST if the text changes without any of them."""
    changed = _changed(case, subject)
    before = _body(case, subject, ())
    if case.answer and not _agree(bodies_of(subject, case)[0], before, case):
        return (PAST,)
    needed = [word for word in changed if _agree_between(case, subject, [w for w in changed if w != word])]
    enough = [word for word in changed if not _agree_between(case, subject, [word])]
    return tuple(needed or enough or changed) or (PAST,)


def _changed(case: Case, subject: Subject) -> list[ir.Expr]:
    body = subject.head if case.turn is None else subject.history if case.answer else subject.bodies[case.turn]
    found = []
    for word in sorted(looks_ahead(body), key=repr):
        asked = ir.Filled(word) if isinstance(word, ir.Results | ir.HeadList) else word
        if at_moment(asked, case.before) != at_moment(asked, case.after):
            found.append(asked)
    return found


def _agree_between(case: Case, subject: Subject, later: list[ir.Expr]) -> bool:
    """Whether the text stays if only some words take their later meaning."""
    return _agree(bodies_of(subject, case)[0], _body(case, subject, tuple(later)), case)


def _body(case: Case, subject: Subject, later: tuple[ir.Expr, ...]) -> ir.Body:
    """The later text, with the earlier meaning of all but some words."""

    def settled(node: ir.Expr) -> ir.Expr | None:
        if node in later:
            return at_moment(node, case.after, subject.growing)
        return None

    def change(expr: ir.Expr) -> ir.Expr:
        return at_moment(replaced(expr, settled), case.before, subject.growing)

    body = subject.head if case.turn is None else subject.history if case.answer else subject.bodies[case.turn]
    return plain(body, change)


def _agree(before: ir.Body, after: ir.Body, case: Case) -> bool:
    known: Known = {}
    for expr, value in case.known:
        known = assume(known, expr, value)
    return agree(before, after, case.answer, known)


# ---- lines -------------------------------------------------------------------------------------------------------


class Asking:
    """The lines of a format that use a word of a case."""

    def __init__(self, case: Case, word: Word, tree: FormatTree) -> None:
        self.case = case
        self.word = word
        self.tree = tree
        self.numbers = {id(source): number for number, source in enumerate(tree.sources)}
        asking = [(p, node) for p in _declarations(case, tree) for node in _asking(p.decl.bare, word, tree)]
        self.spans = [self.span(placed, node) for placed, node in asking]
        rules = [rule for _, node in asking for rule in _used(node, tree=tree)]
        self.reach = [*self.spans, *(self.span(placed, placed.decl.bare) for placed in rules)]
        if not self.spans:
            placed = next(iter(_declarations(case, tree)))
            source, line, _ = self.span(placed, placed.decl.bare)
            self.spans = [(source, line, line)]

    def span(self, placed: Placed, node: s.Node) -> tuple[int, int, int]:
        """A source by its number, the first and the last line of a node in it."""
        source = placed.source
        return self.numbers[id(source)], source.line(node.span.start), source.line(node.span.end - 1)

    def holds(self, place: tuple[int, int]) -> bool:
        """Whether a line is in a term that uses the word, or in a rule that such a term uses."""
        return any(source == place[0] and start <= place[1] <= end for source, start, end in self.reach)

    @property
    def only(self) -> tuple[str, int] | None:
        """The line that uses the word, if there is exactly one."""
        lines = {(self.tree.sources[source].name, line) for source, line, _ in self.spans}
        return lines.pop() if len(lines) == 1 else None

    def cause(self, near: tuple[tuple[int, int], ...]) -> Cause:
        """The line that uses the word, near the lines that printed the difference, and why it changes the text."""
        around = [s for s in self.spans for place in near if s[0] == place[0] and s[1] <= place[1] <= s[2]]
        above = [s for s in self.spans for place in near if s[0] == place[0] and s[1] <= place[1]]
        source, line, _ = max(around) if around else max(above) if above else self.spans[0]
        return _cause(self.tree, source, line, _reason(self.case, self.word))


def _declarations(case: Case, tree: FormatTree) -> Iterator[Placed]:
    """The declaration of the turn (or head), then the rules that it uses."""
    kind: type[s.Head] | type[s.Turn] = s.Head if case.turn is None else s.Turn
    own = [
        placed
        for decl, placed in tree.all(kind)
        if case.turn is None or (isinstance(decl, s.Turn) and decl.roles == case.turn.roles)
    ]
    yield from own
    yield from _used(*(placed.decl.bare for placed in own), tree=tree)


def _used(*nodes: s.Node, tree: FormatTree) -> list[Placed]:
    """The rules that nodes use, directly or through others."""
    rules = {rule.name: placed for rule, placed in tree.all(s.Rule)}
    found: dict[str, Placed] = {}
    waiting = list(nodes)
    while waiting:
        for node in walk(waiting.pop(0)):
            if isinstance(node, s.Apply | s.Call) and node.name in rules and node.name not in found:
                found[node.name] = rules[node.name]
                waiting.append(rules[node.name].decl.bare)
    return list(found.values())


def _asking(decl: s.Node, word: Word, tree: FormatTree) -> Iterator[s.Node]:
    """The terms of a declaration that use a word."""
    for node in walk(decl):
        match node:
            case s.When():
                conditions: list[s.Node] = [when for when, _ in node.branches]
                if any(_is(inner, word, tree) for when in conditions for inner in walk(when)):
                    yield node
                continue
            case s.Fresh() | s.Close():
                conditions = [node.past_when] if node.past_when is not None else []
                if word == PAST and (isinstance(node, s.Fresh) or node.past is not None):
                    yield node
            case s.Prefill():
                conditions = [node.when] if node.when is not None else []
            case s.Each():
                conditions = [node.items, *([node.where] if node.where is not None else [])]
            case s.Slot():
                conditions = list(node.choices)
            case _:
                continue
        for condition in conditions:
            if any(_is(inner, word, tree) for inner in walk(condition)):
                yield node
                break


def _is(node: s.Node, word: Word, tree: FormatTree) -> bool:
    match word:
        case ir.MarkTest(test="exists"):
            return isinstance(node, s.Name) and node.id == word.mark
        case ir.MarkTest():
            argument = node.args[0] if isinstance(node, s.Call) and node.name == word.test else None
            return isinstance(argument, s.Name) and argument.id == word.mark
        case ir.Filled(value=ir.HeadList()):
            head = tree.one(s.Head)
            return isinstance(node, s.Name) and head is not None and node.id == head.takes[0]
        case ir.Filled(value=ir.Results()):
            return isinstance(node, s.Name) and node.id == "results"
        case ir.Position():
            return isinstance(node, s.Name) and node.id == word.word
        case ir.RoleIs() | ir.Exists() | ir.Msg():
            return isinstance(node, s.Name) and node.id in ("next", "run", "last")
    return False


def by_opener(subject: Subject, tree: FormatTree) -> Cause:
    """The cause of a change of stops: the model samples the opener of the next turn, but this role's turn has
    another."""
    assert subject.sampler is not None
    close = next(stmt for stmt in statements(subject.sampler.body) if isinstance(stmt, ir.CloseByNext))
    roles = " or ".join(close.roles)
    source, line = close.at
    reason = f"the model stops by the opener of {roles}, and such a message begins otherwise"
    return _cause(tree, source, line, reason)


def _cause(tree: FormatTree, source: int, line: int, reason: str) -> Cause:
    return Cause(tree.sources[source].name, line, tree.sources[source].line_text(line).strip(), reason)


# ---- sentences ---------------------------------------------------------------------------------------------------


def _reason(case: Case, word: Word) -> str:
    match word:
        case ir.MarkTest():
            return _of_mark(case, word)
        case ir.Position():
            return "the turn is the last one only until another message follows"
        case ir.RoleIs() | ir.Exists() | ir.Msg():
            return "the turn prints other text once such a message follows it"
        case ir.Filled(value=ir.Results()):
            return "results are printed inside the turn that called, before text that was already there"
        case ir.Filled(value=ir.HeadList()):
            return "the head takes such a message from any place"
    if word == PAST:
        return "history differs from the text that the model wrote"
    return "the text looks at the whole conversation"


def _of_mark(case: Case, word: ir.MarkTest) -> str:
    if not case.before.marks[word.mark].exists and not case.after.marks[word.mark].exists:
        return f"where nothing fits the mark {word.mark}, it lies on the last turn, and that is another one then"
    asks = word.mark if word.test == "exists" else f"{word.test}({word.mark})"
    if case.answer:
        return f"{asks} has one value when the answer is written, and another once the answer is in the conversation"
    return f"{asks} changes for an earlier turn when a later message becomes the mark {word.mark}"
