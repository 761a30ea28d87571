"""Going over the nodes of the abstract syntax."""

from __future__ import annotations

from collections.abc import Iterator

from chatwright.syntax import ast as s

#: Fields that hold places in the source. A long string has a place for each of its escapes.
_PLACES = frozenset({"span", "spans", "escapes"})


def children(node: s.Node) -> Iterator[s.Node]:
    """The nodes directly below a node, in their order."""
    for name in node.__struct_fields__:
        if name not in _PLACES:
            yield from _nodes_in(getattr(node, name))


def _nodes_in(value: object) -> Iterator[s.Node]:
    if isinstance(value, s.Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


def walk(node: s.Node) -> Iterator[s.Node]:
    """A node and all nodes below it, in their order."""
    stack = [node]
    while stack:
        at = stack.pop()
        yield at
        stack += reversed(list(children(at)))
