"""The stop tokens that follow from a format, beside the token that its tokenizer calls the end of the text."""

from __future__ import annotations

import pytest
from conformance.formats import BY_NAME, FIRST

import chatwright
from chatwright.ir import program as ir
from chatwright.ir.walk import statements
from chatwright.spec import format_of

#: Formats whose tokenizer has an `eos` that the model does not stop by: why not.
_KIMI = "[EOS] ends a document in pretraining; a turn ends in <|im_end|>, as the generation config says"
EOS_IS_NO_STOP = {"kimi_k2_6": _KIMI, "kimi_k2_thinking": _KIMI}

#: Formats that stop by more than one token of their own: what tells them apart.
SEVERAL = {
    "llama3_1": "<|eom_id|> where the model waits for a tool of the ipython mode, else <|eot_id|>",
    "gpt_oss": "<|call|> behind a call, <|return|> behind an answer",
    "glm4_6": "the opener of the turn that follows: <|observation|> behind a call, else <|user|>",
    "gemma4": "<|tool_response> where the results of a call follow, else <turn|>",
}

by_name = pytest.mark.parametrize("name", BY_NAME)
#: The tables above hold the formats that came first; nobody has written the reasons of the others down yet.
by_told = pytest.mark.parametrize("name", [fmt.name for fmt in FIRST])


@by_told
def test_the_eos_of_the_tokenizer_is_a_stop(name: str) -> None:
    eos, stops = BY_NAME[name].eos, chatwright.load(name).stops
    assert (eos in stops) != (name in EOS_IS_NO_STOP), (eos, stops)


@by_told
def test_stops_beside_those_declared(name: str) -> None:
    """One closer, unless it is told here what tells several apart; each is named in the reason."""
    spec = chatwright.load(name)
    own = [stop for stop in spec.stops if stop not in format_of(spec).compiled.program.stops]
    assert own
    assert (len(own) > 1) == (name in SEVERAL), own
    assert all(stop in SEVERAL.get(name, own[0]) for stop in own)


@by_name
def test_what_is_a_stop(name: str) -> None:
    """Closers, openers that close, and what is declared; and nothing that only history prints."""
    program = format_of(chatwright.load(name)).compiled.program
    closing = [s for turn in program.turns for s in statements(turn.body) if isinstance(s, ir.Close)]
    tokens = {s.token.text if isinstance(s.token, ir.Text) else program.eos for s in closing}
    tokens |= {s.text for turn in program.turns for s in statements(turn.body) if isinstance(s, ir.Text) and s.closes}
    assert tokens | set(program.stops) == set(chatwright.load(name).stops)


def test_the_tables_name_formats() -> None:
    assert {*EOS_IS_NO_STOP, *SEVERAL} <= {fmt.name for fmt in FIRST}
