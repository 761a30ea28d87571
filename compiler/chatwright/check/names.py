"""Checks that every name is defined at its place, and that its kind fits its use."""

from __future__ import annotations

from chatwright.check.findings import Calls, Findings
from chatwright.check.kinds import Kind, Typing, Visible, roles_of
from chatwright.check.literals import lookalikes
from chatwright.diagnostics.diagnostic import Label
from chatwright.diagnostics.source import Source, Span
from chatwright.runtime.suggest import did_you_mean
from chatwright.syntax import ast as s
from chatwright.syntax import foreign
from chatwright.syntax import vocabulary as w
from chatwright.syntax.resolve import FormatTree, Placed
from chatwright.syntax.walk import walk

MESSAGE_KINDS = {
    "role": Kind("text"),
    "inline": Kind("bool"),
    "reasoning": Kind("any"),
    "tool_calls": Kind("calls"),
    "results": Kind("messages"),
    "answers": Kind("call"),
}
POSITION_KINDS = {
    "first": Kind("position"),
    "last": Kind("position"),
    "ending": Kind("position"),
    "prev": Kind("message"),
    "next": Kind("message"),
}
COUNT_KINDS = {word: Kind("number") for word in w.COUNTS}
_ITEMS = {"messages": "message", "calls": "call", "tools": "tool"}
_NO_ITEMS = ("number", "bool", "position", "choice", "text")


def check_names(tree: FormatTree, calls: Calls, findings: Findings) -> None:
    """Every name of a format is defined, and every value has a kind that fits its place."""
    names = _Names(tree, calls, findings)
    for placed in tree.decls:
        if findings.full():
            return
        names.declaration(placed)


class _Names:
    def __init__(self, tree: FormatTree, calls: Calls, findings: Findings) -> None:
        self.tree = tree
        self.calls = calls
        self.findings = findings
        self.fields = {field.name: _type_kind(field.type) for field, _ in tree.all(s.Field)}
        self.marks = {mark.name: Kind("position") for mark, _ in tree.all(s.Mark)}
        self.settled = _globals(tree)
        self.message = {name: MESSAGE_KINDS.get(name, Kind("any")) for name in _fields(tree)} | self.fields
        self.turn = {name: MESSAGE_KINDS[name] for name in w.TURN_NAMES}
        self.here = {**self.turn, **COUNT_KINDS}
        self.roles = roles_of(tree)
        self.homeless = _homeless_rules(tree, calls)

    def typing(self, placed: Placed) -> Typing:
        keys = {**self.message, **self.turn}
        message = self.visible(self.message)
        return Typing(self.calls, self.findings, placed.source, keys, message, self.roles)

    # ---- declarations ------------------------------------------------------------------------------------------

    def visible(self, *more: dict[str, Kind], where: str = "here", loop: bool = False) -> Visible:
        names = dict(self.settled)
        for kinds in more:
            names |= kinds
        return Visible(names, where, loop)

    def declaration(self, placed: Placed) -> None:
        block = _Block(self, placed)
        match placed.decl.bare:
            case s.Head(body=body):
                first = {word: POSITION_KINDS[word] for word in ("next", "ending")}
                block.terms(body, self.visible(self.marks, first, where="in the head"))
            case s.Turn() as turn:
                self.turn_of(block, turn)
            case s.Part(body=body):
                of_part = {"part": Kind("any"), "role": Kind("text"), **COUNT_KINDS}
                block.terms(body, self.visible(self.marks, of_part, where="in a part"))
            case s.Rule() as rule:
                self.rule(block, rule)
            case s.Mark(where=where) as mark if where is not None:
                message = {"message": Kind("message", mark.roles)}
                block.typing.condition(where, self.visible(self.message, message, where="in a mark"))
                self.found_before(mark, placed)
            case s.Refusal(message=message, when=when):
                outside = self.visible(self.marks, where="outside of turns")
                block.typing.condition(when, outside)
                block.literal(message, outside, prints=False)

    def found_before(self, mark: s.Mark, placed: Placed) -> None:
        """The `where` of a mark can test only the marks that are declared before it."""
        names = list(self.marks)
        later = names[names.index(mark.name) :]
        for node in walk(mark):
            name = node.args[0] if isinstance(node, s.Call) and node.name in w.MARK_TESTS and node.args else None
            if isinstance(name, s.Name) and name.id in later:
                message = f"mark {mark.name} cannot test mark {name.id}, which is declared later"
                help: str | None = f"declare {name.id} first"
                if name.id == mark.name:
                    message, help = f"mark {name.id} cannot test itself", None
                self.findings.report("unknown-name", message, placed.source, name.span, help)

    def turn_of(self, block: _Block, turn: s.Turn) -> None:
        shared = (self.marks, POSITION_KINDS)
        if not turn.run:
            own = {"message": Kind("message", turn.roles)}
            block.terms(turn.body, self.visible(*shared, self.message, self.here, own, where="in this turn", loop=True))
            return
        run = {"run": Kind("messages", turn.roles)}
        outer = self.visible(*shared, run, where="here: a turn over a run has several messages", loop=True)
        block.run_inner = self.visible(*shared, self.message, self.here, run, where="in this turn", loop=True)
        loops = [term for term in turn.body.terms if _is_run(term)]
        if len(loops) != 1:
            at = loops[1].head if loops else turn.head
            help = None if loops else 'each message in run { "{message.content}" }'
            message = "a turn over a run needs exactly one `each … in run`, directly in its block"
            self.findings.report("wrong-type", message, block.source, at, help)
        block.terms(turn.body, outer)

    def rule(self, block: _Block, rule: s.Rule) -> None:
        params = {name: Kind("any") for name in rule.params}
        homeless = self.homeless.get(rule.name)
        if homeless is None:
            own = {"message": Kind("message")}
            names = self.visible(self.marks, POSITION_KINDS, self.message, self.here, own, params, loop=True)
        else:
            block.typing.elsewhere = homeless
            names = self.visible(self.marks, params, where="where this rule is used")
        block.terms(rule.body, names)


class _Block:
    """The terms of one declaration."""

    def __init__(self, names: _Names, placed: Placed) -> None:
        self.names = names
        self.source: Source = placed.source
        self.typing = names.typing(placed)
        self.findings = names.findings
        self.run_inner: Visible | None = None

    def terms(self, block: s.Block, env: Visible) -> None:
        for term in block.terms:
            self.term(term, env)

    def term(self, term: s.Term, env: Visible) -> None:
        match term:
            case s.Literal():
                self.literal(term, env)
            case s.Apply():
                self.apply(term, env)
            case s.When():
                for when, body in term.branches:
                    self.typing.condition(when, env)
                    self.terms(body, env)
                if term.otherwise is not None:
                    self.terms(term.otherwise, env)
            case s.Each():
                self.plain(term.separator, env)
                self.each(term, env)
            case s.Join() | s.Maybe() | s.Sampled():
                self.plain(term.separator if isinstance(term, s.Join) else None, env)
                self.terms(term.body, env)
            case s.Prefill() | s.Fresh() | s.Close() | s.CloseByNext():
                self.written(term, env)
            case s.Reject():
                self.literal(term.message, env, prints=False)
            case s.Record():
                for entry in term.entries:
                    kind = self.typing.expr(entry.value, env)
                    self.typing.data(entry.value)
                    if isinstance(entry, s.Spread) and kind.word in (*_NO_ITEMS, "messages", "calls", "tools"):
                        message = f"`...` takes an object, and this is {kind.article()}"
                        self.findings.report("wrong-type", message, self.source, entry.value.span)

    def written(self, term: s.Prefill | s.Fresh | s.Close | s.CloseByNext, env: Visible) -> None:
        """The terms in which the model's own text differs from its text in history."""
        match term:
            case s.Prefill():
                self.optional(term.when, env)
                self.terms(term.body, env)
            case s.Fresh():
                self.terms(term.body, env)
                self.optional(term.past_when, env)
                if term.past is not None:
                    self.terms(term.past, env)
            case s.Close():
                if isinstance(term.token, s.Name):
                    self.settled(term.token.id, term.token.span)
                self.optional(term.past_when, env)
            case s.CloseByNext():
                for word in term.words:
                    self.typing.role(word.text, word.span)

    def optional(self, when: s.Expr | None, env: Visible) -> None:
        if when is not None:
            self.typing.condition(when, env)

    def literal(self, literal: s.Literal, env: Visible, prints: bool = True) -> None:
        self.plain(literal, env)
        for part in literal.parts:
            if isinstance(part, s.Slot):
                self.typing.slot(part, env, prints)

    def plain(self, literal: s.Literal | None, env: Visible) -> None:
        """The text of a string that is no slot and looks like one."""
        for found in () if literal is None else lookalikes(literal, self.source, env.names):
            self.findings.report("printed-as-written", found.message, self.source, found.span, found.help)

    def settled(self, name: str, at: Span) -> None:
        if name not in w.SETTLED_TOKENS:
            message = f"`close` takes a token in quotes, bos or eos, and {name} is none of these"
            self.findings.report("unknown-name", message, self.source, at, did_you_mean(name, w.SETTLED_TOKENS))
        elif getattr(self.names.tree, name) is None:
            message = f"this format has no {name}: the format declaration does not set it"
            self.findings.report("unknown-name", message, self.source, at, f'{name} = "…"')

    def apply(self, term: s.Apply, env: Visible) -> None:
        if term.name in w.SETTLED_TOKENS:
            self.settled(term.name, term.word.span)
            return
        at = term.word.span
        if term.name not in self.names.calls.rules:
            known = [*self.names.calls.rules, *w.SETTLED_TOKENS]
            help = did_you_mean(term.name, known, f'write a text in quotes, or declare it: rule {term.name} {{ "…" }}')
            if self.source.text[at.end : at.end + 1] in ('"', "'"):
                help = f"every string in double quotes has slots; write it without {term.name}"
            elif not term.args and term.name in env.names:
                help = f'"{{{term.name}}}" prints it'
            elif term.name in foreign.FUNCTIONS or term.name in foreign.NAMES:
                help = foreign.FUNCTIONS.get(term.name) or foreign.NAMES[term.name]
            message = f"there is no rule {term.name}: a bare name in a block is a rule"
            self.findings.report("unknown-name", message, self.source, at, help)
        self.typing.rule_args(term.name, term.args, at)
        for arg in term.args:
            self.typing.expr(arg, env)
            self.typing.data(arg)

    def each(self, term: s.Each, env: Visible) -> None:
        kind = self.typing.expr(term.items, env)
        over = term.items.span
        if kind.word in _NO_ITEMS:
            message = f"`each` goes over a list or an object, and this is {kind.article()}"
            self.findings.report("wrong-type", message, self.source, over)
        elif kind.word == "message":
            message = "`each` goes over a list or an object, and this is a message"
            self.findings.report("wrong-type", message, self.source, over, "name one of its lists")
        elif len(term.names) > 2:
            message = "`each` has one name for a list and two for an object"
            self.findings.report("wrong-type", message, self.source, term.variables[2].span)
        elif len(term.names) == 2 and kind.word in (*_ITEMS, "list"):
            at = term.variables[1].span
            message = "`each` with two names goes over the keys and values of an object, and this is a list"
            self.findings.report("wrong-type", message, self.source, at, f"each {term.names[0]} in …")
        if len(set(term.names)) < len(term.names):
            message = f"two names of this `each` are {term.names[1]}"
            self.findings.report("duplicate", message, self.source, term.variables[1].span)
        inner = env
        if _is_run(term) and self.run_inner is not None:
            inner = self.run_inner
            if term.where is not None:
                message = "`each … in run` goes over all messages of the run"
                help = "put a `when` inside its block"
                self.findings.report("wrong-type", message, self.source, term.where.span, help)
        item = Kind(_ITEMS[kind.word], kind.values) if kind.word in _ITEMS else Kind("any")
        variables = {name: item if len(term.names) == 1 else Kind("any") for name in term.names}
        inner = inner.inside_loop(variables, {name: POSITION_KINDS[name] for name in ("first", "last")})
        if term.where is not None:
            self.where(term, inner)
        self.terms(term.body, inner)

    def where(self, term: s.Each, inner: Visible) -> None:
        """`where` selects the items, so it cannot ask for the first or the last of the selected ones."""
        assert term.where is not None
        self.typing.condition(term.where, inner)
        if isinstance(term.where, s.Name) and term.where.id == "first":
            return
        for node in walk(term.where):
            if isinstance(node, s.Name) and node.id in ("first", "last") and node.id not in term.names:
                message = f"{node.id} counts the items that `where` selects, so `where` cannot ask for it"
                help = "`where first` alone takes the first item; the block can ask for first and last"
                self.findings.report("wrong-type", message, self.source, node.span, help)


def _is_run(term: s.Term) -> bool:
    return isinstance(term, s.Each) and isinstance(term.items, s.Name) and term.items.id == "run"


def _type_kind(type: s.Type) -> Kind:
    if type.of is not None:
        return Kind("list", () if type.of[0] in w.OPTION_TYPES else type.of)
    if len(type.names) > 1:
        return Kind("choice", type.names)
    return {"bool": Kind("bool"), "int": Kind("number"), "text": Kind("text"), "list": Kind("list")}.get(
        type.names[0], Kind("any")
    )


def _fields(tree: FormatTree) -> list[str]:
    """The words for fields of a message, without those of reasoning that the format does not declare."""
    reasoning = tree.one(s.Reasoning)
    absent = [] if reasoning is not None and reasoning.inline is not None else ["inline"]
    absent += ["reasoning"] if reasoning is None else []
    return [name for name in w.MESSAGE_NAMES if name not in absent]


def _globals(tree: FormatTree) -> dict[str, Kind]:
    """The names that are visible everywhere."""
    names = {"tools": Kind("tools"), "messages": Kind("messages"), "turns": Kind("messages")}
    names |= {option.name: _type_kind(option.type) for option, _ in tree.all(s.Option)}
    names |= {name: Kind("text") for name in w.SETTLED_TOKENS if getattr(tree, name) is not None}
    head = tree.one(s.Head)
    if head is not None and head.takes:
        names[head.takes[0]] = Kind("messages" if head.which == "all" else "message", head.takes)
    return names


def _homeless_rules(tree: FormatTree, calls: Calls) -> dict[str, tuple[Source, Label]]:
    """The rules that are used where there is no message, each with one such use."""
    out: dict[str, tuple[Source, Label]] = {}
    queue: list[str] = []

    def found(name: str, placed: Placed, node: s.Node) -> None:
        if name not in out:
            label = Label(node.span, "used where there is no message")
            out[name] = (placed.source, label)
            queue.append(name)

    for placed in tree.decls:
        bare = placed.decl.bare
        if isinstance(bare, s.Head | s.Part | s.Refusal):
            outside = calls.uses[id(placed)]
        elif isinstance(bare, s.Turn) and bare.run:
            inside = {id(n) for term in bare.body.terms if _is_run(term) for n in walk(term)}
            outside = [node for node in calls.uses[id(placed)] if id(node) not in inside]
        else:
            continue
        for node in outside:
            found(node.name, placed, node)
    while queue:
        name = queue.pop()
        for node in calls.inside(name):
            if node.name not in out:
                out[node.name] = out[name]
                queue.append(node.name)
    return out
