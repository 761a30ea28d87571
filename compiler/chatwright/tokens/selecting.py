"""Reads selectors from text such as `sampled() & ~part("reasoning")`, for the option --mask of the command line."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from chatwright.runtime.errors import ChatwrightError
from chatwright.runtime.suggest import did_you_mean
from chatwright.tokens import masks
from chatwright.tokens.masks import Selector

KNOWN: dict[str, Callable[..., Selector]] = {
    name: getattr(masks, name)
    for name in (
        "everything",
        "sampled",
        "content",
        "part",
        "closers",
        "empty_reasoning",
        "role",
        "messages",
        "last_message",
        "last_turn",
        "by_message",
        "characters",
    )
}


class MaskError(ChatwrightError):
    """A text is not a mask."""


def selector_of(text: str) -> Selector:
    """The selector of a text: calls of selectors with plain values, combined by `&`, `|`, `~` and `*`.

    It runs no other code. Raises MaskError, which names the place.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise MaskError(f"the mask {text!r} is malformed; write it like sampled() & ~part('reasoning')") from None
    found = _value(tree.body, text.strip())
    if not isinstance(found, Selector):
        raise MaskError(f"the mask {text!r} selects nothing; begin with a selector such as sampled()")
    return found


def _value(node: ast.expr, text: str) -> Any:
    match node:
        case ast.Call(func=ast.Name(id=name), args=values, keywords=[]):
            return _called(name, [_plain(value, text) for value in values], node, text)
        case ast.Name(id=name) if name in KNOWN:
            raise _wrong(node, text, f"{name} is written {name}()")
        case ast.Name(id=name):
            raise _unknown(name, node, text)
        case ast.UnaryOp(op=ast.Invert(), operand=inner):
            return ~_selector(inner, text)
        case ast.BinOp(left=left, op=ast.BitAnd(), right=right):
            return _selector(left, text) & _selector(right, text)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _selector(left, text) | _selector(right, text)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _selector(left, text) * _value(right, text)
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
    raise _wrong(node, text, "a mask consists of selectors, &, |, ~ and *")


def _selector(node: ast.expr, text: str) -> Selector:
    found = _value(node, text)
    if not isinstance(found, Selector):
        raise _wrong(node, text, "expected a selector; write a weight behind *")
    return found


def _plain(node: ast.expr, text: str) -> Any:
    """A value in a call: a number, a text, or a list of them."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise _wrong(node, text, "in a mask, selectors take plain numbers and texts") from None


def _called(name: str, values: list[Any], node: ast.expr, text: str) -> Selector:
    if name not in KNOWN:
        raise _unknown(name, node, text)
    try:
        return KNOWN[name](*values)
    except TypeError as error:
        raise _wrong(node, text, str(error)) from None


def _unknown(name: str, node: ast.expr, text: str) -> MaskError:
    hint = did_you_mean(name, KNOWN, f"there are {', '.join(KNOWN)}")
    return _wrong(node, text, f"there is no selector {name}; {hint}")


def _wrong(node: ast.expr, text: str, what: str) -> MaskError:
    part = ast.get_source_segment(text, node)
    return MaskError(f"in the mask {text!r}, at {part!r}: {what.strip()}")
