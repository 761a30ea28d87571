"""The training view of small formats: every word that looks ahead, through both back ends."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from cases.small import compile_text
from conformance.format import Format
from conformance.oracle import Case, Refusal, marked
from conformance.test_fresh import sampled
from conformance.test_training import joined, spans

from chatwright.runtime.view import VIEWS
from chatwright.spec import Spec

pytestmark = pytest.mark.slow

HEAD = 'format x { tokens = ["<e>", "<u>", "<t>", "<a>", "</s>"] }\n\n'
FLAG = "option flag: bool = false\n\n"
MARK = "mark newest = last user\n\n"

#: declarations; what the user's turn has behind its content; what stands in the model's region before its content.
SPECS: dict[str, tuple[str, str, str]] = {
    "last of others": ("", 'when last { "!" }', ""),
    "ending of others": ("", 'when ending { "!" } else { "." }', ""),
    "next of others": ("", 'when next is assistant { "!" } when next is user { "+" } when next { "-" }', ""),
    "last of the model": ("", "", 'when last { "!" } when ending { "." } when not next { "-" }'),
    "a mark of others": (MARK, 'when after(newest) { ">" } when before(newest) { "<" } when newest { "=" }', ""),
    "a mark by value": (MARK, 'when equal(newest) { "=" }', ""),
    "a mark of the model": (MARK, "", 'when after(newest) { ">" } when before(newest) { "<" } when newest { "=" }'),
    "a mark that need not be there": (
        'mark asked = last user where content == "?" else end\n\n',
        'when after(asked) { ">" } when before(asked) { "<" } when asked { "=" }',
        'when asked { "=" } else { "0" }',
    ),
    "a first mark": (
        "mark used = first tool\n\n",
        'when before(used) { "<" } when used { "=" }',
        'when used { "=" }',
    ),
    "a mark of the model's turns": (
        "mark answer = last assistant where not tool_calls\n\n",
        'when after(answer) { ">" }',
        'when after(answer) { ">" } when answer { "=" }',
    ),
    "a mark that asks for another": (
        "mark used = last tool\n\nmark open = last user where after(used)\n\n",
        'when open { "=" } when after(open) { ">" }',
        'when open { "=" } else { "0" }',
    ),
    "a first mark that asks for another": (
        "mark used = last tool\n\nmark open = first user where after(used) else end\n\n",
        'when open { "=" } when after(open) { ">" } when before(open) { "<" }',
        'when open { "=" } else { "0" }',
    ),
    "a mark of the head": (f'{MARK}head {{ when newest {{ "=" }} "h" }}\n\n', "", ""),
    "fresh and past": ("", "", 'fresh { "(" } past when not last { "[" }'),
    "data of the next of others": (
        "",
        '"{next.name or name}" when next.name { "!" } when next.content == "?" { "=" } when next.content { "+" }',
        "",
    ),
    "data of the next of the model": (
        "",
        "",
        'when next.content { "!" } when next.name != "b" { "+" }',
    ),
    "places": ("", '"{index}" when number > 1 { "!" }', 'prefill { "{number}" } when index > 0 { "!" }'),
    "the number of results": ("", "", '"{length(results)}=" when length(results) > 1 { "!" }'),
    "prefill": (FLAG, "", 'prefill when flag { "(" } ")"'),
    "prefills": (FLAG, "", 'prefill { "(" } when name { "{name}" prefill when flag { ")" } } else { "-" }'),
    "a prefill that asks": (FLAG, "", 'when name or flag { prefill { "(" } } else { "-" }'),
}

CLOSERS = {"token": 'close "<e>"', "past": 'close "<e>" past when not last "</s>"', "next": "close by next user | tool"}


def made(name: str, closer: str) -> Spec:
    declared, user, model = SPECS[name]
    behind = "" if closer == "next" else '"\\n"'
    return compile_text(
        f'{HEAD}{declared}turn user {{ "<u>{{content}}" {user} }}\n\nturn tool {{ "<t>{{content}}" }}\n\n'
        f'turn assistant {{ "<a>" sampled {{ {model} "{{content}}" {CLOSERS[closer]} }} {behind} }}\n'
    )


def message(kind: str) -> dict[str, Any]:
    call = {"type": "function", "function": {"name": "f", "arguments": {}}}
    return {
        "u": {"role": "user", "content": "u"},
        "?": {"role": "user", "content": "?"},
        "t": {"role": "tool", "content": "t"},
        "a": {"role": "assistant", "content": "a", "name": "Ada"},
        "c": {"role": "assistant", "content": "", "tool_calls": [call]},
    }[kind]


def cases(spec: Spec) -> Iterator[Case]:
    options: list[dict[str, Any]] = [{}, {"flag": True}] if "flag" in spec.options else [{}]
    for size in (1, 2, 3, 4):
        for kinds in product("u?tac" if size < 4 else "uac", repeat=size):
            for chosen in options:
                yield Case([message(kind) for kind in kinds], None, False, chosen)


combinations = pytest.mark.parametrize(("name", "closer"), list(product(SPECS, CLOSERS)))


def text_of(spec: Spec, case: Case) -> str:
    return spec.text(case.messages, view="training", add_generation_prompt=case.prompt, **case.options)


@combinations
def test_both_back_ends(name: str, closer: str) -> None:
    spec = made(name, closer)
    source = spec.jinja(view="training")
    for number, case in enumerate(cases(spec)):
        if number % 3:
            continue
        for prompt in (False, True):
            asked = Case(case.messages, None, prompt, case.options)
            segments = spec.segments(asked.messages, view="training", add_generation_prompt=prompt, **asked.options)
            text, blocks = marked(Format("x", ""), asked, source)
            assert not isinstance(text, Refusal)
            assert text == "".join(segment.text for segment in segments), asked
            assert joined(blocks) == spans(sampled(segments)), asked
            assert all(start < end for start, end in blocks), asked


@combinations
def test_a_longer_conversation_begins_with_a_shorter(name: str, closer: str) -> None:
    spec = made(name, closer)
    for case in cases(spec):
        *before, added = case.messages
        if not before or "assistant" not in (before[-1]["role"], added["role"]):
            continue
        stopped = bool(before[-1].get("tool_calls")) == (added["role"] == "tool") and added["role"] != "assistant"
        if closer == "next" and before[-1]["role"] == "assistant" and not stopped:
            continue
        assert text_of(spec, case).startswith(text_of(spec, Case(before, None, False, case.options))), case


@combinations
def test_a_turn_is_as_it_was_written(name: str, closer: str) -> None:
    """The last one: what belongs to it is what it was as the last message, the text before aside."""
    spec = made(name, closer)
    for case in cases(spec):
        last = len(case.messages) - 1
        if case.messages[last]["role"] != "assistant":
            continue
        one, exact = (
            [(s.text, s.sampled) for s in spec.segments(case.messages, view=view, **case.options) if s.message == last]
            for view in VIEWS[1:]
        )
        assert one == exact, case


@combinations
def test_the_prompt_is_that_of_history(name: str, closer: str) -> None:
    """What the last message was given, in the view that shows it just written, is the text of the prompt."""
    spec = made(name, closer)
    for case in cases(spec):
        *before, last = case.messages
        if not before or last["role"] != "assistant" or name == "a prefill that asks":
            continue
        given = spec.text(before, add_generation_prompt=True, **case.options)
        text = spec.text(case.messages, view="fresh", **case.options)
        held = text.startswith(given) or (name == "prefills" and case.options.get("flag"))
        assert held, (case, given, text)
