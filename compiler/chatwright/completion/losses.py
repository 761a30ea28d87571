"""The losses of a format: parts of a message that no reader can recover from a completion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from chatwright.completion.call_inside import key_of
from chatwright.completion.delimiters import has_token
from chatwright.completion.graph import Field, Outline, Word, is_calls, outline, region_of, stripped, target_of
from chatwright.completion.graph import tells_empty_reasoning as tells_empty
from chatwright.completion.openers import heads_of
from chatwright.ir import program as ir
from chatwright.ir.walk import statements


class Loss(msgspec.Struct, frozen=True):
    """One loss. `kind` names its sort; `at` is the place in the spec that causes it, if there is one."""

    kind: str
    sentence: str
    at: ir.Place | None = None


def lossy(program: ir.Program) -> tuple[Loss, ...]:
    """The losses of this format, each sort once."""
    found: dict[str, Loss] = {}
    for loss in _losses(program, region_of(program)):
        found.setdefault(loss.kind, loss)
    return tuple(found.values())


def _losses(program: ir.Program, region: ir.Body) -> Iterator[Loss]:
    reachable = _with_rules(program, region)
    if program.content_strip is not None:
        yield Loss("content-space", "White space around the content is taken away before anything is printed.")
    for stmt in reachable:
        if isinstance(stmt, ir.Slot):
            yield from _of_slot(stmt)
    for stmt in statements(tuple(s for part in program.parts if "text" in part.kinds for s in part.body)):
        if isinstance(stmt, ir.Slot) and isinstance(stmt.value, ir.Pipe):
            yield Loss("content-space", "White space around a text of the content is taken away by a filter.", stmt.at)
    yield from _of_shared_rules(program, region)
    if _stands_for_content(program, reachable):
        yield Loss("placeholder", "A text that replaces an empty content is read as the content.")
    if not any(isinstance(s, ir.Slot) and target_of(s.value) == "reasoning" for s in _unrolled(program, region)):
        yield Loss("no-reasoning", "The format does not write reasoning.")
    elif not tells_empty(region):
        yield Loss("empty-reasoning", "An empty reasoning is written as none, and read as none.")
    for stmt in reachable:
        if isinstance(stmt, ir.For):
            yield from _of_loop(program, stmt)
        elif isinstance(stmt, ir.Run):
            yield from _of_reader(program, stmt)
    loop = next((stmt for stmt in reachable if is_calls(stmt)), None)
    if loop is None:
        yield Loss("no-calls", "The format does not write calls.")
    if not isinstance(loop, ir.For):
        return
    graph = outline(program, lambda _: None, lambda _: None)
    beside = _content_beside_calls(graph)
    if not beside:
        yield Loss("content-with-calls", "A message with calls is written without its content.", loop.at)
    bare = [node.form for node in graph.nodes if isinstance(node, Word) and node.form and node.form.opener is None]
    if bare:
        yield Loss(
            "content-as-calls", "No control token opens calls: a content that reads as calls is read so.", loop.at
        )
    if beside and any(not heads_of(form, {r.name: r for r in program.rules}, str).markers for form in bare):
        yield Loss("calls-as-content", "Calls behind a content are read as content: they begin with a value.", loop.at)


def _of_shared_rules(program: ir.Program, region: ir.Body) -> Iterator[Loss]:
    """Two fields look the same if one rule prints both."""
    base = {rule.name: rule.base for rule in program.rules}
    seen: dict[str, str] = {}
    for stmt in statements(region):
        target = target_of(stmt.args[0]) if isinstance(stmt, ir.Run) and stmt.args else None
        if isinstance(stmt, ir.Run) and target is not None and seen.setdefault(base[stmt.rule], target) != target:
            yield Loss("content-as-reasoning", "Next to calls, content is written like reasoning.", stmt.at)


def _stands_for_content(program: ir.Program, reachable: list[ir.Stmt]) -> bool:
    """Whether the format prints a text without a token in place of the content."""
    for choice in reachable:
        if isinstance(choice, ir.If):
            ways = [tuple(_with_rules(program, body)) for body in (*(b for _, b in choice.branches), choice.otherwise)]
            contents = [any(isinstance(s, ir.Slot) and target_of(s.value) == "content" for s in way) for way in ways]
            texts = ["".join(s.text for s in way if isinstance(s, ir.Text)) if _says(way) else "" for way in ways]
            if any(contents) and any(t.strip() and not has_token(t, program.tokens) for t in texts):
                return True
    return False


def _says(body: ir.Body) -> bool:
    return all(isinstance(stmt, ir.Text | ir.Close) for stmt in body)


def _of_slot(slot: ir.Slot) -> Iterator[Loss]:
    target = target_of(slot.value)
    if target is not None and stripped(slot.value) != (None, None):
        yield Loss(f"{target}-space", f"White space around the {target} is taken away by a filter.", slot.at)
    if target is None and isinstance(slot.value, ir.Pipe):
        yield from _of_filter(slot.value.filter, slot.at)


def _of_filter(name: str, at: ir.Place) -> Iterator[Loss]:
    if name == "json_or_text":
        yield Loss("untyped-values", "Without a schema, an argument that is text and also JSON is read as a value.", at)
    elif name == "python":
        yield Loss("unescaped", "Texts are printed between quotes without escapes, so a quote inside ends them.", at)


def _of_reader(program: ir.Program, run: ir.Run) -> Iterator[Loss]:
    rule = next(rule for rule in program.rules if rule.name == run.rule)
    if rule.reads is not None:
        yield from _of_filter(rule.reads, run.at)


def _of_loop(program: ir.Program, loop: ir.For) -> Iterator[Loss]:
    if isinstance(loop.items, ir.Pipe) and loop.items.filter == "sorted":
        yield Loss("key-order", "Arguments are written in the order of their keys.", loop.at)
    if not is_calls(loop):
        return
    if loop.only_first:
        yield Loss("one-call", "Only the first call of a message is written.", loop.at)
    keys = {key_of(expr) for expr in _printed(program, loop)}
    if "id" not in keys:
        yield Loss("call-ids", "The ids of calls are not written.", loop.at)
    if "name" not in keys:
        yield Loss("names-in-ids", f"The name of a call is read from its id, by the pattern {program.ids!r}.", loop.at)


def _printed(program: ir.Program, loop: ir.For) -> Iterator[ir.Expr]:
    for stmt in _with_rules(program, loop.body):
        match stmt:
            case ir.Slot():
                yield stmt.value
            case ir.Record():
                yield from (entry.value for entry in stmt.entries)
                if any(not entry.key for entry in stmt.entries):
                    yield ir.Key(ir.Const(None), "name")


def _with_rules(program: ir.Program, body: ir.Body, seen: tuple[str, ...] = ()) -> list[ir.Stmt]:
    """All statements of a body and of the rules that it calls."""
    rules = {rule.name: rule for rule in program.rules}
    out: list[ir.Stmt] = []
    for stmt in statements(body):
        out.append(stmt)
        if isinstance(stmt, ir.Run) and stmt.rule not in seen and rules[stmt.rule].reads is None:
            out += _with_rules(program, rules[stmt.rule].body, (*seen, stmt.rule))
    return out


def _unrolled(program: ir.Program, region: ir.Body) -> Iterable[ir.Stmt]:
    """The statements of the region, with a slot for each argument of a called rule."""
    for stmt in statements(region):
        yield stmt
        if isinstance(stmt, ir.Run):
            for arg in stmt.args:
                yield ir.Slot(arg, "", "", False, "", False, stmt.at)


def _content_beside_calls(graph: Outline) -> bool:
    """Whether some way through the outline has both content and calls."""
    queue = [(graph.start, False, False)]
    seen = set(queue)
    while queue:
        number, content, calls = queue.pop()
        if content and calls:
            return True
        node = graph.nodes[number]
        content = content or (isinstance(node, Field) and node.target == "content")
        calls = calls or (isinstance(node, Word) and node.form is not None)
        nexts = getattr(node, "nexts", None) or (() if not hasattr(node, "next") else (node.next,))
        for after in (*nexts,):
            state = (after, content, calls)
            if state not in seen:
                seen.add(state)
                queue.append(state)
    return False
