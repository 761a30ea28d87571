"""Reads a completion: the sampled part of the model's turn, matched against its grammar.

What the model writes is tried first (`fresh`), how a later rendering spells it second (`past`).

A slot never spans a declared token and is the shortest that lets the rest match. Choices are tried in order;
conditions on context are settled before, those on the message are checked when it is complete.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chatwright import ir
from chatwright.logic import statements, walk
from chatwright.reading.context import Context
from chatwright.reading.message import MISSING, Building, Cell, Store
from chatwright.reading.values import Unreadable, read, read_filtered, read_json_at
from chatwright.views import prompt_of, sampling_turn

State = tuple[int, Store]


Env = Mapping[str, Any]


class Reading(Building):
    """One attempt to read one text."""

    def __init__(self, text: str, context: Context) -> None:
        super().__init__(context)
        self.text = text
        self.program = context.program
        self.rules = {rule.name: rule for rule in self.program.rules}
        self.tokens = sorted(self.program.tokens, key=len, reverse=True)
        self.ids = itertools.count(3)

    def message(self) -> dict[str, Any] | None:
        """The message whose turn this text completes, or None where the grammar does not take it."""
        turn = sampling_turn(self.program)
        if turn is None:
            return None
        sampled = next(stmt for stmt in statements(turn.body) if isinstance(stmt, ir.Sampled))
        for at, store in self.body(sampled.body, 0, {}, {}):
            if at == len(self.text):
                found = self.built(store)
                if all(self.agrees(when, wanted, found) for when, wanted in store.get(-1, ())):
                    return found
        return None

    # ---- matching ----------------------------------------------------------------------------------------------

    def body(self, body: Sequence[ir.Stmt], at: int, store: Store, env: Env) -> Iterator[State]:
        """All ways to read a body from an offset, the preferred one first."""
        if not body:
            yield at, store
            return
        first, rest = body[0], body[1:]
        if isinstance(first, ir.Slot | ir.Run) and self.reads_slot(first, env):
            yield from self.slot(first, rest, at, store, env)
            return
        for after, found in self.statement(first, at, store, env):
            yield from self.body(rest, after, found, env)

    def statement(self, stmt: ir.Stmt, at: int, store: Store, env: Env) -> Iterator[State]:
        match stmt:
            case ir.Text():
                yield from self.literal(stmt.text, at, store)
            case ir.Slot():
                known, value = self.known(stmt.value, env)
                if known:
                    yield from self.literal(str(value if value is not None else ""), at, store)
            case ir.If():
                yield from self.choice(list(stmt.branches), stmt.otherwise, at, store, env)
            case ir.For():
                yield from self.loop(stmt, at, store, env)
            case ir.Run():
                rule = self.rules[stmt.rule]
                inner = {p.name: self.argument(arg, env) for p, arg in zip(rule.params, stmt.args, strict=True)}
                yield from self.body(rule.body, at, store, inner)
            case ir.Prefill():
                yield from self.body(stmt.body, at, store, env)
            case ir.Fresh():
                yield from self.body(stmt.body, at, store, env)
                yield from self.body(stmt.past, at, store, env)
            case ir.Record():
                yield from self.record(stmt, at, store, env)
            case ir.Close():
                yield from self.statement(stmt.token, at, store, env)
            case ir.CloseByNext():
                yield from self.stop(at, store)

    def literal(self, text: str, at: int, store: Store) -> Iterator[State]:
        if self.text.startswith(text, at):
            yield at + len(text), store

    def stop(self, at: int, store: Store) -> Iterator[State]:
        """The end of a turn whose stop is the opener of the next: that token, or the end of the text."""
        yield at, store
        for token in self.tokens:
            if self.text.startswith(token, at):
                yield at + len(token), store

    def known(self, value: ir.Expr, env: Env) -> tuple[bool, Any]:
        if isinstance(value, ir.Var) and not isinstance(env.get(value.name, MISSING), Cell):
            return value.name in env, env.get(value.name)
        return self.context.value(value)

    def argument(self, arg: ir.Expr, env: Env) -> Any:
        """What a rule is given: a known value, or the cell that it reads into."""
        cell = self.cell(arg, env)
        if cell is not None:
            return cell
        known, value = self.known(arg, env)
        return value if known else Cell(next(self.ids))

    # ---- slots -------------------------------------------------------------------------------------------------

    def cell(self, value: ir.Expr, env: Env) -> Cell | tuple[Cell, str] | None:
        """Where what this expression prints is read to."""
        match value:
            case ir.Pipe():
                return self.cell(value.value, env)
            case ir.Content(message=ir.Msg(which="this")) | ir.Attr(message=ir.Msg(which="this"), name="content"):
                return self.content
            case ir.Reasoning(message=ir.Msg(which="this")):
                return self.reasoning
            case ir.Var() if isinstance(env.get(value.name), Cell | tuple):
                return env[value.name]  # type: ignore[no-any-return]
            case ir.CallKey(call=ir.Var() as call, key=key) | ir.Key(object=ir.Var() as call, key=key):
                owner = env.get(call.name)
                return (owner, key) if isinstance(owner, Cell) else None
            case ir.FirstFilled(choices=choices):
                return self.cell(choices[0], env)
        return None

    def reads_slot(self, stmt: ir.Slot | ir.Run, env: Env) -> bool:
        if isinstance(stmt, ir.Run):
            return self.rules[stmt.rule].reads is not None
        return self.cell(stmt.value, env) is not None

    def slot(self, stmt: ir.Slot | ir.Run, rest: Sequence[ir.Stmt], at: int, store: Store, env: Env) -> Iterator[State]:
        """A slot is the shortest text that lets the rest match, and holds no declared token."""
        value = stmt.value if isinstance(stmt, ir.Slot) else stmt.args[0]
        target = self.cell(value, env)
        for end in self.ends(rest, at):
            try:
                found = self.read_slot(stmt, value, self.text[at:end], target, store)
            except Unreadable:
                continue
            stored = self.put(store, target, found)
            if stored is not None:
                yield from self.body(rest, end, stored, env)

    def read_slot(self, stmt: ir.Slot | ir.Run, value: ir.Expr, text: str, target: Any, store: Store) -> Any:
        schema = self.schema_of(target, store)
        if isinstance(stmt, ir.Run):
            reader = self.rules[stmt.rule].reads
            assert reader is not None
            return read(reader, (), text, schema)
        return read_filtered(text, value, schema)

    def schema_of(self, target: Any, store: Store) -> Any:
        return target.schema if isinstance(target, Cell) else None

    def ends(self, rest: Sequence[ir.Stmt], at: int) -> Iterator[int]:
        """Where a slot may end: before what must follow, and before the next declared token."""
        limit = min((i for i in (self.text.find(t, at) for t in self.tokens) if i >= 0), default=len(self.text))
        follower = next((s.text for s in rest if isinstance(s, ir.Text) and s.text), "") if rest else ""
        if rest and isinstance(rest[0], ir.Text) and follower:
            found = self.text.find(follower, at)
            while 0 <= found <= limit:
                yield found
                found = self.text.find(follower, found + 1)
            return
        yield from range(at, limit + 1)

    def put(self, store: Store, target: Any, value: Any) -> Store | None:
        """The store with a value put in; None where another value is there already."""
        if isinstance(target, tuple):
            cell, key = target
            fields = dict(store.get(cell.id, {}))
            if key in fields and fields[key] != value:
                return None
            return {**store, cell.id: {**fields, key: value}}
        if target.id in store and store[target.id] != value:
            return None
        return {**store, target.id: value}

    # ---- choices and loops -------------------------------------------------------------------------------------

    def choice(
        self, branches: list[tuple[ir.Expr, ir.Body]], otherwise: ir.Body, at: int, store: Store, env: Env
    ) -> Iterator[State]:
        if not branches:
            yield from self.body(otherwise, at, store, env)
            return
        (when, body), *rest = branches
        known = self.settles(when, env)
        if known is not False:
            assumed = store if known else {**store, -1: (*store.get(-1, ()), (when, True))}
            yield from self.body(body, at, assumed, env)
        if known is not True:
            assumed = store if known is False else {**store, -1: (*store.get(-1, ()), (when, False))}
            yield from self.choice(rest, otherwise, at, assumed, env)

    def settles(self, when: ir.Expr, env: Env) -> bool | None:
        for node in walk(when):
            if isinstance(node, ir.Var | ir.Position) and not (isinstance(node, ir.Position) and node.of == "turn"):
                return self.in_loop(when, env)
        return self.context.holds(when)

    def in_loop(self, when: ir.Expr, env: Env) -> bool | None:
        """Conditions on a loop's place; those on its data are left to what matches."""
        match when:
            case ir.Position(word="first", of="loop"):
                return bool(env.get(" first"))
            case ir.Not():
                inner = self.settles(when.value, env)
                return None if inner is None else not inner
            case ir.Or() | ir.And():
                values = [self.settles(item, env) for item in when.items]
                decisive = isinstance(when, ir.Or)
                return decisive if decisive in values else (None if None in values else not decisive)
        return None

    def loop(self, stmt: ir.For, at: int, store: Store, env: Env) -> Iterator[State]:
        source = stmt.items
        while isinstance(source, ir.Pipe):
            source = source.value
        if source == ir.Attr(ir.Msg("this"), "tool_calls"):
            yield from self.items(stmt, self.calls, at, store, env, 0)
            return
        target = self.cell(source, env)
        if target is None:
            return
        cell = Cell(next(self.ids), self.schema_of(target, store))
        if isinstance(target, tuple):
            cell = Cell(cell.id, self.parameters(target[0], store))
        started = self.put(store, target, cell)
        if started is not None:
            empty: Any = {} if len(stmt.names) == 2 else ()
            yield from self.items(stmt, cell, at, {**started, cell.id: empty}, env, 0)

    def items(self, stmt: ir.For, cell: Cell, at: int, store: Store, env: Env, count: int) -> Iterator[State]:
        """As many items as there are; the fewest come last."""
        if count and stmt.only_first:
            yield at, store
            return
        start = at
        if count and stmt.sep is not None:
            if not self.text.startswith(stmt.sep.text, at):
                yield at, store
                return
            start = at + len(stmt.sep.text)
        item = Cell(next(self.ids))
        inner: dict[str, Any] = {**env, " first": count == 0}
        if len(stmt.names) == 1:
            inner[stmt.names[0]] = item
            for after, found in self.body(stmt.body, start, store, inner):
                if after > start:
                    more = {**found, cell.id: (*found.get(cell.id, ()), item)}
                    yield from self.items(stmt, cell, after, more, env, count + 1)
        else:
            yield from self.pairs(stmt, cell, start, store, inner, count)
        yield at, store

    def pairs(
        self, stmt: ir.For, cell: Cell, at: int, store: Store, env: dict[str, Any], count: int
    ) -> Iterator[State]:
        """The pairs of an object: the key is read first, and tells the schema of the value."""
        key, value = Cell(next(self.ids)), Cell(next(self.ids))
        properties = (cell.schema or {}).get("properties", {}) if isinstance(cell.schema, dict) else {}
        for name in [*properties, None]:
            schema = properties.get(name) if name is not None else None
            inner = {**env, stmt.names[0]: key, stmt.names[1]: Cell(value.id, schema)}
            for after, found in self.body(stmt.body, at, store, inner):
                known = found.get(key.id)
                if after > at and (known == name if name is not None else known not in properties):
                    more = {**found, cell.id: {**found[cell.id], known: Cell(value.id, schema)}}
                    cleared = {k: v for k, v in more.items() if k != key.id}
                    yield from self.items(stmt, cell, after, cleared, env, count + 1)

    def parameters(self, call: Cell, store: Store) -> Any:
        """The schema of the arguments of a call, by its name."""
        name = store.get(call.id, {}).get("name")
        for tool in self.context.tools or ():
            function = tool.get("function", tool)
            if function.get("name") == name:
                return function.get("parameters")
        return None

    def record(self, stmt: ir.Record, at: int, store: Store, env: Env) -> Iterator[State]:
        """A JSON object with the keys of the record, in any order and spacing."""
        try:
            value, end = read_json_at(self.text, at)
        except Unreadable:
            return
        if not isinstance(value, dict):
            return
        found: Store | None = store
        left = dict(value)
        for entry in stmt.entries:
            if not entry.key or found is None:
                continue
            if entry.key not in left:
                if not entry.optional:
                    return
                continue
            target = self.cell(entry.value, env)
            item = left.pop(entry.key)
            found = self.put(found, target, item) if target is not None else found
        for entry in stmt.entries:
            if not entry.key and found is not None:
                found = self.spread(entry.value, left, found, env)
                left = {}
        if found is not None and not left:
            yield end, found

    def spread(self, value: ir.Expr, left: dict[str, Any], store: Store, env: Env) -> Store | None:
        owner = value.tool if isinstance(value, ir.Function) else value
        cell = env.get(owner.name) if isinstance(owner, ir.Var) else None
        found: Store | None = store
        for key, item in left.items():
            found = self.put(found, (cell, key), item) if found is not None and isinstance(cell, Cell) else None
        return found


def read_completion(completion: str, context: Context) -> dict[str, Any] | None:
    """The assistant message that a completion is: what the model wrote after the prompt, its stop included.

    None where the grammar of the format does not take it.
    """
    return Reading(prefill(context) + completion, context).message()


def read_region(region: str, context: Context) -> dict[str, Any] | None:
    """The assistant message of a turn whose `sampled` region is given whole, whatever prompt began it."""
    return Reading(region, context).message()


def prefill(context: Context) -> str:
    """What of the model's turn the prompt has written already, from the beginning of `sampled` on."""
    turn = sampling_turn(context.program)
    if turn is None:
        return ""
    sampled = next(stmt for stmt in statements(turn.body) if isinstance(stmt, ir.Sampled))
    return _printed(prompt_of(sampled.body), context)


def _printed(body: ir.Body, context: Context) -> str:
    out = []
    for stmt in body:
        match stmt:
            case ir.Text():
                out.append(stmt.text)
            case ir.Slot():
                out.append(str(context.value(stmt.value)[1] or ""))
            case ir.If():
                taken = next((inner for when, inner in stmt.branches if context.holds(when)), stmt.otherwise)
                out.append(_printed(taken, context))
    return "".join(out)
