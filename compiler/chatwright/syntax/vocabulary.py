"""The closed vocabularies of the language: filters, functions, names of a message, types. Data only."""

from __future__ import annotations

from typing import Literal

import msgspec


class FilterWord(msgspec.Struct, frozen=True):
    """A filter. `args` are its possible argument shapes.

    exact: the parser gets back the value; normalising: idempotent, the parser gets back the normal form; lossy: a part
    of the value is lost.
    """

    kind: Literal["exact", "normalising", "lossy"]
    args: tuple[str, ...] = ("",)
    texts_only: bool = False


FILTERS = {
    "strip": FilterWord("normalising", ("", "newlines"), texts_only=True),
    "lstrip": FilterWord("normalising", ("", "newlines"), texts_only=True),
    "rstrip": FilterWord("normalising", ("", "newlines"), texts_only=True),
    "json": FilterWord("exact", ("", "compact", "indent N")),
    "json_or_raw": FilterWord("exact"),
    "json_or_text": FilterWord("exact"),
    "text": FilterWord("lossy"),
    "upper": FilterWord("lossy"),
    "sorted": FilterWord("normalising"),
    "cut": FilterWord("lossy", ("'OPEN' 'CLOSE'",), texts_only=True),
    "without": FilterWord("lossy", ("'TEXT'",), texts_only=True),
}

# The readers after `reads` of a rule: filters that have a reader, and one that is a reader only.
READERS = ("json_or_text", "json_or_raw", "json", "python")

# name -> number of arguments
FUNCTIONS = {"wrapped": 3, "starts": 2, "ends": 2, "length": 1, "alternating": 2}
MARK_TESTS = ("after", "before", "equal")
POSITIONS = ("first", "last", "ending", "prev", "next")
# Counters, with their first number.
COUNTS: dict[str, Literal[0, 1]] = {"number": 1, "index": 0}
MESSAGE_NAMES = ("role", "content", "source", "inline", "reasoning", "name", "tool_calls", "tool_call_id")
# Names of a message that exist only inside turns.
TURN_NAMES = ("results", "answers")
CONVERSATION_NAMES = ("tools", "messages", "turns")
TYPE_TESTS = ("text", "list", "object", "number", "bool")
STATE_TESTS = ("given", "null", "blank")
OPTION_TYPES = ("bool", "text", "int", "date", "list")
SETTLED_TOKENS = ("bos", "eos")
# Other ways than the default, which matches by id, then by order, then with the most recent call.
ANSWERS = ("id",)
