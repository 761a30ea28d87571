"""The keywords of a template: their checks and defaults."""

from __future__ import annotations

from chatwright.emit.jinja.lines import Lines
from chatwright.emit.jinja.operators import (
    Term,
    all_of,
    among,
    any_of,
    call,
    conditional,
    group,
    is_,
    literal,
    name,
    negation,
)
from chatwright.emit.jinja.plan import Plan
from chatwright.ir import program as ir
from chatwright.runtime.options import ISO_DATE

# For each type: a wrong value passes one of these tests of Jinja; the words for the accepted values.
_CHECKS = {
    "bool": ((("boolean", False),), "true or false"),
    "text": ((("string", False),), "a text"),
    "date": ((("string", False),), "a date as text"),
    "int": ((("integer", False), ("boolean", True)), "a whole number"),
    "list": ((("string", True), ("mapping", True), ("iterable", False)), "a list"),
}


def options(program: ir.Program, lines: Lines) -> None:
    """Check every option and set its default."""
    for option in program.options:
        keyword = name(option.name)
        given = all_of(is_(keyword, "defined"), is_(keyword, "none", holds=False))
        if option.name not in ("bos_token", "eos_token"):
            wrong, takes = _misfit(option)
            with lines.when(all_of(given, wrong)):
                lines.refuse(f"{option.name} takes {takes}")
        if isinstance(option.default, bool):
            # Engines search for this form to learn that thinking can be turned on or off.
            changed = all_of(is_(keyword, "defined"), is_(keyword, "false" if option.default else "true"))
            lines.set(option.name, negation(changed) if option.default else changed)
        else:
            lines.set(option.name, conditional(keyword, given, _default(option)))


def _misfit(option: ir.Option) -> tuple[Term, str]:
    """The condition for a wrong value, and the words for the accepted values."""
    keyword = name(option.name)
    if option.type == "choice":
        return among(keyword, option.values, negated=True), " or ".join(option.values)
    tests, takes = _CHECKS[option.type]
    return any_of(*(is_(keyword, word, holds) for word, holds in tests)), takes


def _default(option: ir.Option) -> Term:
    if option.default_option is not None:
        return name(option.default_option)
    if option.type == "date":
        return call("strftime_now", literal(str(option.default or ISO_DATE)))
    return literal(option.default)


def tools(plan: Plan, lines: Lines) -> None:
    """Set the tools from the first keyword for them that is given."""
    program = plan.program
    if program.tools_from != ("tools",):
        *others, last = map(name, program.tools_from)
        chain = conditional(last, is_(last, "defined"), literal(None))
        for keyword in reversed(others):
            asked = keyword if program.tools_filled else is_(keyword, "none", holds=False)
            chain = conditional(keyword, all_of(is_(keyword, "defined"), asked), group(chain))
        lines.set("tools", chain)
    elif plan.uses(ir.Test, what="given", value=ir.Tools()):
        lines.set("tools", "tools if tools is defined else none")
