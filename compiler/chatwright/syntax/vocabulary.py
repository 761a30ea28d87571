"""The closed vocabularies of the language: filters, functions, names of a message, types. Data only."""

from __future__ import annotations

from typing import Literal

import msgspec


class FilterWord(msgspec.Struct, frozen=True):
    """A filter. `args` are its possible argument shapes.

    exact: what it printed can be read back as it was; normalising: idempotent, reading gives the normal form;
    lossy: what it takes away is gone.
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

# What may stand behind `reads` of a rule: the filters above that have a reader, and readers only.
READERS = ("json_or_text", "json_or_raw", "json", "python")

# name -> number of arguments
FUNCTIONS = {"wrapped": 3, "starts": 2, "ends": 2, "length": 1, "alternating": 2}
MARK_TESTS = ("after", "before", "equal")
POSITIONS = ("first", "last", "ending", "prev", "next")
# Places in a count, and what they begin with.
COUNTS: dict[str, Literal[0, 1]] = {"number": 1, "index": 0}
MESSAGE_NAMES = ("role", "content", "source", "inline", "reasoning", "name", "tool_calls", "tool_call_id")
# Names that a message has only inside turns.
TURN_NAMES = ("results", "answers")
CONVERSATION_NAMES = ("tools", "messages", "turns")
TYPE_TESTS = ("text", "list", "object", "number", "bool")
STATE_TESTS = ("given", "null", "blank")
OPTION_TYPES = ("bool", "text", "int", "date", "list")
SETTLED_TOKENS = ("bos", "eos")
# Besides the default: by id, else by order, else the most recent call.
ANSWERS = ("id",)
