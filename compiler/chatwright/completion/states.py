"""The automaton of an outline: states with the markers that may come next, as regular expressions.

The text spells control tokens in one of two ways: as written; or, if the caller feeds them apart from text, as one lone
surrogate each, which no decoded text holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from chatwright.completion.call_texts import CallReader
from chatwright.completion.delimiters import Form, has_token
from chatwright.completion.graph import END, Field, Outline, Space, Target, Ways, Word
from chatwright.completion.openers import Heads, heads_of
from chatwright.completion.unfinished import Head, Progress, head_of
from chatwright.ir import program as ir

Spell = Callable[[str], str]


class Exit(msgspec.Struct, frozen=True):
    """A marker that may come. `pre`: the white space that may belong to it. `nexts`: the nodes behind it. `strong`: it
    holds a control token, so it cannot be data. The marker of bare calls is their beginning."""

    marker: str
    pre: tuple[str, ...]
    nexts: tuple[int, ...]
    form: Form | None
    strong: bool
    stop: bool = False

    @property
    def bare(self) -> Form | None:
        """The form of the bare calls that begin here."""
        return self.form if self.form is not None and self.form.opener is None else None


class Search(msgspec.Struct, frozen=True):
    """Finds the first of some markers. `first` finds a character that begins a marker. `window`: the length of the
    longest marker, less one."""

    exits: dict[str, Exit]
    pattern: re.Pattern[str]
    partial: re.Pattern[str]
    first: re.Pattern[str]
    window: int

    def held(self, text: str, start: int) -> int:
        """The place from which the end of a text could begin a marker; the length of the text if there is none."""
        found = self.partial.search(text, max(start, len(text) - self.window))
        return len(text) if found is None else found.start()


class State(msgspec.Struct, frozen=True):
    """A state of the reader. `here`: markers that must come at once, if at all. `bare`: calls without a token that may
    come. `exits`: markers that end the field; in a state without a field, those that end text without a place."""

    target: Target | None
    lead: str
    lstrip: str | None
    rstrip: str | None
    here: Search | None
    bare: tuple[Exit, ...]
    exits: Search


class Leaf(msgspec.Struct, frozen=True):
    pre: str
    node: int


class Machine:
    """The states of an outline under one spelling. Each is made on its first use."""

    def __init__(self, outline: Outline, stops: Iterable[str], spell: Spell) -> None:
        self.outline = outline
        self.spell = spell
        self.stops = tuple(spell(stop) for stop in stops if stop)
        self.states: dict[tuple[int, ...], State] = {}
        self.blocks: dict[tuple[str | None, tuple[int, ...]], Search] = {}
        self.start = (outline.start,)
        self.begins: dict[int, Heads] = {}  # by identity of the form, too
        self.rules: dict[str, ir.Rule] = {rule.name: rule for rule in outline.rules}
        self.named: dict[int, Head | None] = {}  # the heads of calls by identity of the form, which the outline holds

    def state(self, nodes: tuple[int, ...]) -> State:
        found = self.states.get(nodes)
        if found is None:
            found = self.states[nodes] = self.made(nodes)
        return found

    def block(self, form: Form, nexts: tuple[int, ...]) -> Search:
        """The markers that end a call or a section: its closer, everything that may follow it, and stops."""
        key = (form.closer, nexts)
        found = self.blocks.get(key)
        if found is None:
            after = self.state(nexts)
            exits = {**after.exits.exits, **(after.here.exits if after.here else {})}
            ends = {marker: exit for marker, exit in exits.items() if exit.strong or exit.stop}
            if form.closer is not None:
                ends[self.spell(form.closer)] = Exit(self.spell(form.closer), (), nexts, None, True)
            found = self.blocks[key] = search(ends)
        return found

    def progress(self, form: Form, reader: CallReader) -> Progress | None:
        """A reporter of a call before its end; None if the form shows nothing earlier."""
        if form.opener is None:
            return None
        if id(form) not in self.named:
            self.named[id(form)] = head_of(form, reader)
        head = self.named[id(form)]
        return None if head is None else Progress(head, reader)

    # ---- making states -------------------------------------------------------------------------------------------

    def leaves(self, nodes: Iterable[int]) -> list[Leaf]:
        """The words, fields and ends that may come at once, in order, with the white space before them."""
        found: dict[Leaf, None] = {}
        stack = [Leaf("", node) for node in reversed(tuple(nodes))]
        seen = set()
        while stack:
            leaf = stack.pop()
            if leaf in seen:
                continue
            seen.add(leaf)
            node = self.outline.nodes[leaf.node]
            if isinstance(node, Ways) and leaf.node:
                stack += [Leaf(leaf.pre, after) for after in reversed(node.nexts)]
            elif isinstance(node, Space):
                stack.append(Leaf(leaf.pre + node.text, node.next))
            else:
                found[leaf] = None
        return list(found)

    def made(self, nodes: tuple[int, ...]) -> State:
        leaves = self.leaves(nodes)
        words = self.words(leaves)
        fields = [(leaf.pre, node) for leaf in leaves if isinstance(node := self.outline.nodes[leaf.node], Field)]
        bare = self.bare(leaves)
        if not fields:
            beyond = self.words(self.leaves(self.beyond(nodes)))
            stops = self.ending(leaves)
            strong = {marker: exit for marker, exit in {**beyond, **words}.items() if exit.strong}
            weak = search({**words, **stops}) if len(strong) < len({**beyond, **words}) else None
            return State(None, "", None, None, weak, bare, search({**strong, **stops}))
        lead, first = fields[0]
        same = [node.next for _, node in fields if node.target == first.target]
        after = self.leaves(same)
        calls = {marker: exit for marker, exit in words.items() if exit.form is not None and exit.strong}
        exits = {**calls, **self.words(after), **self.ending(after)}
        words = {marker: exit for marker, exit in words.items() if exit.strong or not self.says_all(exit)}
        if first.target == "content":
            behind = [(exit, self.head(exit.bare)) for exit in self.bare(after) if exit.bare is not None]
            found = {marker: _marked(exit, marker) for exit, head in behind for marker in head.markers}
            exits = {**found, **exits}
        here = search({**exits, **words}) if set(words) - set(exits) else None
        return State(first.target, lead, first.lstrip, first.rstrip, here, bare, search(exits))

    def says_all(self, exit: Exit) -> bool:
        """Whether only the end can come behind a marker: where content can be, such a text is content."""
        return exit.form is None and not exit.stop and all(leaf.node == END for leaf in self.leaves(exit.nexts))

    def head(self, form: Form) -> Heads:
        """The beginnings of the calls of a bare form."""
        found = self.begins.get(id(form))
        if found is None:
            found = self.begins[id(form)] = heads_of(form, self.rules, self.spell)
        return found

    def ending(self, leaves: list[Leaf]) -> dict[str, Exit]:
        """The stops, with the white space that the format prints before them."""
        pre = tuple(dict.fromkeys(leaf.pre for leaf in leaves if leaf.node == END))
        return {stop: Exit(stop, pre, (), None, True, True) for stop in self.stops}

    def words(self, leaves: list[Leaf]) -> dict[str, Exit]:
        found: dict[str, Exit] = {}
        for leaf in leaves:
            node = self.outline.nodes[leaf.node]
            if not isinstance(node, Word) or not node.text:
                continue
            marker = self.spell(node.text)
            known = found.get(marker)
            if known is None:
                strong = has_token(node.text, self.outline.tokens)
                found[marker] = Exit(marker, (leaf.pre,), (node.next,), node.form, strong)
            elif known.form == node.form:
                pre = dict.fromkeys((*known.pre, leaf.pre))
                nexts = dict.fromkeys((*known.nexts, node.next))
                found[marker] = Exit(marker, tuple(pre), tuple(nexts), known.form, known.strong)
        return found

    def bare(self, leaves: list[Leaf]) -> tuple[Exit, ...]:
        """The bare calls that may come, each form once."""
        found: dict[Form, Exit] = {}
        for leaf in leaves:
            node = self.outline.nodes[leaf.node]
            if isinstance(node, Word) and node.form is not None and node.form.opener is None:
                known = found.get(node.form, Exit("", (), (), node.form, False))
                pre = dict.fromkeys((*known.pre, leaf.pre))
                nexts = dict.fromkeys((*known.nexts, node.next))
                found[node.form] = Exit("", tuple(pre), tuple(nexts), node.form, False)
        return tuple(found.values())

    def beyond(self, nodes: tuple[int, ...]) -> list[int]:
        """The nodes after the nearest contents, where reading continues after text without a place."""
        found: list[int] = []
        seen: set[int] = set()
        queue = list(nodes)
        while queue:
            number = queue.pop(0)
            if number in seen:
                continue
            seen.add(number)
            match self.outline.nodes[number]:
                case Field(target="content", next=after):
                    found.append(after)
                case Ways(nexts=nexts):
                    queue += nexts
                case Word(form=None, next=after) | Space(next=after) | Field(next=after):
                    queue.append(after)
        return found


def _marked(exit: Exit, marker: str) -> Exit:
    return Exit(marker, exit.pre, exit.nexts, exit.form, False)


def search(exits: dict[str, Exit]) -> Search:
    markers = sorted(exits, key=len, reverse=True)
    if not markers:
        return Search({}, _NEVER, _NEVER, _NEVER, 0)
    pattern = re.compile("|".join(map(re.escape, markers)))
    first = re.compile(f"[{re.escape(''.join(sorted({marker[0] for marker in markers})))}]")
    prefixes = {marker[:end] for marker in markers for end in range(1, len(marker))}
    if not prefixes:
        return Search(exits, pattern, _NEVER, first, 0)
    partial = re.compile(rf"(?:{'|'.join(re.escape(p) for p in sorted(prefixes, key=len, reverse=True))})\Z")
    return Search(exits, pattern, partial, first, len(markers[0]) - 1)


_NEVER = re.compile(r"(?!)")
