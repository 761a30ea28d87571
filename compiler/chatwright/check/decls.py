"""Checks each declaration on its own: its name is free, its values are valid, and no list repeats a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from chatwright.check.findings import Findings
from chatwright.diagnostics.source import Source, Span
from chatwright.runtime.suggest import did_you_mean, near
from chatwright.runtime.values import REASONING
from chatwright.syntax import ast as s
from chatwright.syntax import foreign
from chatwright.syntax import vocabulary as w
from chatwright.syntax.resolve import FormatTree
from chatwright.syntax.walk import walk

# The generated module asks for one turn after the other, and Python compiles no chain that is much longer.
MAX_DECLARATIONS = 500
#: The default of a date, in the format of strftime: the codes that all engines know, and at least one of them.
_SPELLED = re.compile(r"[^%]*(?:%[dmbBY][^%]*)+")

_CONSTANTS = ("true", "false")
_RESERVED = (
    *(*w.MESSAGE_NAMES, *w.TURN_NAMES, *w.POSITIONS, *w.COUNTS, *w.CONVERSATION_NAMES, *w.SETTLED_TOKENS),
    *("message", "run"),
)
#: Arguments of everything that renders, so that no option of the same name could be given.
_ARGUMENTS = ("add_generation_prompt", "view")


class _Owner(NamedTuple):
    """The declaration that a bare name refers to."""

    what: str
    source: Source
    span: Span


def check_decls(tree: FormatTree, findings: Findings) -> None:
    """Each declaration on its own, and the names that they share."""
    check = _Decls(tree, findings)
    if len(tree.decls) > MAX_DECLARATIONS:
        placed = tree.decls[MAX_DECLARATIONS]
        message = f"a format has at most {MAX_DECLARATIONS} declarations"
        findings.report("too-large", message, placed.source, placed.decl.bare.head)
    for placed in tree.decls:
        if findings.full():
            return
        check.declaration(placed.decl.bare, placed.source)


class _Decls:
    """`names` has the owners of all bare names so far, `earlier` the options so far."""

    def __init__(self, tree: FormatTree, findings: Findings) -> None:
        self.findings = findings
        self.options = [option.name for option, _ in tree.all(s.Option)]
        self.fields = [field.name for field, _ in tree.all(s.Field)]
        self.earlier: dict[str, s.Option] = {}
        self.names: dict[str, _Owner] = {}
        for head, placed in tree.all(s.Head):
            for word in head.words[:1]:
                self.names[word.text] = _Owner("the messages that head takes", placed.source, word.span)

    def report(self, code: str, message: str, source: Source, span: Span, help: str | None = None) -> None:
        self.findings.report(code, message, source, span, help)

    def declaration(self, bare: s.Bare, source: Source) -> None:
        match bare:
            case s.Option() | s.Field():
                self.named(bare.KEYWORD, bare.word, source)
                self.type(bare.type, source)
                self.default(bare, source)
                if isinstance(bare, s.Option):
                    self.earlier[bare.name] = bare
            case s.Mark():
                self.named("mark", bare.word, source)
                self.findings.once(bare.words, source)
            case s.Rule():
                self.rule(bare, source)
            case s.ToolsFrom():
                self.tools(bare, source)
            case s.Answers():
                if bare.way not in w.ANSWERS:
                    help = did_you_mean(bare.way, w.ANSWERS, f"answers by {w.ANSWERS[0]}")
                    message = f"answers cannot be matched by {bare.way}"
                    self.report("unknown-name", message, source, bare.word.span, help)
            case s.Ids():
                self.ids(bare, source)
            case s.Content():
                self.filters(bare.filters, source)
            case s.Reasoning():
                self.findings.once(bare.words, source)
                self.reasoning(bare, source)
                if bare.inline is not None:
                    self.inline(bare.inline, source)
        for node in walk(bare):
            if isinstance(node, s.Record):
                keys = [entry.word for entry in node.entries if isinstance(entry, s.Entry)]
                self.findings.once(keys, source, "this record has the key {} twice")

    def named(self, kind: str, word: s.Word, source: Source) -> None:
        """Options, fields, marks and the messages of head share one space of bare names."""
        name, owner = word.text, self.names.get(word.text)
        if name in _RESERVED:
            message = f"{name} is a word of the language and cannot name a {kind}"
            self.report("duplicate", message, source, word.span)
        elif kind == "option" and name in _ARGUMENTS:
            self.report("duplicate", f"{name} is an argument of rendering and cannot name an option", source, word.span)
        elif owner is not None:
            message = f"{kind} {name} would hide {owner.what} {name}"
            self.findings.twice(message, source, word.span, (owner.source, owner.span))
        else:
            self.names[name] = _Owner(kind, source, word.span)

    # ---- types and defaults ------------------------------------------------------------------------------------

    def type(self, type: s.Type, source: Source) -> None:
        first = type.words[0]
        if type.of is not None:
            if type.names != ("list",):
                message = "only a list can be `of` something"
                self.report("wrong-type", message, source, first.span, f"list of {type.of[0]}")
            if len(type.of) == 1:
                return
        elif len(type.names) == 1:
            if first.text not in w.OPTION_TYPES:
                otherwise = f"the types are {', '.join(w.OPTION_TYPES)}"
                help = foreign.TYPES.get(first.text) or did_you_mean(first.text, w.OPTION_TYPES, otherwise)
                self.report("unknown-name", f"there is no type {first.text}", source, first.span, help)
            return
        words = type.of_words or type.words
        for word in words:
            if word.text in w.OPTION_TYPES:
                message = f"{word.text} is a type, and a choice is between words"
                self.report("wrong-type", message, source, word.span)
        self.findings.once(words, source, "this choice has {} twice")

    def default(self, bare: s.Option | s.Field, source: Source) -> None:
        type, link = bare.type, bare.link
        wanted = _wanted(type)
        if link is not None and link.text not in _CONSTANTS:
            choices = type.names if wanted == "choice" else ()
            if link.text not in choices:
                self.link(bare, link, choices, source)
            return
        value: s.Plain
        if link is not None:
            value, at = link.text == "true", link.span
        elif bare.given is not None:
            value, at = bare.given.plain, bare.given.span
        else:
            return
        if wanted is None:
            return
        if not _fits(value, wanted, type.names):
            kind = " | ".join(type.names) if wanted == "choice" else wanted
            help = {"bool": "true or false, without quotes", "text": "write a text in quotes"}.get(wanted)
            self.report("wrong-type", f"the default of {bare.name} has another type than {kind}", source, at, help)
        elif wanted == "date" and isinstance(bare, s.Option) and not _SPELLED.fullmatch(str(value)):
            message = f"the default of {bare.name} must spell today with %d, %m, %b, %B and %Y"
            self.report("wrong-type", message, source, at, '"%Y-%m-%d"')
        elif bare.given is not None and isinstance(bare.given.data, tuple) and type.of:
            self.default_items(bare.given.data, type.of, source)

    def default_items(self, items: tuple[s.Value, ...], of: tuple[str, ...], source: Source) -> None:
        """The items of a default list, where the list is of a few words."""
        if of[0] in w.OPTION_TYPES:
            return
        for item in items:
            if item.plain not in of:
                message = f"{item.plain} is none of {' | '.join(of)}"
                self.report("wrong-type", message, source, item.span, did_you_mean(str(item.plain), of))

    def link(self, bare: s.Option | s.Field, link: s.Word, choices: tuple[str, ...], source: Source) -> None:
        """A default that is another option."""
        option = self.earlier.get(link.text)
        if option is None or isinstance(bare, s.Field):
            message = f"the default {link.text} is neither a value of {bare.name} nor an option declared before it"
            help = did_you_mean(link.text, [*choices, *self.earlier, *_CONSTANTS])
            if help is None and _wanted(bare.type) == "text":
                help = f'write a text in quotes: "{link.text}"'
            self.report("unknown-name", message, source, link.span, help)
        elif (option.type.names, option.type.of) != (bare.type.names, bare.type.of):
            message = f"option {link.text} has another type than {bare.name}"
            self.report("wrong-type", message, source, link.span)

    # ---- other declarations ------------------------------------------------------------------------------------

    def rule(self, rule: s.Rule, source: Source) -> None:
        if rule.name in (*w.FUNCTIONS, *w.MARK_TESTS, *w.SETTLED_TOKENS, *w.POSITIONS):
            message = f"{rule.name} is a word of the language and cannot name a rule"
            self.report("duplicate", message, source, rule.word.span)
        self.findings.once(rule.parameters, source, f"two parameters of rule {rule.name} are {{}}")
        if rule.reader is not None and rule.reader.text not in w.READERS:
            help = did_you_mean(rule.reader.text, w.READERS, f"the readers are {', '.join(w.READERS)}")
            self.report("unknown-name", f"there is no reader {rule.reader.text}", source, rule.reader.span, help)

    def tools(self, tools: s.ToolsFrom, source: Source) -> None:
        for word in tools.words:
            if word.text != "tools" and word.text not in self.options:
                help = did_you_mean(word.text, [*self.options, "tools"], f"option {word.text}: list")
                message = f"tools come from `tools` or from an option, and {word.text} is neither"
                self.report("unknown-name", message, source, word.span, help)

    def reasoning(self, reasoning: s.Reasoning, source: Source) -> None:
        """A field that is almost a usual one is a typing mistake, unless it is declared."""
        for word in reasoning.words:
            meant = near(word.text, REASONING)
            if meant and word.text not in (*REASONING, *self.fields):
                message = f"no conversation has the field {word.text}"
                help = f"did you mean {meant}? If not, declare it: field {word.text}: text"
                self.report("unknown-name", message, source, word.span, help)

    def ids(self, ids: s.Ids, source: Source) -> None:
        if ids.word is not None:
            for found in re.finditer(r"\{(\w*)\}?", ids.word.text):
                if found.group() not in ("{name}", "{index}"):
                    start = ids.word.span.start
                    at = Span(start + found.start(), start + found.end())
                    message = "the pattern of call ids can hold {name} and {index} only"
                    self.report("unknown-name", message, source, at, did_you_mean(found.group(1), ("name", "index")))
        if ids.random == 0:
            self.report("wrong-type", "an id has at least one character", source, ids.span)

    def inline(self, inline: s.Inline, source: Source) -> None:
        self.filters(inline.filters, source)
        for tag in (inline.opener, inline.closer):
            if not tag.text:
                self.report("wrong-type", "the tags of inline reasoning cannot be empty", source, tag.span)

    def filters(self, filters: Sequence[s.Filter], source: Source) -> None:
        """The filters of a normal form. Applied again, they change nothing."""
        for filter in filters:
            word = w.FILTERS.get(filter.name)
            if word is None:
                help = did_you_mean(filter.name, [name for name, f in w.FILTERS.items() if f.texts_only])
                self.report("unknown-name", f"there is no filter {filter.name}", source, filter.word.span, help)
            elif not (word.kind == "normalising" and word.texts_only):
                message = f"a normal form takes strip, lstrip or rstrip, and not {filter.name}"
                self.report("wrong-type", message, source, filter.word.span)
            elif filter.args not in ((), ("newlines",)):
                message = f"write the filter as `{filter.name}` or `{filter.name} newlines`"
                self.report("wrong-type", message, source, filter.span)


def _wanted(type: s.Type) -> str | None:
    """The type that a default must have: one of the option types, `choice`, or None where the type itself is wrong."""
    if type.of is not None:
        return "list"
    if len(type.names) > 1:
        return "choice"
    return type.names[0] if type.names[0] in w.OPTION_TYPES else None


def _fits(value: s.Plain, wanted: str, choices: tuple[str, ...]) -> bool:
    match wanted:
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "list":
            return isinstance(value, tuple)
        case "choice":
            return isinstance(value, str) and value in choices
    return isinstance(value, str)
