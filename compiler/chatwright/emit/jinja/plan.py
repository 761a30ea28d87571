"""Facts about the whole program that the functions of this back end share."""

from __future__ import annotations

import msgspec

from chatwright.analysis.facts import Facts, Reads, reads
from chatwright.emit.rule_arguments import asks_for_reasoning, macros_of, may_be_absent, never
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, walk

# Names that templates use themselves. A variable or a rule of a spec with such a name gets an underscore.
_TAKEN = frozenset(
    {"loop", "message", "messages", "turns", "tools", "ns", "content", "reasoning", "function"}
    | {"is_first", "is_last", "index", "previous", "following", "ahead", "results"}
)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A program, with the facts about it that its template needs.

    `training`: the template marks the sampled text.
    `turns`: the variable that holds the messages of the loop.
    `macros`: by the declared name of a rule, the rule that its macro is made of.
    `absent`: the parameters, by rule, that may be absent.
    `never_text`, `never_list`: the parameters, by rule, whose arguments are never a text, or never a list.
    `reasoning_none`: absent reasoning is none; otherwise it is an empty text.
    `read`: what the head, each turn and the prompt read.
    `expressions`: those of all bodies, refusals and marks.
    """

    program: ir.Program
    facts: Facts
    training: bool
    turns: str
    macros: dict[str, ir.Rule]
    absent: frozenset[tuple[str, str]]
    never_text: frozenset[tuple[str, str]]
    never_list: frozenset[tuple[str, str]]
    reasoning_none: bool
    read: tuple[Reads, ...]
    expressions: tuple[ir.Expr, ...]

    def uses(self, kind: type[ir.Expr], **fields: object) -> bool:
        """Whether the program has an expression of this class with these fields."""
        return any(
            isinstance(e, kind) and all(getattr(e, name) == value for name, value in fields.items())
            for e in self.expressions
        )

    def variable(self, name: str) -> str:
        """The name in the template for a variable or a rule of the spec."""
        return f"{name}_" if name in _TAKEN or any(o.name == name for o in self.program.options) else name

    def rule(self, name: str) -> ir.Rule:
        """The rule with a unique name."""
        return next(rule for rule in self.program.rules if rule.name == name)

    def checks(self, roles: tuple[str, ...]) -> bool:
        """Whether the template refuses lists of parts, before the turns, in all messages of the roles.

        Without roles: in all messages.
        """
        facts = self.facts
        if self.program.parts:
            return False
        if roles:
            named = set(facts.text_roles)
            return set(roles) <= named or (facts.any_text and not set(roles) & set(facts.other_roles))
        return not facts.other_roles and (facts.any_text or not facts.any_role)

    def may_be_none(self, e: ir.Opt) -> bool:
        """Whether an option has no default."""
        option = next(o for o in self.program.options if o.name == e.name)
        return option.default is None and option.default_option is None and option.type != "date"


def _checked(program: ir.Program, facts: Facts) -> dict[ir.Body, list[ir.Expr]]:
    """The contents that are no list in the body of a turn, because the template refuses those before the turns."""
    if program.parts:
        return {}
    content: ir.Expr = ir.Attr(ir.Msg("this"), "content")
    checked = (t for t in program.turns if (set(t.roles) <= set(facts.text_roles) if t.roles else facts.any_text))
    return {turn.body: [content] for turn in checked}


def plan_of(program: ir.Program, facts: Facts, training: bool) -> Plan:
    """The plan of a program in a view."""
    bodies = [program.head.body, *(turn.body for turn in facts.turns), facts.prompt]
    conditions = [refusal.when for refusal in program.refusals]
    conditions += [mark.where for mark in program.marks if mark.where is not None]
    everywhere = (*bodies, *(part.body for part in program.parts))
    return Plan(
        program=program,
        facts=facts,
        training=training,
        turns="turns" if program.head.which == "first" else "messages",
        macros=macros_of(program),
        absent=may_be_absent(program),
        never_text=never("text", program, {}),
        never_list=never("list", program, _checked(program, facts)),
        reasoning_none=program.inline is not None or asks_for_reasoning(program),
        read=tuple(reads(body) for body in bodies),
        expressions=(
            *(e for body in everywhere for e in all_expressions(body)),
            *(node for when in conditions for node in walk(when)),
        ),
    )
