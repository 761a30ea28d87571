"""The variables of a module: what the messages, marks and loops of a program are called in it."""

from __future__ import annotations

from typing import assert_never

from chatwright.emit.code import Code
from chatwright.emit.python.position import Plan, Position
from chatwright.emit.python.spelling import (
    AND,
    ATOM,
    COMPARE,
    SUM,
    both,
    call,
    compare,
    either,
    literal,
    method,
    name,
    negation,
)
from chatwright.ir import program as ir
from chatwright.ir.typing import message_of

# Keys of a message that are filled from their aliases.
ALIASED = ("reasoning_content", "thinking")
_LAST = ir.Position("last", "turn")


def py_name(declared: str) -> str:
    """The Python name of a loop variable or a parameter."""
    return f"v_{declared}"


def index_of(owner: str) -> str:
    """The index of the message that owns a piece, as source."""
    return {"turn": "i", "none": "-1", "head": "0"}.get(owner, f"i_{owner}")


def rule_name(rule: str, plan: Plan) -> str:
    """The function that prints a rule."""
    return f"rule_{rule}" if plan.traced else f"plain_{rule}"


def lists(plan: Plan) -> str:
    """The parameters of a function that prints: the lists that it appends to, as source."""
    return "out, codes" if plan.traced else "out"


def index_read(e: ir.Expr, at: Position) -> str:
    """The index of the message that an expression reads from, as source; `None` where nothing tells it."""
    read = message_of(e)
    match read:
        case ir.Msg(which="this"):
            return at.index
        case ir.Msg(which="head" | "item"):
            return index_of(read.name or "head")
    return at.index if read is None and at.where == "turn" else "None"


def message(m: ir.Msg) -> Code:
    """The variable that holds a message."""
    match m.which:
        case "this":
            return name("m")
        case "before":
            return name(f"before_{m.name}")
        case "item":
            return name(py_name(m.name))
        case "next":
            return name("following")
    return name(m.which)


def role(m: ir.Msg) -> Code:
    """The role of a message; a text or None where there is no such message."""
    match m.which:
        case "this":
            return name("role")
        case "prev":
            return name("prev_role")
        case "next":
            return name("next_role")
    return method(_or_empty(m), "get", literal("role"))


def attribute(e: ir.Attr) -> Code:
    """A key of a message; None where it is absent."""
    which = e.message.which
    if e.name == "role" and which in ("this", "prev"):
        return role(e.message)
    found = message(e.message)
    if e.name in ALIASED:
        return call("key", call("seen", found), literal(e.name))
    if which in ("this", "item"):
        return method(found, "get", literal(e.name))
    return call("key", found, literal(e.name))


def content(e: ir.Content) -> Code:
    """The text of a message's content."""
    m = e.message
    if m.which == "this":
        return name("c" if e.form == "cut" else "s")
    index = {"head": "0", "item": f"i_{m.name}"}.get(m.which, "i")
    return call("content_of", message(m) if m.which in ("head", "item") else _or_empty(m), name(index))


def _or_empty(m: ir.Msg) -> Code:
    return either(message(m), name("{}"))


def number(e: ir.Number, at: Position) -> Code:
    """The number of a part or a turn; the prompt has that of the next turn."""
    if e.of == "part":
        return name("number") if e.start else Code("number - 1", SUM)
    steps = e.start + (at.where == "prompt") - 1
    if steps == 0:
        return name(at.counter)
    return Code(f"{at.counter} {'+' if steps > 0 else '-'} 1", SUM)


def place(e: ir.Position, at: Position, wanted: bool) -> Code:
    """Whether a turn, or the round of a loop, is the first, the last or the ending one; or whether it is not."""
    if e.of == "loop":
        return compare(name(at.loop), "==", name("0" if e.word == "first" else f"last_{at.loop}"), wanted)
    match e.word:
        case "first":
            return compare(name("i"), "==", name("begin"), wanted)
        case "last":
            return compare(name("i"), "==", name("end"), wanted)
        case "ending":
            ended = compare(name("end"), "<", name("begin")) if at.where == "head" else place(_LAST, at, True)
            found = both(ended, negation(name("add_generation_prompt")))
            return found if wanted else negation(found)
    assert_never(e.word)


def mark(e: ir.MarkTest, at: Position) -> Code:
    """Whether the message at work lies behind, before or at a mark, or the mark exists."""
    there = name(f"has_{e.mark}")
    match e.test:
        case "after":
            return compare(name(at.index), ">", name(f"mark_{e.mark}"))
        case "before":
            return compare(name(at.index), "<", name(f"mark_{e.mark}"))
        case "exists":
            return there
        case "equal":
            return both(there, call("alike", name("m"), name(f"messages[mark_{e.mark}]")))
    assert_never(e.test)


def exists(m: ir.Msg, at: Position, wanted: bool) -> Code:
    """Whether there is a message; with `wanted` false, whether there is none."""
    if m.which == "head":
        return name("head") if wanted else negation(name("head"))
    if m.which == "next":
        before, last = ("begin", "n") if at.where == "head" else ("i", "end")
        return compare(name(before), "<", name(last), wanted)
    return compare(message(m), "is", name("None"), not wanted)


def filled(e: ir.Expr) -> Code | None:
    """Whether a list of messages has any. None: this is not a list of messages."""
    match e:
        case ir.Results(message=ir.Msg(which="this")):
            return Code("results_end > i + 1", COMPARE)
        case ir.Results():
            return Code('prev_i >= 0 and role_at(messages, prev_i + 1) == "tool"', AND)
        case ir.Turns():
            return Code("end >= begin", COMPARE)
        case ir.Messages():
            return name("messages")
        case ir.HeadList():
            return name("taken")
    return None


def seen_messages(e: ir.HeadList | ir.Messages | ir.Turns | ir.Results, at: Position) -> Code:
    """A list of messages as templates see them."""
    match e:
        case ir.HeadList():
            return Code("[seen(x) for _, x in taken]", ATOM)
        case ir.Messages():
            return Code("[seen(x) for x in messages]", ATOM)
        case ir.Turns():
            turns = "map(messages.__getitem__, turns)" if at.plan.facts.looks_through else "messages[begin:]"
            return Code(f"[seen(x) for x in {turns}]", ATOM)
        case ir.Results():
            return Code("[seen(x) for x in messages[i + 1:results_end]]", ATOM)


def numbered_messages(e: ir.HeadList | ir.Messages | ir.Turns | ir.Results, at: Position) -> Code:
    """A list of pairs: the index of a message, and the message."""
    match e:
        case ir.HeadList():
            return name("taken")
        case ir.Messages():
            return Code("list(enumerate(messages))", ATOM)
        case ir.Turns():
            indices = "turns" if at.plan.facts.looks_through else "range(begin, n)"
            return Code(f"[(j, messages[j]) for j in {indices}]", ATOM)
        case ir.Results():
            return Code("[(j, messages[j]) for j in range(i + 1, results_end)]", ATOM)
