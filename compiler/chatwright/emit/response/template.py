"""The `response_template` of transformers: the model's text as fields between patterns.

It is derived from the states of the parser without options, so one template serves all options. Text between two
fields belongs to the implicit field `content`. The field `scaffold` takes text that the message has no place for; it
is always empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from chatwright.analysis.facts import stop_tokens
from chatwright.completion.delimiters import Form
from chatwright.completion.graph import SPACES, Field, outline
from chatwright.completion.prompt import foreign_tokens, openers_of
from chatwright.completion.states import Exit, Machine, State
from chatwright.emit.response.calls import Shape, Unsayable, shape_of
from chatwright.emit.response.patterns import Marked, any_of, beginning, chars, ending, literal, one_of, tidy
from chatwright.ir import program as ir

Nodes = tuple[int, ...]


class ResponseTemplate(msgspec.Struct, frozen=True):
    """`template` is the value that transformers loads. `unsaid` has a sentence for each limit of it."""

    template: Mapping[str, Any]
    unsaid: tuple[str, ...]


class Step(msgspec.Struct, frozen=True):
    """A step from one state to the next by a marker, or into bare calls. `at_once`: only at the start of the state."""

    source: Nodes
    exit: Exit
    at_once: bool


def response_template(program: ir.Program) -> ResponseTemplate:
    """The response template of a format in which the model writes something."""
    return _Template(program).made()


class _Template:
    def __init__(self, program: ir.Program) -> None:
        self.program = program
        self.stops = stop_tokens(program)
        graph = outline(program, lambda _: None, lambda _: None)
        self.machine = Machine(graph, self.stops, lambda text: text)
        self.steps = tuple(self.walk())
        self.unsaid: list[str] = []
        self.tails: list[Marked] = []  # the ends of sections of calls
        contents = [s for s in map(self.machine.state, self.nodes()) if s.target == "content"]
        self.stripped = all((s.lstrip, s.rstrip) == (SPACES, SPACES) for s in contents)
        self.rstripped = all(s.rstrip == SPACES for s in contents)

    def walk(self) -> Iterator[Step]:
        queue: list[Nodes] = [self.machine.start]
        for nodes in queue:
            state = self.machine.state(nodes)
            here = state.here.exits if state.here else {}
            found = [Step(nodes, exit, exit.marker not in state.exits.exits) for exit in (*here.values(),)]
            found += [Step(nodes, exit, False) for marker, exit in state.exits.exits.items() if marker not in here]
            found += [Step(nodes, exit, True) for exit in state.bare]
            for step in found:
                yield step
                if not step.exit.stop and step.exit.nexts not in queue:
                    queue.append(step.exit.nexts)

    def nodes(self) -> tuple[Nodes, ...]:
        targets = [step.exit.nexts for step in self.steps if not step.exit.stop]
        return tuple(dict.fromkeys([self.machine.start, *targets]))

    def made(self) -> ResponseTemplate:
        reasoning, calls = self.reasoning(), self.calls()
        scaffold = self.scaffold()
        fields = {"reasoning_content": reasoning, "tool_calls": calls, "scaffold": scaffold, "content": self.content()}
        template = {
            "version": 1,
            "defaults": {"role": "assistant"},
            "start_anchor": self.anchors(),
            "fields": {name: field for name, field in fields.items() if field is not None},
        }
        return ResponseTemplate(template, tuple(dict.fromkeys(self.unsaid)))

    def anchors(self) -> list[str]:
        """Literals; the last one in a prompt ends where the sampled text begins."""
        openers = openers_of(self.program)
        markers = openers if all(openers) else (*openers, *foreign_tokens(self.program))
        return sorted({marker for marker in markers if marker})

    # ---- markers ---------------------------------------------------------------------------------------------------

    def state(self, step: Step) -> State:
        return self.machine.state(step.source)

    def next(self, step: Step) -> State:
        return self.machine.state(step.exit.nexts)

    def marked(self, step: Step, rest: str) -> Marked:
        """A pattern that begins with a marker: after white space that belongs to it, and only at the start of the state
        if the marker must come at once."""
        state = self.state(step)
        if step.at_once or (state.target is None and step.exit.form is None):
            return Marked(self.beginning(step.source), r"\s*", rest)
        return Marked("", self.space_before(state, step.exit), rest)

    def space_before(self, state: State, exit: Exit) -> str:
        """White space before a marker that ends a field: removed by the filters of the field, or printed. Between two
        markers, the first one has taken it."""
        if state.target is None:
            return ""
        pre = max(exit.pre, key=len, default="")
        if state.rstrip is None:
            return ending(pre)
        return chars(state.rstrip) + ("" if set(pre) <= set(state.rstrip) else ending(pre))

    def beginning(self, nodes: Nodes) -> str | None:
        """A pattern for the start of a state: only white space since the marker that leads to it."""
        led = []
        for step in self.steps:
            exit = step.exit
            marker = exit.marker if exit.form is None else exit.form.closer
            if exit.nexts == nodes and not exit.stop and marker:
                led.append(literal(marker))
        start = [r"\A"] if nodes == self.machine.start else []
        return any_of([*start, *([rf"(?<={any_of(led)}\s*)"] if led else [])]) if start or led else None

    def lead(self, nodes: Nodes) -> str:
        """The white space that the format prints before a field, and that the field's filters remove there. If several
        fields with different filters can come, only the printed white space."""
        if self.machine.state(nodes).target is None:
            return r"\s*"
        lead, lstrip = self.left(nodes)
        if lstrip is None:
            return beginning(lead)
        return ("" if set(lead) <= set(lstrip) else beginning(lead)) + chars(lstrip)

    def left(self, nodes: Nodes) -> tuple[str, str | None]:
        leaves = [(leaf.pre, self.machine.outline.nodes[leaf.node]) for leaf in self.machine.leaves(nodes)]
        fields = [(pre, node) for pre, node in leaves if isinstance(node, Field)]
        lstrips = {node.lstrip for _, node in fields}
        return fields[0][0], lstrips.pop() if len(lstrips) == 1 else None

    # ---- fields ----------------------------------------------------------------------------------------------------

    def reasoning(self) -> dict[str, Any] | None:
        opens, closes = [], []
        for step in self.steps:
            exit, source = step.exit, self.state(step)
            if not exit.stop and exit.form is None and self.next(step).target == "reasoning":
                opens.append(self.marked(step, literal(exit.marker) + self.lead(step.exit.nexts)))
            if source.target == "reasoning":
                space, marker = self.space_before(source, exit), literal(exit.marker)
                plain = not exit.stop and exit.form is None
                closes.append(Marked("", space, marker + self.lead(step.exit.nexts) if plain else f"(?={marker})"))
        start = self.machine.state(self.machine.start)
        if start.target == "reasoning":
            opens.append(Marked(r"\A", "", self.lead(self.machine.start)))
        if not opens:
            return None
        return {
            "open_pattern": one_of(opens),
            "close_pattern": one_of(closes),
            "content": "text",
            "content_args": {"strip": False},
        }

    def scaffold(self) -> dict[str, Any] | None:
        found = list(self.tails)
        for step in self.steps:
            exit = step.exit
            if exit.stop or exit.form is not None or self.state(step).target == "reasoning":
                continue
            if self.next(step).target != "reasoning":
                found.append(self.marked(step, literal(exit.marker) + self.lead(step.exit.nexts)))
        start = self.machine.state(self.machine.start)
        if start.target == "content" and not self.stripped:
            found += [Marked(r"\A", "", space) for space in self.some()]
        if not found:
            return None
        return {"open_pattern": one_of(found), "close_pattern": ""}

    def some(self) -> list[str]:
        """At least one of the characters that are removed before a content at the very start."""
        lead, lstrip = self.left(self.machine.start)
        if lstrip is not None:
            return [r"\s+" if lstrip == SPACES else f"[{literal(lstrip)}]+"]
        return [literal(lead[0]) + beginning(lead[1:])] if lead else []

    def content(self) -> dict[str, Any]:
        states = [s for s in map(self.machine.state, self.nodes()) if s.target == "content"]
        ends = [self.space_before(s, exit) for s in states for exit in s.exits.exits.values() if exit.stop]
        space = r"\s*" if self.rstripped else max(ends, key=len, default="")
        closes = [rf"{space}{any_of(map(literal, self.stops))}.*"] if self.stops else []
        if self.rstripped and not self.stripped:
            closes.append(r"\s+\Z")
        return {
            **({"close_pattern": any_of(closes)} if closes else {}),
            "content": "text",
            "content_args": {"strip": self.stripped},
            "repeats": True,
            "join": "",
        }

    # ---- calls -----------------------------------------------------------------------------------------------------

    def calls(self) -> dict[str, Any] | None:
        found: list[tuple[Shape, Marked]] = []
        for step in self.steps:
            form = step.exit.form
            if form is None:
                continue
            try:
                if form.opener is None and self.next(step).target is not None:
                    raise Unsayable("a content can follow them, and no token does")
                shape = shape_of(self.program, form, self.foreign(form, step.exit.nexts))
                found.append((shape, self.opening(step, form, shape)))
            except Unsayable as error:
                self.unsaid.append(f"Calls that begin with {self.begun(form)!r} stay in the content: {error}.")
        if not found:
            return None
        first = next((shape for shape, _ in found if shape.content == "json"), found[0][0])
        alike = [(shape, opening) for shape, opening in found if _reading(shape) == _reading(first)]
        for step in self.steps:
            form = step.exit.form
            if form is not None and len(alike) < len(found) and form.opener is not None:
                self.unsaid.append(f"Calls that begin with {form.opener!r} stay in the content: one kind is read.")
        self.unsaid += [shape.note for shape, _ in alike if shape.note]
        self.tails += [Marked(rf"(?<={s.closing}\s*)", r"\s*", rf"{s.tail}\s*") for s, _ in alike if s.tail]
        closes = [self.closing(shape) for shape, _ in alike]
        each = {"transform_each": True} if first.each else {"repeats": True}
        return {
            "open_pattern": one_of(opening for _, opening in alike),
            "close_pattern": any_of(closes),
            "content": first.content,
            "content_args": first.args,
            "transform": first.transform,
            **each,
        }

    def begun(self, form: Form) -> str:
        """The beginning of calls, as words for a sentence."""
        return form.opener or next(iter(self.machine.head(form).markers), "a value")

    def foreign(self, form: Form, nexts: Nodes) -> list[str]:
        """The markers that no call of a form contains."""
        return [*self.machine.block(form, nexts).exits]

    def opening(self, step: Step, form: Form, shape: Shape) -> Marked:
        """The pattern with which a call begins."""
        if form.opener is None:
            begins = self.machine.head(form).begins.pattern
            if step.at_once:
                return Marked(self.beginning(step.source), "", rf"(?=\s*(?:{begins})){shape.opening}")
            return Marked("", self.space_before(self.state(step), step.exit), rf"(?={begins}){shape.opening}")
        marker = self.marked(step, literal(form.opener))
        if shape.wrapper is None:
            return Marked(marker.place, marker.space, marker.rest + shape.opening)
        first = f"{marker.place or ''}{marker.space}{marker.rest}{shape.wrapper}"
        return Marked("", "", rf"(?:{first}|(?<={shape.closing}\s*)){shape.opening}")

    def closing(self, shape: Shape) -> str:
        stops = f"(?={any_of(map(literal, self.stops))})"
        if shape.closing is None:
            return stops
        return tidy(rf"{shape.closing}\s*")


def _reading(shape: Shape) -> tuple[Any, ...]:
    return shape.content, shape.args, shape.transform, shape.each
