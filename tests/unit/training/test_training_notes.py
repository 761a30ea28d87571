"""What one training text cannot show: the notes say it where it is so, and only there."""

from __future__ import annotations

import pytest
from cases.small import compile_text
from conformance import laws
from conformance.formats import BY_NAME, FIRST
from conformance.oracle import Case, Refusal
from conformance.test_fresh import NOT_FROM_THE_PROMPT, cases, written
from conformance.test_training import trained

import chatwright
from chatwright.spec import Spec
from chatwright.verify.scenarios import ALL as SCENARIOS

TOKENS = 'format x { tokens = ["<|end|>"] }\n'

#: a turn of the user, a turn of the model: the kinds and lines of the notes.
SMALL = {
    "nothing": ('"{content}\\n"', '"{content}"', []),
    "a hint on the last user message": ('"{content}" when last { "!" } "\\n"', '"{content}"', [("context", 3)]),
    "thoughts of old turns go": ('"{content}\\n"', 'when last { "(" } "{content}"', [("context", 5)]),
    "what has just been written goes": ('"{content}\\n"', 'fresh { "(" } past { } "{content}"', [("context", 5)]),
    "what the prompt has and history lacks": ('"{content}\\n"', 'fresh { "(" } "{content}"', [("context", 5)]),
    "an option moves nothing": ('"{content}\\n"', 'when add_it { "(" } "{content}"', []),
    "the prompt holds a slot": ('"{content}\\n"', 'prefill { "({name})" } "{content}"', [("prompt", 5)]),
    "the prompt takes a branch": ('"{content}\\n"', 'when name { prefill { "(" } } "{content}"', [("prompt", 5)]),
}


def noted(spec: Spec, kind: str) -> bool:
    return any(note.kind == kind for note in spec.training_notes)


@pytest.mark.parametrize("name", SMALL)
def test_small(name: str) -> None:
    user, model, want = SMALL[name]
    option = "option add_it: bool = false\n" if "add_it" in model else "\n"
    text = f'{TOKENS}{option}turn user {{ {user} }}\n\nturn assistant {{ sampled {{ {model} close "<|end|>" }} }}\n'
    assert [(note.kind, note.line) for note in compile_text(text).training_notes] == want


def test_a_stop_of_the_next_turn_is_inferred() -> None:
    (note,) = [note for note in chatwright.load("glm4_6").training_notes if note.kind == "stop"]
    assert "<|observation|> after calls, else with <|user|>" in note.text


@pytest.mark.parametrize("name", [fmt.name for fmt in FIRST])
def test_prompts(name: str) -> None:
    """Just the formats of which some turn does not go on from its prompt have a note of that."""
    assert noted(chatwright.load(name), "prompt") == (name in NOT_FROM_THE_PROMPT)


@pytest.mark.parametrize("name", [fmt.name for fmt in FIRST])
def test_contexts(name: str) -> None:
    """A format has a note on contexts if and only if in some conversation the last turn was given another text."""
    fmt, spec = BY_NAME[name], chatwright.load(name)
    differs = any(_differs(name, case) for case in cases(fmt))
    assert noted(spec, "context") == differs


def _differs(name: str, case: Case) -> bool:
    fmt = BY_NAME[name]
    if case.prompt or case.messages[-1]["role"] != "assistant":
        return False
    one, exact = trained(fmt, case), written(fmt, case)
    if isinstance(one, Refusal) or isinstance(exact, Refusal):
        return False
    return laws.text_of(one) != exact  # type: ignore[arg-type]


@pytest.mark.parametrize("name", BY_NAME)
def test_lines_exist(name: str) -> None:
    assert all(
        1 <= note.line <= laws.spec_lines(note.spec) and note.text for note in chatwright.load(name).training_notes
    )


def test_scenarios_have_several_answers() -> None:
    """Or nothing above could differ."""
    assert sum(sum(m["role"] == "assistant" for m in s.messages) > 1 for s in SCENARIOS) > 50
