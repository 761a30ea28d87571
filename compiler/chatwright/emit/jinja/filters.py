"""The filters and functions of the language as Jinja."""

from __future__ import annotations

from typing import assert_never

from chatwright.emit.jinja.operators import (
    Term,
    all_of,
    any_of,
    call,
    conditional,
    filtered,
    group,
    is_,
    item,
    literal,
    method,
)
from chatwright.emit.jinja.position import Position
from chatwright.emit.rule_arguments import WIRED
from chatwright.ir import program as ir
from chatwright.ir.typing import NEVER_NULL, kind_of, root_of

EMPTY = literal("")


def takes_text(e: ir.Pipe) -> bool:
    """Whether a filter takes the text that a slot would print, instead of the value."""
    if e.filter == "upper":
        return kind_of(e.value) in NEVER_NULL
    if e.filter in ("cut", "without"):
        of_part = isinstance(e.value, ir.Key) and e.value.key == "text" and root_of(e.value) == "content"
        return not of_part  # a text part always has its text
    return e.filter in ("strip", "lstrip", "rstrip")


def piped(e: ir.Pipe, value: Term, at: Position) -> Term:
    """A filter on a value. A filter that `takes_text` gets the text that a slot would print."""
    if e.filter in WIRED and isinstance(e.value, ir.Var) and e.value.name in at.nullable:
        value = group(conditional(value, is_(value, "defined"), literal(None)))
    match e.filter:
        case "strip" | "lstrip" | "rstrip":
            return _stripped(e, value)
        case "json":
            return filtered(value, _tojson(e.args))
        case "members":
            return item(group(filtered(value, "tojson")), "1:-1")
        case "json_or_raw" | "json_or_text":
            return conditional(value, is_(value, "string"), filtered(value, "tojson"))
        case "text" if isinstance(e.value, ir.Key | ir.Var | ir.CallKey):
            shown = conditional(literal("None"), is_(value, "none"), filtered(value, "string"))
            can_miss = isinstance(e.value, ir.Key) or (isinstance(e.value, ir.Var) and e.value.name in at.params)
            return conditional(EMPTY, is_(value, "defined", holds=False), shown) if can_miss else shown
        case "text":
            return filtered(value, "string")
        case "upper" if kind_of(e.value) == "text" or takes_text(e):
            return filtered(value, "upper")
        case "upper":
            return conditional(filtered(value, "upper"), is_(value, "string"), filtered(value, "map('upper') | list"))
        case "sorted":
            return filtered(value, "dictsort")
        case "cut":
            return call("cut", value, *(literal(str(arg)) for arg in e.args))
        case "without":
            return filtered(value, f"replace({literal(str(e.args[0])).text}, '')")
    raise AssertionError(e.filter)


def _stripped(e: ir.Pipe, text: Term) -> Term:
    if "newlines" in e.args:
        return method(text, e.filter, literal("\n"))
    return filtered(text, "trim") if e.filter == "strip" else method(text, e.filter)


def _tojson(args: tuple[str | int, ...]) -> str:
    if "compact" in args:
        return "tojson(separators=(',', ':'))"
    return f"tojson(indent={args[1]})" if "indent" in args else "tojson"


def applied(e: ir.Fn, args: list[Term]) -> Term:
    """A call of a function of the language."""
    match e.name:
        case "wrapped":
            return group(all_of(method(args[0], "startswith", args[1]), method(args[0], "endswith", args[2])))
        case "starts":
            return method(args[0], "startswith", args[1])
        case "ends":
            return method(args[0], "endswith", args[1])
        case "length":
            there = isinstance(e.args[0], ir.RuleText | ir.Content)
            return filtered(args[0] if there else any_of(args[0], EMPTY), "length")
    assert_never(e.name)


def normal(content: Term, strip: str | None) -> Term:
    """A content stripped as the format declares: of white space where `strip` is empty, else of its characters."""
    if strip is None:
        return content
    return method(content, "strip", literal(strip)) if strip else group(filtered(content, "trim"))
