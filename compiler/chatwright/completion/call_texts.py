"""Reads the text of a call, or of a section of calls, by the statements that print it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from chatwright.completion.call_inside import Damaged, Inside
from chatwright.completion.delimiters import Form
from chatwright.completion.followers import Exits, Follow
from chatwright.completion.message import ToolCallParseStatus as Status
from chatwright.ir import program as ir


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was read from `start` to `end` of the collected text, markers included."""

    start: int
    end: int
    name: str | None
    arguments: dict[str, Any] | str | None
    id: str | None
    status: Status


class CallReader:
    """Reads the calls of one format under one spelling. It keeps compiled patterns, and no state of a completion."""

    def __init__(self, program: ir.Program, spell: Callable[[str], str], show: Callable[[Any], Any]) -> None:
        self.spell = spell
        self.show = show
        self.follow = Follow({rule.name: rule for rule in program.rules}, spell)
        self.id_pattern = _id_pattern(program.ids)

    def read(self, form: Form, text: str, tools: Sequence[Any] | None, closed: bool | None) -> list[Attempt]:
        """The calls of a collected text, from the opener to the closer, or to the place where it breaks off.

        `closed`: whether the text has its end; None if nothing shows it. Returns at least one call. Never raises.
        """
        start = len(self.spell(form.opener)) if form.opener is not None else 0
        closer = self.spell(form.closer) if form.closer is not None else ""
        end = len(text) - len(closer) if closer and closed else len(text)
        inside = Inside(self.follow, self.show, text[:end], _schemas(tools))
        if form.section:
            found = self._section(inside, form, start, closed)
        else:
            out, status = inside.call(form.body, start, (("", True),), closed)
            found = [self.attempt(out, 0, len(text), status, tools)]
        return found

    def bare(self, form: Form, text: str, tools: Sequence[Any] | None, ends: bool) -> tuple[list[Attempt], int] | None:
        """Bare calls at the beginning of a text, and the place behind them; None if the text does not fit as a whole.

        With `ends`, only white space may follow them. Never raises.
        """
        try:
            return self._bare(Inside(self.follow, self.show, text, _schemas(tools)), form, tools, ends)
        except (Damaged, RecursionError):
            return None

    def name_of(self, name: Any, given: Any) -> str | None:
        """The name of a call; some formats write it only in the id."""
        if name is None and isinstance(given, str) and self.id_pattern is not None:
            found = self.id_pattern.fullmatch(given)
            name = found["name"] if found else None
        return name if isinstance(name, str) and name.strip() else None

    def attempt(
        self, out: Mapping[str, Any], start: int, end: int, status: Status, tools: Sequence[Any] | None
    ) -> Attempt:
        """A call with the status of the first fault in it."""
        name = out.get("name")
        arguments = out.get("arguments")
        given = out.get("id")
        name = self.name_of(name, given)
        if status == Status.OK and "arguments" not in out:
            arguments = {}
        if not isinstance(arguments, dict | str):
            status = Status.MALFORMED_STRUCTURE if status == Status.OK else status
            arguments = None
        if name is None:
            status = Status.MISSING_NAME if status == Status.OK else status
        known = names_of(tools)
        if status == Status.OK and known and name not in known:
            status = Status.UNKNOWN_TOOL
        id_ = given if isinstance(given, str) else None
        return Attempt(start=start, end=end, name=name, arguments=arguments, id=id_, status=status)

    def _section(self, inside: Inside, form: Form, start: int, closed: bool | None) -> list[Attempt]:
        """The calls of a section. Other text in it is a damaged call; reading resumes at the next opener."""
        index = next(i for i, stmt in enumerate(form.body) if isinstance(stmt, ir.For))
        loop = form.body[index]
        assert isinstance(loop, ir.For)
        text = inside.text
        end: Exits = (("", True),)
        after = self.follow.exits(form.body, index + 1, end, ())
        again = self.follow.item(loop, ())
        follow = (*again, *after)
        opener = next((literal.strip() for literal, _ in self.follow.exits(loop.body, 0, (("", False),), ())), "")
        found: list[Attempt] = []
        at = start
        with contextlib.suppress(Damaged):
            at = inside.body(form.body[:index], at, after, (), {})
        while at < len(text) and not inside.starts(after, at):
            if found and loop.sep is not None:
                at = inside.maybe(self.spell(loop.sep.text), at)
            begin = at
            out, status = inside.call(loop.body, at, follow, closed)
            at = inside.at
            if status != Status.OK:
                resumed = text.find(opener, max(at, begin + 1)) if opener else -1
                at = resumed if resumed >= 0 else len(text)
                if resumed >= 0 and status == Status.UNCLOSED_BLOCK:
                    status = inside.status
            found.append(self.attempt(out, begin, at, status, inside.tools))
        return found

    def _bare(
        self, inside: Inside, form: Form, tools: Sequence[Any] | None, ends: bool
    ) -> tuple[list[Attempt], int] | None:
        index = next(i for i, stmt in enumerate(form.body) if isinstance(stmt, ir.For))
        loop = form.body[index]
        assert isinstance(loop, ir.For)
        text = inside.text
        end: Exits = (("", ends),)
        after = self.follow.exits(form.body, index + 1, end, ())
        sep = self.spell(loop.sep.text) if loop.sep is not None else ""
        again = () if loop.only_first else self.follow.item(loop, ())
        found: list[Attempt] = []
        at = next_at = inside.past_space(inside.body(form.body[:index], 0, after, (), {}))
        while next_at < len(text):
            out, status = inside.call(loop.body, next_at, (*again, *after), True)
            attempt = self.attempt(out, next_at, inside.at, status, tools)
            if status != Status.OK or attempt.status not in WHOLE or not isinstance(attempt.arguments, dict):
                if ends or not found:
                    return None
                break
            found.append(attempt)
            at = inside.at
            next_at = inside.maybe(sep, at) if sep.strip() else inside.past_space(at)
            if loop.only_first or (sep.strip() and next_at == at) or (not sep.strip() and inside.starts(after, at)):
                break
        at = inside.body(form.body[index + 1 :], at, end, (), {})
        if not found or (ends and inside.past_space(at) < len(text)):
            return None
        return found, at


def names_of(tools: Sequence[Any] | None) -> set[Any]:
    return {function.get("name") for function in map(_function, tools or ()) if isinstance(function, Mapping)}


def _function(tool: Any) -> Any:
    return tool.get("function", tool) if isinstance(tool, Mapping) else None


def _schemas(tools: Sequence[Any] | None) -> dict[Any, Any]:
    functions = [f for f in map(_function, tools or ()) if isinstance(f, Mapping)]
    return {f.get("name"): f.get("parameters") for f in functions if isinstance(f.get("name"), str)}


def _id_pattern(ids: str | int | None) -> re.Pattern[str] | None:
    if not isinstance(ids, str) or "{name}" not in ids:
        return None
    pattern = re.escape(ids).replace(re.escape("{name}"), "(?P<name>.+)", 1).replace(re.escape("{index}"), r"\d+")
    return re.compile(pattern.replace(re.escape("{name}"), ".+"), re.DOTALL)


WHOLE = (Status.OK, Status.UNKNOWN_TOOL)
