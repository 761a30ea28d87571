"""Reads the inside of a call by the statements that print it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from chatwright.completion.filters import Unreadable, by_schema, read_filtered, read_json_at, read_python_at
from chatwright.completion.followers import Exits, Follow, relaxed
from chatwright.completion.message import ToolCallParseStatus as Status
from chatwright.ir import program as ir

Env = tuple[tuple[str, str], ...]


class Damaged(Exception):
    """From `at` on, the text differs from the format."""

    def __init__(self, status: Status, at: int) -> None:
        self.status = status
        self.at = at
        super().__init__(status)


class Inside:
    """Reads one text, and remembers how far it got and what it searched for."""

    def __init__(self, follow: Follow, show: Callable[[Any], Any], text: str, schemas: dict[Any, Any]) -> None:
        """`show` writes control tokens out again. `schemas`: those of the arguments, by the name of the tool."""
        self.follow = follow
        self.show = show
        self.text = text
        self.schemas = schemas
        self.at = 0
        self.status = Status.OK
        self.searched: dict[re.Pattern[str], tuple[int, re.Match[str] | None]] = {}
        self.tools = [{"name": name} for name in schemas]

    def call(self, body: ir.Body, at: int, follow: Exits, closed: bool | None) -> tuple[dict[str, Any], Status]:
        """The parts of a call that could be read, and the status. `self.at` is the place that reading reached."""
        out: dict[str, Any] = {}
        self.status = Status.OK
        try:
            self.at = self.body(body, at, follow, (), out)
            if follow == (("", True),) and self.past_space(self.at) < len(self.text):
                raise Damaged(Status.MALFORMED_STRUCTURE, self.at)
        except Damaged as error:
            self.at = error.at
            self.status = error.status
        except RecursionError:
            self.at = len(self.text)
            self.status = Status.MALFORMED_STRUCTURE
        broken = closed is False and (follow == (("", True),) or self.status != Status.OK)
        unsure = closed is None and self.status != Status.OK
        return out, Status.UNCLOSED_BLOCK if broken or unsure else self.status

    # ---- statements --------------------------------------------------------------------------------------------

    def body(self, body: ir.Body, at: int, follow: Exits, env: Env, out: dict[str, Any]) -> int:
        """Read statements in order, and put the values of slots into `out`. Returns the place behind them."""
        for index, stmt in enumerate(body):
            match stmt:
                case ir.Text():
                    at = self.literal(self.follow.spell(stmt.text), at)
                case ir.Slot():
                    at = self.slot(stmt, at, self.after(body, index, follow, env), env, out)
                case ir.If():
                    rest = self.after(body, index, follow, env)
                    at = self.body(self.branch(stmt, at, rest, env), at, rest, env, out)
                case ir.For():
                    at = self.loop(stmt, at, self.after(body, index, follow, env), env, out)
                case ir.Run():
                    at = self.run(stmt, at, self.after(body, index, follow, env), env, out)
                case ir.Record():
                    at = self.record(stmt, at, out)
                case ir.Fresh():
                    at = self.body(stmt.body, at, self.after(body, index, follow, env), env, out)
        return at

    def after(self, body: ir.Body, index: int, follow: Exits, env: Env) -> Exits:
        return self.follow.exits(body, index + 1, follow, env)

    def literal(self, text: str, at: int) -> int:
        """The place behind a literal. Its white space may differ."""
        if self.text.startswith(text, at):
            return at + len(text)
        found = relaxed(text).match(self.text, at)
        if found is None:
            raise Damaged(Status.MALFORMED_STRUCTURE, at)
        return found.end()

    def maybe(self, text: str, at: int) -> int:
        found = relaxed(text).match(self.text, at)
        return at if found is None else found.end()

    def starts(self, exits: Exits, at: int) -> bool:
        return self.exactly(exits, at) or self.roughly(exits, at)

    def exactly(self, exits: Exits, at: int) -> bool:
        return any(
            (literal or ended)
            and self.text.startswith(literal, at)
            and (not ended or at + len(literal) == len(self.text))
            for literal, ended in exits
        )

    def roughly(self, exits: Exits, at: int) -> bool:
        for literal, ended in exits:
            found = relaxed(literal).match(self.text, at) if literal.strip() or ended else None
            if found and (not ended or self.past_space(found.end()) == len(self.text)):
                return True
        return False

    def branch(self, stmt: ir.If, at: int, rest: Exits, env: Env) -> ir.Body:
        """The branch that the text takes: the one whose literal comes next, or else the one that begins with a slot."""
        choices = [body for _, body in stmt.branches] + [stmt.otherwise]
        firsts = [self.follow.exits(body, 0, rest, env) for body in choices]
        for test in (self.exactly, self.roughly):
            for body, first in zip(choices, firsts, strict=True):
                if test(first, at):
                    return body
        for body, first in zip(choices, firsts, strict=True):
            if ("", False) in first:
                return body
        raise Damaged(Status.MALFORMED_STRUCTURE, at)

    def loop(self, stmt: ir.For, at: int, follow: Exits, env: Env, out: dict[str, Any]) -> int:
        """The items of a list or the pairs of an object."""
        again = self.follow.item(stmt, env)
        item_first = self.follow.exits(stmt.body, 0, (("", False),), env)
        items: list[Any] = []
        pairs: dict[str, Any] = {}
        schema = self.schema_of(stmt.items, out)
        more = self.goes_on(item_first, follow, at)
        while more:
            start = at
            got: dict[str, Any] = {" schema": schema} if len(stmt.names) == 2 else {}
            at = self.body(stmt.body, at, (*again, *follow), env, got)
            if len(stmt.names) == 2:
                pairs[str(got.get(stmt.names[0], ""))] = got.get(stmt.names[1])
            else:
                items.append(got.get(stmt.names[0]))
            more = at > start and not self.exactly(follow, at) and self.goes_on(again, follow, at)
            if more and stmt.sep is not None:
                at = self.literal(self.follow.spell(stmt.sep.text), at)
        self.put(out, stmt.items, pairs if len(stmt.names) == 2 else items)
        return at

    def goes_on(self, item: Exits, follow: Exits, at: int) -> bool:
        """Whether an item follows: its literal comes next, or it begins with a slot and nothing of `follow` comes
        next."""
        return self.starts(item, at) or (("", False) in item and not self.starts(follow, at))

    def run(self, stmt: ir.Run, at: int, follow: Exits, env: Env, out: dict[str, Any]) -> int:
        rule = self.follow.rules[stmt.rule]
        if rule.reads is not None:
            return self.value(rule.reads, (), stmt.args[0], at, follow, out)
        known = tuple(
            (param.name, text)
            for param, arg in zip(rule.params, stmt.args, strict=True)
            if (text := self.follow.known(arg, env)) is not None
        )
        inner: dict[str, Any] = {key: out[key] for key in (" schema", "name") if key in out}
        at = self.body(rule.body, at, follow, known, inner)
        for param, arg in zip(rule.params, stmt.args, strict=True):
            if param.name in inner:
                self.put(out, arg, inner[param.name])
            if isinstance(arg, ir.Var) and arg.kind == "call":
                out.update({key: inner[key] for key in ("name", "arguments", "id") if key in inner})
        return at

    # ---- values ------------------------------------------------------------------------------------------------

    def slot(self, stmt: ir.Slot, at: int, follow: Exits, env: Env, out: dict[str, Any]) -> int:
        known = self.follow.known(stmt.value, env)
        if known is not None:
            return self.literal(known, at)
        pipe = stmt.value if isinstance(stmt.value, ir.Pipe) else None
        name, args = (pipe.filter, pipe.args) if pipe else ("", ())
        return self.value(name, args, stmt.value, at, follow, out)

    def value(self, name: str, args: Any, value: ir.Expr, at: int, follow: Exits, out: dict[str, Any]) -> int:
        try:
            if name in ("json", "json_or_raw"):
                found, end = read_json_at(self.text, self.past_space(at))
            elif name == "python":
                found, end = read_python_at(self.text, self.past_space(at))
            else:
                end = self.slot_end(at, follow)
                schema = self.schema_of(value, out)
                text = self.text[at:end]
                found = by_schema(text, schema) if name == "json_or_text" else read_filtered(text, value, schema)
        except Unreadable:
            if name == "json_or_raw" and self.is_arguments(value):
                self.put(out, value, self.text[at:].strip())
            raise Damaged(Status.INVALID_JSON, at) from None
        self.put(out, value, found)
        if name in ("json", "json_or_raw") and not self.starts(follow, end):
            raise Damaged(Status.INVALID_JSON, end)
        return end

    def past_space(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def slot_end(self, at: int, follow: Exits) -> int:
        """The end of a slot: before the first text that can follow it, as printed or with other white space."""
        exact, rough, pre = self.follow.patterns(follow)
        found = self.search(exact, at)
        if found is not None:
            return found.start()
        found = self.search(rough, at)
        if found is None:
            raise Damaged(Status.MALFORMED_STRUCTURE, at)
        end = found.start()
        while end > at and pre and self.text[end - 1] == pre[-1]:
            end = end - 1
            pre = pre[:-1]
        return end

    def search(self, pattern: re.Pattern[str], at: int) -> re.Match[str] | None:
        """Like `pattern.search`, but it searches no part of the text twice."""
        start, found = self.searched.get(pattern, (len(self.text) + 1, None))
        if start <= at and (found is None or at <= found.start()):
            return found
        found = pattern.search(self.text, at)
        self.searched[pattern] = (at, found)
        return found

    def record(self, stmt: ir.Record, at: int, out: dict[str, Any]) -> int:
        """A JSON object with the keys of the record, in any order and spacing."""
        try:
            value, end = read_json_at(self.text, self.past_space(at))
        except Unreadable:
            self.hint(stmt, at, out)
            raise Damaged(Status.INVALID_JSON, at) from None
        if not isinstance(value, dict):
            raise Damaged(Status.MALFORMED_STRUCTURE, at)
        left = dict(value)
        missing: list[ir.Expr | None] = []
        for entry in stmt.entries:
            if entry.key and entry.key in left:
                self.put(out, entry.value, left.pop(entry.key))
            elif entry.key and not entry.optional:
                missing.append(entry.value)
        if any(not entry.key for entry in stmt.entries):
            out.update({key: self.show(left.pop(key)) for key in ("name", "arguments") if key in left})
            missing += [] if "arguments" in out else [None]
        named = any(isinstance(value, ir.CallKey) and value.key == "name" for value in missing)
        if named or ("name" not in out):
            raise Damaged(Status.MISSING_NAME, end)
        if missing or left:
            raise Damaged(Status.MALFORMED_STRUCTURE, end)
        return end

    def hint(self, stmt: ir.Record, at: int, out: dict[str, Any]) -> None:
        """Read the name of a call with damaged JSON."""
        keys = [
            entry.key for entry in stmt.entries if isinstance(entry.value, ir.CallKey) and entry.value.key == "name"
        ]
        key = keys[0] if keys else "name"
        found = re.compile(r'\s*\{\s*"' + re.escape(key) + r'"\s*:\s*"([^"\\]*)"').match(self.text, at)
        if found:
            out["name"] = self.show(found[1])

    # ---- where values go ---------------------------------------------------------------------------------------

    def put(self, out: dict[str, Any], value: ir.Expr, found: Any) -> None:
        key = key_of(value)
        if key is not None:
            out[key] = self.show(found)

    def is_arguments(self, value: ir.Expr) -> bool:
        return key_of(value) == "arguments"

    def schema_of(self, value: ir.Expr, out: Mapping[str, Any]) -> Any:
        """The schema of a value: that of the arguments by the name of the call, that of another value by its key."""
        key = key_of(value)
        if key == "arguments":
            name = out.get("name")
            return self.schemas.get(name) if isinstance(name, str) else None
        schema = out.get(" schema")
        properties = schema.get("properties") if isinstance(schema, Mapping) else None
        names = [found for name, found in out.items() if name not in (" schema", key) and isinstance(found, str)]
        return properties.get(names[0]) if isinstance(properties, Mapping) and names else None


def key_of(value: ir.Expr) -> str | None:
    """The key under which the value of a slot is stored: a field of the call, or a variable."""
    match value:
        case ir.Pipe():
            return key_of(value.value)
        case ir.FirstFilled(choices=choices):
            return key_of(choices[0])
        case ir.CallKey(key=key) | ir.Key(key=key):
            return key
        case ir.Var(name=name):
            return name
    return None


_SPACE = re.compile(r"\s*")
