"""The kind of each expression, and whether it fits its place. Also reports unknown names."""

from __future__ import annotations

import msgspec

from chatwright.check.findings import Calls, Findings
from chatwright.diagnostics.diagnostic import Label
from chatwright.diagnostics.source import Source, Span
from chatwright.runtime.generated import STANDARD_ROLES
from chatwright.runtime.suggest import did_you_mean, near
from chatwright.runtime.values import REASONING
from chatwright.syntax import ast as s
from chatwright.syntax import foreign
from chatwright.syntax import vocabulary as w
from chatwright.syntax.resolve import FormatTree

# Messages of these roles are turns; a head takes messages of other roles.
_TURNS_OWN = ("user", "assistant", "tool")
_ARTICLES = {
    "messages": "a list of messages",
    "calls": "a list of tool calls",
    "call": "a tool call",
    "tools": "the list of tools",
    "position": "a yes or no",
    "bool": "a yes or no",
    "choice": "one of a few words",
}
_UNPRINTABLE = ("message", "messages", "call", "calls", "tool", "tools", "position")
_CLASSES = {
    "text": "text",
    "choice": "text",
    "number": "number",
    "bool": "bool",
    "position": "bool",
    "list": "list",
    "messages": "list",
    "calls": "list",
    "tools": "list",
}
# The fields of a message that a format has only with a declaration, which is the help.
UNDECLARED = {
    "reasoning": "reasoning from reasoning_content",
    "inline": 'reasoning from reasoning_content else inline "<think>" "</think>"',
}


class Kind(msgspec.Struct, frozen=True):
    """A kind of value. `values`: the words of a choice, the items of a list, the roles of a message."""

    word: str
    values: tuple[str, ...] = ()

    def article(self) -> str:
        return _ARTICLES.get(self.word, f"a {self.word}")


ANY = Kind("any")


class Visible(msgspec.Struct, frozen=True):
    """The names at a place. `where` describes the place in messages; `positions`: `first` and `last` are defined."""

    names: dict[str, Kind]
    where: str = "here"
    positions: bool = False

    def inside_loop(self, variables: dict[str, Kind], positions: dict[str, Kind]) -> Visible:
        return Visible({**self.names, **positions, **variables}, self.where, True)


class Roles(msgspec.Struct, frozen=True):
    """The roles in a format, whether its turns take any other role too, and its marks."""

    known: dict[str, None]
    any: bool
    marks: dict[str, None]


class Typing:
    """The kinds of the expressions in one declaration."""

    def __init__(
        self,
        calls: Calls,
        findings: Findings,
        source: Source,
        keys: dict[str, Kind],
        message: Visible,
        roles: Roles,
    ) -> None:
        self.calls = calls
        self.findings = findings
        self.source = source
        self.keys = keys
        self.message = message
        self.elsewhere: tuple[Source, Label] | None = None
        self.roles = roles.known
        self.any_role = roles.any
        self.marks = roles.marks

    def wrong(self, message: str, span: Span, help: str | None = None) -> None:
        self.findings.report("wrong-type", message, self.source, span, help)

    # ---- names -------------------------------------------------------------------------------------------------

    def name(self, node: s.Name, env: Visible) -> Kind:
        if node.id in env.names:
            return env.names[node.id]
        name, help, message = node.id, None, f"`{node.id}` is not defined {env.where}"
        labels: tuple[Label, ...] = ()
        if name in self.keys or name in w.POSITIONS or name in w.COUNTS:
            help = self._message_help(name, env)
            message = f"`{name}` is about a message, and there is no message {env.where}"
            if env.where.startswith("here:"):
                message = f"`{name}` is not defined {env.where}"
            if self.elsewhere is not None and self.elsewhere[0] is self.source:
                labels = (self.elsewhere[1],)
        elif name in self.calls.rules:
            help = "a rule is a term of a block; this place takes data"
        elif name in (*w.FUNCTIONS, *w.MARK_TESTS):
            help = f"{name} takes arguments in parentheses"
        elif name in foreign.NAMES:
            help = foreign.NAMES[name]
        elif name in UNDECLARED:
            message = f"`{name}` has no value: the format does not declare where it is"
            help = UNDECLARED[name]
        elif name in self.roles and name not in _TURNS_OWN:
            help = f"the head can give a message this name: head takes first {name} {{ … }}"
        elif name in REASONING:
            help = f"write reasoning, and declare its field: reasoning from {name}"
        else:
            field = f", or field {name}: text" if "content" in env.names else ""
            help = did_you_mean(name, env.names, f"declare it: option {name}: bool = false{field}")
        self.findings.report("unknown-name", message, self.source, node.span, help, labels)
        return ANY

    def _message_help(self, name: str, env: Visible) -> str | None:
        if name in w.POSITIONS:
            return "first and last are defined in turns and in loops, the other positions in turns only"
        holder = next((n for n, kind in env.names.items() if kind.word == "message"), None)
        return f"{holder}.{name}" if holder else None

    def role(self, role: str, span: Span) -> None:
        """A role in a test must be a role of some turn, `skip` or `head`."""
        if role in self.roles:
            return
        close = near(role, self.roles)
        if close or not self.any_role:
            help = f"did you mean {close}?" if close else None
            self.findings.report("unknown-name", f"no turn is for the role {role}", self.source, span, help)

    # ---- expressions -------------------------------------------------------------------------------------------

    def condition(self, expr: s.Expr, env: Visible) -> None:
        self.expr(expr, env)

    def expr(self, expr: s.Expr, env: Visible) -> Kind:
        match expr:
            case s.Name():
                return self.name(expr, env)
            case s.Text():
                return Kind("text")
            case s.Number():
                return Kind("number")
            case s.ListOf():
                for item in expr.items:
                    self.expr(item, env)
                return Kind("list")
            case s.Get():
                return self.get(expr, env)
            case s.Call():
                return self.call(expr, env)
            case s.Pipe():
                return self.filter(expr.filter, self.expr(expr.value, env))
            case s.Or() | s.And():
                self.expr(expr.left, env)
                self.expr(expr.right, env)
            case s.Not():
                self.expr(expr.value, env)
            case s.Compare():
                self.compare(expr, env)
            case s.In():
                self.in_(expr, env)
            case s.Is():
                self.is_(expr, env)
        return Kind("bool")

    def get(self, expr: s.Get, env: Visible) -> Kind:
        kind = self.expr(expr.object, env)
        end = expr.word.span
        if kind.word == "message":
            if expr.key not in self.keys:
                message = f"a message has no {expr.key}"
                help = UNDECLARED.get(expr.key) or did_you_mean(
                    expr.key, self.keys, f"declare it: field {expr.key}: text"
                )
                self.findings.report("unknown-name", message, self.source, end, help)
            return self.keys.get(expr.key, ANY)
        if kind.word == "messages":
            self.wrong(f"this is a list of messages, and only a message has {expr.key}", end, "go over it with `each`")
        elif kind.word in _CLASSES:
            self.wrong(f"{kind.article()} has no {expr.key}", end)
        return ANY

    def call(self, expr: s.Call, env: Visible) -> Kind:
        at = expr.word.span
        if expr.name in w.MARK_TESTS or expr.name == "prev":
            return self._call_of_name(expr, at)
        if expr.name == "alternating":
            self._alternating(expr, at)
            return Kind("bool")
        kinds = [self.expr(arg, env) for arg in expr.args]
        if expr.name in w.FUNCTIONS:
            self._function(expr, at, kinds)
            return Kind("number" if expr.name == "length" else "bool")
        if expr.name not in self.calls.rules:
            known = [*w.FUNCTIONS, *w.MARK_TESTS, "prev", *self.calls.rules]
            message = f"there is no function or rule {expr.name}"
            otherwise = f"the functions are {', '.join(w.FUNCTIONS)}"
            help = foreign.FUNCTIONS.get(expr.name) or did_you_mean(expr.name, known, otherwise)
            self.findings.report("unknown-name", message, self.source, at, help)
            return ANY
        self.rule_args(expr.name, expr.args, at)
        return Kind("text")

    def _function(self, expr: s.Call, at: Span, kinds: list[Kind]) -> None:
        wanted = w.FUNCTIONS[expr.name]
        if len(kinds) != wanted:
            self.wrong(f"{expr.name} takes {_count(wanted, 'argument')}, not {len(kinds)}", at)
            return
        for arg, kind in zip(expr.args, kinds, strict=True):
            if kind.word in ("number", "bool", "position"):
                self.wrong(f"{expr.name} does not take {kind.article()}", arg.span)

    def _call_of_name(self, expr: s.Call, at: Span) -> Kind:
        """`after(MARK)`, `before(MARK)`, `equal(MARK)` and `prev(ROLE)`: the argument is a name and not a value."""
        of_mark = expr.name in w.MARK_TESTS
        kind = Kind("position" if of_mark else "message")
        what = "the name of a mark" if of_mark else "a role"
        if len(expr.args) != 1 or not isinstance(expr.args[0], s.Name):
            self.wrong(f"{expr.name} takes {what}", at)
            return kind
        arg = expr.args[0]
        if not of_mark:
            self.role(arg.id, arg.span)
        elif arg.id not in self.marks:
            help = did_you_mean(arg.id, self.marks, f"mark {arg.id} = last user else start")
            self.findings.report("unknown-name", f"there is no mark {arg.id}", self.source, arg.span, help)
        return kind

    def _alternating(self, expr: s.Call, at: Span) -> None:
        if len(expr.args) != 2 or not isinstance(expr.args[0], s.Name):
            self.wrong("alternating takes a role, and a condition for the messages that count", at)
            return
        self.role(expr.args[0].id, expr.args[0].span)
        self.condition(expr.args[1], self.message)

    def rule_args(self, name: str, args: tuple[s.Expr, ...], at: Span) -> None:
        if name in self.calls.rules:
            rule, placed = self.calls.rules[name]
            if len(rule.params) != len(args):
                message = f"rule {name} takes {_count(len(rule.params), 'argument')}, not {len(args)}"
                labels: tuple[Label, ...] = ()
                if placed.source is self.source:
                    labels = (Label(rule.word.span, "declared here"),)
                self.findings.report("wrong-type", message, self.source, at, None, labels)

    def compare(self, expr: s.Compare, env: Visible) -> None:
        left, right = self.expr(expr.left, env), self.expr(expr.right, env)
        sides = _CLASSES.get(left.word), _CLASSES.get(right.word)
        if expr.op in "<>":
            for side, kind in ((expr.left, left), (expr.right, right)):
                if _CLASSES.get(kind.word) not in (None, "number"):
                    self.wrong(f"`{expr.op}` compares numbers, and this is {kind.article()}", side.span)
        elif None not in sides and sides[0] != sides[1]:
            self.wrong(f"{left.article()} never equals {right.article()}", expr.span)
        else:
            self._one_of(expr.left, expr.right, right)
            self._one_of(expr.right, expr.left, left)

    def _one_of(self, value: s.Expr, other: s.Expr, kind: Kind) -> None:
        """A text that is compared with a closed choice must be one of its words."""
        closed = kind.word in ("choice", "list") and kind.values
        if isinstance(value, s.Text) and closed and value.value not in kind.values:
            message = f"{self.source.text[slice(*other.span)]} is never {value.value!r}: {' | '.join(kind.values)}"
            self.wrong(message, value.span, did_you_mean(value.value, kind.values))

    def in_(self, expr: s.In, env: Visible) -> None:
        self.expr(expr.left, env)
        right = self.expr(expr.right, env)
        if right.word in ("number", "bool", "position", "choice"):
            self.wrong(f"nothing can be in {right.article()}", expr.right.span)
        if right.word == "list":
            self._one_of(expr.left, expr.right, right)

    def is_(self, expr: s.Is, env: Visible) -> None:
        kind = self.expr(expr.value, env)
        at = expr.word.span
        tests = (*w.TYPE_TESTS, *w.STATE_TESTS)
        if kind.word == "message":
            if expr.what in tests:
                self.wrong("a message can only be tested for its role", at, "name one of its fields")
            else:
                self.role(expr.what, at)
        elif kind.word == "position":
            self.wrong(f"this is already {kind.article()}", at)
        elif expr.what not in tests and expr.what not in self.roles:
            otherwise = f"the tests are {', '.join(tests)}, or a role"
            help = foreign.test(expr.what, expr.negated) or did_you_mean(expr.what, tests, otherwise)
            self.findings.report("unknown-name", f"there is no test `is {expr.what}`", self.source, at, help)

    # ---- slots and filters -------------------------------------------------------------------------------------

    def slot(self, slot: s.Slot, env: Visible, prints: bool) -> None:
        kinds = [self.expr(choice, env) for choice in slot.choices]
        if prints:
            for choice in slot.choices:
                self.data(choice)
        for choice, kind in zip(slot.choices, kinds, strict=True):
            if not slot.filters and kind.word in _UNPRINTABLE:
                help = "{… | json} prints it as JSON" if kind.word in ("calls", "call", "tools", "tool") else None
                if kind.word == "message":
                    help = f"{{{self.source.text[slice(*choice.span)]}.content}}"
                self.wrong(f"{kind.article()} is not a text", choice.span, help)
        if len(slot.choices) > 1 and any(isinstance(c, s.Text) and c.value for c in slot.choices[:-1]):
            early = next(c for c in slot.choices[:-1] if isinstance(c, s.Text) and c.value)
            message = "the choices after this text are never printed"
            self.findings.report("unreachable-branch", message, self.source, early.span)
        kind = kinds[0] if len(kinds) == 1 else ANY
        for filter in slot.filters:
            kind = self.filter(filter, kind)

    def data(self, expr: s.Expr) -> None:
        """Data have one owner. The text of a rule can have two, the spec and the caller, so a rule must be a term."""
        while isinstance(expr, s.Pipe | s.Get):
            expr = expr.value if isinstance(expr, s.Pipe) else expr.object
        if isinstance(expr, s.Call) and expr.name in self.calls.rules:
            message = f"{expr.name} is a rule: its text is not data, for it can hold scaffold and the caller's text"
            call = " ".join(self.source.text[slice(*expr.span)].split())
            help = f"print it as a term, outside the string: {call}; put filters into the slots of the rule"
            self.findings.report("rule-in-slot", message, self.source, expr.span, help)

    def filter(self, filter: s.Filter, kind: Kind) -> Kind:
        word = w.FILTERS.get(filter.name)
        at = filter.word.span
        if word is None:
            otherwise = f"the filters are {', '.join(w.FILTERS)}"
            help = foreign.FILTERS.get(filter.name) or did_you_mean(filter.name, w.FILTERS, otherwise)
            self.findings.report("unknown-name", f"there is no filter {filter.name}", self.source, at, help)
            return ANY
        if not any(_fits(shape, filter.args) for shape in word.args):
            shapes = " or ".join(f"`{filter.name} {shape}`".replace(" `", "`") for shape in word.args)
            self.wrong(f"the filter is written {shapes}", filter.span)
        if word.texts_only and kind.word in ("number", "bool", "list", *_UNPRINTABLE):
            self.wrong(f"{filter.name} is for texts, and this is {kind.article()}", at)
        if filter.name == "upper":
            return ANY
        return kind if filter.name == "sorted" else Kind("text")


def roles_of(tree: FormatTree) -> Roles:
    """The roles in a format, and the roles that every conversation has."""
    others = False
    roles = dict.fromkeys(STANDARD_ROLES)
    for turn, _ in tree.all(s.Turn):
        roles |= dict.fromkeys(turn.roles)
        others = others or not turn.roles
    for skip, _ in tree.all(s.Skip):
        roles |= dict.fromkeys(skip.roles)
        others = others or not skip.roles
    head = tree.one(s.Head)
    if head is not None:
        roles |= dict.fromkeys(head.takes)
    return Roles(roles, others, dict.fromkeys(mark.name for mark, _ in tree.all(s.Mark)))


def _count(number: int, what: str) -> str:
    return f"no {what}" if number == 0 else f"{number} {what}{'' if number == 1 else 's'}"


def _fits(shape: str, args: tuple[str | int, ...]) -> bool:
    texts = all(isinstance(arg, str) for arg in args)
    match shape:
        case "indent N":
            return len(args) == 2 and args[0] == "indent" and isinstance(args[1], int)
        case "'TEXT'":
            return len(args) == 1 and isinstance(args[0], str)
        case "'OPEN' 'CLOSE'":
            return len(args) == 2 and texts
    return args == tuple(shape.split())
