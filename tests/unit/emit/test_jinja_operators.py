"""The operators of Jinja: a tree of them, written as text, has the value of the tree."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import jinja2
import pytest

from chatwright.emit.code import Code
from chatwright.emit.jinja.operators import (
    COMPARE,
    CONDITIONAL,
    GROUP,
    PRIMARY,
    Term,
    all_of,
    any_of,
    call,
    compare,
    conditional,
    conjunction,
    disjunction,
    filtered,
    group,
    is_,
    item,
    literal,
    member,
    method,
    name,
    negation,
    plus,
    whole,
)

pytestmark = pytest.mark.slow

Given = dict[str, Any]

VARIABLES = "abcde"
#: What the variables are given in turn.
VALUES = (True, False, 2, 0, 1)
#: The functions that the terms call.
FUNCTIONS: Given = {
    "identity": lambda x: x,
    "pair": lambda *items: items,
    "dict": lambda _, x: {"items": x},
}


class Tree(NamedTuple):
    """A term, and the value that it must have where the variables have theirs."""

    term: Term
    value: Callable[[Given], Any]


def node(write: Callable[..., Term], meaning: Callable[..., Any]) -> Callable[..., Tree]:
    """An operator on trees, from one on terms and its meaning in Python."""

    def made(*trees: Tree) -> Tree:
        return Tree(
            write(*(tree.term for tree in trees)), lambda given: meaning(*(tree.value(given) for tree in trees))
        )

    return made


def identity(value: Any) -> Any:
    return value


# Each takes numbers and truth values, and gives one. By number of operands.
OPERATORS: dict[str, tuple[int, Callable[..., Tree]]] = {
    "all_of": (2, node(all_of, lambda x, y: x and y)),
    "any_of": (2, node(any_of, lambda x, y: x or y)),
    "conjunction": (2, node(lambda x, y: conjunction([x, y]), lambda x, y: x and y)),
    "disjunction": (2, node(lambda x, y: disjunction([x, y]), lambda x, y: x or y)),
    "negation": (1, node(negation, lambda x: not x)),
    "equal": (2, node(lambda x, y: compare(x, "==", y), lambda x, y: x == y)),
    "less": (2, node(lambda x, y: compare(x, "<", y), lambda x, y: x < y)),
    "conditional": (3, node(conditional, lambda x, y, z: x if y else z)),
    "test": (1, node(lambda x: is_(x, "boolean"), lambda x: isinstance(x, bool))),
    "test not": (1, node(lambda x: is_(x, "boolean", holds=False), lambda x: not isinstance(x, bool))),
    "filtered": (1, node(lambda x: filtered(x, "int"), int)),
    "plus": (1, node(lambda x: plus(x, 1), lambda x: x + 1)),
    "minus": (1, node(lambda x: plus(x, -2), lambda x: x - 2)),
    "group": (1, node(group, identity)),
    "call": (1, node(lambda x: call("identity", x), identity)),
    "item": (2, node(lambda x, y: item(call("pair", x, y), "1"), lambda _, y: y)),
    "member": (1, node(lambda x: member(call("dict", name("e"), x), "items"), identity)),
}
LEAVES = [Tree(name(letter), lambda given, letter=letter: given[letter]) for letter in VARIABLES]  # type: ignore[misc]


def check(tree: Tree) -> None:
    """Render a tree as a value, as an operand, and as the condition of a tag."""
    term = tree.term
    printed = f"{{{{ {term.at(CONDITIONAL)} }}}} {{{{ [{term.at(PRIMARY)}][0] }}}}"
    tag = f"{{% if {whole(term)} %}}yes{{% else %}}no{{% endif %}}"
    template = jinja2.Environment().from_string(f"{printed} {tag}")
    for start, step in itertools.product(range(len(VALUES)), range(len(VALUES))):
        given = {letter: VALUES[(start + step * i) % len(VALUES)] for i, letter in enumerate(VARIABLES)}
        value = tree.value(given)
        want = f"{value} {value} {'yes' if value else 'no'}"
        assert template.render(given | FUNCTIONS) == want, (term, given)


@pytest.mark.parametrize("outer", OPERATORS)
def test_every_operator_in_every_place_of_another(outer: str) -> None:
    count, make = OPERATORS[outer]
    for inner_count, make_inner in OPERATORS.values():
        for place in range(count):
            operands = LEAVES[inner_count:][:count]
            operands[place:place] = [make_inner(*LEAVES[:inner_count])]
            check(make(*operands[:count]))


def drawn(draw: random.Random, depth: int) -> Tree:
    if depth == 0:
        return draw.choice(LEAVES)
    count, make = draw.choice(list(OPERATORS.values()))
    return make(*(drawn(draw, draw.randrange(depth)) for _ in range(count)))


def test_deep_trees() -> None:
    draw = random.Random(0)
    for _ in range(200):
        check(drawn(draw, 6))


# ---- parentheses --------------------------------------------------------------------------------------------------

A, B, C = (name(letter) for letter in "abc")


@pytest.mark.parametrize(
    ("term", "source"),
    [
        (all_of(any_of(A, B), C), "(a or b) and c"),
        (any_of(all_of(A, B), C), "a and b or c"),
        (disjunction([all_of(A, B), C]), "(a and b) or c"),
        (conjunction([compare(group(any_of(A, B)), "==", C), A]), "((a or b) == c) and a"),
        (conjunction([is_(A, "none"), negation(B)]), "a is none and not b"),
        (negation(is_(A, "none")), "not (a is none)"),
        (negation(member(group(any_of(A, B)), "x")), "not ((a or b).x)"),
        (compare(filtered(A, "length"), ">", literal(1)), "(a | length) > 1"),
        (filtered(filtered(A, "upper"), "trim"), "(a | upper) | trim"),
        (conditional(A, is_(B, "none"), conditional(B, C, A)), "a if b is none else b if c else a"),
        (method(conditional(A, B, C), "strip", literal("\n")), "(a if b else c).strip('\\n')"),
        (call("f", any_of(A, B), group(any_of(A, B))), "f(a or b, (a or b))"),
        (plus(A, 0), "a"),
        (member(A, "items"), "a['items']"),
        (member(A, "item"), "a.item"),
    ],
)
def test_parentheses(term: Term, source: str) -> None:
    assert term.at(CONDITIONAL) == source


@pytest.mark.parametrize(
    ("term", "condition"),
    [
        (group(all_of(A, B)), "a and b"),
        (group(conditional(A, B, C)), "(a if b else c)"),
        (conditional(A, B, C), "(a if b else c)"),
        (all_of(A, conditional(A, B, C)), "a and (a if b else c)"),
    ],
)
def test_conditions_of_tags(term: Term, condition: str) -> None:
    assert whole(term) == condition


def test_a_literal_is_never_an_operator() -> None:
    """Words in a literal count for nothing: neither for `words`, nor for parentheses."""
    odd = literal("it is a or b and (c if d")
    assert odd.words == frozenset()
    assert conjunction([compare(A, "==", odd), B]).text == "a == 'it is a or b and (c if d' and b"
    assert negation(odd).text == "not 'it is a or b and (c if d'"
    assert is_(odd, "string", holds=False).text == "'it is a or b and (c if d' is not string"


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (None, "none"),
        (True, "true"),
        (3, "3"),
        (("a", "b'"), "['a', 'b\\'']"),
        ("\\ \n\t\r é'\"", "'\\\\ \\n\\t\\r é\\'\"'"),
    ],
)
def test_literals(value: Any, source: str) -> None:
    assert literal(value).text == source
    printed = jinja2.Environment().from_string(f"{{{{ {source} }}}}").render()
    assert printed == str(list(value) if isinstance(value, tuple) else value)


def test_a_place_gives_parentheses_to_looser_code() -> None:
    code = Code("a == b", COMPARE)
    assert [code.at(place) for place in (GROUP, COMPARE, PRIMARY)] == ["a == b", "a == b", "(a == b)"]
