"""The intermediate representation: what holds of every lowered program, and that the table of it notices."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest
from cases.small import small, source_of
from msgspec.structs import replace

import chatwright
import chatwright.compile
from chatwright.compile import compile_source
from chatwright.diagnostics.source import Source
from chatwright.ir import program as ir
from chatwright.ir.invariants import TABLE, broken
from chatwright.ir.logic import FALSE, TRUE
from chatwright.ir.walk import statements
from chatwright.runtime.view import VIEWS
from chatwright.spec import Spec, format_of

AT = (0, 1)
THIS = ir.Msg("this")


def program_of(*pieces: str) -> ir.Program:
    return format_of(small(*pieces)).compiled.program


#: A program with one of everything that the invariants are about.
PROGRAM = program_of(
    "option flag: bool = false",
    "mark query = last user where content is given else end",
    'reject "no" when flag and not query',
    'head takes first system { when flag { "{system.content}" } each tool in tools { one(tool) } }',
    'turn user { when after(query) { "!" } "<|start|>user {content}<|end|>" }',
    'turn tool { "<|start|>tool " each m in results { "{m.content}" } "<|end|>" }',
    'turn assistant { "<|start|>assistant " sampled { prefill when flag { "<think>" } "{content}" close "<|end|>" } }',
    'part image { "<image>" }',
    'rule one(tool) { when two(tool) { "{tool.name}" } }',
    'rule two(x) { "{x.description}" }',
)


def text(owner: str = "turn", at: ir.Place = AT) -> ir.Text:
    return ir.Text("x", "wrap", owner, at)


def slot(value: ir.Expr) -> ir.Slot:
    return ir.Slot(value, "wrap", "turn", False, "x", False, AT)


def turns(*bodies: ir.Body, named: str = "user") -> ir.Program:
    """PROGRAM with turns of these bodies behind its own."""
    added = tuple(ir.Turn((f"{named}_{number}",), False, body, AT) for number, body in enumerate(bodies))
    return replace(PROGRAM, turns=(*PROGRAM.turns, *added))


def rule(name: str, change: Callable[[ir.Rule], ir.Rule]) -> ir.Program:
    assert name in [r.name for r in PROGRAM.rules]
    return replace(PROGRAM, rules=tuple(change(r) if r.name == name else r for r in PROGRAM.rules))


def assistant(*body: ir.Stmt) -> ir.Program:
    """PROGRAM with another body of the turn that is sampled."""
    others = tuple(turn for turn in PROGRAM.turns if "assistant" not in turn.roles)
    return replace(PROGRAM, turns=(*others, ir.Turn(("assistant",), False, body, AT)))


def in_rule(*stmts: ir.Stmt) -> ir.Program:
    return rule("two", lambda r: replace(r, body=(*r.body, *stmts)))


def loop(body: ir.Body, kind: ir.Kind = "data", owner: str = "x") -> ir.For:
    return ir.For((owner,), kind, ir.Tools(), None, False, None, body, AT)


CLOSE = ir.Close(text(), text(), FALSE)
PREFILL = ir.Prefill(TRUE, (), AT)
BY_NEXT = ir.CloseByNext(("user",), AT)

#: invariant: programs that break it and nothing else, by what is wrong with them.
BROKEN: dict[str, dict[str, ir.Program]] = {
    "rules_are_called_as_declared": {
        "too few arguments": turns((ir.Run("two", (), "turn", AT),)),
        "too many arguments": turns((ir.Run("two", (TRUE, TRUE), "turn", AT),)),
        "no such rule": turns((ir.Run("three", (), "turn", AT),)),
        "called from a rule": in_rule(ir.Run("one", (), "rule", AT)),
        "read as a text": turns((ir.If(((ir.Compare(ir.RuleText("two", ()), "==", ir.Const("x")), ()),), ()),)),
        "read in a condition": turns((ir.If(((ir.Filled(ir.RuleText("one", ())), ()),), ()),)),
        "gone": replace(PROGRAM, rules=tuple(r for r in PROGRAM.rules if r.name != "two")),
    },
    "rules_see_no_message": {
        which: in_rule(slot(ir.Content(ir.Msg(which, "assistant"), "cut")))
        for which in ("this", "prev", "next", "before")
    },
    "names_are_declared": {
        "option": replace(PROGRAM, options=()),
        "option of a turn": turns((slot(ir.Opt("flags")),)),
        "option deep in a condition": turns((ir.If(((ir.Not(ir.Filled(ir.Opt("flags"))), ()),), ()),)),
        "option of a refusal": replace(PROGRAM, refusals=(ir.Refusal(("no",), ir.Filled(ir.Opt("flags")), AT),)),
        "option of a mark": replace(PROGRAM, marks=(replace(PROGRAM.marks[0], where=ir.Opt("flags")),)),
        "mark": replace(PROGRAM, marks=()),
        "mark of a part": replace(PROGRAM, parts=(ir.Part((), (ir.If(((ir.MarkTest("exists", "q"), ()),), ()),)),)),
    },
    "only_the_sampled_region_stops": {
        "close in a turn": turns((CLOSE,)),
        "close by next in a turn": turns((BY_NEXT,)),
        "prefill in a turn": turns((PREFILL,)),
        "close in a choice": turns((ir.If(((TRUE, ()),), (CLOSE,)),)),
        "prefill in a loop": turns((loop((PREFILL,)),)),
        "prefill in fresh": turns((ir.Fresh((), (PREFILL,), TRUE),)),
        "close in the head": replace(PROGRAM, head=replace(PROGRAM.head, body=(CLOSE,))),
        "close in a part": replace(PROGRAM, parts=(ir.Part(("image",), (CLOSE,)),)),
        "close in a rule": in_rule(CLOSE),
        "close behind sampled": assistant(ir.Sampled(()), CLOSE),
    },
    "one_turn_is_sampled": {
        "two turns": turns((ir.Sampled((text(),)),)),
        "three turns": turns((ir.Sampled(()),), (ir.If(((TRUE, (ir.Sampled(()),)),), ()),)),
        "one in another": assistant(ir.Sampled((ir.Sampled(()),))),
    },
    "views_are_not_lowered": {
        "in a turn": turns((ir.PromptEnd(TRUE),)),
        "in a choice": turns((ir.If(((TRUE, (ir.PromptEnd(TRUE),)),), ()),)),
        "in the head": replace(PROGRAM, head=replace(PROGRAM.head, body=(ir.PromptEnd(TRUE),))),
        "in a rule": in_rule(ir.PromptEnd(TRUE)),
    },
    "slots_print_data": {
        "a rule": turns((slot(ir.RuleText("two", (TRUE,))),)),
        "a rule through a filter": turns((slot(ir.Pipe(ir.RuleText("two", (TRUE,)), "strip", ())),)),
        "a rule as an argument": turns((ir.Run("two", (ir.RuleText("two", (TRUE,)),), "turn", AT),)),
        "a rule in a record": turns(
            (ir.Record((ir.Entry("a", False, ir.RuleText("two", (TRUE,)), "wrap", True),), "wrap", "turn", AT),)
        ),
    },
    "places_exist": {
        "no such source": turns((text(at=(1, 1)),)),
        "a source before the first": turns((text(at=(-1, 1)),)),
        "line 0": turns((text(at=(0, 0)),)),
        "of a slot": turns((replace(slot(TRUE), at=(7, 1)),)),
        "of a loop": turns((replace(loop(()), at=(0, -3)),)),
        "in a loop": turns((loop((text(at=(1, 1)),)),)),
        "no sources": replace(PROGRAM, sources=()),
    },
    "owners_are_known": {
        "text": turns((text(owner="nobody"),)),
        "slot": turns((replace(slot(TRUE), owner="nobody"),)),
        "run": turns((ir.Run("two", (TRUE,), "nobody", AT),)),
        "variable of another kind": turns((loop((text(owner="x"),), kind="call"),)),
        "variable of another turn": turns((loop((text(owner="x"),), kind="message"),), (text(owner="x"),)),
    },
    "variables_are_bound": {
        "in a turn": turns((slot(ir.Var("x", "data", "wrap")),)),
        "in a condition": turns((ir.If(((ir.Filled(ir.Key(ir.Var("x", "data", "wrap"), "k")), ()),), ()),)),
        "as an argument": turns((ir.Run("two", (ir.Var("x", "data", "wrap"),), "turn", AT),)),
        "in a rule": in_rule(slot(ir.Var("tool", "tool", "tools"))),
        "number of no part": turns((slot(ir.Var("part", "data", "content")),)),
        "parameter renamed": rule("two", lambda r: replace(r, params=(ir.Var("y", "data", "tools"),))),
    },
}
CASES = [(name, what) for name, found in BROKEN.items() for what in found]


@pytest.mark.parametrize("name", chatwright.formats())
def test_nothing_is_broken_in_a_shipped_format(name: str) -> None:
    assert broken(format_of(chatwright.load(name)).compiled.program) == []


def test_nothing_is_broken_in_a_program_with_one_of_everything() -> None:
    assert broken(PROGRAM) == []
    assert broken(turns((loop((text(owner="x"), slot(ir.Var("x", "message", "wrap"))), kind="message"),))) == []


@pytest.mark.parametrize(("invariant", "what"), CASES, ids=[f"{name}-{what}" for name, what in CASES])
def test_exactly_the_broken_invariant_complains(invariant: str, what: str) -> None:
    complaints = broken(BROKEN[invariant][what])
    assert complaints
    assert {complaint.split(":")[0] for complaint in complaints} == {invariant}


#: FIXME: each of these is as wrong as those above, and the table does not see it yet.
UNSEEN: dict[str, ir.Program] = {
    "sampled in the head": replace(PROGRAM, head=replace(PROGRAM.head, body=(ir.Sampled(()),))),
    "sampled in a rule": in_rule(ir.Sampled(())),
    "an option that defaults to none that is there": replace(
        PROGRAM, options=(ir.Option("flag", "bool", (), None, "flags", ""),)
    ),
    "an option in the message of a refusal": replace(
        PROGRAM, refusals=(ir.Refusal(("no", ir.Opt("flags")), ir.Opt("flag"), AT),)
    ),
    "a variable in a mark": replace(
        PROGRAM, marks=(replace(PROGRAM.marks[0], where=ir.Filled(ir.Var("x", "data", "wrap"))),)
    ),
    "a variable behind its loop": turns((loop(()), slot(ir.Var("x", "data", "wrap")))),
    "a message that no loop binds": turns((slot(ir.Content(ir.Msg("item", "x"), "source")),)),
    "the owner of a separator": turns((replace(loop(()), sep=text(owner="nobody")),)),
    "the owner of a closer": assistant(ir.Sampled((replace(CLOSE, token=text(owner="nobody")),))),
    "the place of a closer": assistant(ir.Sampled((replace(CLOSE, token=text(at=(9, 9))),))),
    "the place of a turn": replace(PROGRAM, turns=tuple(replace(t, at=(9, 9)) for t in PROGRAM.turns)),
    "the place of a refusal": replace(PROGRAM, refusals=(replace(PROGRAM.refusals[0], at=(9, 9)),)),
    "two rules of one name": replace(PROGRAM, rules=(*PROGRAM.rules, PROGRAM.rules[0])),
    "two turns of one role": replace(PROGRAM, turns=(*PROGRAM.turns, PROGRAM.turns[0])),
}


@pytest.mark.parametrize("what", UNSEEN)
def test_what_the_table_does_not_see(what: str) -> None:
    assert UNSEEN[what] != PROGRAM
    assert broken(UNSEEN[what]) == []


def test_every_invariant_is_broken_once() -> None:
    assert set(BROKEN) == {check.__name__ for check in TABLE}


def test_a_complaint_names_the_place() -> None:
    (said,) = broken(turns((ir.Run("three", (), "turn", AT),)))
    assert said == "rules_are_called_as_declared: turn user_0 runs three with 0 arguments"
    (said,) = broken(in_rule(CLOSE))
    assert said == "only_the_sampled_region_stops: rule two has Close outside of sampled"
    (said,) = broken(replace(PROGRAM, head=replace(PROGRAM.head, body=(slot(ir.Opt("flags")),))))
    assert said == "names_are_declared: head reads the option flags"


def test_compiling_stops_at_a_broken_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of lowering is called the compiler's own, not the spec's."""
    monkeypatch.setattr(chatwright.compile, "lower", lambda tree: (BROKEN["views_are_not_lowered"]["in a turn"], []))
    with pytest.raises(chatwright.compile.InternalError, match="lowering small broke its own rules: views_are_not"):
        small()


def test_a_join_of_what_cannot_be_told() -> None:
    told = 'turn user { join "," { "{content}" when first { each c in tool_calls where c.name { "{c.name}" } } } }'
    _, found = compile_source(Source("small.chatspec", source_of(told)), lambda name: None)
    assert [d.code for d in found] == ["wrong-type"] and "cannot be decided beforehand" in found[0].message


def test_a_turn_that_nothing_stops() -> None:
    """It closes by the next turn, and that begins with no token: there is nothing that the model could stop with."""
    spec = 'turn user { "\\n<|start|>{content}" }\nturn assistant { sampled { "{content}" close by next user } }'
    compiled, (found,) = compile_source(Source("small.chatspec", source_of(spec)), lambda name: None)
    assert compiled is None
    assert (found.code, found.message) == (
        "missing-close",
        "the model would not stop: no turn of user begins with a token",
    )
    assert found.source.text[slice(*found.span)] == "close by next user"


#: What a spec asks for that only its own place knows, and what is said of it.
ASKED_ELSEWHERE = {
    "length of a run": (
        'turn tool+ { when length(run) > 1 { "x" } each m in run { "y" } }',
        "only the `each` of a turn",
    ),
    "a run again": ('turn tool+ { each m in run { each n in run { "{n.content}" } } }', "only the `each` of a turn"),
    "answers": ('turn tool { "{answers.name}" }', "only a message in `results` has answers"),
    "answers of prev": ('turn tool { "{prev.answers.name}" }', "only a message in `results` has answers"),
    "answers in the head": (
        'head { each m in messages { "{m.answers.name}" } }',
        "only a message in `results` has answers",
    ),
    "inline of prev": (
        'reasoning from reasoning_content else inline "<think>" "</think>"\n'
        'turn user { when prev.inline { "x" } "{content}" }',
        "only a message's own turn knows",
    ),
    "inline of a user": (
        'reasoning from reasoning_content else inline "<think>" "</think>"\nturn user { when inline { "x" } }',
        "only the turn of the model has inline",
    ),
    "inline in a mark": (
        'reasoning from reasoning_content else inline "<think>" "</think>"\n'
        'mark cut = last assistant where inline\nturn user { when cut { "x" } }',
        "only the turn of the model has inline",
    ),
    "null of a content": ('turn user { when content is null { "x" } }', "this is never null"),
    "null of another message": ('turn user { when prev.name is not null { "x" } }', "this is never null"),
    "null of the tools": ('head { when tools is null { "x" } }', "this is never null"),
    "sorted and printed": (
        'turn assistant { each c in tool_calls { "{c.arguments | sorted | json}" } sampled { close "<|end|>" } }',
        "only an `each` can loop over a sorted object",
    ),
    "sorted for a rule": (
        'head { each t in tools { shown(t.parameters | sorted) } }\nrule shown(x) { "{x | json}" }',
        "only an `each` can loop over a sorted object",
    ),
    "results of prev": (
        'turn user { each m in prev.results { "x" } "{content}" }',
        "only the current message has results",
    ),
    "results of next": ('turn user { when next.results { "x" } "{content}" }', "only the current message has results"),
    "number of prev's results": (
        'turn user { when length(prev.results) > 1 { "x" } }',
        "only the current message has results",
    ),
}


@pytest.mark.parametrize("name", ASKED_ELSEWHERE)
def test_what_only_its_own_place_knows(name: str) -> None:
    spec, said = ASKED_ELSEWHERE[name]
    compiled, found = compile_source(Source("small.chatspec", source_of(spec)), lambda name: None)
    assert compiled is None
    assert {d.code for d in found} == {"wrong-type"} and said in found[0].message


def test_results_of_the_message_before_can_be_asked_for() -> None:
    small('turn user { when not prev.results and prev { "x" } "{content}" }', 'turn tool { "{content}" }')


# ---- the closed set of nodes --------------------------------------------------------------------------------------


def nodes(value: object) -> set[type]:
    """The types of all that a program is made of."""
    found: set[type] = set()
    stack = [value]
    while stack:
        at = stack.pop()
        if isinstance(at, tuple):
            stack += at
        elif hasattr(at, "__struct_fields__"):
            found.add(type(at))
            stack += [getattr(at, name) for name in at.__struct_fields__]
    return found


@pytest.fixture(scope="module")
def shipped() -> list[Spec]:
    return [chatwright.load(name) for name in chatwright.formats()]


@pytest.mark.slow
def test_every_node_is_needed_by_a_shipped_format(shipped: list[Spec]) -> None:
    """The set stays small: a node that no format lowers to has no reason to be."""
    used = set().union(*(nodes(format_of(spec).viewed(view)) for spec in shipped for view in VIEWS))
    defined = {node for _, node in inspect.getmembers(ir, inspect.isclass) if hasattr(node, "__struct_fields__")}
    assert {node.__name__ for node in defined - used} == {"Stmt", "Expr"}


@pytest.mark.slow
def test_programs_are_frozen_and_compare_by_value(shipped: list[Spec]) -> None:
    for spec in shipped:
        again = format_of(chatwright.load(spec.name)).compiled.program
        assert again is not format_of(spec).compiled.program
        assert again == format_of(spec).compiled.program
        assert hash(again) == hash(format_of(spec).compiled.program)
    with pytest.raises(AttributeError):
        PROGRAM.turns[0].body[0].text = "changed"  # type: ignore[attr-defined]


@pytest.mark.slow
def test_lowering_leaves_no_constant_conditions(shipped: list[Spec]) -> None:
    """What is known when compiling is folded away, so no emitter prints a branch that is never taken."""
    for spec in shipped:
        program, facts = format_of(spec).compiled.program, format_of(spec).compiled.facts
        bodies = [program.head.body, facts.prompt, *(t.body for t in (*program.turns, *facts.turns))]
        for choice in (node for body in bodies for node in choices(body)):
            assert not any(isinstance(when, ir.Const) for when, _ in choice.branches), spec.name


def choices(body: ir.Body) -> list[ir.If]:
    return [stmt for stmt in statements(body) if isinstance(stmt, ir.If)]
