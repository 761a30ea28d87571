"""Checks of declarations by themselves: what stands twice, and whether settings, types and defaults fit."""

from __future__ import annotations

import re

from chatwright.check.findings import Findings, keyword_span, walk, word_span
from chatwright.diagnostics.diagnostic import Label
from chatwright.diagnostics.source import Source, Span
from chatwright.diagnostics.suggest import did_you_mean, near
from chatwright.runtime.generated import STANDARD_ROLES
from chatwright.syntax import ast as s
from chatwright.syntax import vocabulary as w
from chatwright.syntax.resolve import FormatTree, Placed

# What is emitted asks for one turn after the other, and Python compiles no chain that is much longer.
MAX_DECLARATIONS = 500
#: A template by a name that a person knows, and the SHA-256 of its text in UTF-8.
REVISION = re.compile(r"\S+ [0-9a-f]{64}")
#: How the default of a date may spell today: what all engines know of strftime, and at least one such word.
_SPELLED = re.compile(r"[^%]*(?:%[dmbBY][^%]*)+")

_CONSTANTS = ("true", "false")
_TAKEN = (
    *(*w.MESSAGE_NAMES, *w.TURN_NAMES, *w.POSITIONS, *w.COUNTS, *w.CONVERSATION_NAMES, *w.SETTLED_TOKENS),
    *("message", "run"),
)


def check_decls(tree: FormatTree, findings: Findings) -> None:
    """Each declaration by itself, and next to the others of its kind."""
    check = _Decls(tree, findings)
    for source in tree.sources:
        check.settings(source)
    if len(tree.decls) > MAX_DECLARATIONS:
        placed = tree.decls[MAX_DECLARATIONS]
        at = keyword_span(placed.source, placed.decl.bare)
        findings.report("too-large", f"a format has at most {MAX_DECLARATIONS} declarations", placed.source, at)
    for placed in tree.decls:
        if findings.full():
            return
        check.declaration(placed)
    check.roles()
    check.kinds()


class _Decls:
    def __init__(self, tree: FormatTree, findings: Findings) -> None:
        self.tree = tree
        self.findings = findings
        self.earlier: dict[str, s.Option] = {}
        self.names: dict[str, tuple[str, Source, Span]] = {}
        head = tree.one(s.Head)
        if head is not None and head.takes:
            placed = next(p for p in tree.decls if p.decl.bare is head)
            at = word_span(placed.source, head.span, head.takes[0])
            self.names[head.takes[0]] = ("the messages that head takes", placed.source, at)

    def report(self, code: str, message: str, source: Source, span: Span, help: str | None = None) -> None:
        self.findings.report(code, message, source, span, help)

    def twice(self, what: str, source: Source, span: Span, first: tuple[Source, Span] | None = None) -> None:
        labels: tuple[Label, ...] = ()
        if first is not None and first[0] is source:
            labels = (Label(first[1], "first here"),)
        self.findings.report("duplicate", what, source, span, None, labels)

    # ---- the format declaration --------------------------------------------------------------------------------

    def settings(self, source: Source) -> None:
        placed = self.tree.format
        if placed.source is not source or not isinstance(placed.decl.bare, s.Format):
            return
        seen: dict[str, Span] = {}
        for setting in placed.decl.bare.settings:
            at = word_span(source, setting.span, setting.name)
            if setting.name in seen:
                self.twice(f"{setting.name} is set twice", source, at, (source, seen[setting.name]))
            seen.setdefault(setting.name, at)
            if isinstance(setting.value, tuple):
                self.items(setting, setting.value, source)
                if setting.name == "reproduces":
                    self.revisions(setting, setting.value, source)
            elif setting.value == "":
                self.report("wrong-type", f"{setting.name} cannot be empty", source, setting.span)

    def items(self, setting: s.Setting, values: tuple[s.Value, ...], source: Source) -> None:
        if any(not isinstance(value, str) for value in values):
            self.report("wrong-type", f"{setting.name} takes a list of texts", source, setting.span)
            return
        if "" in values:
            self.report("wrong-type", f"a text of {setting.name} is empty", source, setting.span)
        seen: set[s.Value] = set()
        for value in values:
            if self.findings.full():
                return
            if value in seen and isinstance(value, str):
                written = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("{", "\\{")
                for quoted in (f'"{written}"', f"'{value}'"):
                    first = source.text.find(quoted, *setting.span)
                    again = source.text.find(quoted, first + 1, setting.span.end)
                    if first >= 0 and again >= 0:
                        at = Span(again, again + len(quoted))
                        earlier = Span(first, first + len(quoted))
                        self.twice(f"{value} stands twice in {setting.name}", source, at, (source, earlier))
                        break
                else:
                    self.twice(f"{value} stands twice in {setting.name}", source, setting.span)
            seen.add(value)

    def revisions(self, setting: s.Setting, values: tuple[s.Value, ...], source: Source) -> None:
        for value in values:
            if isinstance(value, str) and not REVISION.fullmatch(value):
                message = f"{value!r} is no revision of a template"
                help = 'a revision is a name and the SHA-256 of the template, in hexadecimal: "NAME 64 digits"'
                self.report("wrong-type", message, source, setting.span, help)
                return

    # ---- one declaration ---------------------------------------------------------------------------------------

    def declaration(self, placed: Placed) -> None:
        source = placed.source
        match placed.decl.bare:
            case s.Option() | s.Field() as bare:
                self.named("option" if isinstance(bare, s.Option) else "field", bare.name, source, bare.span)
                self.type(bare.type, source)
                self.default(bare, source)
                if isinstance(bare, s.Option):
                    self.earlier[bare.name] = bare
            case s.Mark() as mark:
                self.named("mark", mark.name, source, mark.span)
                self.names_once(mark.roles, mark.span, source)
            case s.Rule() as rule:
                self.rule(rule, source)
            case s.ToolsFrom() as tools:
                self.tools(tools, source)
            case s.Answers() as answers:
                if answers.way not in w.ANSWERS:
                    at = word_span(source, answers.span, answers.way)
                    help = did_you_mean(answers.way, w.ANSWERS, f"answers by {w.ANSWERS[0]}")
                    self.report("unknown-name", f"there is no way of answering {answers.way}", source, at, help)
            case s.Ids() as ids:
                self.ids(ids, source)
            case s.Content(filters=filters):
                self.filters(filters, source)
            case s.Reasoning() as reasoning:
                self.names_once(reasoning.fields, reasoning.span, source)
                if reasoning.inline is not None:
                    self.inline(reasoning.inline, source)
            case _:
                pass
        for node in walk(placed.decl.bare):
            if isinstance(node, s.Record):
                self.record(node, source)

    def named(self, kind: str, name: str, source: Source, span: Span) -> None:
        """Options, fields, marks and what head takes are all read by their bare names."""
        at = word_span(source, Span(span.start + len(kind), span.end), name)
        if name in _TAKEN:
            self.report("duplicate", f"{name} is a word of the language, and no name for a {kind}", source, at)
        elif name in self.names:
            what, first, where = self.names[name]
            self.twice(f"{kind} {name} would hide {what} {name}", source, at, (first, where))
        else:
            self.names[name] = (kind, source, at)

    def type(self, type: s.Type, source: Source) -> None:
        if type.of is not None:
            if type.names != ("list",):
                at = word_span(source, type.span, type.names[0])
                self.report("wrong-type", "only a list is `of` something", source, at, f"list of {type.of[0]}")
            if len(type.of) == 1:
                return
        elif len(type.names) == 1:
            if type.names[0] not in w.OPTION_TYPES:
                help = did_you_mean(type.names[0], w.OPTION_TYPES, f"the types are {', '.join(w.OPTION_TYPES)}")
                self.report("unknown-name", f"there is no type {type.names[0]}", source, type.span, help)
            return
        words = type.of or type.names
        for word in words:
            if word in w.OPTION_TYPES:
                at = word_span(source, type.span, word)
                self.report("wrong-type", f"{word} is a type; a choice is between words", source, at)
        self.names_once(words, type.span, source, "{} stands twice in this choice")

    def default(self, bare: s.Option | s.Field, source: Source) -> None:
        type, link = bare.type, bare.default_name
        if bare.default is None and link is None:
            return
        at = _default_span(source, bare)
        if link is not None and link not in _CONSTANTS:
            choices = type.names if type.of is None and len(type.names) > 1 else ()
            if link not in choices:
                self.link(bare, link, choices, source, at)
            return
        wanted = _wanted(type)
        if wanted is None:
            return
        value = bare.default if link is None else link == "true"
        fits = {
            "bool": isinstance(value, bool),
            "int": isinstance(value, int) and not isinstance(value, bool),
            "text": isinstance(value, str),
            "date": isinstance(value, str),
            "list": isinstance(value, tuple),
            "choice": isinstance(value, str) and value in type.names,
        }[wanted]
        if not fits:
            kind = " | ".join(type.names) if wanted == "choice" else wanted
            help = {"bool": "true or false, without quotes", "text": "a text stands in quotes"}.get(wanted)
            self.report("wrong-type", f"the default of {bare.name} is not of its type, {kind}", source, at, help)
        elif wanted == "date" and isinstance(bare, s.Option) and not _SPELLED.fullmatch(str(value)):
            message = f"the default of {bare.name} says how today is spelled, by %d, %m, %b, %B and %Y"
            self.report("wrong-type", message, source, at, '"%Y-%m-%d"')
        elif isinstance(value, tuple) and type.of and type.of[0] not in w.OPTION_TYPES:
            for item in value:
                if item not in type.of:
                    help = did_you_mean(str(item), type.of)
                    message = f"{item} is none of {' | '.join(type.of)}"
                    self.report("wrong-type", message, source, word_span(source, at, str(item)), help)

    def link(self, bare: s.Option | s.Field, link: str, choices: tuple[str, ...], source: Source, at: Span) -> None:
        """A default that is another option."""
        option = self.earlier.get(link)
        if option is None or isinstance(bare, s.Field):
            known = [*choices, *self.earlier]
            message = f"the default {link} is no value of {bare.name}, and no option declared before it"
            help = did_you_mean(link, [*known, *_CONSTANTS])
            if help is None and _wanted(bare.type) == "text":
                help = f'a text stands in quotes: "{link}"'
            self.report("unknown-name", message, source, at, help)
        elif (option.type.names, option.type.of) != (bare.type.names, bare.type.of):
            self.report("wrong-type", f"option {link} has another type than {bare.name}", source, at)

    def rule(self, rule: s.Rule, source: Source) -> None:
        name_at = word_span(source, Span(rule.span.start + 4, rule.span.end), rule.name)
        if rule.name in (*w.FUNCTIONS, *w.MARK_TESTS, *w.SETTLED_TOKENS, *w.POSITIONS):
            message = f"{rule.name} is a word of the language, and no name for a rule"
            self.report("duplicate", message, source, name_at)
        within = Span(name_at.end, rule.body.span.start)
        self.names_once(rule.params, within, source, f"two parameters of rule {rule.name} are {{}}")
        if rule.reads is not None and rule.reads not in w.READERS:
            at = word_span(source, within, rule.reads, rule.params.count(rule.reads))
            help = did_you_mean(rule.reads, w.READERS, f"the readers are {', '.join(w.READERS)}")
            self.report("unknown-name", f"there is no reader {rule.reads}", source, at, help)

    def tools(self, tools: s.ToolsFrom, source: Source) -> None:
        options = [option.name for option, _ in self.tree.all(s.Option)]
        for name in tools.names:
            if name != "tools" and name not in options:
                at = word_span(source, Span(tools.span.start + len("tools"), tools.span.end), name)
                help = did_you_mean(name, [*options, "tools"], f"option {name}: list")
                message = f"tools come from `tools` or from an option, and {name} is neither"
                self.report("unknown-name", message, source, at, help)

    def ids(self, ids: s.Ids, source: Source) -> None:
        for found in re.finditer(r"\{(\w*)\}?", ids.pattern or ""):
            if found.group() not in ("{name}", "{index}"):
                start = source.text.find(ids.pattern or "", *ids.span) + found.start()
                at = Span(start, start + len(found.group()))
                message = "the pattern of call ids has the places {name} and {index}"
                help = did_you_mean(found.group(1), ("name", "index"))
                self.report("unknown-name", message, source, at, help)
        if ids.random == 0:
            self.report("wrong-type", "an id has at least one character", source, ids.span)

    def inline(self, inline: s.Inline, source: Source) -> None:
        self.filters(inline.filters, source)
        if not inline.open or not inline.close:
            self.report("wrong-type", "the tags of inline reasoning cannot be empty", source, inline.span)

    def filters(self, filters: tuple[s.Filter, ...], source: Source) -> None:
        """The filters of a normal form: those that, applied again, change nothing."""
        for filter in filters:
            word = w.FILTERS.get(filter.name)
            at = word_span(source, filter.span, filter.name)
            if word is None:
                known = [name for name, f in w.FILTERS.items() if f.texts_only]
                help = did_you_mean(filter.name, known)
                self.report("unknown-name", f"there is no filter {filter.name}", source, at, help)
            elif not (word.kind == "normalising" and word.texts_only):
                message = f"a normal form is made by strip, lstrip or rstrip, and not by {filter.name}"
                self.report("wrong-type", message, source, at)
            elif filter.args not in ((), ("newlines",)):
                message = f"the filter is written `{filter.name}` or `{filter.name} newlines`"
                self.report("wrong-type", message, source, filter.span)

    def record(self, record: s.Record, source: Source) -> None:
        seen: dict[str, Span] = {}
        for entry in record.entries:
            if isinstance(entry, s.Entry):
                at = word_span(source, entry.span, entry.key)
                if entry.key in seen:
                    self.twice(f"this record has the key {entry.key} twice", source, at, (source, seen[entry.key]))
                seen.setdefault(entry.key, at)

    # ---- declarations next to each other -----------------------------------------------------------------------

    def names_once(
        self, names: tuple[str, ...], span: Span, source: Source, message: str = "{} stands twice here"
    ) -> None:
        seen: set[str] = set()
        for name in names:
            if name in seen and not self.findings.full():
                first = word_span(source, span, name)
                at = word_span(source, Span(first.end, span.end), name)
                self.twice(message.format(name), source, at, (source, first))
            seen.add(name)

    def roles(self) -> None:
        """No role has two turns, and none has a turn that another declaration takes its messages from."""
        taken: dict[str, tuple[str, Source, Span]] = {}
        head = self.tree.one(s.Head)
        for skip, placed in self.tree.all(s.Skip):
            taken |= {role: (f"skip {role}", placed.source, skip.span) for role in skip.roles or ("*",)}
            self.names_once(skip.roles, skip.span, placed.source)
        if head is not None and head.which == "all":
            placed = next(p for p in self.tree.decls if p.decl.bare is head)
            taken |= {role: (f"head takes all {role}", placed.source, head.span) for role in head.takes}
        seen: dict[str, tuple[Source, Span]] = {}
        for turn, placed in self.tree.all(s.Turn):
            source = placed.source
            self.names_once(turn.roles, turn.span, source)
            for role in dict.fromkeys(turn.roles or ("*",)):
                if role in taken and not self.findings.full():
                    self.never(role, taken[role], source, turn.span)
                if role in seen and not self.findings.full():
                    where, span = seen[role]
                    at = _role_span(source, turn.span, role)
                    self.twice(f"role {role} has two turns", source, at, (where, _role_span(where, span, role)))
                seen.setdefault(role, (source, turn.span))
                self.mistyped(role, source, turn.span)

    def never(self, role: str, taken: tuple[str, Source, Span], source: Source, span: Span) -> None:
        why, where, first = taken
        labels = (Label(_role_span(where, first, role), "taken here"),) if where is source else ()
        message = f"this turn never gets a message of role {role}: `{why}` takes them"
        if role == "*":
            message = "this turn never gets a message: `skip *` takes those of every other role"
        at = _role_span(source, span, role)
        self.findings.report("unreachable-branch", message, source, at, None, labels)

    def mistyped(self, role: str, source: Source, span: Span) -> None:
        """A role that is almost one of the five that every conversation has."""
        alike = [r for r in STANDARD_ROLES if abs(len(r) - len(role)) <= 1 and r[0] == role[0]]
        close = None if role in alike else near(role, alike)
        if close:
            message = f"no conversation has the role {role}"
            at = _role_span(source, span, role)
            self.report("unknown-name", message, source, at, f"did you mean {close}?")

    def kinds(self) -> None:
        seen: dict[str, tuple[Source, Span]] = {}
        for part, placed in self.tree.all(s.Part):
            span = Span(part.span.start + len("part"), part.body.span.start)
            self.names_once(part.kinds, span, placed.source)
            for kind in dict.fromkeys(part.kinds):
                if kind in seen and not self.findings.full():
                    where, first = seen[kind]
                    at = word_span(placed.source, span, kind)
                    message = f"parts of kind {kind} are declared twice"
                    self.twice(message, placed.source, at, (where, word_span(where, first, kind)))
                seen.setdefault(kind, (placed.source, span))


def _wanted(type: s.Type) -> str | None:
    """The one of the option types that a default must have, `choice`, or None where the type itself is wrong."""
    if type.of is not None:
        return "list"
    if len(type.names) > 1:
        return "choice"
    return type.names[0] if type.names[0] in w.OPTION_TYPES else None


def _default_span(source: Source, bare: s.Option | s.Field) -> Span:
    start = source.text.find("=", bare.type.span.end, bare.span.end) + 1
    while start < bare.span.end and source.text[start].isspace():
        start += 1
    return Span(start, bare.span.end)


def _role_span(source: Source, span: Span, role: str) -> Span:
    if role == "*":
        at = source.text.find("*", *span)
        return Span(at, at + 1)
    return word_span(source, span, role)
