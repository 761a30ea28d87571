"""Values and conditions as Jinja, in the subset that all engines understand alike."""

from __future__ import annotations

from chatwright.emit.jinja.filters import EMPTY, applied, normal, piped, takes_text
from chatwright.emit.jinja.messages import NEIGHBOURS, exists, mark, message, position, role_is, with_turns
from chatwright.emit.jinja.operators import (
    COMPARE,
    METHODS,
    Term,
    all_of,
    any_of,
    call,
    compare,
    conditional,
    conjunction,
    disjunction,
    filtered,
    group,
    has_key,
    is_,
    literal,
    member,
    name,
    negation,
    plus,
)
from chatwright.emit.jinja.plan import Plan
from chatwright.emit.jinja.position import Position
from chatwright.emit.rule_arguments import tells_null
from chatwright.ir import program as ir
from chatwright.ir.typing import NEVER_NULL, kind_of

# The keys of objects, by their owners: data, messages, calls.
_Keyed = ir.Key | ir.Attr | ir.CallKey
# The part at work, and its text.
PART = ir.Var("part", "data", "content")
PART_TEXT = ir.Key(PART, "text")
_NO_LIST = literal(())
_REFUSED_PARTS = call("raise_exception", literal("content must be a text for this format, not a list of parts"))
_REFUSED_LIST = call("raise_exception", literal("a text is needed here, not a list"))
_NO_OBJECT = name("{}")
_ABSENT = name("{}.absent")

# Each test of the language as tests of Jinja, with whether they must hold or fail.
_TESTS = {
    "given": (("defined", True),),
    "null": (("none", True),),
    "text": (("string", True),),
    "object": (("mapping", True),),
    "bool": (("boolean", True),),
    "number": (("number", True), ("boolean", False)),
    "list": (("none", False), ("string", False), ("mapping", False), ("iterable", True)),
}
_DEFINED = ("defined", True)
_NOT_NONE = ("none", False)
# Tests that first ask whether the object of a key exists.
_GUARDED = frozenset({"given", "null", "text", "object", "bool"})


# ---- conditions -------------------------------------------------------------------------------------------------


def condition(e: ir.Expr, at: Position, negated: bool = False) -> Term:
    """A condition, or its opposite."""
    match e:
        case ir.Not():
            return condition(e.value, at, not negated)
        case ir.RoleIs():
            return role_is(e, at, negated)
        case ir.Test():
            return _test(e, at, negated)
        case ir.Compare(op="==" | "!="):
            op = "==" if (e.op == "==") != negated else "!="
            return compare(value(e.left, at), op, value(e.right, at))
        case ir.In():
            return compare(value(e.left, at), "not in" if negated else "in", _container(e.right, at))
    term = _plain_condition(e, at)
    return negation(term) if negated else term


def _plain_condition(e: ir.Expr, at: Position) -> Term:
    """A condition that is negated with `not` in front of it."""
    match e:
        case ir.Const():
            return literal(bool(e.value))
        case ir.And():
            return conjunction(_conjuncts(e, at))
        case ir.Or():
            return disjunction([condition(item, at) for item in e.items])
        case ir.Position():
            return position(e, at)
        case ir.MarkTest():
            return mark(e, at)
        case ir.Exists():
            return exists(e.message, at)
        case ir.Inline():
            return name("inline")
        case ir.Compare():
            return compare(value(e.left, at), e.op, value(e.right, at))
        case ir.Filled():
            return _filled(e.value, at)
        case ir.Alternating():
            return name(f"order_{e.role}.holds")
    return value(e, at)


def _conjuncts(e: ir.And, at: Position) -> list[Term]:
    """The conditions of a conjunction. Each is asked only where those before it hold."""
    found = []
    for item in e.items:
        found.append(condition(item, at))
        at = at.knowing(item)
    return found


def _container(right: ir.Expr, at: Position) -> Term:
    """The right side of `in`. It is never none."""
    if isinstance(right, ir.Key | ir.Opt | ir.Attr | ir.CallKey):
        return any_of(value(right, at), _NO_LIST)
    if isinstance(right, ir.Reasoning | ir.Var):
        return any_of(value(right, at), EMPTY)
    return value(right, at)


def _test(e: ir.Test, at: Position, negated: bool) -> Term:
    if e.what == "blank":
        term = negation(filtered(text(e.value, at), "trim"))
        return negation(term) if negated else group(term)
    if isinstance(e.value, _Keyed) and _is_method(e.value):
        if e.what == "given":
            given = _has_method(e.value, at)
            return negation(given) if negated else group(given)
        at = at.but(there=(*at.there, e.value))  # a method passes no other test
    neighbour = isinstance(e.value, ir.Attr) and e.value.message.which in NEIGHBOURS
    subject = plain(e.value, at) if neighbour else value(e.value, at)
    first: list[Term] = []
    if isinstance(e.value, ir.Attr) and neighbour:
        first.append(exists(e.value.message, at))
    if e.what in _GUARDED:
        first += _guards(e.value, at)
    asked = _asked(e, at)
    if not first and len(asked) == 1:
        word, holds = asked[0]
        return is_(subject, word, holds != negated)
    term = all_of(*first, *(is_(subject, word, holds) for word, holds in asked))
    return negation(term) if negated else group(term)


def _is_method(e: _Keyed) -> bool:
    """Whether a key has the name of a method of dicts, which engines find where the key is absent."""
    return (e.name if isinstance(e, ir.Attr) else e.key) in METHODS


def _has_method(e: _Keyed, at: Position) -> Term:
    """Whether an object has a key with the name of a method."""
    if isinstance(e, ir.CallKey):
        return has_key(_function_of(e.call, at), e.key)
    if isinstance(e, ir.Key):
        return has_key(value(e.object, at), e.key)
    holder = message(e.message, at)
    return all_of(has_key(holder, e.name), is_(member(holder, e.name), "none", holds=False))


def _asked(e: ir.Test, at: Position) -> tuple[tuple[str, bool], ...]:
    """The tests of Jinja that a test of the language needs."""
    match e.what, e.value:
        case "given", ir.Opt() | ir.Tools() | ir.Reasoning():
            return (_NOT_NONE,)
        case "given", ir.Answer():
            return (_NOT_NONE,)
        case "given", ir.Attr():
            return (_DEFINED, _NOT_NONE)
        case "given", ir.Var(kind=kind) if kind in NEVER_NULL:
            return (_DEFINED, _NOT_NONE)
        case "list", ir.Var(name=variable) if variable not in at.params:
            return _TESTS["list"]
        case "list", _:
            return (_DEFINED, *_TESTS["list"])
    return _TESTS[e.what]


def _guards(e: ir.Expr, at: Position) -> list[Term]:
    """The objects around a key, from the outside in: each may be absent."""
    if isinstance(e, ir.Key) and isinstance(e.object, ir.Key | ir.Attr):
        return [*_guards(e.object, at), plain(e.object, at)]
    return []


def _filled(e: ir.Expr, at: Position) -> Term:
    turns = at.plan.turns
    match e:
        case ir.Results(message=m) if m.which == "this":
            return name("results")
        case ir.Results():
            inside = Term(f"ns.prev + 1 < {turns} | length", COMPARE)
            tool = compare(name(f"{turns}[ns.prev + 1].role"), "==", literal("tool"))
            return group(all_of(Term("ns.prev >= 0", COMPARE), inside, tool))
        case ir.Turns():
            return Term("ns.last >= 0", COMPARE) if at.plan.facts.looks_through else name(turns)
        case ir.Key() | ir.CallKey() if _is_method(e) and e not in at.there:
            return group(all_of(*_guards(e, at), _has_method(e, at), plain(e, at.but(there=(*at.there, e)))))
        case ir.Key():
            return all_of(*_guards(e, at), plain(e, at))
        case ir.Attr(message=m) if m.which in NEIGHBOURS:
            return group(all_of(exists(m, at), plain(e, at)))
        case ir.Content(message=ir.Msg(which="this")):
            return _content(e, at)
    return value(e, at)


# ---- values -----------------------------------------------------------------------------------------------------


def value(e: ir.Expr, at: Position) -> Term:
    """A value of any kind."""
    match e:
        case ir.Const():
            return literal(e.value)
        case ir.Opt():
            return name(e.name)
        case ir.Tools():
            return name("tools")
        case ir.Var():
            return name(at.plan.variable(e.name))
        case ir.Msg():
            return message(e, at)
        case ir.HeadList():
            return name(at.plan.program.head.takes[0])
        case ir.Messages():
            return name("messages")
        case ir.Turns():
            return with_turns(at.plan)
        case ir.Results():
            return name("results")
        case ir.Attr():
            return _attribute(e, at)
        case ir.Content():
            return _content(e, at)
        case ir.Reasoning():
            return _reasoning(e, at)
        case ir.Key():
            return _key(e, at)
        case ir.CallKey():
            return _call_key(e, at)
        case ir.Answer() | ir.Function():
            return _call_or_tool(e, at)
        case ir.PartText():
            return call("part_text", value(e.part, at), name(at.role))
        case ir.Number():
            return _number(e, at)
        case ir.Pipe():
            return piped(e, text(e.value, at) if takes_text(e) else value(e.value, at), at)
        case ir.FirstFilled():
            return group(any_of(*(value(choice, at) for choice in e.choices)))
        case ir.RuleText():
            return called(e.rule, e.args, at)
        case ir.Fn():
            return applied(e, [value(arg, at) for arg in e.args])
        case ir.Not() | ir.And() | ir.Or() | ir.Compare() | ir.In() | ir.Test() | ir.Filled() | ir.Inline():
            return condition(e, at)
        case ir.RoleIs() | ir.Exists() | ir.MarkTest() | ir.Position() | ir.Alternating():
            return condition(e, at)
    raise AssertionError(f"no Jinja for {type(e).__name__}")


def plain(e: ir.Expr, at: Position) -> Term:
    """A value without guards: the objects around its keys exist."""
    if isinstance(e, ir.Key):
        term = member(plain(e.object, at), e.key)
    elif isinstance(e, ir.Attr):
        term = member(message(e.message, at), e.name)
    else:
        return value(e, at)
    return _unless_method(term, e, at)


def _unless_method(term: Term, e: _Keyed, at: Position) -> Term:
    """The term of a key, undefined where an engine would find a method of dicts in its place."""
    if not _is_method(e) or e in at.there:
        return term
    return group(conditional(term, _has_method(e, at), _ABSENT))


def text(e: ir.Expr, at: Position) -> Term:
    """A value as a slot prints it. A list is refused."""
    term = _printed(e, at)
    if not _may_be_list(e, at):
        return term
    return group(conditional(_REFUSED_LIST, no_text(value(e, at)), term))


def _may_be_list(e: ir.Expr, at: Position) -> bool:
    """Whether a value may be a list of parts, calls or tools: it is an argument of a rule."""
    if isinstance(e, ir.FirstFilled):
        return any(_may_be_list(choice, at) for choice in e.choices)
    return isinstance(e, ir.Var) and (e.kind in NEVER_NULL or e.name in at.lists) and e not in at.no_list


def no_text(content: Term) -> Term:
    """Whether a content is given and is not a text."""
    return all_of(is_(content, "defined"), is_(content, "none", holds=False), is_(content, "string", holds=False))


def _printed(e: ir.Expr, at: Position) -> Term:
    """A value as text. It is never none: engines print none differently."""
    term = value(e, at)
    match e:
        case ir.Attr(name="role"):
            return term
        case ir.Attr() | ir.Reasoning():
            return group(any_of(term, EMPTY))
        case ir.Opt() if at.plan.may_be_none(e):
            return group(conditional(term, is_(term, "none", holds=False), EMPTY))
        case ir.Key() if e not in at.sure and not is_part_text(e, at):
            return group(conditional(term, is_(term, "defined"), EMPTY))
        case ir.Var(kind=kind) if kind in NEVER_NULL and e not in at.sure:
            return group(any_of(term, EMPTY))
        case ir.FirstFilled(choices=(*others, ir.Var() | ir.Key() as last)):
            return group(any_of(*(value(choice, at) for choice in (*others, last)), EMPTY))
        case ir.Var(name=variable) if variable in at.params:
            return group(conditional(term, is_(term, "defined"), EMPTY))
    return term


def is_part_text(e: ir.Expr, at: Position) -> bool:
    """Whether this is the text of a part, at a place where the content itself is that text."""
    return bool(at.part_text) and e == PART_TEXT


def inner_function(holder: Term) -> Term:
    """The object that has the name of a call or a tool: its `function`, or itself."""
    return any_of(member(holder, "function"), holder)


def _call_or_tool(e: ir.Answer | ir.Function, at: Position) -> Term:
    """The call that a result answers, or the inner object of a call or a tool."""
    if isinstance(e, ir.Answer):
        return name("answered.whole")
    return name("answered.call") if isinstance(e.tool, ir.Answer) else group(inner_function(value(e.tool, at)))


def reasoning_of(holder: Term, absent: Term, plan: Plan) -> Term:
    """The reasoning in the fields of a message: the first field that has it."""
    chain = absent
    for field in reversed(plan.program.reasoning):
        found = member(holder, field)
        is_text = is_(found, "string")
        there = all_of(is_text, found) if plan.program.reasoning_filled else is_text
        chain = conditional(found, there, absent if chain is absent else group(chain))
    return chain


def _attribute(e: ir.Attr, at: Position) -> Term:
    term = plain(e, at)
    if e.message.which in NEIGHBOURS:
        return group(conditional(term, exists(e.message, at), _NO_LIST))
    return term


def _content(e: ir.Content, at: Position) -> Term:
    if e.message.which == "this":
        return name("content" if e.form == "cut" else "source")
    holder = message(e.message, at)
    wire = member(holder, "content")
    if at.plan.program.parts:
        term = call("visible", wire, member(holder, "role"))
    else:
        term = group(any_of(wire, EMPTY))
        if not _is_no_list(e.message, at):
            term = group(conditional(_REFUSED_PARTS, no_text(wire), term))
    if e.message.which in NEIGHBOURS:
        term = group(conditional(term, exists(e.message, at), EMPTY))
    return normal(term, at.plan.program.content_strip)


def _is_no_list(m: ir.Msg, at: Position) -> bool:
    """Whether the content of another message is known to be no list of parts."""
    if m.which == "head":
        return True  # the slots of the head check it
    if m.name in at.checked or ir.Attr(m, "content") in at.no_list:
        return True
    return at.plan.checks((m.name,) if m.which == "before" else ())


def _reasoning(e: ir.Reasoning, at: Position) -> Term:
    """The reasoning of this turn is in a variable; that of another message is in its fields."""
    if e.message.which == "this":
        return name("reasoning")
    absent = literal(None)
    term = group(reasoning_of(message(e.message, at), absent, at.plan))
    if e.message.which in NEIGHBOURS:
        return group(conditional(term, exists(e.message, at), absent))
    return term


def _number(e: ir.Number, at: Position) -> Term:
    """The number of a part or a turn. The prompt has the number of the next turn."""
    counter = name("number" if e.of == "part" else f"ns.{at.counter}")
    return plus(counter, e.start - 1 + (e.of == "turn" and at.stage == "prompt"))


def _key(e: ir.Key, at: Position) -> Term:
    if is_part_text(e, at):
        return name(at.part_text)
    holder = value(e.object, at)
    if isinstance(e.object, ir.Key | ir.Attr | ir.Answer):
        holder = any_of(holder, _NO_OBJECT)
    return _unless_method(member(holder, e.key), e, at)


def _call_key(e: ir.CallKey, at: Position) -> Term:
    return _unless_method(member(_function_of(e.call, at), e.key), e, at)


def _function_of(call: ir.Expr, at: Position) -> Term:
    """The object with the name and the arguments of a call."""
    if isinstance(call, ir.Answer):
        return name("answered.call")
    return inner_function(value(call, at)) if at.filtering else name("function")


# ---- rules ------------------------------------------------------------------------------------------------------


def called(rule: str, args: tuple[ir.Expr, ...], at: Position) -> Term:
    """A call of the macro of a rule."""
    base = at.plan.rule(rule).base
    macro = at.plan.macros[base]
    given = (_argument(arg, tells_null(macro, param), at) for arg, param in zip(args, macro.params, strict=True))
    return call(at.plan.variable(base), *given)


def _argument(e: ir.Expr, null: bool, at: Position) -> Term:
    """An argument of a rule. Absent values are undefined in the rule; with `null`, contents and calls are none."""
    term = value(e, at)
    if e not in at.sure and _may_be_none(e, at.plan):
        return group(conditional(term, is_(term, "none", holds=False), _ABSENT))
    if not isinstance(e, ir.Attr):
        return term
    if e.message.which in NEIGHBOURS:
        holder = conditional(message(e.message, at), exists(e.message, at), _NO_OBJECT)
        term = member(holder, e.name)
    if null and kind_of(e) in NEVER_NULL:
        return group(conditional(term, is_(term, "defined"), literal(None)))
    return term


def _may_be_none(e: ir.Expr, plan: Plan) -> bool:
    if isinstance(e, ir.Reasoning):
        return plan.reasoning_none or e.message.which != "this"
    return isinstance(e, ir.Opt) and plan.may_be_none(e)
