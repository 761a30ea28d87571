"""One form of a call as patterns: its opening, its inside, its closing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from chatwright.completion.call_inside import key_of
from chatwright.completion.delimiters import Form, inlined
from chatwright.completion.graph import is_calls
from chatwright.emit.response.patterns import after_value, before_value, literal, relaxed, tidy, without
from chatwright.ir import program as ir
from chatwright.ir.walk import bodies, statements


class Unsayable(Exception):
    """The target language cannot express the form. The text gives the reason."""


class Shape(msgspec.Struct, frozen=True):
    """The patterns of a call.

    `opening` follows the opener. The inside, of the kind `content`, ends at `closing`, or at a stop if that is None.
    With `each`, the inside is a list of calls. A call with `wrapped` may be in a section: then `opening` is without the
    opening of the section, which is `wrapper`, and `tail` closes the section. `note` names a limit of the patterns."""

    opening: str
    closing: str | None
    content: str
    args: Mapping[str, Any]
    transform: Mapping[str, Any]
    each: bool = False
    wrapper: str | None = None
    tail: str = ""
    note: str = ""


class Inside(NamedTuple):
    """The parser of the arguments and its settings; a pattern for all arguments; a limit of both."""

    content: str
    args: dict[str, Any]
    pattern: str
    note: str = ""


TEXTS = "Arguments are read as texts; only the schemas in `tools` turn them into other values."
WHOLE = "A text that begins like a call but is not one is an error."
ONE = "More than one call is an error."
WORDS = "A call with an argument name that is not a word is an error."


def shape_of(program: ir.Program, form: Form, foreign: Iterable[str]) -> Shape:
    """The shape of a form. `foreign` are the markers that no call contains. Raises Unsayable."""
    return _Shapes(program, tuple(foreign)).shape(form)


class _Shapes:
    def __init__(self, program: ir.Program, foreign: tuple[str, ...]) -> None:
        self.program, self.foreign = program, foreign
        self.rules = {rule.name: rule for rule in program.rules}

    def shape(self, form: Form) -> Shape:
        body = self.flat(form.body)
        if not form.section:
            return self.call(body, form.closer)
        at = next((n for n, stmt in enumerate(body) if is_calls(stmt)), None)
        loop = None if at is None else body[at]
        if at is None or not isinstance(loop, ir.For) or not _texts(body[:at]) or not _texts(body[at + 1 :]):
            raise Unsayable("a section of calls contains more than calls")
        before, after = _text(body[:at]), _text(body[at + 1 :])
        inner = self.flat(loop.body)
        sep = loop.sep.text.strip() if loop.sep else ""
        if (before[-1:], sep, after[:1]) == ("[", ",", "]") and len(inner) == 1 and isinstance(inner[0], ir.Record):
            if form.closer is not None:
                raise Unsayable("a list of calls has a closer of its own")
            listed = self.listed(inner[0], before[:-1])
            return listed if form.opener is not None else msgspec.structs.replace(listed, note=WHOLE)
        if form.opener is None:
            if before or after or sep or len(inner) != 1 or not isinstance(inner[0], ir.Record):
                raise Unsayable("only their whole text identifies them")
            return msgspec.structs.replace(self.call(inner, None), note="" if loop.only_first else ONE)
        if sep:
            raise Unsayable(f"calls share one region, with {sep!r} between them")
        one = self.call(inner, None)
        if one.closing is None or not _opener(inner):
            raise Unsayable("nothing separates one call of a section from the next")
        tail = relaxed(after + (form.closer or ""))
        return msgspec.structs.replace(one, wrapper=relaxed(before), tail=tail)

    # ---- one call ------------------------------------------------------------------------------------------------

    def call(self, body: Sequence[ir.Stmt], closer: str | None) -> Shape:
        """A call after its marker, if it has one."""
        at = next((n for n, stmt in enumerate(body) if self.holds_arguments(stmt)), None)
        if at is None:
            raise Unsayable("the arguments of a call have no place of their own")
        before, after = list(body[:at]), list(body[at + 1 :])
        if not _texts(after):
            raise Unsayable("a call continues after its arguments")
        end = _text(after) + (closer or "")
        stmt = body[at]
        if isinstance(stmt, ir.Record):
            if not _texts(before):
                raise Unsayable("a call has fields before its record")
            inside = Inside("json", {}, without(self.foreign))
            function, given = _of_record(stmt, "content.", False)
        else:
            braced = isinstance(stmt, ir.For) and _text(before)[-1:] == "{" and end[:1] == "}"
            if isinstance(stmt, ir.For) and braced:
                inside, end = self.object_of(stmt), end[1:]
            else:
                inside = self.pairs(stmt) if isinstance(stmt, ir.For) else Inside("json", {}, without(self.foreign))
            function, given = {"name": "{name}", "arguments": "{content}"}, {}
        opening, ids = self.opening(before)
        if opening.endswith(r"\{") and not isinstance(stmt, ir.Record):
            opening = opening[:-2] + r"(?=\{)"
        if not isinstance(stmt, ir.Record) and "(?P<name>" not in opening:
            raise Unsayable("the name of a call comes after its arguments, or is missing")
        content, args, pattern, note = inside
        closing = after_value(end) if end.strip() else None
        whole = f"(?={pattern}{closing})" if closing else ""
        id = {"id": "{id}"} if ids else given
        return Shape(
            tidy(opening + whole), closing, content, args, {**id, "type": "function", "function": function}, note=note
        )

    def holds_arguments(self, stmt: ir.Stmt) -> bool:
        match stmt:
            case ir.Record():
                return True
            case ir.Slot():
                return key_of(stmt.value) == "arguments" and _reads(stmt.value) in ("json", "json_or_raw")
            case ir.For():
                return key_of(_source(stmt)) == "arguments" and len(stmt.names) == 2
        return False

    def opening(self, before: Sequence[ir.Stmt]) -> tuple[str, bool]:
        """A pattern that captures the name, and the id, and whether there is an id."""
        out, ids = "", False
        for n, stmt in enumerate(before):
            if isinstance(stmt, ir.Text):
                out += relaxed(stmt.text)
                continue
            key = key_of(stmt.value) if isinstance(stmt, ir.Slot) else None
            rest = _text(before[n + 1 :]) if _texts(before[n + 1 :]) else _text(before[n + 1 : n + 2])
            word = _word(rest)
            if key == "name":
                out += f"(?P<name>{word})"
            elif key == "id" and isinstance(self.program.ids, str):
                out, ids = out + f"(?P<id>{_id_pattern(self.program.ids)})", True
            elif key == "id":
                out, ids = out + f"(?P<id>{word})", True
            elif isinstance(stmt, ir.Slot) and isinstance(stmt.value, ir.FirstFilled):
                out += word
            else:
                raise Unsayable("a call contains text that is neither name nor arguments")
        return out, ids

    def listed(self, record: ir.Record, before: str) -> Shape:
        """A JSON list of calls. A missing id is captured as an empty one; a given id replaces it."""
        function, given = _of_record(record, "", True)
        default = "".join(f"(?P<{key}>)" for key in given)
        transform = {**given, "type": "function", "function": function}
        return Shape(tidy(relaxed(before) + r"\s*") + default + r"(?=\[)", None, "json", {}, transform, True)

    # ---- arguments one by one ------------------------------------------------------------------------------------

    def pairs(self, loop: ir.For) -> Inside:
        """Keys and values between literals."""
        body = self.flat(loop.body)
        keys = [n for n, s in enumerate(body) if isinstance(s, ir.Slot) and key_of(s.value) == loop.names[0]]
        key_at = keys[0] if keys else len(body)
        rest = body[key_at + 1 :]
        value_at = next((n for n, s in enumerate(rest) if not isinstance(s, ir.Text)), None)
        if not keys or not _texts(body[:key_at]) or value_at is None or not _texts(rest[value_at + 1 :]):
            raise Unsayable("an argument is not a key and a value between literals")
        between, end = _text(rest[:value_at]), _text(rest[value_at + 1 :])
        value = without((*self.foreign, end.strip()))
        head = f"{relaxed(_text(body[:key_at]))}(?P<key>{without((*self.foreign, between.strip()))})"
        stmt = rest[value_at]
        sep = relaxed(loop.sep.text) if loop.sep else ""
        if isinstance(stmt, ir.If):
            tag, parser = self.told(stmt, loop.names[1], value, end)
            tag = f"{head}{relaxed(between)}{tag}"
        elif end.strip() and self.is_text(stmt):
            tag = f"{head}{before_value(between)}(?P<value>{value}){after_value(end)}"
            parser = {"name": "text", "args": {"strip": False}}
        else:
            raise Unsayable("the value of an argument ends at no literal")
        args = {"tag_pattern": tag, "value_parser": parser}
        if not _text(body[:key_at]) and not between.strip():
            raise Unsayable("nothing separates an argument from the next")
        unnamed = tag.replace("(?P<key>", "(?:").replace("(?P<value>", "(?:")
        note = TEXTS if parser["name"] == "text" else ""
        return Inside("xml-inline", args, tidy(rf"\s*(?:{unnamed}{f'(?:{sep})?' if sep else ''}\s*)*"), note)

    def is_text(self, stmt: ir.Stmt) -> bool:
        """Whether a value is printed as text whatever its type, so that only the schema can decide the type."""
        if isinstance(stmt, ir.Run):
            return self.rules[stmt.rule].reads == "json_or_text"
        return isinstance(stmt, ir.Slot) and _reads(stmt.value) in ("json_or_text", "")

    def told(self, choice: ir.If, name: str, value: str, end: str) -> tuple[str, dict[str, Any]]:
        """A value with a sign whether it is text or JSON; a text keeps its literals as delimiters."""
        (when, body), *more = choice.branches
        text, other = self.flat(body), self.flat(choice.otherwise)
        if more or not (isinstance(when, ir.Test) and when.what == "text" and key_of(when.value) == name):
            raise Unsayable("the value of an argument depends on more than whether it is text")
        ways = [(_text(way[:-1]), way[-1]) for way in (text, other) if way and _texts(way[:-1])]
        if len(ways) != 2 or not all(isinstance(slot, ir.Slot) and key_of(slot.value) == name for _, slot in ways):
            raise Unsayable("the value of an argument is not a literal and a slot")
        (quote, slot), (bare, data) = ways
        assert isinstance(slot, ir.Slot) and isinstance(data, ir.Slot)
        if _reads(slot.value) or _reads(data.value) != "json" or not quote.strip() or not end.strip():
            raise Unsayable("the value of an argument is not text or JSON")
        close, after = literal(end.strip()), relaxed(end[len(end.rstrip()) :])
        tag = f"(?:(?P<value>{literal(quote)}{value}{close})|{literal(bare)}(?P<value>{value}){close}){after}"
        return tag, {"name": "json", "args": {"string_delims": [[quote, end.strip()]]}}

    # ---- arguments as a dialect of JSON --------------------------------------------------------------------------

    def object_of(self, loop: ir.For) -> Inside:
        """Arguments between braces, as JSON with other quotes."""
        body = self.flat(loop.body)
        said = len(body) == 3 and loop.sep is not None and loop.sep.text == ","
        key, colon, value = body if said else (loop, loop, loop)
        said = said and isinstance(key, ir.Slot) and key_of(key.value) == loop.names[0]
        if not said or _text((colon,)).strip() != ":" or not isinstance(value, ir.Run):
            raise Unsayable("the arguments between braces are not JSON")
        args = {"unquoted_keys": True, **self.quotes(value, (value.rule,))}
        return Inside("json", args, without(self.foreign), WORDS)

    def quotes(self, run: ir.Run, under: tuple[str, ...]) -> dict[str, Any]:
        """The quotes that a rule prints around texts, if it prints JSON apart from them."""
        rule = self.rules[run.rule]
        name = rule.params[0].name
        choice = rule.body[0] if len(rule.body) == 1 else None
        if not isinstance(choice, ir.If):
            raise Unsayable("a rule prints a value without testing its type")
        found: dict[str, Any] = {}
        for when, body in choice.branches:
            what = when.what if isinstance(when, ir.Test) and key_of(when.value) == name else ""
            inner = self.flat(body)
            ends = (_text(inner[:1]), _text(inner[-1:]))
            if what == "text" and len(inner) == 3 and all(ends) and isinstance(inner[1], ir.Slot):
                found = {"string_delims": [list(ends)]}
            elif (what, *ends) not in (("object", "{", "}"), ("list", "[", "]")) or not self.again(inner[1:-1], under):
                raise Unsayable(f"a value that is {what or 'something else'} is not printed as in JSON")
        rest = self.flat(choice.otherwise)
        if len(rest) != 1 or not isinstance(rest[0], ir.Slot) or _reads(rest[0].value) != "json" or not found:
            raise Unsayable("a value is not printed as in JSON")
        return found

    def again(self, body: Sequence[ir.Stmt], under: tuple[str, ...]) -> bool:
        """Whether the same rules print the values inside an object or a list, with commas."""
        loops = [s for s in body if isinstance(s, ir.For)]
        runs = [self.rules[s.rule].body for s in body if isinstance(s, ir.Run)]
        loops += [s for inner in runs for s in inner if isinstance(s, ir.For)]
        if len(loops) != 1 or len(body) != 1 or loops[0].sep is None or loops[0].sep.text != ",":
            return False
        return any(isinstance(s, ir.Run) and s.rule in under for s in loops[0].body)

    # ---- bodies --------------------------------------------------------------------------------------------------

    def flat(self, body: Sequence[ir.Stmt], depth: int = 0) -> list[ir.Stmt]:
        """The statements that print, with rules expanded; conditions that print one text or nothing count as true."""
        out: list[ir.Stmt] = []
        for stmt in body:
            match stmt:
                case ir.Slot(value=ir.Const(value=value)):
                    out += [ir.Text(str(value), "", "", stmt.at)] if value != "" else []
                case ir.If():
                    filled = [inner for branch in bodies(stmt) if (inner := self.flat(branch, depth))]
                    out += filled[0] if len(filled) == 1 else [stmt] if filled else []
                case ir.Fresh():
                    out += self.flat(stmt.body, depth)
                case ir.Run() if depth < 4 and self.rules[stmt.rule].reads is None and not self.recursive(stmt.rule):
                    out += self.flat(inlined(self.rules[stmt.rule], stmt), depth + 1)
                case ir.Run() if depth < 2 and self.rules[stmt.rule].reads is None and not self.mentions(stmt):
                    out += self.flat(inlined(self.rules[stmt.rule], stmt), depth + 1)
                case ir.Reject() | ir.Text(text=""):
                    continue
                case _:
                    out.append(stmt)
        return out

    def mentions(self, run: ir.Run) -> bool:
        """Whether a rule calls itself directly, so that its expansion would not end."""
        return any(isinstance(s, ir.Run) and s.rule == run.rule for s in statements(self.rules[run.rule].body))

    def recursive(self, name: str) -> bool:
        seen: set[str] = set()
        queue = [name]
        while queue:
            for stmt in statements(self.rules[queue.pop()].body):
                if isinstance(stmt, ir.Run) and stmt.rule == name:
                    return True
                if isinstance(stmt, ir.Run) and stmt.rule not in seen:
                    seen.add(stmt.rule)
                    queue.append(stmt.rule)
        return False


# ---- pieces of bodies ----------------------------------------------------------------------------------------------


def _texts(body: Iterable[ir.Stmt]) -> bool:
    return all(isinstance(stmt, ir.Text) for stmt in body)


def _text(body: Iterable[ir.Stmt]) -> str:
    return "".join(stmt.text for stmt in body if isinstance(stmt, ir.Text))


def _opener(body: Sequence[ir.Stmt]) -> str:
    return body[0].text.strip() if body and isinstance(body[0], ir.Text) else ""


def _source(loop: ir.For) -> ir.Expr:
    items = loop.items
    while isinstance(items, ir.Pipe) and items.filter == "sorted":
        items = items.value
    return items


def _reads(value: ir.Expr) -> str:
    """The only filter of a slot, or an empty text."""
    return value.filter if isinstance(value, ir.Pipe) else ""


def _word(rest: str) -> str:
    """A name, which ends before the next literal."""
    ends = literal(rest.strip()[:1]) if rest.strip() else "<"
    return rf"[^\s{ends}]+"


def _id_pattern(ids: str) -> str:
    """An id that contains the name of its call."""
    before, _, rest = ids.partition("{name}")
    between, _, after = rest.partition("{index}")
    index = r"\d+" if "{index}" in rest else ""
    return f"{literal(before)}(?P<name>{_word(between)}){literal(between)}{index}{literal(after)}"


def _of_record(record: ir.Record, prefix: str, optional: bool) -> tuple[dict[str, str], dict[str, str]]:
    """The places of a call's fields in a record: the fields of the function, and its id."""
    where: dict[str, str] = {}
    for entry in record.entries:
        if not entry.key:
            where |= {"name": f"{{{prefix}name}}", "arguments": f"{{{prefix}arguments}}"}
        elif (key := key_of(entry.value)) in ("name", "arguments", "id") and (optional or not entry.optional):
            where[str(key)] = f"{{{prefix}{entry.key}}}"
        elif not entry.optional:
            raise Unsayable("a record contains more than a call")
    if not {"name", "arguments"} <= set(where):
        raise Unsayable("a record has no place for the name or the arguments")
    ids = {"id": where.pop("id")} if "id" in where else {}
    return {"name": where["name"], "arguments": where["arguments"]}, ids
