"""The kind, the part, the message and the variable of an expression, and its name in error messages."""

from __future__ import annotations

from chatwright.ir import program as ir

# Lists of these kinds come from the top of a message or of a request, where null is absent.
NEVER_NULL: frozenset[ir.Kind] = frozenset({"parts", "calls", "tools"})


def kind_of(expr: ir.Expr) -> ir.Kind:
    """What sort of thing an expression is."""
    match expr:
        case ir.Var():
            return expr.kind
        case ir.Answer():
            return "call"
        case ir.Tools():
            return "tools"
        case ir.Msg():
            return "message"
        case ir.HeadList() | ir.Results() | ir.Turns() | ir.Messages():
            return "messages"
        case ir.Attr(name="tool_calls"):
            return "calls"
        case ir.Attr(name="content"):
            return "parts"
        case ir.Attr() | ir.Content() | ir.Reasoning() | ir.PartText() | ir.RuleText():
            return "text"
        case ir.Number():
            return "number"
        case ir.CallKey(key="name"):
            return "text"
        case ir.Key(object=obj, key="id") if kind_of(obj) == "call":
            return "text"
        case ir.Const(value=str()):
            return "text"
        case ir.FirstFilled(choices=choices):
            return "text" if all(kind_of(c) == "text" for c in choices) else "data"
        case ir.Pipe(filter=name, value=value):
            return kind_of(value) if name in ("sorted", "without") else "text"
    return "data"


def root_of(expr: ir.Expr) -> str:
    """The part that the data of an expression belongs to; `wrap` for everything else."""
    match expr:
        case ir.Var():
            return expr.root
        case ir.Content() | ir.PartText() | ir.Attr(name="content"):
            return "content"
        case ir.Reasoning():
            return "reasoning"
        case ir.Tools() | ir.Function():
            return "tools"
        case ir.CallKey(key="name"):
            return "call.name"
        case ir.CallKey(key="arguments"):
            return "call.arguments"
        case ir.Attr(name="tool_call_id"):
            return "call.id"
        case ir.Attr(name="tool_calls") | ir.Answer():
            return "call"
        case ir.Attr(name="role", free=False):
            return "wrap"
        case ir.Attr(name=name):
            return "name" if name == "name" else "field"
        case ir.Msg() | ir.HeadList() | ir.Results() | ir.Turns() | ir.Messages():
            return "field"
        case ir.Key(object=obj, key=key) | ir.CallKey(call=obj, key=key):
            return "call.id" if key == "id" and kind_of(obj) == "call" else root_of(obj)
        case ir.Pipe(value=value):
            return root_of(value)
        case ir.FirstFilled(choices=choices):
            return next((root for root in map(root_of, choices) if root != "wrap"), "wrap")
    return "wrap"


def message_of(expr: ir.Expr) -> ir.Msg | None:
    """The message that an expression reads from, if it reads from one directly."""
    match expr:
        case ir.Msg():
            return expr
        case ir.Attr(message=m) | ir.Content(message=m) | ir.Reasoning(message=m) | ir.Answer(result=m):
            return m
        case ir.Key(object=obj) | ir.CallKey(call=obj) | ir.Pipe(value=obj) | ir.PartText(part=obj):
            return message_of(obj)
        case ir.FirstFilled(choices=choices):
            return next((m for m in map(message_of, choices) if m is not None), None)
    return None


def variable_of(expr: ir.Expr) -> str | None:
    """The loop variable or parameter that an expression reads from."""
    match expr:
        case ir.Var():
            return expr.name
        case ir.Key(object=obj) | ir.CallKey(call=obj) | ir.Pipe(value=obj) | ir.PartText(part=obj):
            return variable_of(obj)
        case ir.Function(tool=obj):
            return variable_of(obj)
        case ir.FirstFilled(choices=choices):
            return next((v for v in map(variable_of, choices) if v is not None), None)
    return None


def describe(expr: ir.Expr) -> str:
    """How an error message names what an expression reads."""
    match expr:
        case ir.Content():
            return "content"
        case ir.Reasoning():
            return "reasoning"
        case ir.Attr(name=name):
            return name
        case ir.CallKey(key=key):
            return f"tool_calls.function.{key}"
        case ir.Key(object=obj, key=key):
            return f"{describe(obj)}.{key}"
        case ir.Pipe(value=value):
            return describe(value)
        case ir.Var(name=name):
            return name
        case ir.FirstFilled(choices=choices):
            return " or ".join(describe(c) for c in choices)
        case ir.Opt(name=name):
            return name
        case ir.Tools():
            return "tools"
        case ir.Function(tool=tool):
            return f"{describe(tool)}.function"
    return type(expr).__name__.lower()
