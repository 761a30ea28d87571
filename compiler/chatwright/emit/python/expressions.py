"""Values and conditions of the intermediate representation as Python source."""

from __future__ import annotations

from typing import assert_never

from chatwright.emit.code import Code
from chatwright.emit.python.locals import (
    attribute,
    content,
    exists,
    filled,
    index_read,
    mark,
    message,
    number,
    place,
    py_name,
    role,
    rule_name,
    seen_messages,
)
from chatwright.emit.python.position import Position
from chatwright.emit.python.spelling import (
    ATOM,
    TERNARY,
    both,
    call,
    compare,
    either,
    literal,
    method,
    name,
    negation,
)
from chatwright.emit.rule_arguments import WIRED
from chatwright.ir import program as ir
from chatwright.ir.logic import asked
from chatwright.ir.typing import NEVER_NULL, describe, kind_of

EMPTY = name('""')
NONE = name("None")
ABSENT = name("ABSENT")
_TYPES = {"text": "str", "list": "(list, tuple)", "object": "dict", "bool": "bool"}

# ---- conditions ----------------------------------------------------------------------------------------------------


def condition(e: ir.Expr, at: Position, wanted: bool = True) -> Code:
    """The test whether a condition holds; with `wanted` false, whether it does not."""
    match e:
        case ir.Not():
            return condition(e.value, at, not wanted)
        case ir.Exists():
            return exists(e.message, at, wanted)
        case ir.Position():
            return place(e, at, wanted)
        case ir.Compare():
            return compare(value(e.left, at), e.op, value(e.right, at), wanted)
        case ir.RoleIs():
            among = len(e.roles) > 1
            return compare(role(e.message), "in" if among else "==", literal(e.roles if among else e.roles[0]), wanted)
        case ir.In(right=ir.Const() | ir.Content()):
            return compare(value(e.left, at), "in", value(e.right, at), wanted)
        case ir.Test(what="given"):
            return _given(e.value, at, wanted)
        case ir.Test(what="null"):
            return compare(_null(e.value, at), "is", NONE, wanted)
    found = _holds(e, at)
    return found if wanted else negation(found)


def _holds(e: ir.Expr, at: Position) -> Code:
    """The test whether a condition holds, of those that have no operator of their own for their opposite."""
    match e:
        case ir.Const():
            return literal(bool(e.value))
        case ir.And():
            return both(*_conjuncts(e, at))
        case ir.Or():
            return either(*(condition(item, at) for item in e.items))
        case ir.MarkTest():
            return mark(e, at)
        case ir.Inline():
            return name("inl")
        case ir.In():
            return call("within", value(e.left, at), value(e.right, at))
        case ir.Test(what="blank"):
            return negation(method(either(value(e.value, at), EMPTY), "strip"))
        case ir.Test(what="number"):
            return call("is_number", value(e.value, at))
        case ir.Test():
            return call("isinstance", value(e.value, at), name(_TYPES[e.what]))
        case ir.Filled():
            return filled(e.value) or value(e.value, at)
        case ir.Alternating():
            return call("alternates", name(f"alternating_{e.role}"))
    return value(e, at)


def _conjuncts(e: ir.And, at: Position) -> list[Code]:
    """The conditions of a conjunction. Each is asked only where those before it hold."""
    found = []
    for item in e.items:
        found.append(condition(item, at))
        at = at.knowing(asked(item))
    return found


def _given(e: ir.Expr, at: Position, wanted: bool) -> Code:
    """Whether a value is there. Keys of data count as there even when null; keys of a message do not."""
    match e:
        case ir.CallKey(call=ir.Var(name=variable)):
            return compare(literal(e.key), "in", name(f"f_{variable}"), wanted)
        case ir.Key() if _is_object(e.object):
            return compare(literal(e.key), "in", value(e.object, at), wanted)
        case ir.Key() if not isinstance(e.object, ir.Attr):
            found = call("within", literal(e.key), value(e.object, at))
        case ir.Var():
            found = call("given", value(e, at))
        case _:
            return compare(value(e, at), "is", NONE, not wanted)
    return found if wanted else negation(found)


def _null(e: ir.Expr, at: Position) -> Code:
    """A value that is None where it is null, and only there."""
    match e:
        case ir.CallKey(call=ir.Var(name=variable)):
            return method(name(f"f_{variable}"), "get", literal(e.key), ABSENT)
        case ir.Key():
            return _key(e, at, ABSENT)
    return value(e, at)


# ---- values --------------------------------------------------------------------------------------------------------


def value(e: ir.Expr, at: Position) -> Code:
    """A value as it is; a condition as a truth value."""
    match e:
        case ir.Const():
            return literal(e.value)
        case ir.Opt():
            return name(f"o_{e.name}")
        case ir.Tools():
            return name("tools")
        case ir.Var():
            return name(py_name(e.name))
        case ir.Msg():
            return call("seen", message(e))
        case ir.HeadList() | ir.Messages() | ir.Turns() | ir.Results():
            return seen_messages(e, at)
        case ir.Attr():
            return attribute(e)
        case ir.Content():
            return content(e)
        case ir.Reasoning():
            return name("r") if e.message.which == "this" else call("reasoning_of", message(e.message))
        case ir.Key():
            return _key(e, at)
        case ir.CallKey():
            return _call_key(e, at)
        case ir.Function():
            tool = value(e.tool, at)
            if isinstance(e.tool, ir.Answer):
                return either(call("key", tool, literal("function")), tool)
            return either(method(tool, "get", literal("function")), tool)
        case ir.Answer():
            return call("answered", Code('m.get("tool_calls")', ATOM), message(e.result))
        case ir.PartText():
            found = name("v_role") if at.where == "part" else Code("m['role']", ATOM)
            return call("part_text", value(e.part, at), found, name("i"))
        case ir.Number():
            return number(e, at)
        case ir.Pipe():
            return _pipe(e, at)
        case ir.FirstFilled():
            return either(*(value(choice, at) for choice in e.choices))
        case ir.RuleText():
            function = "rule_text" if at.plan.traced else "plain_text"
            return call(function, name(rule_name(e.rule, at.plan)), *(argument(arg, at) for arg in e.args))
        case ir.Fn():
            return _function(e, at)
        case ir.Not(value=ir.Not()):
            return negation(condition(e.value, at))  # the two do not cancel out where the value is no truth value
    return condition(e, at)


def _key(e: ir.Key, at: Position, *absent: Code) -> Code:
    """A key of an object; None, or the value of `absent`, where there is none."""
    owner = value(e.object, at)
    if _is_object(e.object):
        return method(owner, "get", literal(e.key), *absent)
    return call("key", owner, literal(e.key), *absent)


def _call_key(e: ir.CallKey, at: Position, needed: bool = False) -> Code:
    """A key of a call's function. A `needed` one may not be absent."""
    if not isinstance(e.call, ir.Var):
        return call("call_key", value(e.call, at), literal(e.key))
    function = name(f"f_{e.call.name}")
    if e.key == "name" or needed:
        return Code(f"{function.text}[{e.key!r}]", ATOM)
    return method(function, "get", literal(e.key))


def _function(e: ir.Fn, at: Position) -> Code:
    args = [value(arg, at) for arg in e.args]
    match e.name:
        case "wrapped":
            return both(method(args[0], "startswith", args[1]), method(args[0], "endswith", args[2]))
        case "starts":
            return method(args[0], "startswith", args[1])
        case "ends":
            return method(args[0], "endswith", args[1])
        case "length":
            return call("length", args[0])
    assert_never(e.name)


def argument(e: ir.Expr, at: Position) -> Code:
    """An argument of a rule, where absent and null are two things.

    A content, calls and tools are never null, so there null means absent, too.
    """
    if isinstance(e, ir.Key):
        return _key(e, at, ABSENT)
    absent = isinstance(e, ir.Attr | ir.Reasoning | ir.Opt) and kind_of(e) not in NEVER_NULL and e not in at.sure
    if not absent or _is_role(e) or (isinstance(e, ir.Opt) and _has_default(at.plan.options[e.name])):
        return value(e, at)
    return call("or_absent", value(e, at))


# ---- filters and slots ---------------------------------------------------------------------------------------------


def _pipe(e: ir.Pipe, at: Position) -> Code:
    match e.filter:
        case "strip" | "lstrip" | "rstrip":
            newlines = (name('"\\n"'),) if "newlines" in e.args else ()
            return method(text(e.value, at), e.filter, *newlines)
        case "cut":
            return call("cut", text(e.value, at), *map(literal, e.args))
        case "without":
            return method(text(e.value, at), "replace", literal(e.args[0]), literal(""))
        case "text":
            return call("str", _absent_as_empty(e.value, at))
    found = _encoded(e, at)
    match e.filter:
        case "json" if "compact" in e.args:
            return call("to_compact_json", found)
        case "json" if "indent" in e.args:
            return call("to_indented_json", found, literal(e.args[1]))
        case "json":
            return call("to_json", found)
        case "upper" if _may_be_none(e.value):
            return method(text(e.value, at), "upper")
        case "members":
            return Code(f"{call('to_json', found).text}[1:-1]", ATOM)
        case "json_or_raw" | "json_or_text" if _is_variable(e.value, at):
            return _unless_text(found, call("to_json", found))
        case "json_or_raw" | "json_or_text":
            return call("json_or_raw", found)
        case "upper":
            return call("upper", found)
        case "sorted":
            return call("by_key", found)
    raise AssertionError(e.filter)


def _encoded(e: ir.Pipe, at: Position) -> Code:
    """The value that a filter encodes. An absent argument of a rule is null in JSON; others are refused."""
    found = _call_key(e.value, at, needed=True) if isinstance(e.value, ir.CallKey) else value(e.value, at)
    if e.filter not in WIRED:
        return found
    if isinstance(e.value, ir.Var) and e.value.name in at.nullable:
        return call("or_null", found)
    return _needed(e.value, found, at)


def _needed(e: ir.Expr, found: Code, at: Position) -> Code:
    """A value that is encoded as JSON, which has no absent values: an absent one is refused."""
    last = e.choices[-1] if isinstance(e, ir.FirstFilled) else e
    if last in at.sure or _is_role(last):
        return found
    if isinstance(last, ir.Attr):
        found = call("or_absent", found)
    elif isinstance(e, ir.Key):
        found = _key(e, at, ABSENT)
    else:
        return found
    return call("needed", found, name(index_read(e, at)), literal(describe(e)))


def _absent_as_empty(e: ir.Expr, at: Position) -> Code:
    """A value with an empty text where it is absent; null stays null."""
    match e:
        case ir.Key():
            return _key(e, at, EMPTY)
        case ir.Attr():
            return either(value(e, at), EMPTY)
    return value(e, at)


def text(e: ir.Expr, at: Position) -> Code:
    """A value as the text that a slot prints."""
    found = value(e, at)
    match e:
        case ir.Number():
            return call("str", found)
        case ir.Opt(name=option):
            declared = at.plan.options[option]
            if _has_default(declared) and declared.type in ("text", "choice", "date"):
                return found
            return call("show", Code(f'"" if {found.text} is None else {found.text}', TERNARY))
        case ir.FirstFilled(choices=choices) if all(kind_of(choice) == "text" for choice in choices):
            last = choices[-1]
            return found if isinstance(last, ir.Const | ir.Opt) or _is_role(last) else either(found, EMPTY)
        case ir.FirstFilled():
            return call("show", either(found, EMPTY))
        case ir.Key():
            return call("show", _key(e, at, EMPTY))
        case ir.Var(kind=kind):
            show = "show_present" if kind in NEVER_NULL and e not in at.sure else "show"
            return _unless_text(found, call(show, found))
        case ir.Attr() if not _is_role(e):
            return either(found, EMPTY)
        case ir.Reasoning():
            return either(found, EMPTY)
    return found if _is_text(e) else call("show", found)


def _unless_text(variable: Code, otherwise: Code) -> Code:
    """A variable where it holds a text, which most do; a call would cost more than the test."""
    return Code(f"{variable.text} if {variable.text}.__class__ is str else {otherwise.text}", TERNARY)


def appended(e: ir.Expr, at: Position) -> Code | None:
    """The call that appends the text of a slot to `out`; None where the text is a value to append."""
    match e:
        case ir.Pipe(filter="json", args=()):
            return call("add_json", name("out"), _encoded(e, at))
        case ir.Pipe(filter="json_or_raw" | "json_or_text") if not _is_variable(e.value, at):
            return call("add_json_or_raw", name("out"), _encoded(e, at))
    return None


def _is_text(e: ir.Expr) -> bool:
    """Whether the value of an expression is always a text."""
    match e:
        case ir.Const():
            return isinstance(e.value, str)
        case ir.Pipe():
            return e.filter != "sorted" and (e.filter != "upper" or _may_be_none(e.value))
        case ir.CallKey():
            return e.key == "name"
    return isinstance(e, ir.Content | ir.PartText | ir.RuleText) or _is_role(e)


def _may_be_none(e: ir.Expr) -> bool:
    """Whether a value is a text or None: a field of a message, or a content, calls or tools as arguments."""
    return kind_of(e) in NEVER_NULL or (isinstance(e, ir.Attr) and not _is_role(e))


def _has_default(option: ir.Option) -> bool:
    """Whether an option has a value if the caller gives none."""
    return option.default is not None or option.type == "date"


def _is_object(e: ir.Expr) -> bool:
    """Whether a value is an object in every conversation that has the shape of one."""
    return isinstance(e, ir.Function) or (isinstance(e, ir.Var) and e.kind in ("call", "tool", "part"))


def _is_variable(e: ir.Expr, at: Position) -> bool:
    """Whether a value is that of a variable that is never absent."""
    return isinstance(e, ir.Var) and e.name not in at.nullable


def _is_role(e: ir.Expr) -> bool:
    return isinstance(e, ir.Attr) and e.name == "role" and e.message.which == "this"
