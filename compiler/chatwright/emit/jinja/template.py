"""The Jinja back end: a template that any engine for chat templates renders to the model's own text."""

from __future__ import annotations

from chatwright.analysis.facts import Facts, counter_of, reads
from chatwright.emit.jinja.conditions import quote
from chatwright.emit.jinja.survey import Survey
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, statements


def emit_jinja(program: ir.Program, facts: Facts, training: bool = False) -> str:
    """The template of a program; with `training` it marks what was sampled by `generation` tags."""
    template = _Template(program, facts)
    template.out.training = training
    template.out.advance = template.advance
    return template.source()


class _Template(Survey):
    def source(self) -> str:
        self.out.lines.append(f"{{#- chatspec={self.program.name}@{self.program.hash} -#}}")
        self.options()
        self.tools()
        self.macros()
        self.head_and_turns()
        self.namespace()
        self.refusals()
        self.check_content()
        self.head_body()
        self.loop()
        self.prompt()
        self.out.flush()
        return "\n".join(self.out.lines)

    def loop(self) -> None:
        with self.block(f"for message in {self.turns}", "endfor"):
            word = "if"
            turns = sorted(self.facts.turns, key=lambda t: not t.roles)
            for turn in turns:
                if turn.roles:
                    self.out.tag(f"{word} message.role {self.exprs.among(turn.roles)}")
                elif not turn.body:
                    continue
                else:
                    hidden = self.hidden()
                    self.out.tag(
                        f"{word} message.role {self.exprs.among(hidden, negated=True)}"
                        if hidden
                        else ("else" if word == "elif" else "if true")
                    )
                self.turn(turn)
                word = "elif"
            if not self.facts.any_role:
                hidden = self.hidden()
                other = f"message.role {self.exprs.among(hidden, negated=True)}"
                with self.block(f"{word} {other}" if hidden else ("else" if turns else "if true"), ""):
                    self.out.raise_(
                        "'message ' ~ loop.index0 ~ ': this format has no turn for the role ' ~ message.role"
                    )
                word = "elif"
            if word == "elif":
                self.out.tag("endif")

    def hidden(self) -> tuple[str, ...]:
        """The roles that have no turn and are no mistake: those skipped, and those the head takes."""
        head = self.program.head
        return self.program.skip + (head.takes if head.which == "all" else ())

    def turn(self, turn: ir.Turn) -> None:
        self.out.depth += 1
        self.exprs.aside = self.needs_aside(turn.body)
        found = reads(turn.body)
        self.exprs.counter = counter_of(turn.roles)
        if turn.roles in self.facts.counted:
            self.out.set(f"ns.{self.exprs.counter}", f"ns.{self.exprs.counter} + 1")
        if self.exprs.aside:
            self.set_aside(turn.body)
        self.prelude(found, bool(set(turn.roles) & set(self.facts.sampler)), look=False)
        self.out.inline(turn.body)
        self.exprs.aside = False
        if self.out.training and self.program.closed_by_next and turn.body:
            self.out.set("ns.open", "true" if set(turn.roles) & set(self.facts.sampler) else "false")
        if "prev" in self.tracked():
            self.out.set("ns.prev", "loop.index0")
            self.out.set("ns.role", "message.role")
        for role in self.tracked():
            if role in turn.roles:
                if len(turn.roles) == 1:
                    self.out.set(f"ns.{role}", "loop.index0")
                else:
                    with self.block(f"if message.role == {quote(role)}", "endif"):
                        self.out.set(f"ns.{role}", "loop.index0")
        self.out.depth -= 1

    def tracked(self) -> list[str]:
        names = sorted({role for r in self.read for role in r.before})
        first = self.uses(ir.Position, word="first", of="turn")
        if self.facts.looks_through and (first or any(r.prev for r in self.read)):
            names.append("prev")
        return names

    def needs_aside(self, body: ir.Body) -> bool:
        """Whether a loop inside the turn asks for the place of the turn, or for its neighbours."""
        for stmt in statements(body):
            if isinstance(stmt, ir.For):
                inside = list(all_expressions((stmt,)))
                if any(isinstance(e, ir.MarkTest) or (isinstance(e, ir.Position) and e.of == "turn") for e in inside):
                    return True
                if not self.facts.looks_through and any(map(_is_neighbour, inside)):
                    return True
        return False

    def set_aside(self, body: ir.Body) -> None:
        self.exprs.aside = False
        found = list(all_expressions(body))
        words: set[str] = {e.word for e in found if isinstance(e, ir.Position) and e.of == "turn"}
        if not self.facts.looks_through:
            neighbours = {e.which for e in found if isinstance(e, ir.Msg) and _is_neighbour(e)}
            words |= {word for which, word in (("prev", "first"), ("next", "last")) if which in neighbours}
            for which, name in (("prev", "previous"), ("next", "following")):
                if which in neighbours:
                    self.out.set(name, self.exprs.message(ir.Msg(which)))
        if words & {"last", "ending"}:
            self.out.set("is_last", self.exprs.position(ir.Position("last", "turn")))
        if "first" in words:
            self.out.set("is_first", self.exprs.position(ir.Position("first", "turn")))
        if any(isinstance(e, ir.MarkTest) for e in found):
            self.out.set("index", "loop.index0")
        self.exprs.aside = True

    def prompt(self) -> None:
        if not self.facts.prompt:
            return
        self.exprs.prompting = True
        self.exprs.counter = counter_of(self.facts.sampler)
        with self.block("if add_generation_prompt", "endif"):
            # Without conditions it is one literal: an engine that finds it knows that the model always thinks.
            if all(isinstance(stmt, ir.Text) for stmt in self.facts.prompt_region):
                self.out.inline(self.facts.prompt)
            else:
                self.out.inline(self.facts.prompt_opener)
                self.out.inline(self.facts.prompt_region)


def _is_neighbour(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Msg) and expr.which in ("prev", "next")
