"""How Python spells literals, calls and operators, with the precedence of each."""

from __future__ import annotations

from chatwright.emit.code import Code

# From the loosest to the tightest. ATOM is a name, a literal, a display, or a call, key or slice of any of them.
TERNARY, OR, AND, NOT, COMPARE, SUM, ATOM = range(7)
_OPPOSITES = {"==": "!=", "!=": "==", "is": "is not", "in": "not in"}


def name(text: str) -> Code:
    """A variable."""
    return Code(text, ATOM)


def literal(value: object) -> Code:
    """A constant."""
    return Code(repr(value), ATOM)


def call(function: str, *args: Code) -> Code:
    """A call of a function."""
    return Code(f"{function}({_listed(args)})", ATOM)


def method(owner: Code, function: str, *args: Code) -> Code:
    """A call of a method."""
    return Code(f"{owner.at(ATOM)}.{function}({_listed(args)})", ATOM)


def either(*codes: Code) -> Code:
    """The first of some values that is true, else the last."""
    return Code(" or ".join(code.at(OR) for code in codes), OR)


def both(*codes: Code) -> Code:
    """Whether all of some conditions hold."""
    return Code(" and ".join(code.at(AND) for code in codes), AND)


def compare(left: Code, operator: str, right: Code, wanted: bool = True) -> Code:
    """A comparison; with `wanted` false, the opposite one. `operator` is `==`, `!=`, `<`, `>`, `is` or `in`."""
    if wanted or operator in _OPPOSITES:
        spelled = operator if wanted else _OPPOSITES[operator]
        return Code(f"{left.at(SUM)} {spelled} {right.at(SUM)}", COMPARE)
    return negation(compare(left, operator, right))


def negation(code: Code) -> Code:
    """The opposite of a condition. A comparison gets parentheses, which Python does not need, but its readers do."""
    return Code(f"not {code.at(SUM)}", NOT)


def docstring(text: str) -> str:
    """A docstring that says `text`. Quotes are escaped, and so is all that `repr` escapes."""
    escaped = '\\"'.join(repr(piece)[1:-1] for piece in text.split('"'))
    return f'"""{escaped}"""'


def _listed(args: tuple[Code, ...]) -> str:
    return ", ".join(arg.at(TERNARY) for arg in args)
