"""Statements of the intermediate representation as Jinja source."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from chatwright.analysis.facts import Facts
from chatwright.emit.jinja.conditions import JinjaExprs, quote
from chatwright.emit.jinja.values import compound, unwrapped
from chatwright.ir import program as ir
from chatwright.ir.logic import FALSE, TRUE, asked
from chatwright.ir.records import unfold
from chatwright.ir.walk import all_expressions, walk
from chatwright.training.views import parted, prints


class JinjaStatements:
    """Writes bodies, one tag a line. Texts and slots that stand together become one output tag."""

    def __init__(self, program: ir.Program, facts: Facts) -> None:
        self.program = program
        self.facts = facts
        self.exprs = JinjaExprs(program, facts)
        self.lines: list[str] = []
        self.depth = 0
        self.batch: list[str] = []
        self.literal = ""
        self.training = False
        self.advance: Callable[[], None] | None = None

    # ---- lines -------------------------------------------------------------------------------------------------

    def tag(self, text: str) -> None:
        self.flush()
        word, _, rest = text.partition(" ")
        if word in ("if", "elif") and " if " not in rest:
            text = f"{word} {unwrapped(rest)}"
        self.lines.append("    " * self.depth + "{%- " + text + " %}")

    def set(self, name: str, value: str) -> None:
        self.tag(f"set {name} = {value}")

    def raise_(self, message: str) -> None:
        self.flush()
        self.lines.append("    " * self.depth + "{{- raise_exception(" + message + ") }}")

    def output(self, expr: str) -> None:
        if self.literal:
            self.batch.append(quote(self.literal))
            self.literal = ""
        self.batch.append(f"({expr})" if compound(expr) else expr)

    def flush(self) -> None:
        if self.literal:
            self.batch.append(quote(self.literal))
            self.literal = ""
        if self.batch:
            self.lines.append("    " * self.depth + "{{- " + " ~ ".join(self.batch) + " }}")
            self.batch = []

    # ---- statements --------------------------------------------------------------------------------------------

    def body(self, body: ir.Body) -> None:
        self.depth += 1
        for stmt in body:
            self.statement(stmt)
        self.flush()
        self.depth -= 1

    def inline(self, body: ir.Body) -> None:
        self.depth -= 1
        self.body(body)
        self.depth += 1

    def statement(self, stmt: ir.Stmt) -> None:
        match stmt:
            case ir.Text(closes=True) if self.training:
                self.closing_text(stmt)
            case ir.Text():
                self.literal += stmt.text
            case ir.Slot():
                self.check_head(stmt)
                if stmt.required:
                    self.require(stmt)
                self.output(self.exprs.text(stmt.value))
            case ir.If():
                self.branches(stmt)
            case ir.For():
                self.loop(stmt)
            case ir.Run():
                self.output(self.exprs.called(stmt.rule, stmt.args))
            case ir.Record():
                for inner in unfold(stmt):
                    self.statement(inner)
            case ir.Advance() if self.advance is not None:
                self.advance()
            case ir.Sampled() if self.training:
                self.sampled(stmt)
            case ir.Sampled():
                for inner in stmt.body:
                    self.statement(inner)
            case ir.Close():
                if stmt.past_when == FALSE:
                    self.statement(stmt.token)
                else:
                    past = (stmt.past,) if stmt.past.text else ()
                    self.branches(ir.If(((stmt.past_when, past),), (stmt.token,)))
            case ir.Reject():
                parts = [quote(p) if isinstance(p, str) else self.exprs.operand(p) for p in stmt.message]
                self.raise_(" ~ ".join(parts))

    def sampled(self, stmt: ir.Sampled) -> None:
        """The region in two: what was prompt, and what was sampled between tags. The tags are never empty."""
        before, after = parted(stmt.body)
        for inner in before:
            self.statement(inner)
        when = prints(after)
        if when != TRUE:
            self.tag(f"if {self.exprs.cond(when)}")
            self.depth += 1
        self.generation(after)
        if when != TRUE:
            self.depth -= 1
            self.tag("endif")

    def generation(self, body: ir.Body) -> None:
        self.tag("generation")
        self.body(body)
        self.tag("endgeneration")

    def closing_text(self, stmt: ir.Text) -> None:
        """The opener of this turn that stops the turn of the model before."""
        text = (msgspec.structs.replace(stmt, closes=False),)
        self.tag("if ns.open")
        self.depth += 1
        self.generation(text)
        self.set("ns.open", "false")
        self.depth -= 1
        self.tag("else")
        self.body(text)
        self.tag("endif")

    def check_head(self, stmt: ir.Slot) -> None:
        """Where the content of the head is printed, formats without parts refuse a list."""
        if self.program.parts or not any(_is_head_content(e) for e in walk(stmt.value)):
            return
        content = f"{self.program.head.takes[0]}.content"
        self.tag(f"if {content} is defined and {content} is not none and {content} is not string")
        self.depth += 1
        self.raise_("'message 0: content must be a text for this format, not a list of parts'")
        self.depth -= 1
        self.tag("endif")

    def require(self, stmt: ir.Slot) -> None:
        value = stmt.value
        while isinstance(value, ir.Pipe):
            value = value.value
        choices = value.choices if isinstance(value, ir.FirstFilled) else (value,)
        wires = [ir.Attr(c.message, "content") if isinstance(c, ir.Content) else c for c in choices]
        if any(self.exprs.is_part_text(wire) for wire in wires):
            return  # a content that is text stands for a part, and there it is
        tests = []
        for wire in wires:
            text = self.exprs.plain(wire)
            tests.append(f"{text} is not defined or {text} is none")
        test = tests[0] if len(tests) == 1 else " and ".join(f"({t})" for t in tests)
        self.tag(f"if {test}")
        self.depth += 1
        self.raise_(quote(f"{stmt.field} is missing, and this format prints it"))
        self.depth -= 1
        self.tag("endif")

    def branches(self, stmt: ir.If) -> None:
        """A choice; one whose first branch prints nothing is turned round."""
        if len(stmt.branches) == 1 and not stmt.branches[0][1] and stmt.otherwise:
            when = stmt.branches[0][0]
            stmt = ir.If(((when.value if isinstance(when, ir.Not) else ir.Not(when), stmt.otherwise),), ())
        word = "if"
        for when, body in stmt.branches:
            self.tag(f"{word} {self.exprs.cond(when)}")
            sure = asked(when)
            self.exprs.sure += sure
            self.body(body)
            del self.exprs.sure[len(self.exprs.sure) - len(sure) :]
            word = "elif"
        otherwise = stmt.otherwise
        while len(otherwise) == 1 and isinstance(otherwise[0], ir.If):
            for when, body in otherwise[0].branches:
                self.tag(f"elif {self.exprs.cond(when)}")
                self.body(body)
            otherwise = otherwise[0].otherwise
        if otherwise:
            self.tag("else")
            self.body(otherwise)
        self.tag("endif")

    # ---- loops -------------------------------------------------------------------------------------------------

    def loop(self, stmt: ir.For) -> None:
        names = ", ".join(self.exprs.variable(name) for name in stmt.names)
        items = self.items(stmt)
        only_first = "[:1]" if stmt.only_first else ""
        if only_first and " " in items:
            items = f"({items})"
        if isinstance(stmt.items, ir.CallKey) and len(stmt.names) == 2:
            self.refuse_arguments(items.removesuffix(" | items"))
        outer, self.exprs.inner = self.exprs.inner, True
        self.exprs.in_where = True
        where = "" if stmt.where is None else f" if {self.exprs.cond(stmt.where)}"
        self.exprs.in_where = False
        self.tag(f"for {names} in {items}{only_first}{where}")
        self.depth += 1
        if stmt.kind == "call":
            name = self.exprs.variable(stmt.names[0])
            self.set("function", f"{name}.function or {name}")
        if stmt.kind == "message" and any(isinstance(e, ir.Answer) for e in all_expressions(stmt.body)):
            self.answer(self.exprs.variable(stmt.names[0]))
        if stmt.sep is not None:
            self.tag("if not loop.first")
            self.body((stmt.sep,))
            self.tag("endif")
        self.inline(stmt.body)
        self.depth -= 1
        self.tag("endfor")
        self.exprs.inner = outer

    def refuse_arguments(self, arguments: str) -> None:
        """A loop over the arguments of a call refuses what is no object, rather than to fail by accident."""
        self.tag(f"if {arguments} is not mapping")
        self.depth += 1
        self.raise_("'the arguments of a tool call must be an object for this format'")
        self.depth -= 1
        self.tag("endif")

    def items(self, stmt: ir.For) -> str:
        match stmt.items:
            case ir.Results():
                return "results"
            case ir.Pipe(filter="sorted"):
                return self.exprs.value(stmt.items)
        if isinstance(stmt.items, ir.Tools) and stmt.items not in self.exprs.sure:
            return "tools or []"
        if isinstance(stmt.items, ir.Attr) and stmt.items.name == "tool_calls":
            text = self.exprs.value(stmt.items)
            return text if stmt.items in self.exprs.sure else f"{text} or []"
        value = self.exprs.value(stmt.items)
        if len(stmt.names) == 2:
            return f"{self.exprs.operand(stmt.items)} | items"
        sure = stmt.items in self.exprs.sure
        if isinstance(stmt.items, ir.Attr | ir.Var) and not sure:
            return f"{value} or []"
        if isinstance(stmt.items, ir.Opt) and self.exprs.may_be_none(stmt.items) and not sure:
            return f"{value} or []"
        return value if isinstance(stmt.items, ir.Tools | ir.HeadList | ir.Opt) else self.exprs.operand(stmt.items)

    def answer(self, result: str) -> None:
        """The last call of this message that has the id of the result."""
        self.set("answered", "namespace(call={})")
        self.tag("for candidate in message.tool_calls")
        self.depth += 1
        self.tag(f"if (candidate.id or '') == ({result}.tool_call_id or '')")
        self.depth += 1
        self.set("answered.call", "candidate.function or candidate")
        self.depth -= 1
        self.tag("endif")
        self.depth -= 1
        self.tag("endfor")


def _is_head_content(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Content) and expr.message.which == "head"
