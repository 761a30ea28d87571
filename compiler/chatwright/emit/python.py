"""The Python back end: one module of straight-line code per format, which depends on chatwright.runtime alone."""

from __future__ import annotations

import re

from chatwright import ir
from chatwright.emit.python_expr import py_name
from chatwright.emit.python_stmt import Lines, PythonStatements
from chatwright.facts import Facts, Reads, reads, reasoning_keys
from chatwright.logic import all_expressions, walk

_HEADER = '''"""Renders {name}. Made by chatwright from {source} ({hash}); change that file, not this one."""

from __future__ import annotations

from chatwright.runtime.generated import *
'''


def emit_python(program: ir.Program, facts: Facts) -> str:
    """The source of the module. It exports `renderer`, `text`, `segments` and `render`."""
    return _Module(program, facts).source()


class _Module:
    def __init__(self, program: ir.Program, facts: Facts) -> None:
        self.program = program
        self.facts = facts
        self.lines = Lines()
        self.out = PythonStatements(program, facts, self.lines)
        bodies = [turn.body for turn in facts.turns] + [facts.prompt]
        everything = [reads(body) for body in bodies]
        self.prev = any(r.prev for r in everything)
        self.before = sorted({role for r in everything for role in r.before})
        self.closed = bool(program.closed_by_next)

    def add(self, text: str) -> None:
        self.lines.add(text)

    def source(self) -> str:
        for rule in self.program.rules:
            if not _reads_outside(rule):
                self.rule(rule)
        self.lines.place = None
        if self.program.parts:
            self.part_text()
        self.parts_of()
        self.content_of()
        self.emit()
        body = self.filled("\n".join(self.lines.lines))
        header = _HEADER.format(name=self.program.name, source=self.program.sources[0], hash=self.program.hash)
        return f"{header}\n\n{body}\n\n{self.tables(header)}"

    def filled(self, text: str) -> str:
        """Fill in the number of attributes, and the codes that depend on it."""
        count = max(1, len(self.out.attributes))
        text = re.sub(r"-§(\d+)§", lambda m: str(int(m[1]) - count), text)
        return text.replace("§§", str(count))

    def tables(self, header: str) -> str:
        first = header.count("\n") + 3
        lines = []
        last: ir.Place | None = None
        for number, place in enumerate(self.lines.places):
            if place is not None and place != last:
                lines.append((first + number, *place))
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

    # ---- helper functions of the module ------------------------------------------------------------------------

    def rule(self, rule: ir.Rule) -> None:
        params = "".join(f", {py_name(p.name)}" for p in rule.params)
        self.add(f"def rule_{rule.name}(out, codes, b{params}):")
        self.lines.depth += 1
        for param in rule.params:
            if param.kind == "call":
                self.add(f'f_{param.name} = {py_name(param.name)}.get("function") or {py_name(param.name)}')
        self.out.body(rule.body)
        self.lines.depth -= 1
        self.add("")
        self.add("")

    def part_text(self) -> None:
        """What one content part prints, by its kind."""
        self.add("def part_out(out, codes, b, v_part, v_role, i, counts):")
        self.lines.depth += 1
        self.add("kind = v_part.get('type')")
        self.out.exprs.in_part = True
        known = [kind for part in self.program.parts for kind in part.kinds]
        word = "if"
        ordered = sorted(self.program.parts, key=lambda p: not p.kinds)
        if "text" not in known:
            self.add("if kind == 'text':")
            self.add("    out.append(part_string(v_part, i))")
            word = "elif"
        for part in ordered:
            if part.kinds:
                self.add(f"{word} kind in {part.kinds!r}:")
            elif word == "if":
                self.add("if True:")
            else:
                self.add("else:")
            self.lines.depth += 1
            if any(isinstance(e, ir.PartNumber) for e in all_expressions(part.body)):
                self.add(f"number = count_part(counts, {part.kinds[0]!r})")
            self.out.body(part.body)
            self.lines.depth -= 1
            word = "elif"
        if all(part.kinds for part in ordered):
            kinds = tuple(dict.fromkeys(("text", *known)))
            self.add("else:")
            self.add(f"    raise unknown_part(i, kind, {kinds!r})")
        self.out.exprs.in_part = False
        self.lines.depth -= 1
        self.lines.place = None
        self.add("")
        self.add("")
        self.add("def part_text(part, role, i, counts=None):")
        self.add("    out = []")
        self.add("    part_out(out, [], 0, part, role, i, counts)")
        self.add('    return "".join(out)')
        self.add("")
        self.add("")

    def parts_of(self) -> None:
        self.add("def parts_of(content, m, i, counts=None):")
        if self.program.parts:
            self.add('    return "".join([part_text(part, m["role"], i, counts) for part in list_of_parts(content, i)])')
        else:
            self.add("    raise no_parts(content, i)")
        self.add("")
        self.add("")

    def content_of(self) -> None:
        strip = "" if self.program.content_strip is None else f".strip({self.program.content_strip!r})"
        strip = strip.replace("('')", "()")
        self.add("def content_of(m, i, counts=None):")
        self.add('    c = m.get("content")')
        self.add("    if c.__class__ is not str:")
        self.add('        c = parts_of(c, m, i, counts) if c is not None else ""')
        if self.prints_text():
            self.add("    else:")
            self.add('        c = part_text({"type": "text", "text": c}, m["role"], i)')
        self.add(f"    return c{strip}")
        self.add("")
        self.add("")

    def prints_text(self) -> bool:
        """Whether text parts, and so contents that are text, print otherwise than as they are."""
        return any("text" in part.kinds for part in self.program.parts)

    # ---- the emitter -------------------------------------------------------------------------------------------

    def emit(self) -> None:
        options = "".join(f", o_{option.name}" for option in self.program.options)
        self.add(f"def emit(out, codes, spans, messages, tools, add_generation_prompt{options}):")
        self.lines.depth += 1
        if self.program.tools_from != ("tools",):
            self.tools_from()
        self.out.role = "system"
        self.head()
        self.turn_list()
        for rule in self.program.rules:
            if _reads_outside(rule):
                self.rule(rule)
        self.lines.place = None
        self.marks()
        self.refusals()
        self.out.body(self.program.head.body)
        self.lines.place = None
        self.out.role = None
        self.loop()
        self.lines.place = None
        self.prompt()
        self.lines.depth -= 1
        self.add("")

    def tools_from(self) -> None:
        choices = [name if name == "tools" else f"o_{name}" for name in self.program.tools_from]
        for first, second in zip(choices[-2::-1], choices[:0:-1], strict=True):
            self.add(f"tools = {first} if {first} is not None else {second}")

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
        for mark in self.program.marks:
            steps = "range(n - 1, begin - 1, -1)" if mark.end == "last" else "range(begin, n)"
            self.add(f"{mark.name} = {'begin - 1' if mark.otherwise == 'start' else 'end'}")
            self.add(f"has_{mark.name} = False")
            self.add(f"for j in {steps}:")
            self.add("    m = messages[j]")
            self.add(f'    if m["role"] {_among(mark.roles)}:')
            self.lines.depth += 2
            if mark.where is not None:
                found = reads((), mark.where)
                if found.text:
                    self.add("c = s = content_of(m, j)")
                self.add('role = m["role"]')
                self.add(f"if not ({self.out.exprs.cond(mark.where)}):")
                self.add("    continue")
            self.add(f"{mark.name} = j")
            self.add(f"has_{mark.name} = True")
            self.add("break")
            self.lines.depth -= 2

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
        self.add("for i in " + ("turns:" if self.facts.looks_through else "range(begin, n):"))
        self.add("    m = messages[i]")
        self.add('    role = m["role"]')
        self.add(f"    if {self.out.exprs.cond(node.where)}:")
        self.add(f"        alternating_{node.role}.append(role == {node.role!r})")

    def loop(self) -> None:
        if self.prev:
            self.add("prev = None")
            self.add('prev_role = ""')
            self.add("prev_i = -1")
        for role in self.before:
            self.add(f"before_{role} = None")
        if self.closed:
            self.add("open_at = -1")
        if self.facts.counts_parts:
            self.add("counts = {}")
        looks = self.facts.looks_through
        self.add("for k, i in enumerate(turns):" if looks else "for i in range(begin, n):")
        self.lines.depth += 1
        self.add("m = messages[i]")
        self.add('role = m["role"]')
        self.add("b = i * §§")
        word = "if"
        for turn in sorted(self.facts.turns, key=lambda t: not t.roles):
            if turn.roles:
                self.add(f"{word} role {_among(turn.roles)}:")
            else:
                self.add("else:" if word == "elif" else "if True:")
            self.turn(turn)
            word = "elif"
        if not self.facts.any_role:
            self.add("else:")
            self.add(f"    raise unknown_role(i, role, {self.facts.roles!r})")
        if self.prev:
            self.add("prev = m")
            self.add("prev_role = role")
            self.add("prev_i = i")
        self.lines.depth -= 1

    def turn(self, turn: ir.Turn) -> None:
        self.lines.depth += 1
        self.lines.place = turn.at
        self.prelude(reads(turn.body), bool(set(turn.roles) & set(self.facts.sampler)))
        self.out.body(turn.body)
        self.lines.place = None
        for role in self.before:
            if role in turn.roles:
                self.add(f"before_{role} = m" if len(turn.roles) == 1 else f"if role == {role!r}: before_{role} = m")
        self.lines.depth -= 1

    def prelude(self, found: Reads, thinks: bool) -> None:
        """The locals that a turn reads: content `c`, its source `s`, reasoning `r`, `inl`, its neighbours."""
        inline = self.program.inline if thinks and (found.reasoning or found.content or found.inline) else None
        if found.text or (inline is not None and found.reasoning):
            self.content(found, inline)
        if found.reasoning or inline is not None:
            self.reasoning(found, inline)
        if found.next:
            after = "messages[turns[k + 1]]" if self.facts.looks_through else "messages[i + 1]"
            self.add(f'next_role = {after}["role"] if i < end else ""')
        if found.results:
            self.add("results_end = i + 1")
            self.add('while results_end < n and messages[results_end]["role"] == "tool":')
            self.add("    results_end += 1")

    def content(self, found: Reads, inline: ir.Inlining | None) -> None:
        counts = ", counts" if self.facts.counts_parts else ""
        strip = self.program.content_strip
        if strip is None and not self.prints_text():
            self.add('c = m.get("content")')
            self.add("if c.__class__ is not str:")
            self.add(f'    c = parts_of(c, m, i{counts}) if c is not None else ""')
        else:
            self.add(f"c = content_of(m, i{counts})")
        if found.source or inline is not None:
            self.add("s = c")

    def reasoning(self, found: Reads, inline: ir.Inlining | None) -> None:
        keys = reasoning_keys(self.program)
        if keys:
            self.add(f"r = m.get({keys[0]!r})")
            for key in keys[1:]:
                self.add("if r is None:")
                self.add(f"    r = m.get({key!r})")
        else:
            self.add("r = None")
        if inline is None:
            return
        args = f"c, {inline.open!r}, {inline.close!r}, {inline.trim!r}, {inline.strip!r}"
        split = f"split_{inline.at}({args})"
        if found.inline:
            self.add(f"inl = r is None and {inline.close!r} in c")
        if inline.how == "else":
            self.add(f"if r is None and {inline.close!r} in c:")
            self.add(f"    r, c = {split}")
        else:
            self.add(f"if {inline.close!r} in c:")
            self.add(f"    found, c = {split}")
            self.add("    if r is None:")
            self.add("        r = found")

    def prompt(self) -> None:
        if not self.facts.prompt:
            return
        self.out.role = "assistant"
        self.add("if add_generation_prompt:")
        self.lines.depth += 1
        self.out.body(self.facts.prompt)
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


