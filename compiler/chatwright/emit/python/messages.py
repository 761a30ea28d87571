"""How a generated module makes the text of a message: its rules, its content parts, what a turn reads."""

from __future__ import annotations

from chatwright.analysis.facts import Facts, Reads, counter_of, reads, reasoning_keys
from chatwright.emit.python.conditions import py_name
from chatwright.emit.python.statements import Lines, PythonStatements
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, walk


class ModuleParts:
    """A module under construction, with what is known of the whole program."""

    def __init__(self, program: ir.Program, facts: Facts) -> None:
        self.program = program
        self.facts = facts
        self.lines = Lines()
        self.out = PythonStatements(program, facts, self.lines)
        self.exprs = self.out.exprs
        bodies = [*(turn.body for turn in facts.turns), facts.prompt, facts.written]
        everything = [reads(body) for body in bodies]
        self.prev = any(r.prev for r in everything)
        self.before = sorted({role for r in everything for role in r.before})
        self.prev_names = _prev_names(bodies)
        self.closed = bool(program.closed_by_next)
        self.reasoning_of_others = any(
            isinstance(e, ir.Reasoning) and e.message.which != "this"
            for body in (program.head.body, *bodies)
            for e in all_expressions(body)
        )
        self.parts_inside = any(
            isinstance(e, ir.Opt | ir.Tools | ir.HeadList) for part in program.parts for e in all_expressions(part.body)
        )

    def add(self, text: str) -> None:
        self.lines.add(text)

    def rule(self, rule: ir.Rule) -> None:
        params = "".join(f", {py_name(p.name)}" for p in rule.params)
        self.add(f"def rule_{rule.name}(out, codes{params}):")
        self.lines.depth += 1
        for param in rule.params:
            if param.kind == "call":
                self.add(f'f_{param.name} = {py_name(param.name)}.get("function") or {py_name(param.name)}')
        self.out.in_rule, outer, self.out.owner = True, self.out.owner, "rule"
        self.exprs.nullable = frozenset(name for called, name in self.exprs.absent if called == rule.name)
        self.out.body(rule.body)
        self.out.in_rule, self.out.owner, self.exprs.nullable = False, outer, frozenset()
        self.lines.depth -= 1
        self.add("")
        self.add("")

    def contents(self) -> None:
        """The functions that make a content text. Inside the emitter where parts read more than themselves."""
        if self.program.parts:
            self.part_text()
        self.parts_of()
        self.content_of()
        if self.reasoning_of_others:
            self.add("def reasoning_of(m):")
            self.lines.depth += 1
            self.add("m = m or {}")
            self.reasoning_fields()
            self.add("return r")
            self.lines.depth -= 1
            self.add("")
            self.add("")

    def part_text(self) -> None:
        """What one content part prints, by its kind."""
        self.add("def part_out(out, codes, v_part, v_role, i, counts):")
        self.lines.depth += 1
        self.add("kind = v_part.get('type')")
        self.out.exprs.in_part = True
        known = [kind for part in self.program.parts for kind in part.kinds]
        word = "if"
        ordered = sorted(self.program.parts, key=lambda p: not p.kinds)
        if "text" not in known:
            self.add("if kind == 'text':")
            self.add("    out.append(part_string(v_part, i))")
            self.add("    codes.append(OF_THE_WHOLE)")
            word = "elif"
        for part in ordered:
            if part.kinds:
                self.add(f"{word} kind in {part.kinds!r}:")
            elif word == "if":
                self.add("if True:")
            else:
                self.add("else:")
            self.lines.depth += 1
            if any(isinstance(e, ir.Number) for e in all_expressions(part.body)):
                self.add(f"number = count_part(counts, {part.kinds[0]!r})")
            self.out.body(part.body)
            self.lines.depth -= 1
            word = "elif"
        if all(part.kinds for part in ordered):
            kinds = tuple(dict.fromkeys(("text", *known)))
            self.lines.place = None
            self.add("else:")
            self.add(f"    raise unknown_part(i, kind, {kinds!r})")
        self.out.exprs.in_part = False
        self.lines.depth -= 1
        self.lines.place = None
        self.add("")
        self.add("")
        bodies = (self.program.head.body, *(t.body for t in self.program.turns), *(r.body for r in self.program.rules))
        alone = any(isinstance(e, ir.PartText) for body in bodies for s in all_expressions(body) for e in walk(s))
        if alone or self.prints_text():
            self.add("def part_text(part, role, i, counts=None):")
            self.add("    out = []")
            self.add("    part_out(out, [], part, role, i, counts)")
            self.add('    return "".join(out)')
            self.add("")
            self.add("")

    def parts_of(self) -> None:
        self.add("def parts_of(content, m, i, counts=None):")
        if self.program.parts:
            self.add("    out, codes = [], []")
            self.add("    for part in list_of_parts(content, i):")
            self.add('        part_out(out, codes, part, m["role"], i, counts)')
            self.add("    return parted(out, codes)")
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

    def prelude(self, found: Reads, thinks: bool) -> None:
        """The locals that a turn reads: content `c`, its source `s`, reasoning `r`, `inl`, its neighbours."""
        inline = self.program.inline if thinks and (found.reasoning or found.content or found.inline) else None
        if found.text or (inline is not None and found.reasoning):
            self.content(found, inline)
        if found.reasoning or inline is not None:
            self.reasoning(found, inline)
        if found.next:
            after = "messages[turns[k + 1]]" if self.facts.looks_through else "messages[i + 1]"
            self.behind(found, after, "i < end")
        if found.results:
            self.add("results_end = i + 1")
            self.add('while results_end < n and messages[results_end]["role"] == "tool":')
            self.add("    results_end += 1")

    def behind(self, found: Reads, message: str, there: str) -> None:
        """The locals about the turn behind: `next_role`, and the message itself where more of it is read."""
        if found.next_role:
            self.add(f'next_role = {message}["role"] if {there} else ""')
        if found.next_fields:
            self.add(f"following = {message} if {there} else None")

    def count(self, roles: tuple[str, ...]) -> None:
        """Count a turn, if its place among those of its declaration is asked for."""
        if roles in self.facts.counted:
            self.exprs.counter = counter_of(roles)
            self.add(f"{self.exprs.counter} += 1")

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
        self.reasoning_fields()
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

    def reasoning_fields(self) -> None:
        """The reasoning `r` of a message `m`, as its fields have it."""
        self.add("r = None")
        filled = self.program.reasoning_filled
        for number, keys in enumerate(reasoning_keys(self.program)):
            if number and filled:
                self.add("if not r:")
                self.lines.depth += 1
            for first, key in enumerate(keys):
                if number == 0 and first == 0:
                    self.lines.lines[-1] = "    " * self.lines.depth + f"r = m.get({key!r})"
                elif first == 0 and filled:
                    self.add(f"r = m.get({key!r})")
                else:
                    self.add("if r is None:")
                    self.add(f"    r = m.get({key!r})")
            if number and filled:
                self.lines.depth -= 1


def _prev_names(bodies: list[ir.Body]) -> set[str]:
    """Which locals about the turn before are needed."""
    names: set[str] = set()
    for expr in (e for body in bodies for e in all_expressions(body)):
        match expr:
            case ir.RoleIs(message=ir.Msg(which="prev")) | ir.Attr(message=ir.Msg(which="prev"), name="role"):
                names.add("prev_role")
            case ir.Results(message=ir.Msg(which="prev")):
                names.add("prev_i")
            case ir.Attr(message=ir.Msg(which="prev")) | ir.Exists(message=ir.Msg(which="prev")):
                names.add("prev")
            case ir.Content(message=ir.Msg(which="prev")) | ir.Reasoning(message=ir.Msg(which="prev")):
                names.add("prev")
    return names
