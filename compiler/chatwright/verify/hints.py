"""Hints in the source of a template about useful test conversations."""

from __future__ import annotations

from typing import Any

import jinja2
from jinja2 import meta, nodes

from chatwright.verify.engine_readers import parsed

#: Names that every template may use in addition to options.
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
#: Names of fields, roles and tests, which occur in every template.
KNOWN = {"role", "content", "type", "text", "name", "function", "arguments", "tool_calls", "equalto", "strip", "split"}
KNOWN |= {
    "system",
    "user",
    "assistant",
    "tool",
    "developer",
    "properties",
    "items",
    "required",
    "description",
    "string",
}
#: Longer texts are prose of the format; the template does not search for them.
LONGEST = 32


class Unreadable(ValueError):
    """A template that is not valid Jinja."""


def tree(source: str) -> nodes.Template:
    try:
        return parsed(source)
    except jinja2.TemplateSyntaxError as error:
        raise Unreadable(f"line {error.lineno}: {error.message}") from None


def options(source: str) -> tuple[str, ...]:
    """The keyword arguments that a template reads in addition to the common ones, sorted.

    A name that the template also sets counts only if the template tests whether it is defined: Jinja forgets at the
    end of a block the names set in it, so every local name looks undeclared somewhere.
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
    """Short texts that a template compares, splits or searches contents with, and tokens."""
    found = []
    for node in tree(source).find_all((nodes.Compare, nodes.Call, nodes.Filter)):
        found += _marks(node)
    return tuple(dict.fromkeys((*found, *tokens)))


def together(source: str) -> tuple[tuple[str, ...], ...]:
    """For each condition of a template, the texts that it searches for; conditions without such texts are left out."""
    deciding = tree(source).find_all((nodes.If, nodes.CondExpr, nodes.For))
    tests = [test for node in deciding if isinstance(test := getattr(node, "test", None), nodes.Node)]
    return tuple(dict.fromkeys(found for test in tests if (found := tuple(dict.fromkeys(_marks(test))))))


def words(source: str) -> tuple[str, ...]:
    """Names that a template compares values with, such as names of tools that it prints differently."""
    found = []
    for node in tree(source).find_all((nodes.Compare, nodes.Call, nodes.Filter)):
        found += [const.value for const in node.find_all(nodes.Const) if isinstance(const.value, str)]
    return tuple(dict.fromkeys(text for text in found if text.isidentifier() and text not in KNOWN))


def _marks(node: nodes.Node) -> list[str]:
    consts = [node] if isinstance(node, nodes.Const) else node.find_all(nodes.Const)
    texts = [const.value for const in consts if isinstance(const.value, str)]
    return [text for text in texts if 0 < len(text) <= LONGEST and not text.isidentifier()]


def special(source: str) -> set[str]:
    """The names among bos_token and eos_token that a template reads."""
    return meta.find_undeclared_variables(tree(source)) & {"bos_token", "eos_token"}
