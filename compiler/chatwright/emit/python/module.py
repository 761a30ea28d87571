"""The Python back end: one module of straight-line code per format, which depends on chatwright.runtime alone."""

from __future__ import annotations

from chatwright.analysis.facts import Facts, counter_of, reads
from chatwright.emit.python.messages import ModuleParts
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, walk

_HEADER = '''"""Renders {name}. Made by chatwright from {source} ({hash}); change that file, not this one."""

from __future__ import annotations

from chatwright.runtime.generated import *
'''


def emit_python(program: ir.Program, facts: Facts) -> str:
    """The source of the module. It exports `renderer`, `text`, `segments` and `render`."""
    return _Module(program, facts).source()


class _Module(ModuleParts):
    def source(self) -> str:
        for rule in self.program.rules:
            if not _reads_outside(rule):
                self.rule(rule)
        self.lines.place = None
        if not self.parts_inside:
            self.contents()
        self.emit()
        body = "\n".join(self.lines.lines)
        header = _HEADER.format(name=self.program.name, source=self.program.sources[0], hash=self.program.hash)
        return f"{header}\n\n{body}\n\n{self.tables(header)}"

    def tables(self, header: str) -> str:
        first = header.count("\n") + 3
        lines = []
        last: ir.Place | None = None
        for number, place in enumerate(self.lines.places):
            if place != last:
                lines.append((first + number, *(place or (-1, 0))))
                last = place
        program, facts = self.program, self.facts
        options = "".join(f"        {_option(option)},\n" for option in program.options)
        attributes = "".join(f"        Attribute{key!r},\n" for key in self.out.attributes) or (
            "        Attribute('wrap', False, None, 0, 1),\n"
        )
        return (
            "FORMAT = Format(\n"
            f"    name={program.name!r},\n    hash={program.hash!r},\n    sources={program.sources!r},\n"
            f"    options=(\n{options}    ),\n    attributes=(\n{attributes}    ),\n"
            f"    stops={facts.stops!r},\n    lines={tuple(lines)!r},\n)\n"
            "renderer = Renderer(FORMAT, emit)\nrender = renderer.render\ntext = renderer.text\n"
            "segments = renderer.segments\n"
        )

    # ---- the emitter -------------------------------------------------------------------------------------------

    def emit(self) -> None:
        options = "".join(f", o_{option.name}" for option in self.program.options)
        self.add(f"def emit(out, codes, owners, spans, messages, tools, add_generation_prompt{options}):")
        self.lines.depth += 1
        if self.program.tools_from != ("tools",):
            self.tools_from()
        if self.facts.written:
            self.set_apart()
        if self.parts_inside:
            self.contents()
        self.out.role = "system"
        self.head()
        self.turn_list()
        for rule in self.program.rules:
            if _reads_outside(rule):
                self.rule(rule)
        self.lines.place = None
        self.marks()
        self.refusals()
        self.behind(reads(self.program.head.body), "messages[begin]", "begin < n")
        self.out.owner, self.exprs.heading = "none", True
        self.out.body(self.program.head.body)
        self.out.owner, self.exprs.heading = "turn", False
        self.lines.place = None
        self.out.role = None
        self.loop()
        self.lines.place = None
        if self.facts.written:
            self.written()
        self.prompt("elif" if self.facts.written else "if")
        self.lines.depth -= 1
        self.add("")

    def tools_from(self) -> None:
        choices = [name if name == "tools" else f"o_{name}" for name in self.program.tools_from]
        chain = choices.pop()
        for name in reversed(choices):
            chain = f"{name} if {name if self.program.tools_filled else f'{name} is not None'} else {chain}"
        self.add(f"tools = {chain}")

    def set_apart(self) -> None:
        """The last message, if it has just been written, is no part of the conversation that it continues."""
        self.add("written = None")
        self.add(f'if messages and not add_generation_prompt and messages[-1]["role"] {_among(self.facts.sampler)}:')
        self.add("    written = messages[-1]")
        self.add("    messages = messages[:-1]")
        self.add("    add_generation_prompt = True")

    def head(self) -> None:
        head = self.program.head
        self.add("n = len(messages)")
        self.add("begin = 0")
        if head.which == "first":
            self.add("head = {}")
            self.add(f'if n and messages[0]["role"] {_among(head.takes)}:')
            self.add("    head = messages[0]")
            self.add("    begin = 1")
        elif head.which == "all":
            self.add(f'taken = [(j, x) for j, x in enumerate(messages) if x["role"] {_among(head.takes)}]')

    def turn_list(self) -> None:
        """Where the turns are. Messages that print nothing are looked through by all position words."""
        program = self.program
        if not self.facts.looks_through:
            self.add("end = n - 1")
            return
        hidden = program.skip + (program.head.takes if program.head.which == "all" else ())
        if program.skip_others:
            roles = tuple(role for turn in program.turns for role in turn.roles)
            test = _among(roles)
        else:
            test = f"not {_among(hidden)}" if len(hidden) > 1 else f"!= {hidden[0]!r}"
        self.add(f'turns = [j for j in range(begin, n) if messages[j]["role"] {test}]')
        self.add("begin = turns[0] if turns else n")
        self.add("end = turns[-1] if turns else -1")

    def marks(self) -> None:
        if any(mark.moves for mark in self.program.marks):
            self.add("reach = begin")
        for mark in self.program.marks:
            self.add(f"mark_{mark.name} = {'begin - 1' if mark.otherwise == 'start' else 'end'}")
            self.add(f"has_{mark.name} = False")
            if mark.moves:
                self.add(f"def find_{mark.name}(low, high):")
                self.lines.depth += 1
                self.search(mark, "low", "high", ("return j",))
                self.add("return None")
                self.lines.depth -= 1
            else:
                self.search(mark, "begin", "n", (f"mark_{mark.name} = j", f"has_{mark.name} = True", "break"))

    def search(self, mark: ir.Mark, low: str, high: str, found: tuple[str, ...]) -> None:
        """Look for a mark among the messages from one index to another."""
        steps = f"range({high} - 1, {low} - 1, -1)" if mark.end == "last" else f"range({low}, {high})"
        self.add(f"for j in {steps}:")
        self.add("    m = messages[j]")
        self.add(f'    if m["role"] {_among(mark.roles)}:')
        self.lines.depth += 2
        if mark.where is not None:
            if reads((), mark.where).text:
                self.add("c = s = content_of(m, j)")
            self.add('role = m["role"]')
            self.add(f"if not ({self.at_work('j', mark.where)}):")
            self.add("    continue")
        for line in found:
            self.add(line)
        self.lines.depth -= 2

    def at_work(self, index: str, when: ir.Expr) -> str:
        """A condition on the message at a place that is not that of a turn."""
        self.exprs.index = index
        text = self.exprs.cond(when)
        self.exprs.index = "i"
        return text

    def refusals(self) -> None:
        for refusal in self.program.refusals:
            for node in walk(refusal.when):
                if isinstance(node, ir.Alternating):
                    self.alternating(node)
            self.lines.place = refusal.at
            self.add(f"if {self.out.exprs.cond(refusal.when)}:")
            self.lines.depth += 1
            self.out.reject(refusal.message, refusal.at)
            self.lines.depth -= 1
        self.lines.place = None

    def alternating(self, node: ir.Alternating) -> None:
        self.add(f"alternating_{node.role} = []")
        self.add("for j in " + ("turns:" if self.facts.looks_through else "range(begin, n):"))
        self.add("    m = messages[j]")
        self.add('    role = m["role"]')
        self.add(f"    if {self.at_work('j', node.where)}:")
        self.add(f"        alternating_{node.role}.append(role == {node.role!r})")

    def loop(self) -> None:
        if self.prev:
            for name, value in (("prev", "None"), ("prev_role", '""'), ("prev_i", "-1")):
                if name in self.prev_names:
                    self.add(f"{name} = {value}")
        for role in self.before:
            self.add(f"before_{role} = None")
        if self.closed:
            self.add("open_at = -1")
        if self.facts.counts_parts:
            self.add("counts = {}")
        for roles in self.facts.counted:
            self.add(f"{counter_of(roles)} = 0")
        looks = self.facts.looks_through
        if looks:
            self.add("for k, i in enumerate(turns):")
            self.add("    m = messages[i]")
        else:
            self.add("for i, m in enumerate(messages[begin:] if begin else messages, begin):")
        self.lines.depth += 1
        self.add('role = m["role"]')
        self.add("owners += (len(out), i)")
        if not self.facts.turns:
            self.add("pass")
        word = "if"
        for turn in sorted(self.facts.turns, key=lambda t: not t.roles):
            if turn.roles:
                self.add(f"{word} role {_among(turn.roles)}:")
            else:
                self.add("elif role.__class__ is not str:" if word == "elif" else "if role.__class__ is not str:")
                self.add("    raise bad_role(i, role)")
                self.add("else:")
            self.turn(turn)
            word = "elif"
        if not self.facts.any_role:
            self.add("else:" if self.facts.turns else "if True:")
            self.add(f"    raise unknown_role(i, role, {self.facts.roles!r})")
        if self.prev:
            for name, value in (("prev", "m"), ("prev_role", "role"), ("prev_i", "i")):
                if name in self.prev_names:
                    self.add(f"{name} = {value}")
        self.lines.depth -= 1

    def turn(self, turn: ir.Turn) -> None:
        self.lines.depth += 1
        self.lines.place = turn.at
        self.count(turn.roles)
        self.prelude(reads(turn.body), bool(set(turn.roles) & set(self.facts.sampler)))
        self.out.body(turn.body)
        self.lines.place = None
        for role in self.before:
            if role in turn.roles:
                self.add(f"before_{role} = m" if len(turn.roles) == 1 else f"if role == {role!r}: before_{role} = m")
        self.lines.depth -= 1

    def written(self) -> None:
        """The turn of the message that was set apart; it stands where the prompt would."""
        self.add("if written is not None:")
        self.lines.depth += 1
        for line in ("i = n", "m = written", 'role = m["role"]', "owners += (len(out), i)"):
            self.add(line)
        self.count(self.facts.sampler)
        self.prelude(reads(self.facts.written), True)
        self.out.body(self.facts.written)
        self.lines.place = None
        self.lines.depth -= 1

    def prompt(self, word: str) -> None:
        if not self.facts.prompt:
            return
        self.out.role = "assistant"
        self.add(f"{word} add_generation_prompt:")
        self.lines.depth += 1
        self.add("owners += (len(out), -1)")
        self.out.owner = "none"
        self.exprs.prompting, self.exprs.counter = True, counter_of(self.facts.sampler)
        self.out.body(self.facts.prompt)
        self.exprs.prompting = False
        self.lines.depth -= 1
        self.out.role = None


def _among(roles: tuple[str, ...]) -> str:
    return f"== {roles[0]!r}" if len(roles) == 1 else f"in {roles!r}"


def _reads_outside(rule: ir.Rule) -> bool:
    """Whether a rule reads more than its arguments, and so must stand inside the emitter."""
    return any(isinstance(e, ir.HeadList | ir.Opt | ir.Tools) for e in all_expressions(rule.body))


def _option(option: ir.Option) -> str:
    args = [repr(option.name), repr(option.type)]
    if option.values:
        args.append(f"choices={option.values!r}")
    if option.default is not None:
        args.append(f"default={option.default!r}")
    if option.default_option is not None:
        args.append(f"link={option.default_option!r}")
    if option.doc:
        args.append(f"doc={option.doc!r}")
    return f"Option({', '.join(args)})"
