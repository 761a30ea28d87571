"""The facts about a call that are certain before its end: its name, and arguments that are written as JSON."""

from __future__ import annotations

import re

import msgspec

from chatwright.completion.call_inside import key_of
from chatwright.completion.call_texts import CallReader
from chatwright.completion.delimiters import Form
from chatwright.ir import program as ir

LONGEST_HEAD = 512  # the longest head that is searched for a name


class Head(msgspec.Struct, frozen=True):
    """The beginning of a call, up to the end of its name, or to the start of its arguments if they are JSON. `closing`:
    the text that may follow the arguments, apart from white space."""

    pattern: re.Pattern[str]
    json: bool
    closing: str


def head_of(form: Form, reader: CallReader) -> Head | None:
    """The head of a form; None if its name is certain only at the end."""
    if form.section:
        return None
    pattern = ""
    named = False
    for stmt in form.body:
        match stmt:
            case ir.Text(text=text):
                pattern += re.escape(reader.spell(text))
                if named and not any(_is_json_arguments(later) for later in form.body):
                    return Head(re.compile(pattern, re.DOTALL), False, "")
            case ir.Record() as record:
                return _record(pattern, record)
            case ir.Slot() if _is_json_arguments(stmt):
                return Head(re.compile(pattern, re.DOTALL), True, "") if named else None
            case ir.Slot() if key_of(stmt.value) in ("name", "id"):
                pattern = f"{pattern}(?P<{key_of(stmt.value)}>.+?)"
                named = True
            case ir.Slot():
                pattern += ".+?"
            case ir.Reject():
                continue
            case _:
                return None
    return None


def _record(before: str, record: ir.Record) -> Head | None:
    keys = {key_of(entry.value): entry.key for entry in record.entries if entry.key}
    if "name" not in keys or "arguments" not in keys:
        return None
    name = re.escape(keys["name"])
    arguments = re.escape(keys["arguments"])
    pattern = rf'{before}\s*\{{\s*"{name}"\s*:\s*"(?P<name>[^"\\]+)"\s*,\s*"{arguments}"\s*:\s*(?=\S)'
    return Head(re.compile(pattern, re.DOTALL), True, "}")


def _is_json_arguments(stmt: ir.Stmt) -> bool:
    if not isinstance(stmt, ir.Slot) or key_of(stmt.value) != "arguments":
        return False
    return isinstance(stmt.value, ir.Pipe) and stmt.value.filter in ("json", "json_or_raw")


class Progress:
    """A call that is being collected. `name` and `id` are set as soon as they are certain."""

    def __init__(self, head: Head, reader: CallReader) -> None:
        self.head = head
        self.reader = reader
        self.text = ""
        self.held = ""
        self.name: str | None = None
        self.id: str | None = None
        self.over = False

    def feed(self, text: str) -> str:
        """Read more of the call. Returns the arguments that came with it, as written."""
        if self.name is not None:
            return self.arguments(text) if self.head.json else ""
        if self.over:
            return ""
        self.text += text
        found = self.head.pattern.match(self.text)
        if found is None:
            self.over = len(self.text) > LONGEST_HEAD
            return ""
        groups = found.groupdict()
        self.id = None if groups.get("id") is None else str(self.reader.show(groups["id"]))
        self.name = self.reader.name_of(self.reader.show(groups.get("name")), self.id)
        rest = self.text[found.end() :]
        self.text = ""
        self.over = self.name is None
        return self.arguments(rest) if self.head.json and not self.over else ""

    def arguments(self, text: str) -> str:
        body = text.rstrip(_SPACE + self.head.closing)
        if not body:
            self.held += text
            return ""
        told = self.held + body
        self.held = text[len(body) :]
        return str(self.reader.show(told))

    def ending(self) -> str:
        """The rest of the arguments, after the call has ended well."""
        held = self.held.rstrip(_SPACE)
        return held[: len(held) - len(self.head.closing)].rstrip(_SPACE) if self.head.closing else held


_SPACE = " \t\n\r\f\v"
