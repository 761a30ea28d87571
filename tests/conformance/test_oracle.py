"""The judge itself: what it does to messages, what it calls a refusal, and that it is fair.

These tests need nothing of chatwright.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatwright.verify.scenarios import ALL as SCENARIOS
from chatwright.verify.scenarios import Scenario
from chatwright.verify.scenarios.build import ABSENT, ASK, LOOK, SUNNY, calls, says, user

from . import draw
from .format import Format
from .formats import ALL, BY_NAME
from .oracle import TODAY, Case, Mutated, Refusal, accepted, expected, original, render, untouched

PLAIN = Format("plain", "", bos="<s>", eos="</s>")
DUMP = "{{ messages | tojson }}"
HI = user("Hi")

formats_by_name = pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)


def seen(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages as a template sees them."""
    text = render(DUMP, PLAIN, Case(list(messages)))
    assert isinstance(text, str)
    return json.loads(text)


def test_keys_that_are_null_are_dropped() -> None:
    call = {**LOOK, "extra": None}
    assert seen(user(None), {"role": "assistant", "content": "x", "tool_calls": None, "name": None}) == [
        {"role": "user"},
        {"role": "assistant", "content": "x"},
    ]
    assert seen(calls("", call))[0]["tool_calls"] == [call], "only the keys of the message itself"


@pytest.mark.parametrize(
    ("given_fields", "filled"),
    [
        ({"reasoning_content": "a"}, {"thinking": "a", "reasoning_content": "a"}),
        ({"thinking": "b"}, {"thinking": "b", "reasoning_content": "b"}),
        ({"reasoning": "c"}, {"thinking": "c", "reasoning": "c", "reasoning_content": "c"}),
        ({"reasoning": "c", "thinking": "b"}, {"thinking": "b", "reasoning": "c", "reasoning_content": "b"}),
        ({"reasoning_content": "", "thinking": "b"}, {"thinking": "b", "reasoning_content": ""}),
        ({"reasoning_content": None, "reasoning": "c"}, {"thinking": "c", "reasoning": "c", "reasoning_content": "c"}),
    ],
)
def test_aliases_of_reasoning_are_filled(given_fields: dict[str, Any], filled: dict[str, Any]) -> None:
    (message,) = seen(says("x", **given_fields))
    assert message == {"role": "assistant", "content": "x", **filled}


def test_special_tokens_are_the_models_own() -> None:
    assert render("{{ bos_token }}|{{ eos_token }}", PLAIN, Case([HI])) == "<s>|</s>"
    assert render("[{{ bos_token }}]", Format("bare", ""), Case([HI])) == "[]"


def test_the_clock_stands_still() -> None:
    assert render("{{ strftime_now('%Y-%m-%d') }}", PLAIN, Case([HI])) == TODAY.isoformat()
    assert TODAY.isoformat() == BY_NAME["gpt_oss"].ours["current_date"]


def test_blocks_are_trimmed_and_json_is_plain() -> None:
    source = "a\n  {% if true %}\n{{ tools | tojson }}\n  {% endif %}\nb"
    assert render(source, PLAIN, Case([HI], [{"é": "<b>"}])) == 'a\n[{"é": "<b>"}]\nb'


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("{{ raise_exception('no') }}", "TemplateError"),
        ("{{ nothing.at.all }}", "UndefinedError"),
        ("{{ 1 + 'a' }}", "TypeError"),
        ("{{ nothing | tojson }}", "TypeError"),
        ("{% if messages %}{{ messages | not_a_filter }}{% endif %}", "TemplateRuntimeError"),
    ],
)
def test_failures_are_refusals(source: str, kind: str) -> None:
    outcome = render(source, PLAIN, Case([HI]))
    assert isinstance(outcome, Refusal)
    assert outcome.kind == kind
    assert outcome.deliberate == (kind == "TemplateError")


def test_an_empty_conversation_is_refused() -> None:
    assert isinstance(render("x", PLAIN, Case([])), Refusal)


def test_writing_into_the_input_is_noticed() -> None:
    case = Case([user("Hi")], options={"flag": True})
    with untouched(case) as handed:
        assert handed.messages == case.messages
        assert handed.messages[0] is not case.messages[0]
    with pytest.raises(Mutated), untouched(case) as handed:
        handed.messages[0]["content"] = ""
    with pytest.raises(Mutated), untouched(case) as handed:
        handed.options["flag"] = 1


def test_names_of_scenarios_are_unique() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names) >= 60


@formats_by_name
def test_every_option_has_values(fmt: Format) -> None:
    found = {name for options in fmt.valuations() for name in options}
    assert found == set(fmt.options)
    for name in fmt.options:
        assert f"{name}" in original(fmt.template), "an option that the template never reads"


@formats_by_name
def test_originals_answer_alike_each_time_and_accept_most(fmt: Format, record_property: Any) -> None:
    cases = [Case(s.messages, s.tools, prompt, fmt.known(s.options)) for s in SCENARIOS for prompt in (False, True)]
    answers = [expected(fmt, case) for case in cases]
    again = [render(original(fmt.template), fmt, fmt.posed(case)) for case in cases[::5]]
    assert answers[::5] == again
    record_property("accepted", accepted(answers))
    assert accepted(answers) > (0.55 if fmt.tools else 0.2), "templates without tools refuse most messages"


@formats_by_name
def test_drawn_conversations_are_mostly_accepted(fmt: Format) -> None:
    """And they are conversations: long enough, with calls, results, reasoning, options."""
    cases = draw.corpus(fmt)
    assert accepted([expected(fmt, case) for case in cases]) > 0.4
    assert sum(len(case.messages) for case in cases) / len(cases) > 2.5
    roles = {message["role"] for case in cases for message in case.messages}
    assert {"user", "assistant", "tool", *(["system"] if fmt.system else [])} <= roles
    keys = {key for case in cases for message in case.messages for key in message}
    assert {"tool_calls", "reasoning_content", "thinking", "reasoning"} <= keys
    assert {name for case in cases for name in case.options} == set(fmt.options)


def test_a_scenario_can_hide_nothing() -> None:
    """`ABSENT` never reaches a message."""
    reached = [s.name for s in SCENARIOS if repr(ABSENT) in repr((s.messages, s.tools))]
    assert reached == []
    assert "content" not in calls(ABSENT, LOOK)
    assert Scenario("x", [ASK, SUNNY]).tools is None


def test_pairs_of_options_are_tried_together() -> None:
    fmt = Format("x", "", options={"a": (1, 2), "b": (3,)})
    assert list(fmt.valuations()) == [{}, {"a": 1}, {"a": 2}, {"b": 3}, {"a": 1, "b": 3}, {"a": 2, "b": 3}]
