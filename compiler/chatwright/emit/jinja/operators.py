"""The operators of Jinja: each function writes one and puts its operands in parentheses where necessary.

An operand of a filter, a test or a comparison is a name, a literal or a call, or it is in parentheses: engines disagree
on how tightly these operators bind.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from chatwright.emit.code import Code

# The precedences, from loose to tight.
GROUP = 0  # in parentheses wherever it is part of something else
CONDITIONAL = 1  # a if b else c
OR = 2
AND = 3
NOT = 4
TEST = 5  # Jinja binds it as tightly as a filter, but takes an `if` after it for its argument
COMPARE = 6
SUM = 7
FILTER = 8
PRIMARY = 9  # names, literals, calls, members

# Names of methods that dicts have in some engine: attribute syntax would find those, and so does the syntax for items
# where the key is absent.
METHODS = frozenset({"items", "keys", "values", "get", "pop", "copy", "update", "clear", "setdefault", "fromkeys"})
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r"})


class Term(Code, frozen=True):
    """An expression of Jinja.

    `words` are the operators among `and`, `or` and `if` that it contains, at any depth. Conditions that mix them are
    put in parentheses for the reader, also where Jinja needs none.
    """

    words: frozenset[str] = frozenset()


def _made(text: str, precedence: int, operands: Iterable[Term], *words: str) -> Term:
    return Term(text, precedence, frozenset(words).union(*(operand.words for operand in operands)))


# ---- conditions without an operator ----------------------------------------------------------------------------------


def name(text: str) -> Term:
    """A variable, or fixed source that binds as tightly."""
    return Term(text, PRIMARY)


def literal(value: str | int | bool | tuple[str, ...] | None) -> Term:
    """A constant. Strings get single quotes and keep Unicode characters as they are."""
    match value:
        case bool():
            return name("true" if value else "false")
        case str():
            return name(f"'{value.translate(_ESCAPES)}'")
        case tuple():
            return name(f"[{', '.join(literal(item).text for item in value)}]")
        case None:
            return name("none")
    return name(str(value))


def group(term: Term) -> Term:
    """The same term, in parentheses wherever it is part of another one."""
    return msgspec.structs.replace(term, precedence=GROUP)


# ---- values -----------------------------------------------------------------------------------------------------


def member(owner: Term, key: str) -> Term:
    """A key of an object."""
    base = owner.at(PRIMARY)
    return _made(f"{base}['{key}']" if key in METHODS else f"{base}.{key}", PRIMARY, [owner])


def has_key(owner: Term, key: str) -> Term:
    """Whether a value is an object with a key."""
    return all_of(is_(owner, "mapping"), compare(literal(key), "in", owner))


def item(owner: Term, index: str) -> Term:
    """An item of a list, or a slice where `index` is `a:b`."""
    return _made(f"{owner.at(PRIMARY)}[{index}]", PRIMARY, [owner])


def call(function: str, *args: Term) -> Term:
    """A call of a macro or a function."""
    return _made(f"{function}({', '.join(arg.at(CONDITIONAL) for arg in args)})", PRIMARY, args)


def method(owner: Term, function: str, *args: Term) -> Term:
    """A call of a method of strings."""
    given = ", ".join(arg.at(PRIMARY) for arg in args)
    return _made(f"{owner.at(PRIMARY)}.{function}({given})", PRIMARY, [owner, *args])


def filtered(value: Term, by: str) -> Term:
    """A value through a filter. `by` is the source of the filter with its arguments."""
    return _made(f"{value.at(PRIMARY)} | {by}", FILTER, [value])


def plus(value: Term, number: int) -> Term:
    """The sum of a value and a number, as a group; for 0 the value itself."""
    if not number:
        return value
    return group(_made(f"{value.at(SUM)} {'+' if number > 0 else '-'} {abs(number)}", SUM, [value]))


def conditional(value: Term, test: Term, otherwise: Term) -> Term:
    """`value` where the test holds, `otherwise` where it fails."""
    text = f"{value.at(COMPARE)} if {test.at(OR)} else {otherwise.at(CONDITIONAL)}"
    return _made(text, CONDITIONAL, [value, test, otherwise], "if")


# ---- conditions -------------------------------------------------------------------------------------------------


def is_(value: Term, word: str, holds: bool = True) -> Term:
    """A test of Jinja; with `holds` false, its opposite."""
    return _made(f"{value.at(PRIMARY)} is {'' if holds else 'not '}{word}", TEST, [value])


def compare(left: Term, op: str, right: Term) -> Term:
    """A comparison, or `in`."""
    return _made(f"{left.at(PRIMARY)} {op} {right.at(PRIMARY)}", COMPARE, [left, right])


def among(value: Term, options: tuple[str, ...], negated: bool = False) -> Term:
    """Whether a value is one of some strings."""
    if len(options) == 1:
        return compare(value, "!=" if negated else "==", literal(options[0]))
    return compare(value, "not in" if negated else "in", literal(options))


def negation(term: Term) -> Term:
    """The opposite of a condition. A condition with `words` is in parentheses."""
    return _made(f"not ({term.at(GROUP)})" if term.words else f"not {term.at(PRIMARY)}", NOT, [term])


def all_of(*terms: Term) -> Term:
    """Whether several conditions all hold."""
    if len(terms) == 1:
        return terms[0]
    return _made(" and ".join(term.at(AND) for term in terms), AND, terms, "and")


def any_of(*terms: Term) -> Term:
    """The first filled value of several; whether at least one of several conditions holds."""
    if len(terms) == 1:
        return terms[0]
    return _made(" or ".join(term.at(OR) for term in terms), OR, terms, "or")


def conjunction(terms: list[Term]) -> Term:
    """`all_of` for the conditions of a spec: those that contain an `or` at any depth are in parentheses."""
    texts = (f"({term.at(OR)})" if "or" in term.words else term.at(AND) for term in terms)
    return _made(" and ".join(texts), AND, terms, "and")


def disjunction(terms: list[Term]) -> Term:
    """`any_of` for the conditions of a spec: those that contain an `and` at any depth are in parentheses."""
    texts = (f"({term.at(AND)})" if "and" in term.words else term.at(OR) for term in terms)
    return _made(" or ".join(texts), OR, terms, "or")


def whole(term: Term) -> str:
    """The whole condition of a tag. Jinja refuses a bare `a if b else c` there."""
    return term.at(OR if "if" in term.words else GROUP)
