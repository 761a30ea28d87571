"""Words of Jinja, Python and other languages, with what to write here instead. Data only."""

from __future__ import annotations

from chatwright.syntax.snippets import DECLARATIONS, TERMS

# Keywords, with the keyword of this language.
_KEYWORDS = {
    "if": "when",
    "elif": "else when",
    "elsif": "else when",
    "elseif": "else when",
    "unless": "when not",
    "switch": "when",
    "for": "each",
    "foreach": "each",
    "while": "each",
    "range": "each",
    "def": "rule",
    "macro": "rule",
    "include": "use",
    "import": "use",
    "generation": "sampled",
    "raise": "reject",
    "error": "reject",
}
_NO_VARIABLES = (
    "there are no variables: an `option` is a value from the caller, a `rule` is a piece of text with a name"
)
_BLOCK_ENDS = "a block ends with }"
# Keywords for which this language has no keyword.
_WITHOUT = {
    "set": _NO_VARIABLES,
    "let": _NO_VARIABLES,
    "var": _NO_VARIABLES,
    "endif": _BLOCK_ENDS,
    "endfor": _BLOCK_ENDS,
}
FOREIGN = (*_KEYWORDS, *_WITHOUT)


def keyword(word: str) -> str:
    """The help for a keyword of another language."""
    if word in _WITHOUT:
        return _WITHOUT[word]
    ours = _KEYWORDS[word]
    form = TERMS.get(ours) or DECLARATIONS.get(ours)
    return f"`{word}` is written `{ours}` here" + (f": {form}" if form else "")


# The helps for names of other languages, by the place where they are written.
_NO_NULL = "there is no constant for it: write `when x is not given`, or `when x is null` for data"
_PROMPT = "the prompt is derived: it is the turn of the assistant up to `sampled`; `prefill` continues it"
_SETTLED = 'write {0}, and set it in the format declaration: {0} = "…"'
NAMES = {
    "add_generation_prompt": _PROMPT,
    "bos_token": _SETTLED.format("bos"),
    "eos_token": _SETTLED.format("eos"),
    "loop": "inside `each`, first and last are about the loop",
    "None": _NO_NULL,
    "none": _NO_NULL,
    "null": _NO_NULL,
    "True": "a name alone tests that it is true",
    "False": "`not` tests that it is false",
    "true": "a name alone tests that it is true; `not` tests that it is false",
    "false": "a name alone tests that it is true; `not` tests that it is false",
}
# Tests, with ours.
_TESTS = {
    "defined": "given",
    "undefined": "not given",
    "none": "not given",
    "None": "not given",
    "string": "text",
    "str": "text",
    "mapping": "object",
    "dict": "object",
    "iterable": "list",
    "sequence": "list",
    "boolean": "bool",
    "integer": "number",
    "float": "number",
    "empty": "blank",
}


def test(word: str, negated: bool) -> str | None:
    """The help for a test of another language; None where the word is none."""
    if word in ("true", "false", "True", "False"):
        return NAMES[word]
    if word not in _TESTS:
        return None
    ours = _TESTS[word]
    if negated:
        ours = ours.removeprefix("not ") if ours.startswith("not ") else f"not {ours}"
    return f"`is {'not ' if negated else ''}{word}` is written `is {ours}` here"


FILTERS = {
    "length": "`| length` is written `length(x)` here; `when x` tests that a list is not empty",
    "count": "`| count` is written `length(x)` here; `when x` tests that a list is not empty",
    "tojson": "`| tojson` is written `| json` here",
    "trim": "`| trim` is written `| strip` here",
    "string": "`| string` is written `| text` here",
    "default": "a slot offers several values: {name or 'unknown'}",
    "d": "a slot offers several values: {name or 'unknown'}",
    "join": f"a loop with `sep` joins a list: {TERMS['each']}",
    "items": "a loop with two names goes over an object: each key, value in call.arguments { … }",
    "first": "a loop takes the first item: each x in LIST where first { … }",
    "safe": "nothing is escaped, so leave it out",
    "e": "nothing is escaped, so leave it out",
}
FUNCTIONS = {
    "len": "`len` is written `length` here",
    "raise_exception": '`raise_exception` is written `reject` here: reject "…"',
    "strftime_now": 'a date is an option: option today: date = "%Y-%m-%d"',
    "namespace": _NO_VARIABLES,
    "print": 'write the text as a string: "{content}"',
    "range": f"a loop goes over a list: {TERMS['each']}",
}
# For brackets after a name.
ITEM = "a key is written x.key; a loop takes the first item: each x in LIST where first { … }"
# Types of options.
TYPES = {
    "str": "`str` is written `text` here",
    "string": "`string` is written `text` here",
    "boolean": "`boolean` is written `bool` here",
    "integer": "`integer` is written `int` here",
    "number": "`number` is written `int` here",
    "array": "`array` is written `list` here",
}
# Methods of texts and objects.
METHODS = {
    "strip": "there are no methods; a filter does it: {content | strip}",
    "lstrip": "there are no methods; a filter does it: {content | lstrip}",
    "rstrip": "there are no methods; a filter does it: {content | rstrip}",
    "trim": "there are no methods; a filter does it: {content | strip}",
    "upper": "there are no methods; a filter does it: {content | upper}",
    "startswith": 'there are no methods; a function does it: starts(content, "…")',
    "endswith": 'there are no methods; a function does it: ends(content, "…")',
    "get": "there are no methods; write the key: {call.name}",
    "items": "there are no methods; a loop has two names: each key, value in call.arguments { … }",
}
