"""Turns lark's parse errors into messages in the words of the language."""

from __future__ import annotations

import functools
import itertools
import re

from lark import Token as LarkToken
from lark import UnexpectedInput
from lark.exceptions import UnexpectedToken

from chatwright.diagnostics.source import Span
from chatwright.syntax import foreign as f
from chatwright.syntax.declarations import Piece
from chatwright.syntax.grammar import grammar
from chatwright.syntax.scan import Token
from chatwright.syntax.snippets import CLAUSES, DECLARATIONS, TERMS
from chatwright.syntax.strings import Problem, RawSlot

_TERMS = frozenset(word.upper() for word in TERMS)
_VALUE = frozenset({"NAME", "STRING", "RAW", "NUMBER", "LPAR", "LSQB"})
_OPERATORS = frozenset({"OR", "AND", "IS", "NOT", "VBAR", "DOT", "LESSTHAN", "MORETHAN", "LPAR", "==", "!="})
# Words that a condition or a value follows.
_ASKING = frozenset({"when", "where", "and", "or", "not", "in", "is"})
# Words and marks that a name follows, also on the next line.
_UNFINISHED = frozenset({*_ASKING, ",", ".", "|", "(", "[", ":", "=", "==", "!=", "<", ">", "each", "by", "next"})
_NAMED = {
    "NAME": "a name",
    "NUMBER": "a number",
    "LBRACE": "a block `{ … }`",
    "STAR": "`*`",
    "DOC": "a doc comment",
    "OVERRIDE": "`override`",
    "ALL": "`all`",
    "OPTIONAL": "`?`",
    "REQUIRED": "`!`",
    "STRING": 'a text in "…"',
    "RAW": "a text in '…'",
    "BLOCK": 'a text in """',
}
# The thing that must follow a word, where that says more than the kinds of tokens that can.
_NEEDS = {
    "turn": "the roles that it is for",
    "skip": "the roles that print nothing",
    "part": "the kinds of parts that it is for",
    "format": "the name of the format",
    "extends": "the name of a format",
    "option": "the name of an option",
    "field": "the name of a field",
    "mark": "the name of a mark",
    "rule": "the name of a rule",
    "use": "the name of a rule of another format",
    "each": "a name for an item",
    "when": "a condition",
    "where": "a condition",
    "not": "a condition",
    "and": "a condition",
    "close": "the token at which the model stops: a text, `bos`, `eos`, or `by next`",
    "is": "a type, a state or a role",
    "random": "a number of characters",
    "reads": "the name of a reader",
    "answers": "`by`",
    "drop": "the kind of the declaration",
}

_CONDITION = "a slot reads data; put the condition into a `when` around the string"
_OUTSIDE = 'write the words of a block outside the string: when name { "{name}" }'
# Marks and words that a slot cannot hold.
_IN_SLOT = {
    **dict.fromkeys(("==", "and", "not", "when", "is", "in"), _CONDITION),
    **dict.fromkeys(("if", "else", "?"), "a slot offers several values: {name or 'unknown'}; a condition is a `when`"),
    **dict.fromkeys(("#", "/", "%"), _OUTSIDE),
    "{": "a slot has one brace on each side: {content}; a brace in the text is written \\{",
    ".": "a slot begins with a name: {content}",
}
_MARKS = {
    "!": "not is written `not`",
    "&": "and is written `and`",
    "+": "write texts next to each other",
    "~": "write texts next to each other",
    "<": 'write a text in quotes: "<|end|>"',
}


@functools.cache
def words_of_terminals() -> dict[str, str]:
    """The name of each terminal of the grammar in messages."""
    words = {}
    for terminal in grammar().terminals:
        if terminal.name in _NAMED:
            words[terminal.name] = _NAMED[terminal.name]
        elif terminal.pattern.type == "str":
            words[terminal.name] = f"`{terminal.pattern.value}`"
    return words


def of_declaration(error: UnexpectedInput, text: str, piece: Piece) -> Problem:
    """The problem for an error in a declaration."""
    at = piece.start + max(0, error.pos_in_stream or 0)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        at = piece.end
    foreign = _foreign(text, piece.tokens, at)
    if foreign is not None:
        word = text[foreign.start : foreign.end]
        return Problem("syntax", f"there is no term `{word}`", Span(foreign.start, foreign.end), f.keyword(word))
    indented = _indented_declaration(error, text, at)
    if indented is not None:
        return indented
    before = [text[token.start : token.end] for token in piece.tokens if token.start < at]
    return _problem(error, before, at, None)


def _foreign(text: str, tokens: list[Token], at: int) -> Token | None:
    """A word of another language that begins a term on the line of an error, followed only by names up to there."""
    begin = text.rfind("\n", 0, at) + 1
    for previous, token in reversed([pair for pair in itertools.pairwise(tokens) if begin <= pair[1].start < at]):
        if token.kind != "name":
            return None
        if text[token.start : token.end] in f.FOREIGN:
            before = text[previous.start : previous.end]
            own_line = previous.end <= begin and before not in _UNFINISHED
            if own_line or previous.kind in ("string", "raw", "block") or before in ("{", "}", ")"):
                return token
    return None


def _indented_declaration(error: UnexpectedInput, text: str, at: int) -> Problem | None:
    """The problem of a keyword that begins a line where the declaration before it is complete."""
    if not isinstance(error, UnexpectedToken) or "$END" not in (error.accepts or error.expected):
        return None
    word = str(error.token)
    if not (word in DECLARATIONS or word == "override") or text[text.rfind("\n", 0, at) + 1 : at].strip():
        return None
    help = "remove the white space before it"
    return Problem("syntax", "a declaration begins at column 0", Span(at, at + len(word)), help)


def of_slot(error: UnexpectedInput, slot: RawSlot) -> Problem:
    """The problem for an error in a slot."""
    if not slot.text.strip():
        span = Span(slot.span.start - 1, slot.span.end + 1)
        help = "a slot reads data: {content}; a brace is written \\{"
        return Problem("syntax", "this slot is empty", span, help)
    at = slot.span.start + max(0, error.pos_in_stream or 0)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        at = slot.span.end
    before = re.findall(r"\w+|[^\w\s]", slot.text[: at - slot.span.start])
    return _problem(error, before, at, slot)


def _problem(error: UnexpectedInput, before: list[str], at: int, slot: RawSlot | None) -> Problem:
    if isinstance(error, UnexpectedToken):
        token: LarkToken = error.token
        accepts = frozenset(error.accepts or error.expected)
        ends = token.type == "$END"
        found = "" if ends else str(token).split("\n", 1)[0]
        doc = token.type == "DOC"
    else:
        accepts = frozenset(getattr(error, "allowed", None) or ())
        found, ends, doc = getattr(error, "char", "") or "", False, False
    span = Span(at, at + max(1, len(found)))
    wanted = expected(accepts, before[-1] if before else "")
    if doc:
        return Problem("syntax", "a doc comment must be before a declaration", span, "write // for other comments")
    if ends:
        where = "the slot" if slot is not None else "the declaration"
        message = f"expected {wanted}, and {where} ends here"
    else:
        shown = "a text" if found[:1] in ('"', "'") else f"`{found}`"
        message = f"expected {wanted}, found {shown}"
    help = slip(found, before, slot is not None, accepts) or _form(before, slot)
    return Problem("syntax", message, span, help)


def expected(accepts: frozenset[str], previous: str) -> str:
    """The tokens that the parser accepts, as a phrase."""
    words = words_of_terminals()
    rest = {terminal for terminal in accepts if terminal in words}
    if previous in _NEEDS and rest & (_VALUE | {"STAR", "BY"}):
        return _NEEDS[previous]
    if "REQUIRED" in rest:
        return "the end of the slot"
    out: list[str] = []
    if rest >= _TERMS:
        out.append("a term")
        rest &= {"RBRACE"}
    elif rest >= _VALUE:
        out.append("a value")
        rest -= _VALUE | {"NOT"}
    elif {"STRING", "RAW"} <= rest:
        out.append("a text in quotes")
        rest -= {"STRING", "RAW", "BLOCK"}
    if {"FORMAT", "TURN"} <= rest:
        return "the keyword of a declaration"
    operators = {t for t in rest if t in _OPERATORS or words[t].strip("`") in _OPERATORS}
    if "OR" in operators:
        rest -= {*operators, "IN"}
    out += sorted((words[terminal] for terminal in rest), key=lambda word: (word.startswith("`"), word))
    if not out:
        return "an operator" if operators else "nothing more"
    return out[0] if len(out) == 1 else f"{', '.join(out[:-1])} or {out[-1]}"


def slip(found: str, before: list[str], in_slot: bool, accepts: frozenset[str]) -> str | None:
    """The probable intention, as far as a token and the tokens before it show it."""
    previous = before[-1] if before else ""
    if found in f.FOREIGN and not in_slot:
        return f.keyword(found)
    if found == "(" and len(before) > 1 and before[-2] in ("|", "."):
        return _call_of(previous, before[-2])
    if found == "[" and "DOT" in accepts:
        return f.ITEM
    if found == "=" and previous in (">", "<"):
        return f"there is no {previous}=, only {previous}"
    if found == "=" and ("MORETHAN" in accepts or previous == "="):
        return "== compares"
    if found == "=" and "json" in before[-8:]:
        return "the entries of a record have a colon"
    if found == "|" and previous == "|":
        return "or is written `or`"
    if found == "!" and not in_slot and (previous == ")" or previous.isidentifier()) and previous not in _ASKING:
        return 'write ! in a slot: "{x!}"; elsewhere test first: when x is not given { reject "…" }'
    if found == "{" and not in_slot and accepts >= _TERMS and not previous.isidentifier():
        return 'write a slot in a string: "{content}"; write a rule as a bare name'
    if in_slot and before[:1] in (["when"], ["if"]):
        return _OUTSIDE
    if in_slot and found in _IN_SLOT:
        return _IN_SLOT[found]
    if found in _MARKS:
        return _MARKS[found]
    if found == "," and "in" in before[-4:]:
        return "a list is written [a, b]"
    if found == "," and not in_slot:
        roles = before[0] in ("turn", "skip", "part") and "{" not in before
        return f"write {before[0]} a | b" if roles else "write terms next to each other, without commas"
    if found == "}" and any(a == "reject" and b == "when" for a, b in zip(before[-12:-2], before[-10:], strict=False)):
        return 'inside a block, write when … { reject "…" }'
    if found == "." and previous.isidentifier() and not in_slot:
        return f'a slot prints data: "{{{previous}.…}}"'
    if found in CLAUSES:
        return TERMS.get(CLAUSES[found]) or DECLARATIONS[CLAUSES[found]]
    return None


def _call_of(name: str, mark: str) -> str:
    """The help for an argument in parentheses, after a filter or after a method of another language."""
    if mark == ".":
        return f.METHODS.get(name, "there are no methods; a slot has filters: {content | strip}")
    if name in f.FILTERS:
        return f.FILTERS[name]
    return f"write the arguments of a filter without parentheses: | {name} newlines"


def _form(before: list[str], slot: RawSlot | None) -> str | None:
    """The form of the construct around an error."""
    if slot is not None:
        return "a slot reads data, with filters: {content | strip}"
    depth = 0
    for index in range(len(before) - 1, -1, -1):
        word = before[index]
        if word in ("}", ")", "]"):
            depth += 1
        elif word in ("{", "(", "["):
            depth -= 1
            holder = before[index - 1] if index else ""
            if depth < 0 and word == "{" and holder == "json":
                return TERMS["json"]
            if depth < 0 and word == "{":
                return DECLARATIONS["format"] if "format" in before[:2] else None
            depth = max(depth, 0)
        elif depth == 0:
            word = CLAUSES.get(word, word)
            first = index == 0 or before[index - 1] == "override" or before[index - 1].startswith("///")
            if word in DECLARATIONS and first:
                return DECLARATIONS[word]
            if word in TERMS:
                return TERMS[word]
    return None
