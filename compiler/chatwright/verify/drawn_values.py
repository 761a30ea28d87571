"""Draws the values of conversations: texts, JSON values, tool declarations."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

JSON = Any

#: Simple texts first, so that examples shrink to readable ones.
_PLAIN = ["a", "Hi there", "1", "x y", "Zoë"]
_SPACE = [" ", "\n", "\n\n", "\t", "\r\n", "\u00a0", "\u3000", "\x1f"]
_SCRIPT = ["👩‍👩‍👧", "e\u0301", "\u0301", "שלום", "東京", "\u200f", "𝔘"]
_SYNTAX = ['"', "'", "\\", "{", "}", "{{", "%}", "<b>", "&amp;", "\\n", "]", ","]
_MARKUP = [
    "<think>",
    "</think>",
    "<think>\n",
    "\n</think>\n\n",
    "<|im_end|>",
    "<|im_start|>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<|channel>",
    "<channel|>",
    "<|turn>",
    '<|"|>',
    "<|end|>",
    "<|eot_id|>",
    "[/INST]",
    "</s>",
    "<｜User｜>",
    "<|observation|>",
    "[e~[",
    "<|im_middle|>",
    "/nothink",
]


def _words(*kinds: tuple[int, list[str]]) -> st.SearchStrategy[str]:
    pool = [word for weight, kind in kinds for word in kind * weight]
    return st.lists(st.sampled_from(pool), min_size=1, max_size=4).map("".join)


#: Mostly readable text, with edges that have revealed bugs.
words = _words((6, _PLAIN), (3, _SPACE), (2, _SCRIPT), (1, _SYNTAX), (1, _MARKUP))
texts = words | st.just("") | st.sampled_from([" ", "\n", " \n\t"]) | words | words


@cache
def texts_with(markup: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Texts, now and then with one of these pieces at an edge or in the middle, complete or one character shorter."""
    if not markup:
        return texts
    short = tuple(cut for text in markup if len(text) > 2 for cut in (text[:-1], text[1:]))
    pieces = st.sampled_from(markup) | st.sampled_from(markup) | st.sampled_from(short or markup)
    edged = st.tuples(st.just("") | pieces, texts, st.just("") | pieces).map("".join)
    return st.one_of(texts, texts, edged, st.lists(words | pieces, min_size=1, max_size=4).map("".join))


names = st.sampled_from(["f", "get_weather", "search", "lookup", "x-1", "città", "items"])
keys = st.sampled_from(["a", "city", "b", "A", "items", "name", "first", "keys", "two words", "ключ", "n", "_"])

_scalars = st.one_of(
    words,
    st.integers(-9, 99),
    st.booleans(),
    st.none(),
    st.sampled_from([0.5, -0.0, 1.0, 1e-07, 1e22, 12345678901234567890, 3.14]),
    st.sampled_from(["", "5", "true", "null", '{"a": 1}', "a\n  b\n", "it's"]),
)
values: st.SearchStrategy[JSON] = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
objects: st.SearchStrategy[dict[str, JSON]] = st.dictionaries(keys, values, max_size=4)


def _described(kind: st.SearchStrategy[dict[str, JSON]]) -> st.SearchStrategy[dict[str, JSON]]:
    more = st.fixed_dictionaries(
        {},
        optional={
            "description": words,
            "nullable": st.booleans(),
            "default": _scalars,
            "title": words,
        },
    )
    return st.tuples(kind, more, st.booleans()).map(lambda drawn: drawn[0] | drawn[1] if drawn[2] else drawn[0])


def _object_schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, JSON]]:
    return st.dictionaries(keys, inner, max_size=3).flatmap(
        lambda properties: st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.just(properties)},
            optional={
                "required": st.sets(st.sampled_from(sorted(properties))).map(sorted) if properties else st.just([]),
            },
        )
    )


_simple = st.one_of(
    st.sampled_from(["string", "integer", "number", "boolean"]).map(lambda name: {"type": name}),
    st.lists(words, min_size=1, max_size=3).map(lambda these: {"type": "string", "enum": these}),
    st.sampled_from([{"type": "object"}, {"type": "array"}, {"type": "string", "format": "date"}]),
)
schemas: st.SearchStrategy[dict[str, JSON]] = st.recursive(
    _described(_simple),
    lambda inner: _described(
        st.one_of(
            inner.map(lambda items: {"type": "array", "items": items}),
            _object_schemas(inner),
            st.lists(inner, min_size=1, max_size=2).map(lambda these: {"oneOf": these}),
        )
    ),
    max_leaves=4,
)
tools = st.fixed_dictionaries(
    {
        "type": st.just("function"),
        "function": st.fixed_dictionaries(
            {
                "name": names,
                "description": words,
                "parameters": _object_schemas(schemas),
            },
            optional={"strict": st.booleans(), "return": st.just({"type": "string"})},
        ),
    }
)
