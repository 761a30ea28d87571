"""Turns values of a conversation into text. The generated templates have an equal for each function."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from json.encoder import c_make_encoder  # type: ignore[attr-defined]
from typing import Any

import msgspec

from chatwright.runtime.errors import RenderError

# The keys of reasoning in messages. transformers fills the first and `thinking` from the first one that has a value.
REASONING = ("reasoning_content", "thinking", "reasoning")


# A tuple of types: it is tested several times as fast as a union of them.
_CONTAINERS = (str, list, tuple, dict)
_LISTS = (list, tuple)


def _encoder(item_separator: str, key_separator: str) -> Callable[[Any], str]:
    """The function `json.dumps(x, ensure_ascii=False)` for some separators. It makes its encoder once."""
    fallback = json.JSONEncoder(ensure_ascii=False, separators=(item_separator, key_separator))
    if c_make_encoder is None:
        return fallback.encode
    quote = json.encoder.encode_basestring
    encode = c_make_encoder(None, fallback.default, quote, None, key_separator, item_separator, False, False, True)

    def to_text(value: Any) -> str:
        return quote(value) if value.__class__ is str else "".join(encode(value, 0))

    return to_text


_to_json = _encoder(", ", ": ")
to_compact_json = _encoder(",", ":")


_quoted = msgspec.json.Encoder().encode


def to_json(value: Any) -> str:
    """The same text as `json.dumps(value, ensure_ascii=False)`."""
    kind = value.__class__
    if kind is dict and value:
        pieces: list[str] = []
        add_json(pieces, value)
        return "".join(pieces)
    if kind is str:
        try:
            return _quoted(value).decode()
        except UnicodeEncodeError:  # a lone surrogate, which msgspec refuses
            return _to_json(value)
    return _to_json(value)


def add_json(out: list[str], value: Any) -> None:
    """Append the text of `to_json`. An object becomes several pieces, which saves copies of it.

    Most of the JSON in a chat are objects of texts, whole numbers and truth values under plain names, and most of that
    is text, which msgspec quotes faster than json does. Any other value goes to json.
    """
    if value.__class__ is not dict or not value:
        out.append(to_json(value))
        return
    start = len(out)
    opener = "{"
    try:
        for key, item in value.items():
            kind = item.__class__
            if key.__class__ is not str or not key.isidentifier():
                break
            if kind is str:
                out.append(f'{opener}"{key}": {_quoted(item).decode()}')
            elif kind is int:
                out.append(f'{opener}"{key}": {item}')
            elif kind is bool:
                out.append(f'{opener}"{key}": true' if item else f'{opener}"{key}": false')
            else:
                break
            opener = ", "
        else:
            out.append("}")
            return
    except UnicodeEncodeError:  # a lone surrogate
        pass
    del out[start:]
    out.append(_to_json(value))


def to_indented_json(value: Any, indent: int) -> str:
    """The same text as `json.dumps(value, ensure_ascii=False, indent=indent)`, whose own encoder is slow."""
    if indent < 1:
        return json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        encoded = _to_json(value).encode("utf-8", "surrogatepass")
        return msgspec.json.format(encoded, indent=indent).decode("utf-8", "surrogatepass")
    except msgspec.DecodeError:  # NaN and Infinity, which msgspec refuses
        return json.dumps(value, ensure_ascii=False, indent=indent)


class Absent:
    """The argument of a rule for a key that does not exist: it is falsy, and prints nothing."""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return ""

    def __len__(self) -> int:
        return 0


ABSENT = Absent()


def given(value: Any) -> bool:
    """Whether the argument of a rule is neither absent nor null."""
    return value is not None and value is not ABSENT


def or_absent(value: Any) -> Any:
    """A field of a message, or an option, as the argument of a rule: there, null means absent."""
    return ABSENT if value is None else value


def or_null(value: Any) -> Any:
    """The argument of a rule as a value of JSON: an absent one is null."""
    return None if value is ABSENT else value


def show_present(value: Any) -> str:
    """The text of `show`, for a value whose null means absent."""
    return "" if value is None else show(value)


def show(value: Any) -> str:
    """The text of a bare slot: a text unchanged, scalars and null as Python prints them.

    Raises RenderError for any other value.
    """
    if value.__class__ is str:
        return value
    if value is None or isinstance(value, str | bool | int | float | Absent):
        return str(value)
    raise RenderError(f"a text is needed here, not {_kind(value)}")


def json_or_raw(value: Any) -> str:
    """A text is JSON already; anything else is encoded."""
    return value if value.__class__ is str else to_json(value)


def add_json_or_raw(out: list[str], value: Any) -> None:
    """Append the text of `json_or_raw`."""
    if value.__class__ is str:
        out.append(value)
    else:
        add_json(out, value)


def key(value: Any, name: str, default: Any = None) -> Any:
    """A key of an object, the default where there is none."""
    return value.get(name, default) if isinstance(value, dict) else default


def pairs(value: Any) -> Iterable[tuple[str, Any]]:
    """The pairs of an object in their order; none if it is absent. Raises RenderError for any other value."""
    if isinstance(value, dict):
        return value.items()
    if value is ABSENT:
        return []
    raise RenderError(f"an object is needed here, not {_kind(value)}")


def items(value: Any) -> list[Any]:
    """The items of a list; none if it is absent or null. Raises RenderError for any other value."""
    if value is None or value is ABSENT:
        return []
    if isinstance(value, _LISTS):
        return list(value)
    raise RenderError(f"a list is needed here, not {_kind(value)}")


def by_key(value: Any) -> dict[str, Any]:
    """The filter `sorted`: an object by its keys, their case ignored."""
    return dict(sorted(pairs(value), key=lambda pair: pair[0].lower()))


def upper(value: Any) -> Any:
    """The filter `upper`, over the items of a list."""
    return [str(item).upper() for item in value] if isinstance(value, list) else show(value).upper()


def cut(text: str, opener: str, closer: str) -> str:
    """The filter `cut`: a text without its spans between an opener and a closer."""
    return "".join(piece.split(opener)[0] for piece in text.split(closer))


def within(item: Any, container: Any) -> bool:
    """Whether a text is in a text, an item in a list, a key in an object. Any other value contains nothing."""
    return isinstance(container, _CONTAINERS) and item in container


def length(value: Any) -> int:
    return 0 if value is None else len(value)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def split_first(text: str, opener: str, closer: str, trim: str, strip: str | None) -> tuple[str, str]:
    """Reasoning and content of a text. The first closer ends the reasoning."""
    before, _, after = text.partition(closer)
    return _inner(before, opener, trim, strip), _trimmed(after, trim, strip)


def split_last(text: str, opener: str, closer: str, trim: str, strip: str | None) -> tuple[str, str]:
    """Reasoning up to the first closer, content from the last."""
    pieces = text.split(closer)
    return _inner(pieces[0], opener, trim, strip), _trimmed(pieces[-1], trim, strip)


def _inner(before: str, opener: str, trim: str, strip: str | None) -> str:
    if strip is not None:
        return before.strip(strip or None).split(opener)[-1].strip(strip or None)
    if trim:
        return before.rstrip(trim).split(opener)[-1].lstrip(trim)
    return before.rsplit(opener, maxsplit=1)[-1]


def _trimmed(after: str, trim: str, strip: str | None) -> str:
    if strip is not None:
        return after.strip(strip or None)
    return after.lstrip(trim) if trim else after


def answered(calls: Iterable[Any] | None, result: dict[str, Any]) -> Any:
    """The call that a result answers: the last one with the id of the result. Two absent ids are equal."""
    found = None
    wanted = result.get("tool_call_id")
    for call in calls or ():
        if call.get("id") == wanted:
            found = call
    return found


def alike(message: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two messages are equal to a template: without null keys, and with the aliases of reasoning filled."""
    return message == other or seen(message) == seen(other)


def seen(message: dict[str, Any] | None) -> dict[str, Any] | None:
    """A message as a template gets it: without null keys, and with the aliases of reasoning filled."""
    if message is None or (None not in message.values() and message.keys().isdisjoint(REASONING)):
        return message
    given = {name: value for name, value in message.items() if value is not None}
    reasoning = next((given[name] for name in REASONING if name in given), None)
    return given if reasoning is None else {"thinking": reasoning, **given, "reasoning_content": reasoning}


def role_at(messages: list[Any], index: int) -> str:
    """The role of the message at an index; an empty text if there is none."""
    return messages[index]["role"] if 0 <= index < len(messages) else ""


def alternates(flags: Iterable[bool]) -> bool:
    """Whether the flags are true, false, true, … in turn, beginning with true."""
    return all(flag == (index % 2 == 0) for index, flag in enumerate(flags))


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), f"a {type(value).__name__}")
