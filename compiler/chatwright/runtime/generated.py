"""The names that generated modules import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatwright.runtime.errors import RenderError
from chatwright.runtime.options import Option
from chatwright.runtime.parted import OF_THE_WHOLE, parted
from chatwright.runtime.rendered import Attribute
from chatwright.runtime.renderer import Format, Renderer
from chatwright.runtime.values import (
    ABSENT,
    add_json,
    add_json_or_raw,
    alike,
    alternates,
    answered,
    by_key,
    cut,
    given,
    is_number,
    items,
    json_or_raw,
    key,
    length,
    or_absent,
    or_null,
    pairs,
    role_at,
    seen,
    show,
    show_present,
    split_first,
    split_last,
    to_compact_json,
    to_indented_json,
    to_json,
    upper,
    within,
)


def refused(text: str, message: int | None, line: int) -> RenderError:
    """The error of a `reject` or a refusal, in the words of the spec."""
    return RenderError(text, message=message, line=line)


def missing(message: int | None, field: str, line: int) -> RenderError:
    text = "is missing, and this format prints it; give it a value, or an empty text"
    return RenderError(text, message=message, field=field, line=line)


def needed(value: Any, message: int | None, field: str) -> Any:
    """A value that is encoded as JSON, where nothing can be absent."""
    if value is ABSENT:
        text = "is missing, and this format encodes it as JSON; give it a value"
        raise RenderError(text, message=message, field=field)
    return value


def unknown_role(message: int, role: str, known: tuple[str, ...]) -> RenderError:
    text = f"this format has no turn for the role {role!r}; it has {', '.join(known)}"
    return RenderError(text, message=message, field="role")


#: The roles of the conventions. Their names are scaffold, also where a format prints any role.
STANDARD_ROLES = ("system", "developer", "user", "assistant", "tool")


def bad_role(message: int, role: Any) -> RenderError:
    """The error for a role that is no text, in a format with a turn for any role."""
    text = f"must be a text, not {type(role).__name__}; give the message a role such as user"
    return RenderError(text, message=message, field="role")


def unknown_part(message: int, kind: object, known: tuple[str, ...]) -> RenderError:
    text = f"this format prints no parts of type {kind!r}; it prints {', '.join(known)}"
    return RenderError(text, message=message, field="content")


def no_parts(content: Any, message: int) -> RenderError:
    if isinstance(content, list | tuple):
        text = "is a list of parts, but this format takes text; join the text parts into one"
    else:
        text = f"must be a text, not {type(content).__name__}"
    return RenderError(text, message=message, field="content")


def list_of_parts(content: Any, message: int) -> list[Any]:
    if not isinstance(content, list | tuple):
        raise RenderError(
            f"must be a text or a list of parts, not {type(content).__name__}", message=message, field="content"
        )
    return list(content)


def part_string(part: dict[str, Any], message: int) -> str:
    text = part.get("text")
    if not isinstance(text, str):
        raise RenderError("a part of type text has no text", message=message, field="content")
    return text


def count_part(counts: dict[str, int] | None, kind: str) -> int:
    """The number of a part among those of its type in the conversation; 0 where `counts` is None."""
    if counts is None:
        return 0
    counts[kind] = counts.get(kind, 0) + 1
    return counts[kind]


def call_key(call: Any, name: str) -> Any:
    """A key of the function of a call; None if there is no call."""
    function = key(call, "function") or call
    return key(function, name)


def rule_text(rule: Callable[..., None], *args: Any) -> str:
    """The text of a rule. The rule appends pieces and their attributes."""
    out: list[str] = []
    rule(out, [], *args)
    return "".join(out)


def plain_text(rule: Callable[..., None], *args: Any) -> str:
    """The text of a rule. The rule appends pieces alone."""
    out: list[str] = []
    rule(out, *args)
    return "".join(out)


__all__ = [
    "ABSENT",
    "OF_THE_WHOLE",
    "STANDARD_ROLES",
    "Attribute",
    "Format",
    "Option",
    "Renderer",
    "add_json",
    "add_json_or_raw",
    "alike",
    "alternates",
    "answered",
    "bad_role",
    "by_key",
    "call_key",
    "count_part",
    "cut",
    "given",
    "is_number",
    "items",
    "json_or_raw",
    "key",
    "length",
    "list_of_parts",
    "missing",
    "needed",
    "no_parts",
    "or_absent",
    "or_null",
    "pairs",
    "part_string",
    "parted",
    "plain_text",
    "refused",
    "role_at",
    "rule_text",
    "seen",
    "show",
    "show_present",
    "split_first",
    "split_last",
    "to_compact_json",
    "to_indented_json",
    "to_json",
    "unknown_part",
    "unknown_role",
    "upper",
    "within",
]  # fmt: skip
