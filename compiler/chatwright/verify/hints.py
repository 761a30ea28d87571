"""What the source of a template tells about the conversations that are worth trying."""

from __future__ import annotations

from typing import Any

import jinja2
from jinja2 import meta, nodes

from chatwright.verify.engine_readers import parsed

#: What every template may use beside options.
NO_OPTIONS = {"messages", "tools", "documents", "add_generation_prompt", "bos_token", "eos_token"}
GLOBALS = {
    "raise_exception",
    "strftime_now",
    "namespace",
    "range",
    "dict",
    "lipsum",
    "cycler",
    "joiner",
    "true",
    "false",
}
#: Longer texts than this are prose of the format, and no marks that it looks for.
LONGEST = 32


class Unreadable(ValueError):
    """A template that is no Jinja."""


def tree(source: str) -> nodes.Template:
    try:
        return parsed(source)
    except jinja2.TemplateSyntaxError as error:
        raise Unreadable(f"line {error.lineno}: {error.message}") from None


def options(source: str) -> tuple[str, ...]:
    """The keyword arguments that a template reads beside those that all have, sorted.

    A name that the template also sets is one only where it asks whether it is defined: Jinja forgets at the end of a
    block what was set there, so every local name looks undeclared to it somewhere.
    """
    root = tree(source)
    names = meta.find_undeclared_variables(root) - NO_OPTIONS - GLOBALS
    local = {node.name for node in root.find_all(nodes.Name) if node.ctx in ("store", "param")}
    tests = [node.node for node in root.find_all(nodes.Test) if node.name in ("defined", "undefined")]
    tests += [node.node for node in root.find_all(nodes.Filter) if node.name == "default" and node.node is not None]
    asked = {node.name for node in tests if isinstance(node, nodes.Name)}
    return tuple(sorted(name for name in names if name not in local or name in asked))


def compared(source: str, name: str) -> tuple[Any, ...]:
    """The constants that a template compares an option with."""
    found: list[Any] = []
    for node in tree(source).find_all(nodes.Compare):
        sides = [node.expr, *(operand.expr for operand in node.ops)]
        if any(isinstance(side, nodes.Name) and side.name == name for side in sides):
            for side in sides:
                items = side.items if isinstance(side, nodes.List | nodes.Tuple) else [side]
                found += [item.value for item in items if isinstance(item, nodes.Const)]
    return tuple(dict.fromkeys(value for value in found if value is not None))


def markup(source: str, tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Short texts that a template looks for in contents: what it compares, splits and searches with; and tokens."""
    found = []
    for node in tree(source).find_all((nodes.Compare, nodes.Call, nodes.Filter)):
        for const in node.find_all(nodes.Const):
            value = const.value
            if isinstance(value, str) and 0 < len(value) <= LONGEST and not value.isidentifier():
                found.append(value)
    return tuple(dict.fromkeys((*found, *tokens)))


def special(source: str) -> set[str]:
    """Those of bos_token and eos_token that a template reads."""
    return meta.find_undeclared_variables(tree(source)) & {"bos_token", "eos_token"}
