"""How a template begins: its keywords with their defaults and checks, and its macros."""

from __future__ import annotations

from chatwright.emit.jinja.conditions import quote
from chatwright.emit.jinja.sheet import Sheet
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions
from chatwright.runtime.options import ISO_DATE

_CHECKS = {
    "bool": ("{} is not boolean", "true or false"),
    "text": ("{} is not string", "a text"),
    "date": ("{} is not string", "a date as text"),
    "int": ("{0} is not integer or {0} is boolean", "a whole number"),
    "list": ("{0} is string or {0} is mapping or {0} is not iterable", "a list"),
}


class Opening(Sheet):
    """Writes the keywords and the macros."""

    # ---- keywords ----------------------------------------------------------------------------------------------

    def options(self) -> None:
        for option in self.program.options:
            name = option.name
            given = f"{name} is defined and {name} is not none"
            if name not in ("bos_token", "eos_token"):
                test, words = self.misfit(option)
                with self.block(f"if {given} and {test}", "endif"):
                    self.out.raise_(quote(f"{name} takes {words}"))
            if isinstance(option.default, bool):
                # What engines look for to know that thinking can be turned on or off.
                told = f"{name} is defined and {name} is {'false' if option.default else 'true'}"
                self.out.set(name, f"not ({told})" if option.default else told)
            else:
                self.out.set(name, f"{name} if {given} else {self.default(option)}")

    def misfit(self, option: ir.Option) -> tuple[str, str]:
        """When a value does not fit an option, and what the option takes."""
        if option.type == "choice":
            values = ", ".join(map(quote, option.values))
            return f"{option.name} not in [{values}]", " or ".join(option.values)
        pattern, words = _CHECKS[option.type]
        test = pattern.format(option.name)
        return f"({test})" if " or " in test else test, words

    def default(self, option: ir.Option) -> str:
        if option.default_option is not None:
            return option.default_option
        if option.type == "date":
            return f"strftime_now({quote(str(option.default or ISO_DATE))})"
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
                asked = name if self.program.tools_filled else f"{name} is not none"
                chain = f"{name} if {name} is defined and {asked} else ({chain})"
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
            self.macro(self.exprs.macros[rule.base])

    def macro(self, rule: ir.Rule) -> None:
        params = ", ".join(self.exprs.variable(p.name) for p in rule.params)
        with self.block(f"macro {self.exprs.rule_name(rule.name)}({params})", "endmacro"):
            for param in rule.params:
                if param.kind == "call":
                    name = self.exprs.variable(param.name)
                    self.out.set("function", f"{name}.function or {name}")
            self.exprs.params = frozenset(param.name for param in rule.params if param.kind == "data")
            of_base = {other.name for other in self.program.rules if other.base == rule.base}
            self.exprs.nullable = frozenset(name for called, name in self.exprs.absent if called in of_base)
            self.out.inline(rule.body)
            self.exprs.params = self.exprs.nullable = frozenset()

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
            with self.block("elif content", "endif"), self.block("for part in content", "endfor"):
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
            text = ir.Slot(
                ir.Key(ir.Var("part", "data", "content"), "text"), "content", "turn", True, "text", False, (0, 0)
            )
            parts.insert(0, ir.Part(("text",), (text,)))
        test = "" if any(not part.kinds for part in parts) else " or part.type is not string"
        with self.block(f"if part is not mapping{test}", "endif"):
            self.out.raise_("'a content part must be an object with a type'")
        word = "if"
        for part in parts:
            kind = "(part.type or '')" if any(not p.kinds for p in parts) else "part.type"
            self.out.tag(f"{word} {kind} {self.exprs.among(part.kinds)}" if part.kinds else "else")
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


def _counts(part: ir.Part) -> bool:
    return any(isinstance(e, ir.Number) for e in all_expressions(part.body))
