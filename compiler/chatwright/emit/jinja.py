"""The Jinja back end: a template that any engine for chat templates renders to the model's own text."""

from __future__ import annotations

from chatwright import ir
from chatwright.emit.jinja_expr import quote
from chatwright.emit.jinja_stmt import JinjaStatements
from chatwright.facts import Facts, Reads, reads
from chatwright.logic import all_expressions, statements, walk

_CHECKS = {
    "bool": ("{} is not boolean", "true or false"),
    "text": ("{} is not string", "a text"),
    "date": ("{} is not string", "a date as text"),
    "int": ("{} is not number", "a whole number"),
    "list": ("{0} is string or {0} is mapping or {0} is not iterable", "a list"),
}


def emit_jinja(program: ir.Program, facts: Facts) -> str:
    """The inference template."""
    return _Template(program, facts).source()


class _Template:
    def __init__(self, program: ir.Program, facts: Facts) -> None:
        self.program = program
        self.facts = facts
        self.out = JinjaStatements(program, facts)
        self.exprs = self.out.exprs
        self.turns = self.exprs.turns
        self.all_bodies = [program.head.body, *(turn.body for turn in facts.turns), facts.prompt]
        self.read = [reads(body) for body in self.all_bodies]
        conditions = [r.when for r in program.refusals]
        self.expressions = [
            e for body in (*self.all_bodies, *(p.body for p in program.parts)) for e in all_expressions(body)
        ] + [node for when in conditions for node in walk(when)]

    def uses(self, kind: type[ir.Expr], **fields: object) -> bool:
        return any(
            isinstance(e, kind) and all(getattr(e, name) == value for name, value in fields.items())
            for e in self.expressions
        )

    def source(self) -> str:
        self.out.lines.append(f"{{#- chatspec={self.program.name}@{self.program.hash} -#}}")
        self.options()
        self.tools()
        self.macros()
        self.head_and_turns()
        self.check_content()
        self.namespace()
        self.refusals()
        self.head_body()
        self.loop()
        self.prompt()
        self.out.flush()
        return "\n".join(self.out.lines)

    def block(self, tag: str, end: str) -> _Block:
        return _Block(self.out, tag, end)

    # ---- keywords ----------------------------------------------------------------------------------------------

    def options(self) -> None:
        for option in self.program.options:
            name = option.name
            default = self.default(option)
            self.out.set(name, f"{name} if {name} is defined and {name} is not none else {default}")
            if name in ("bos_token", "eos_token"):
                continue
            if option.type == "choice":
                values = ", ".join(map(quote, option.values))
                test, words = f"{name} not in [{values}]", " or ".join(option.values)
            else:
                pattern, words = _CHECKS[option.type]
                test = pattern.format(name)
            if option.default is None and option.default_option is None and option.type != "date":
                test = f"{name} is not none and {test if ' or ' not in test else f'({test})'}"
            with self.block(f"if {test}", "endif"):
                self.out.raise_(quote(f"{name} takes {words}"))

    def default(self, option: ir.Option) -> str:
        if option.default_option is not None:
            return option.default_option
        if option.type == "date":
            return "strftime_now('%Y-%m-%d')"
        match option.default:
            case None:
                return "none"
            case bool():
                return "true" if option.default else "false"
            case int():
                return str(option.default)
            case tuple():
                return f"[{', '.join(map(quote, option.default))}]"
        return quote(option.default)

    def tools(self) -> None:
        if self.program.tools_from != ("tools",):
            *others, last = self.program.tools_from
            chain = f"{last} if {last} is defined else none"
            for name in reversed(others):
                chain = f"{name} if {name} is defined and {name} is not none else ({chain})"
            self.out.set("tools", chain)
        elif self.uses(ir.Test, what="given", value=ir.Tools()):
            self.out.set("tools", "tools if tools is defined else none")

    # ---- macros ------------------------------------------------------------------------------------------------

    def macros(self) -> None:
        everything = [e for rule in self.program.rules for e in all_expressions(rule.body)] + self.expressions
        if any(isinstance(e, ir.Pipe) and e.filter == "cut" for e in everything):
            with self.block("macro cut(text, opener, closer)", "endmacro"):
                with self.block("for piece in text.split(closer)", "endfor"):
                    self.out.output("piece.split(opener)[0]")
        if self.program.parts:
            self.parts()
        done: set[str] = set()
        for rule in self.program.rules:
            if rule.base in done or any(isinstance(e, ir.HeadList) for e in all_expressions(rule.body)):
                continue
            done.add(rule.base)
            self.macro(rule)

    def macro(self, rule: ir.Rule) -> None:
        params = ", ".join(self.exprs.variable(p.name) for p in rule.params)
        with self.block(f"macro {self.exprs.rule_name(rule.name)}({params})", "endmacro"):
            for param in rule.params:
                if param.kind == "call":
                    name = self.exprs.variable(param.name)
                    self.out.set("function", f"{name}.function or {name}")
            self.out.inline(rule.body)

    def parts(self) -> None:
        """A content as text: itself, or what its parts print."""
        alone = self.uses(ir.PartText)
        counting = self.facts.counts_parts
        if counting:
            kinds = [p.kinds[0] for p in self.program.parts if p.kinds and _counts(p)]
            self.out.set("seen", f"namespace({', '.join(f'{kind}=0' for kind in kinds)})")
        more = ", counting=false" if counting else ""
        if alone:
            with self.block(f"macro part_text(part, role{more})", "endmacro"):
                self.part()
        with self.block(f"macro visible(content, role{more})", "endmacro"):
            with self.block("if content is string", ""):
                self.text_content()
            with self.block("elif content is mapping or content is number", ""):
                self.out.raise_("'content must be a text or a list of parts'")
            with self.block("elif content", "endif"):
                with self.block("for part in content", "endfor"):
                    if alone:
                        self.out.output(f"part_text(part, role{', counting' if counting else ''})")
                    else:
                        self.part()

    def text_content(self) -> None:
        """A content that is text prints as a text part does."""
        body = next((part.body for part in self.program.parts if "text" in part.kinds), None)
        if body is None:
            self.out.output("content")
            return
        self.exprs.in_part = True
        self.exprs.part_text = "content"
        self.out.inline(body)
        self.exprs.part_text = ""
        self.exprs.in_part = False

    def part(self) -> None:
        self.exprs.in_part = True
        parts = sorted(self.program.parts, key=lambda p: not p.kinds)
        if not any("text" in p.kinds for p in parts):
            text = ir.Slot(ir.Key(ir.Var("part", "data", "content"), "text"), "content", "turn", True, "text", False, (0, 0))
            parts.insert(0, ir.Part(("text",), (text,)))
        with self.block("if part is not mapping or part.type is not string", "endif"):
            self.out.raise_("'a content part must be an object with a type'")
        word = "if"
        for part in parts:
            self.out.tag(f"{word} part.type {self.exprs.among(part.kinds)}" if part.kinds else "else")
            self.out.depth += 1
            if _counts(part):
                with self.block("if counting", "endif"):
                    self.out.set(f"seen.{part.kinds[0]}", f"seen.{part.kinds[0]} + 1")
                self.out.set("number", f"seen.{part.kinds[0]}")
            self.out.inline(part.body)
            self.out.depth -= 1
            word = "elif"
        if all(part.kinds for part in parts):
            self.out.tag("else")
            self.out.depth += 1
            self.out.raise_("'this format prints no content parts of type ' ~ part.type")
            self.out.depth -= 1
        self.out.tag("endif")
        self.exprs.in_part = False

    # ---- before the loop ---------------------------------------------------------------------------------------

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
        if self.program.parts or not (facts.text_roles or facts.any_text):
            return
        test = "message.content is defined and message.content is not none and message.content is not string"
        if not facts.any_text:
            test += f" and message.role {self.exprs.among(facts.text_roles)}"
        elif facts.other_roles:
            test += f" and message.role {self.exprs.among(facts.other_roles, negated=True)}"
        with self.block("for message in messages", "endfor"), self.block(f"if {test}", "endif"):
            self.out.raise_("'message ' ~ loop.index0 ~ ': content must be a text for this format, not a list of parts'")

    def namespace(self) -> None:
        fields: list[str] = []
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
        if through and any(r.prev for r in self.read) or self.uses(ir.Position, word="first", of="turn") and through:
            fields += ["prev=-1", "role=''"]
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
            self.mark(mark)

    def needs_last(self) -> bool:
        ends = any(mark.otherwise == "end" for mark in self.program.marks)
        at_end = any(isinstance(e, ir.Position) and e.of == "turn" and e.word != "first" for e in self.expressions)
        return ends or at_end or self.uses(ir.Turns)

    def has_turn(self) -> str:
        if self.program.skip_others:
            roles = tuple(role for turn in self.program.turns for role in turn.roles)
            return f"message.role {self.exprs.among(roles)}"
        hidden = self.program.skip + (self.program.head.takes if self.program.head.which == "all" else ())
        return f"message.role {self.exprs.among(hidden, negated=True)}"

    def exists_flag(self, mark: ir.Mark) -> bool:
        return any(self.uses(ir.MarkTest, test=test, mark=mark.name) for test in ("exists", "equal"))

    def mark(self, mark: ir.Mark) -> None:
        with self.block(f"for message in {self.turns}", "endfor"):
            test = f"message.role {self.exprs.among(mark.roles)}"
            if mark.end == "first":
                test = f"not ns.has_{mark.name} and {test}"
            with self.block(f"if {test}", "endif"):
                if mark.where is not None:
                    self.prelude(reads((), mark.where), False, look=True)
                    self.out.tag(f"if {self.exprs.cond(mark.where)}")
                    self.out.depth += 1
                self.out.set(f"ns.{mark.name}", "loop.index0")
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
        for stmt in self.program.head.body:
            self.out.statement(stmt)
        self.out.flush()

    # ---- the loop ----------------------------------------------------------------------------------------------

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
                    hidden = self.program.skip
                    self.out.tag(
                        f"{word} message.role {self.exprs.among(hidden, negated=True)}" if hidden else
                        ("else" if word == "elif" else "if true")
                    )
                self.turn(turn)
                word = "elif"
            if not self.facts.any_role:
                with self.block("else", ""):
                    self.out.raise_("'message ' ~ loop.index0 ~ ': this format has no turn for the role ' ~ message.role")
            self.out.tag("endif")

    def turn(self, turn: ir.Turn) -> None:
        self.out.depth += 1
        self.exprs.aside = self.needs_aside(turn.body)
        found = reads(turn.body)
        if self.exprs.aside:
            self.set_aside(turn.body)
        self.prelude(found, bool(set(turn.roles) & set(self.facts.sampler)), look=False)
        self.out.inline(turn.body)
        self.exprs.aside = False
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
        """Whether a loop inside the turn asks for the place of the turn."""
        for stmt in statements(body):
            if isinstance(stmt, ir.For):
                inside = list(all_expressions((stmt,)))
                if any(isinstance(e, ir.MarkTest) or (isinstance(e, ir.Position) and e.of == "turn") for e in inside):
                    return True
        return False

    def set_aside(self, body: ir.Body) -> None:
        self.exprs.aside = False
        words = {e.word for e in all_expressions(body) if isinstance(e, ir.Position) and e.of == "turn"}
        if words & {"last", "ending"}:
            self.out.set("is_last", self.exprs.position(ir.Position("last", "turn")))
        if "first" in words:
            self.out.set("is_first", self.exprs.position(ir.Position("first", "turn")))
        if any(isinstance(e, ir.MarkTest) for e in all_expressions(body)):
            self.out.set("index", "loop.index0")
        self.exprs.aside = True

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
            self.out.set("ahead", "namespace(role='')")
            with self.block(f"for later in {self.turns}[loop.index:]", "endfor"):
                test = self.has_turn().replace("message.role", "later.role")
                with self.block(f"if not ahead.role and {test}", "endif"):
                    self.out.set("ahead.role", "later.role")
        if found.results:
            self.out.set("reach", "namespace(end=loop.index, open=true)")
            with self.block(f"for later in {self.turns}[loop.index:]", "endfor"):
                with self.block("if reach.open and later.role == 'tool'", ""):
                    self.out.set("reach.end", "reach.end + 1")
                with self.block("else", "endif"):
                    self.out.set("reach.open", "false")
            self.out.set("results", f"{self.turns}[loop.index:reach.end]")

    def content(self, look: bool) -> str:
        if self.program.parts:
            counting = ", true" if self.facts.counts_parts and not look else ""
            text = f"visible(message.content, message.role{counting})"
        else:
            text = "message.content if message.content is string else ''"
        if self.program.content_strip is None:
            return text
        return f"({text}) | trim" if " if " in text else f"{text} | trim"

    def reasoning(self, found: Reads, inline: ir.Inlining | None) -> None:
        asks = any(isinstance(e, ir.Test) and e.what == "given" and isinstance(e.value, ir.Reasoning) for e in self.expressions)
        absent = "none" if asks or (inline is not None) else "''"
        chain = absent
        for field in reversed(self.program.reasoning):
            value = self.exprs.member("message", field)
            chain = f"{value} if {value} is string else {chain if ' if ' not in chain else f'({chain})'}"
        self.out.set("reasoning", chain)
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

    # ---- the prompt --------------------------------------------------------------------------------------------

    def prompt(self) -> None:
        if not self.facts.prompt:
            return
        self.exprs.prompting = True
        with self.block("if add_generation_prompt", "endif"):
            self.out.inline(self.facts.prompt)


class _Block:
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


def _counts(part: ir.Part) -> bool:
    return any(isinstance(e, ir.PartNumber) for e in all_expressions(part.body))


