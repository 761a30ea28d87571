"""The sheet that a template is written on, and what a turn sets before it prints: content, reasoning, neighbours."""

from __future__ import annotations

from chatwright.analysis.facts import Facts, Reads, reads
from chatwright.emit.jinja.conditions import quote
from chatwright.emit.jinja.statements import JinjaStatements
from chatwright.emit.jinja.values import unwrapped
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, walk


class Block:
    """A tag, what is written inside, and the tag that ends it (none where another branch follows)."""

    def __init__(self, out: JinjaStatements, tag: str, end: str) -> None:
        self.out = out
        self.tag = tag
        self.end = end

    def __enter__(self) -> None:
        self.out.tag(self.tag)
        self.out.depth += 1

    def __exit__(self, *error: object) -> None:
        self.out.flush()
        self.out.depth -= 1
        if self.end:
            self.out.tag(self.end)


class Sheet:
    """A template under construction, with what is known of the whole program."""

    def __init__(self, program: ir.Program, facts: Facts) -> None:
        self.program = program
        self.facts = facts
        self.out = JinjaStatements(program, facts)
        self.exprs = self.out.exprs
        self.turns = self.exprs.turns
        self.all_bodies = [program.head.body, *(turn.body for turn in facts.turns), facts.prompt]
        self.read = [reads(body) for body in self.all_bodies]
        conditions = [r.when for r in program.refusals]
        conditions += [mark.where for mark in program.marks if mark.where is not None]
        self.expressions = [
            e for body in (*self.all_bodies, *(p.body for p in program.parts)) for e in all_expressions(body)
        ] + [node for when in conditions for node in walk(when)]

    def uses(self, kind: type[ir.Expr], **fields: object) -> bool:
        return any(
            isinstance(e, kind) and all(getattr(e, name) == value for name, value in fields.items())
            for e in self.expressions
        )

    def block(self, tag: str, end: str) -> Block:
        return Block(self.out, tag, end)

    def prelude(self, found: Reads, thinks: bool, look: bool) -> None:
        """The variables that a turn reads. `look`: its content is only looked at, so its parts are not counted."""
        inline = self.program.inline if thinks and (found.reasoning or found.content or found.inline) else None
        if found.text or (inline is not None and found.reasoning):
            self.out.set("content", self.content(look))
            if found.source:
                self.out.set("source", "content")
        if found.reasoning or inline is not None:
            self.reasoning(found, inline)
        if found.next and self.facts.looks_through:
            self.ahead(f"{self.turns}[loop.index:]")
        if found.results:
            self.out.set("reach", "namespace(end=loop.index, open=true)")
            with self.block(f"for later in {self.turns}[loop.index:]", "endfor"):
                with self.block("if reach.open and later.role == 'tool'", ""):
                    self.out.set("reach.end", "reach.end + 1")
                with self.block("else", "endif"):
                    self.out.set("reach.open", "false")
            self.out.set("results", f"{self.turns}[loop.index:reach.end]")

    def ahead(self, messages: str) -> None:
        """The role of the first of the messages that has a turn, and the message where more of it is read."""
        fields = any(r.next_fields for r in self.read)
        self.out.set("ahead", f"namespace(role=''{', message={}' if fields else ''})")
        with self.block(f"for later in {messages}", "endfor"):
            test = self.has_turn().replace("message.role", "later.role")
            with self.block(f"if not ahead.role and {test}", "endif"):
                self.out.set("ahead.role", "later.role")
                if fields:
                    self.out.set("ahead.message", "later")

    def content(self, look: bool) -> str:
        if self.program.parts:
            counting = ", true" if self.facts.counts_parts and not look else ""
            text = f"visible(message.content, message.role{counting})"
        else:
            text = "message.content if message.content is string else ''"
        return unwrapped(self.exprs.stripped(text))

    def reasoning(self, found: Reads, inline: ir.Inlining | None) -> None:
        absent = "none" if self.exprs.reasoning_none else "''"
        self.out.set("reasoning", self.exprs.reasoning_of("message", absent))
        if inline is None:
            return
        closer = quote(inline.close)
        if found.inline:
            self.out.set("inline", f"reasoning is none and {closer} in content")
        with self.block(f"if {'reasoning is none and ' if inline.how == 'else' else ''}{closer} in content", "endif"):
            before, after = self.split(inline)
            if found.reasoning:
                if inline.how == "else":
                    self.out.set("reasoning", before)
                else:
                    with self.block("if reasoning is none", "endif"):
                        self.out.set("reasoning", before)
            self.out.set("content", after)

    def split(self, inline: ir.Inlining) -> tuple[str, str]:
        opener, closer = quote(inline.open), quote(inline.close)
        before = f"content.split({closer})[0]"
        after = f"content.split({closer})[-1]" if inline.at == "last" else f"content.split({closer}, 1)[1]"
        if inline.strip is not None:
            strip = f".strip({quote(inline.strip)})" if inline.strip else ".strip()"
            return f"{before}{strip}.split({opener})[-1]{strip}", f"{after}{strip}"
        if inline.trim:
            trim = quote(inline.trim)
            return f"{before}.rstrip({trim}).split({opener})[-1].lstrip({trim})", f"{after}.lstrip({trim})"
        return f"{before}.split({opener})[-1]", after

    def has_turn(self) -> str:
        if self.program.skip_others:
            roles = tuple(role for turn in self.program.turns for role in turn.roles)
            return f"message.role {self.exprs.among(roles)}"
        hidden = self.program.skip + (self.program.head.takes if self.program.head.which == "all" else ())
        return f"message.role {self.exprs.among(hidden, negated=True)}"
