"""Statements of the intermediate representation as Python source: straight-line code that appends to two lists."""

from __future__ import annotations

import re

from chatwright.analysis.facts import Facts, asked_by, reads
from chatwright.emit.python.conditions import PythonExprs, py_name
from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE, asked
from chatwright.ir.records import unfold
from chatwright.ir.walk import statements

AttributeKey = tuple[str, bool, str | None, int, int, int]


class Lines:
    """Source lines under construction, each with the place of the spec that it comes from."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.places: list[ir.Place | None] = []
        self.depth = 0
        self.place: ir.Place | None = None

    def add(self, text: str) -> None:
        self.lines.append("    " * self.depth + text if text else "")
        self.places.append(self.place)


class PythonStatements:
    """Writes bodies. `owner` is the message at work, whose the pieces are unless they say otherwise."""

    def __init__(self, program: ir.Program, facts: Facts, lines: Lines) -> None:
        self.program = program
        self.facts = facts
        self.lines = lines
        self.exprs = PythonExprs(program, facts)
        self.attributes: dict[AttributeKey, int] = {}
        ordered = sorted(map(re.escape, program.tokens), key=len, reverse=True)
        self.control = re.compile("|".join(ordered)) if ordered else None
        self.role: str | None = None
        self.in_rule = False
        self.owner = "turn"
        self.names = 0
        #: Of each piece its text, its code and its owner, as Python source.
        self.batch: list[tuple[str, str, str]] = []

    # ---- pieces ------------------------------------------------------------------------------------------------

    def attribute(self, part: str, body: bool, owner: str, at: ir.Place, literal: str = "") -> int:
        role = self.role if owner == "none" else None
        controls = len(self.control.findall(literal)) if self.control else 0
        return self.attributes.setdefault((part, body, role, *at, controls), len(self.attributes))

    def index_of(self, owner: str) -> str:
        """The message index of an owner, as Python source."""
        return {"turn": "i", "none": "-1", "head": "0"}.get(owner, f"i_{owner}")

    def piece(self, text: str, part: str, body: bool, owner: str, at: ir.Place, literal: str = "") -> None:
        self.coded(text, str(self.attribute(part, body, owner, at, literal)), owner, at)

    def coded(self, text: str, code: str, owner: str, at: ir.Place) -> None:
        if not self.batch:
            self.lines.place = at
        self.batch.append((text, code, owner))

    def flush(self) -> None:
        """Write the pieces that stand together as one addition to each list."""
        if not self.batch:
            return
        texts, codes, owners = zip(*self.batch, strict=True)
        self.batch = []
        if not self.in_rule and any(owner != self.owner for owner in owners):
            self.switch_owners(owners)
        if len(texts) == 1:
            self.lines.add(f"out.append({texts[0]})")
            self.lines.add(f"codes.append({codes[0]})")
        else:
            self.lines.add(f"out += ({', '.join(texts)})")
            self.lines.add(f"codes += ({', '.join(codes)})")

    def switch_owners(self, owners: tuple[str, ...]) -> None:
        """Say which of the next pieces are another message's than the one at work."""
        self.lines.add("at = len(out)")
        switches: list[str] = []
        last = self.owner
        for number, owner in enumerate([*owners, self.owner]):
            if owner != last:
                switches += [f"at + {number}" if number else "at", self.index_of(owner)]
                last = owner
        self.lines.add(f"owners += ({', '.join(switches)})")

    # ---- statements --------------------------------------------------------------------------------------------

    def body(self, body: ir.Body) -> None:
        """Write a body; it always leaves at least one line behind."""
        before = len(self.lines.lines)
        for stmt in body:
            self.statement(stmt)
        self.flush()
        if len(self.lines.lines) == before:
            self.lines.add("pass")

    def nested(self, head: str, body: ir.Body) -> None:
        self.lines.add(head)
        self.lines.depth += 1
        self.body(body)
        self.lines.depth -= 1

    def statement(self, stmt: ir.Stmt) -> None:
        if isinstance(stmt, ir.Text) and not stmt.closes:
            if stmt.text:
                self.piece(repr(stmt.text), stmt.part, False, stmt.owner, stmt.at, stmt.text)
            return
        if isinstance(stmt, ir.Slot) and not stmt.required:
            self.slot(stmt)
            return
        self.flush()
        match stmt:
            case ir.Text():
                self.closing_text(stmt)
            case ir.Slot():
                self.require(stmt)
                self.slot(stmt)
            case ir.If():
                self.branches(stmt)
            case ir.For():
                self.loop(stmt)
            case ir.Run():
                self.run(stmt)
            case ir.Record():
                for inner in unfold(stmt):
                    self.statement(inner)
            case ir.Sampled():
                self.sampled(stmt)
            case ir.PromptEnd():
                self.prompt_end(stmt)
            case ir.Advance():
                self.advance()
            case ir.Close():
                self.close(stmt)
            case ir.CloseByNext():
                self.lines.place = stmt.at
                self.lines.add("open_at = len(out)")
                self.lines.add("open_i = i")
            case ir.Reject():
                self.reject(stmt.message, stmt.at)

    def slot(self, stmt: ir.Slot) -> None:
        text = self.exprs.text(stmt.value)
        code = str(self.attribute(stmt.part, stmt.body, stmt.owner, stmt.at, self.usual_token(stmt.value)))
        if isinstance(stmt.value, ir.Attr) and stmt.value.free:
            code = f"{self.attribute('wrap', False, stmt.owner, stmt.at)} if {text} in STANDARD_ROLES else {code}"
        self.coded(text, code, stmt.owner, stmt.at)

    def usual_token(self, value: ir.Expr) -> str:
        """What a slot for a special token prints, if nobody says otherwise."""
        match value:
            case ir.Opt(name="bos_token"):
                return self.program.bos or ""
            case ir.Opt(name="eos_token"):
                return self.program.eos or ""
        return ""

    def run(self, stmt: ir.Run) -> None:
        self.lines.place = stmt.at
        other = stmt.owner not in (self.owner, "rule")
        if other:
            self.lines.add(f"owners += (len(out), {self.index_of(stmt.owner)})")
        args = "".join(f", {self.exprs.argument(arg)}" for arg in stmt.args)
        self.lines.add(f"rule_{stmt.rule}(out, codes{args})")
        if other:
            self.lines.add(f"owners += (len(out), {self.index_of(self.owner)})")

    def require(self, stmt: ir.Slot) -> None:
        value = stmt.value
        while isinstance(value, ir.Pipe):
            value = value.value
        choices = value.choices if isinstance(value, ir.FirstFilled) else (value,)
        wires = [ir.Attr(c.message, "content") if isinstance(c, ir.Content) else c for c in choices]
        test = " and ".join(f"{self.exprs.operand(w)} is None" for w in wires)
        self.lines.place = stmt.at
        index = {"head": "0", "turn": "i", "none": "None", "rule": "None"}.get(stmt.owner, f"i_{stmt.owner}")
        self.lines.add(f"if {test}:")
        self.lines.add(f"    raise missing({index}, {stmt.field!r}, {stmt.at[1]})")

    def closing_text(self, stmt: ir.Text) -> None:
        """The opener of this turn that stops the turn before, if that one is open right here."""
        self.lines.place = stmt.at
        self.lines.add("if open_at == len(out):")
        self.lines.add("    spans += (open_at, open_at + 1)")
        self.lines.add(f"    owners += (open_at, open_i, open_at + 1, {self.index_of(stmt.owner)})")
        self.lines.add(f"    codes.append({self.attribute('closer', False, 'turn', stmt.at, stmt.text)})")
        self.lines.add("else:")
        self.lines.add(f"    codes.append({self.attribute(stmt.part, False, stmt.owner, stmt.at, stmt.text)})")
        self.lines.add(f"out.append({stmt.text!r})")

    def branches(self, stmt: ir.If) -> None:
        word = "if"
        for when, body in stmt.branches:
            self.branch(word, when, body)
            word = "elif"
        otherwise = stmt.otherwise
        while len(otherwise) == 1 and isinstance(otherwise[0], ir.If):
            inner = otherwise[0]
            for when, body in inner.branches:
                self.branch("elif", when, body)
            otherwise = inner.otherwise
        if otherwise:
            self.nested("else:", otherwise)

    def branch(self, word: str, when: ir.Expr, body: ir.Body) -> None:
        """A branch; what its condition asks of is there inside of it."""
        text = f"{word} {self.exprs.cond(when)}:"
        sure = asked(when)
        self.exprs.sure += sure
        self.nested(text, body)
        del self.exprs.sure[len(self.exprs.sure) - len(sure) :]

    def sampled(self, stmt: ir.Sampled) -> None:
        past = any(isinstance(s, ir.Close) and s.past_when != FALSE for s in statements(stmt.body))
        self.lines.add("start = len(out)")
        if past:
            self.lines.add("stop = -1")
        self.body(stmt.body)
        self.lines.add(f"spans += (start, {'stop if stop >= 0 else ' if past else ''}len(out))")

    def prompt_end(self, stmt: ir.PromptEnd) -> None:
        if stmt.when == TRUE:
            self.lines.add("start = len(out)")
        else:
            self.lines.add(f"if {self.exprs.cond(stmt.when)}:")
            self.lines.add("    start = len(out)")

    def close(self, stmt: ir.Close) -> None:
        """The closer. What a rendering prints in its place the model did not write."""
        if stmt.past_when == FALSE:
            self.body((stmt.token,))
            return
        self.lines.add(f"if {self.exprs.cond(stmt.past_when)}:")
        self.lines.depth += 1
        self.lines.add("stop = len(out)")
        if stmt.past.text:
            self.body((stmt.past,))
        self.lines.depth -= 1
        self.nested("else:", (stmt.token,))

    def advance(self) -> None:
        """Move the marks to where they lie among the messages before the next turn of the model."""
        at = "begin" if self.exprs.heading else "i + 1"
        roles = self.facts.sampler
        self.lines.place = None
        self.lines.add(f"low, reach = reach, {at}")
        self.lines.add(f'while reach < n and messages[reach]["role"] not in {roles!r}:')
        self.lines.add("    reach += 1")
        for mark in self.program.marks:
            if not mark.moves:
                continue
            if asked_by(mark):
                nowhere = "begin - 1" if mark.otherwise == "start" else "reach - 1"
                self.lines.add(f"j = find_{mark.name}(begin, reach)")
                self.lines.add(f"mark_{mark.name}, has_{mark.name} = ({nowhere}, False) if j is None else (j, True)")
                continue
            unless = f"None if has_{mark.name} else " if mark.end == "first" else ""
            self.lines.add(f"j = {unless}find_{mark.name}(low, reach)")
            self.lines.add("if j is not None:")
            self.lines.add(f"    mark_{mark.name}, has_{mark.name} = j, True")
            if mark.otherwise == "end":
                self.lines.add(f"elif not has_{mark.name}:")
                self.lines.add(f"    mark_{mark.name} = reach - 1")

    def reject(self, message: tuple[str | ir.Expr, ...], at: ir.Place, index: str = "i") -> None:
        self.lines.place = at
        parts = [repr(p) if isinstance(p, str) else f"str({self.exprs.value(p)})" for p in message]
        where = "None" if self.role is not None or self.in_rule else index
        self.lines.add(f"raise refused({' + '.join(parts) or repr('')}, {where}, {at[1]})")

    # ---- loops -------------------------------------------------------------------------------------------------

    def loop(self, stmt: ir.For) -> None:
        self.lines.place = stmt.at
        self.names += 1
        index = f"n_{self.names}"
        names = [py_name(name) for name in stmt.names]
        target = ", ".join(names)
        if stmt.kind == "message":
            target = f"i_{stmt.names[0]}, {names[0]}"
        items = self.items(stmt)
        if stmt.only_first:
            items = f"{items}[:1]" if not items.endswith("()") else f"({items})[:1]"
        if stmt.where is not None:
            paired = f"({target})" if "," in target else target
            binding = self.call_binding(stmt)
            where = self.exprs.cond(stmt.where)
            binder = f"for {binding} in " if binding else ""
            items = (
                f"[{paired} for {target} in {items} {binder}if {where}]"
                if not binding
                else (f"[{paired} for {target} in {items} for f_{stmt.names[0]} in ({binding},) if {where}]")
            )
        inside = reads(stmt.body)
        if inside.loop_last:
            self.lines.add(f"listed_{index} = list({items})")
            self.lines.add(f"last_{index} = len(listed_{index}) - 1")
            items = f"listed_{index}"
        if inside.loop_position or stmt.sep is not None:
            target = f"{index}, ({target})" if "," in target else f"{index}, {target}"
            items = f"enumerate({items})"
        self.lines.add(f"for {target} in {items}:")
        self.lines.depth += 1
        self.exprs.loops.append(index)
        binding = self.call_binding(stmt)
        if binding:
            self.lines.add(f"f_{stmt.names[0]} = {binding}")
        outer = self.owner
        if stmt.kind == "message" and not self.in_rule:
            self.owner = stmt.names[0]
            self.lines.add(f"owners += (len(out), i_{stmt.names[0]})")
        if stmt.sep is not None:
            self.lines.add(f"if {index}:")
            self.lines.depth += 1
            self.body((stmt.sep,))
            self.lines.depth -= 1
        self.body(stmt.body)
        self.exprs.loops.pop()
        self.lines.depth -= 1
        if self.owner != outer:
            self.owner = outer
            self.lines.add(f"owners += (len(out), {self.index_of(outer)})")

    def call_binding(self, stmt: ir.For) -> str:
        if stmt.kind != "call":
            return ""
        name = py_name(stmt.names[0])
        return f'{name}.get("function") or {name}'

    def items(self, stmt: ir.For) -> str:
        match stmt.items:
            case ir.HeadList():
                return "taken"
            case ir.Messages():
                return "list(enumerate(messages))"
            case ir.Turns():
                places = "turns" if self.facts.looks_through else "range(begin, n)"
                return f"[(j, messages[j]) for j in {places}]"
            case ir.Results():
                return "[(j, messages[j]) for j in range(i + 1, results_end)]"
        value = self.exprs.value(stmt.items)
        if len(stmt.names) == 2:
            absent = isinstance(stmt.items, ir.Key)
            return f"pairs({self.exprs.argument(stmt.items) if absent else value})"
        return f"{value} or ()" if stmt.kind in ("call", "tool") else f"items({value})"
