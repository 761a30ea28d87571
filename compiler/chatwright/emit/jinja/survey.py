"""What a template finds out before its loop: head and turns, marks, refusals."""

from __future__ import annotations

from chatwright.analysis.facts import asked_by, counter_of, reads
from chatwright.emit.jinja.conditions import quote
from chatwright.emit.jinja.opening import Opening
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, walk


class Survey(Opening):
    """Writes the survey of the messages."""

    def head_and_turns(self) -> None:
        head = self.program.head
        if head.which == "first":
            name = head.takes[0]
            with self.block(f"if messages and messages[0].role {self.exprs.among(head.takes)}", ""):
                self.out.set(name, "messages[0]")
                self.out.set("turns", "messages[1:]")
            with self.block("else", "endif"):
                self.out.set(name, "{}")
                self.out.set("turns", "messages")
        elif head.which == "all":
            test = f"'equalto', {quote(head.takes[0])}"
            if len(head.takes) > 1:
                test = f"'in', [{', '.join(map(quote, head.takes))}]"
            self.out.set(head.takes[0], f"messages | selectattr('role', {test}) | list")
        for rule in self.program.rules:
            if any(isinstance(e, ir.HeadList) for e in all_expressions(rule.body)):
                self.macro(rule)

    def check_content(self) -> None:
        """Formats without parts refuse a list; they would print it as Python does, or drop it."""
        facts = self.facts
        if self.program.parts:
            return
        if not (facts.text_roles or facts.any_text):
            return
        test = "message.content is defined and message.content is not none and message.content is not string"
        if not facts.any_text:
            test += f" and message.role {self.exprs.among(facts.text_roles)}"
        elif facts.other_roles:
            test += f" and message.role {self.exprs.among(facts.other_roles, negated=True)}"
        with self.block("for message in messages", "endfor"), self.block(f"if {test}", "endif"):
            self.out.raise_(
                "'message ' ~ loop.index0 ~ ': content must be a text for this format, not a list of parts'"
            )

    def namespace(self) -> None:
        fields: list[str] = []
        if self.out.training and self.program.closed_by_next:
            fields.append("open=false")
        if any(mark.moves for mark in self.program.marks):
            fields += ["low=0", "reach=0", "ahead=true"]
        through = self.facts.looks_through
        if through and self.needs_last():
            fields.append("last=-1")
        for mark in self.program.marks:
            end = "-1" if through else f"{self.turns} | length - 1"
            fields.append(f"{mark.name}={'-1' if mark.otherwise == 'start' else end}")
            if self.exists_flag(mark):
                fields.append(f"has_{mark.name}=false")
        before = {role for r in self.read for role in r.before}
        fields += [f"{role}=-1" for role in sorted(before)]
        if (through and any(r.prev for r in self.read)) or (
            self.uses(ir.Position, word="first", of="turn") and through
        ):
            fields += ["prev=-1", "role=''"]
        fields += [f"{counter_of(roles)}=0" for roles in self.facts.counted]
        if not fields:
            return
        self.out.set("ns", f"namespace({', '.join(fields)})")
        if through and self.needs_last():
            with self.block(f"for message in {self.turns}", "endfor"):
                with self.block(f"if {self.has_turn()}", "endif"):
                    self.out.set("ns.last", "loop.index0")
        for mark in self.program.marks:
            if mark.otherwise == "end" and through:
                self.out.set(f"ns.{mark.name}", "ns.last")
            if not mark.moves:
                self.mark(mark, self.turns, "")

    def needs_last(self) -> bool:
        ends = any(mark.otherwise == "end" for mark in self.program.marks)
        at_end = any(isinstance(e, ir.Position) and e.of == "turn" and e.word != "first" for e in self.expressions)
        return ends or at_end or self.uses(ir.Turns)

    def exists_flag(self, mark: ir.Mark) -> bool:
        return (
            mark.end == "first"
            or (mark.moves and mark.otherwise == "end")
            or any(self.uses(ir.MarkTest, test=test, mark=mark.name) for test in ("exists", "equal"))
        )

    def advance(self) -> None:
        """Move the marks to where they lie among the messages before the next turn of the model."""
        self.out.set("ns.low", "ns.reach")
        self.out.set("ns.reach", "0" if self.exprs.heading else "loop.index")
        self.out.set("ns.ahead", "true")
        with self.block(f"for later in {self.turns}[ns.reach:]", "endfor"):
            with self.block(f"if later.role {self.exprs.among(self.facts.sampler)}", ""):
                self.out.set("ns.ahead", "false")
            with self.block("elif ns.ahead", "endif"):
                self.out.set("ns.reach", "ns.reach + 1")
        for mark in self.program.marks:
            if mark.moves and asked_by(mark):
                self.out.set(f"ns.{mark.name}", "-1")
                if self.exists_flag(mark):
                    self.out.set(f"ns.has_{mark.name}", "false")
                self.mark(mark, f"{self.turns}[:ns.reach]", "")
            elif mark.moves:
                self.mark(mark, f"{self.turns}[ns.low:ns.reach]", "ns.low + ")
            if mark.moves and mark.otherwise == "end":
                with self.block(f"if not ns.has_{mark.name}", "endif"):
                    self.out.set(f"ns.{mark.name}", "ns.reach - 1")

    def mark(self, mark: ir.Mark, messages: str, base: str) -> None:
        with self.block(f"for message in {messages}", "endfor"):
            test = f"message.role {self.exprs.among(mark.roles)}"
            if mark.end == "first":
                test = f"not ns.has_{mark.name} and {test}"
            with self.block(f"if {test}", "endif"):
                if mark.where is not None:
                    self.prelude(reads((), mark.where), False, look=True)
                    self.out.tag(f"if {self.exprs.cond(mark.where)}")
                    self.out.depth += 1
                self.out.set(f"ns.{mark.name}", f"{base}loop.index0")
                if self.exists_flag(mark):
                    self.out.set(f"ns.has_{mark.name}", "true")
                if mark.where is not None:
                    self.out.depth -= 1
                    self.out.tag("endif")

    def refusals(self) -> None:
        for refusal in self.program.refusals:
            for node in walk(refusal.when):
                if isinstance(node, ir.Alternating):
                    self.alternating(node)
            with self.block(f"if {self.exprs.cond(refusal.when)}", "endif"):
                self.out.statement(ir.Reject(refusal.message, refusal.at))

    def alternating(self, node: ir.Alternating) -> None:
        order = f"order_{node.role}"
        self.out.set(order, "namespace(count=0, holds=true)")
        with self.block(f"for message in {self.turns}", "endfor"):
            with self.block(f"if {self.exprs.cond(node.where)}", "endif"):
                with self.block(f"if (message.role == {quote(node.role)}) != ({order}.count % 2 == 0)", "endif"):
                    self.out.set(f"{order}.holds", "false")
                self.out.set(f"{order}.count", f"{order}.count + 1")

    def head_body(self) -> None:
        if reads(self.program.head.body).next and self.facts.looks_through:
            self.ahead(self.turns)
        self.exprs.heading = True
        for stmt in self.program.head.body:
            self.out.statement(stmt)
        self.out.flush()
        self.exprs.heading = False
