"""How Python spells literals, calls and operators, with the precedence of each."""

from __future__ import annotations

from chatwright.emit.code import Code

# From the loosest to the tightest. FLAT is a call of names and literals alone: `not` needs no parentheses before it.
TERNARY, OR, AND, NOT, COMPARE, SUM, CALL, FLAT, NAME = range(9)


def name(text: str) -> Code:
    """A variable."""
    return Code(text, NAME)


def literal(value: object) -> Code:
    """A constant. A tuple has parentheses of its own."""
    return Code(repr(value), CALL if isinstance(value, tuple) else NAME)


def call(function: str, *args: Code) -> Code:
    """A call of a function."""
    flat = all(arg.precedence in (NAME, OR) for arg in args)
    return Code(f"{function}({_listed(args)})", FLAT if flat else CALL)


def method(owner: Code, function: str, *args: Code) -> Code:
    """A call of a method."""
    flat = owner.precedence == NAME and all(arg.precedence == NAME for arg in args)
    return Code(f"{owner.at(CALL)}.{function}({_listed(args)})", FLAT if flat else CALL)


def group(code: Code) -> Code:
    """An expression in parentheses."""
    return Code(f"({code.text})", CALL)


def either(*codes: Code) -> Code:
    """The first of some values that is true, else the last."""
    return Code(" or ".join(code.at(CALL) for code in codes), OR)


def compare(left: Code, operator: str, right: Code) -> Code:
    """A comparison; `operator` is one of Python's, such as `==` or `is not`."""
    return Code(f"{left.at(CALL)} {operator} {right.at(CALL)}", COMPARE)


def negation(code: Code) -> Code:
    """The opposite of a condition."""
    return Code(f"not {code.at(FLAT)}", NOT)


def docstring(text: str) -> str:
    """A docstring that says `text`. Quotes are escaped, and so is all that `repr` escapes."""
    escaped = '\\"'.join(repr(piece)[1:-1] for piece in text.split('"'))
    return f'"""{escaped}"""'


def _listed(args: tuple[Code, ...]) -> str:
    return ", ".join(arg.at(TERNARY) for arg in args)
