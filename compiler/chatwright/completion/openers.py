"""The beginnings of bare calls: the literals up to the first value, and the first key of a JSON record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from chatwright.completion.call_inside import key_of
from chatwright.completion.delimiters import Form, inlined
from chatwright.ir import program as ir

AHEAD = 16  # the most white space before a marker that must come at once
LONGEST = 64  # the number of characters that identify a literal
NAME = 128  # a longer word is not a name
_GAP = rf"\s{{0,{AHEAD}}}"

Piece = str | tuple[str, ...]
Way = tuple[Piece, ...]


class Heads(msgspec.Struct, frozen=True):
    """`begins` matches where bare calls may begin; `may` fully matches a text that can become such a beginning.
    `markers`: the texts by which calls behind a content are found; empty if calls begin with a value."""

    begins: re.Pattern[str]
    may: re.Pattern[str]
    markers: tuple[str, ...]


def heads_of(form: Form, rules: Mapping[str, ir.Rule], spell: Callable[[str], str]) -> Heads:
    """The heads of a form of bare calls."""
    ways = tuple(dict.fromkeys(_ways(form.body, rules, spell, 0)))
    begins = "|".join("".join(_whole(piece) for piece in way).removeprefix(_GAP) for way in ways)
    partial = dict.fromkeys(prefix.removeprefix(_GAP) for way in ways for prefix in _prefixes(way))
    markers = tuple(dict.fromkeys(_marker(way) for way in ways))
    return Heads(re.compile(begins or "(?!)"), re.compile("|".join(partial)), markers if all(markers) else ())


def _ways(body: ir.Body, rules: Mapping[str, ir.Rule], spell: Callable[[str], str], depth: int) -> Iterator[Way]:
    """The possible beginnings of a body: pieces of literals, then the keys of a record, or the pattern of a value and
    the literal behind it."""
    for index, stmt in enumerate(body):
        rest = body[index + 1 :]
        match stmt:
            case ir.Text(text=text):
                first = tuple(_characters(spell(text)))
                if len(first) >= LONGEST:
                    yield first[:LONGEST]
                    return
                yield from ((*first, *more) for more in _ways(rest, rules, spell, depth))
                return
            case ir.Record(entries=entries):
                yield (tuple(entry.key for entry in entries if entry.key) or ("name",),)
                return
            case ir.Slot(value=value):
                yield (_value(value), *_behind(rest, spell))
                return
            case ir.If(branches=branches, otherwise=otherwise) if depth < AHEAD:
                for inner in (*(inner for _, inner in branches), otherwise):
                    yield from _ways((*inner, *rest), rules, spell, depth + 1)
                return
            case ir.Fresh(body=fresh, past=past) if depth < AHEAD:
                for inner in (fresh, *([past] if past else [])):
                    yield from _ways((*inner, *rest), rules, spell, depth + 1)
                return
            case ir.Run() if depth < AHEAD and rules[stmt.rule].reads is None:
                yield from _ways((*inlined(rules[stmt.rule], stmt), *rest), rules, spell, depth + 1)
                return
            case ir.For() if depth < AHEAD:
                yield from _ways(stmt.body, rules, spell, depth + 1)
                return
            case ir.Reject():
                continue
            case _:
                yield (r"\S",)
                return
    yield ()


def _behind(rest: ir.Body, spell: Callable[[str], str]) -> Way:
    return tuple(_characters(spell(rest[0].text)))[:LONGEST] if rest and isinstance(rest[0], ir.Text) else ()


def _characters(text: str) -> Iterator[str]:
    """A literal by characters; any white space matches white space, because a model may write another."""
    for part in re.findall(r"\s+|\S", text):
        yield _GAP if part.isspace() else re.escape(part)


def _value(value: ir.Expr) -> str:
    if key_of(value) in ("name", "id"):
        return rf"\S{{1,{NAME}}}?"
    return r'[\[{"tfn0-9-]' if isinstance(value, ir.Pipe) and value.filter == "json" else r"\S"


def _whole(piece: Piece) -> str:
    return piece if isinstance(piece, str) else rf'{_GAP}\{{{_GAP}"(?:{"|".join(map(re.escape, piece))})"'


def _prefixes(way: Way) -> Iterator[str]:
    before = ""
    for piece in way:
        yield before
        if not isinstance(piece, str):
            starts = sorted({key[:end] for key in piece for end in range(len(key) + 1)}, key=len, reverse=True)
            yield rf'{before}{_GAP}(?:\{{{_GAP}(?:"(?:{"|".join(map(re.escape, starts))}))?)?'
        elif piece.startswith(r"\S{"):
            yield before + piece
        before += _whole(piece)


def _marker(way: Way) -> str:
    """The literal characters that calls begin with."""
    if way and not isinstance(way[0], str):
        return "{"
    found = ""
    for piece in way:
        if (
            not isinstance(piece, str)
            or piece == _GAP
            or (piece[0] == "\\" and piece[1:2].isalpha())
            or piece[0] == "["
        ):
            break
        found += piece.removeprefix("\\")
    return found
