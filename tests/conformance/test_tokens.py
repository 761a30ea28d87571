"""Token ids and their attribution against transformers, over the conversations of the conformance suite."""

from __future__ import annotations

import copy
import unicodedata
from typing import Any

import numpy as np
import pytest
from cases.tokens.attribution import per_byte

from chatwright.tokens.encoders.adapt import Backend
from chatwright.verify.scenarios import ALL as SCENARIOS

from . import draw
from .format import Format
from .formats import FIRST
from .oracle import Case, Refusal, frozen_clock, original
from .real_tokenizers import encoder, tokenizer
from .subject import emitted, spec, wanted

by_format = pytest.mark.parametrize("fmt", FIRST, ids=lambda fmt: fmt.name)


def bound(fmt: Format, backend: Backend = "auto", **settings: Any) -> Any:
    return spec(fmt.name).bind(encoder(fmt.name, backend), **settings)


def cases(fmt: Format, step: int = 1) -> list[Case]:
    """Each scenario that is rendered, or each of so many; options and prompts take turns."""
    valuations = list(fmt.valuations(1))
    found = []
    for number, scenario in enumerate(SCENARIOS[::step]):
        known = {**fmt.known(scenario.options), **valuations[number % len(valuations)]}
        case = Case(scenario.messages, scenario.tools, bool(number % 2), known)
        if isinstance(wanted(fmt, case), str) and isinstance(emitted(fmt, case), str):
            found.append(case)
    return found


def original_ids(fmt: Format, case: Case) -> list[int]:
    """What transformers makes of a conversation with the model's own template."""
    given = copy.deepcopy(fmt.posed(case))
    with frozen_clock():
        found = tokenizer(fmt).apply_chat_template(
            given.messages,
            chat_template=original(fmt.template),
            tokenize=True,
            return_dict=False,
            **given.keywords(),
        )
    return list(found)


def rendered(fmt: Format, case: Case, **settings: Any) -> Any:
    return bound(fmt, **settings).render(case.messages, **case.keywords(), **fmt.ours)


@by_format
def test_ids_are_those_of_transformers(fmt: Format) -> None:
    """Through both encoders; and by default too, wherever the caller's text holds no control token."""
    compared = 0
    for case in cases(fmt):
        want = original_ids(fmt, case)
        compared += 1
        assert rendered(fmt, case, content_specials="parse").token_ids == want, case
        if compared % 4 == 0:
            assert rendered(fmt, case, content_specials="parse", backend="tokenizers").token_ids == want, case
        ours = rendered(fmt, case)
        if not ours.defused:
            assert ours.token_ids == want, case
    assert compared > 100


def check_attribution(fmt: Format, case: Case, **settings: Any) -> None:
    tokens = rendered(fmt, case, **settings)
    whose = per_byte(spec(fmt.name), case.messages, **case.keywords(), **fmt.ours)
    sampled, content, messages, parts = whose
    text = tokens.text.encode()
    starts, ends = tokens.located.starts.tolist(), tokens.located.ends.tolist()
    assert len(starts) == len(tokens) == len(tokens.token_ids)
    assert (starts[0], ends[-1]) == (0, len(text)) if len(text) else not starts
    owners = [(messages[start], parts[start]) for start in starts]
    assert list(zip(tokens.message_indices, tokens.parts, strict=True)) == owners
    spans = list(zip(starts, ends, strict=True))
    assert tokens.sampled_mask == [all(sampled[start:end]) for start, end in spans]
    assert tokens.is_content == [all(content[start:end]) for start, end in spans]


@by_format
def test_attribution_is_exact(fmt: Format) -> None:
    """Owner by first byte; sampled and content by all bytes: against a count byte by byte."""
    ways: list[dict[str, Any]] = [{}, {"tokenization": "as_sampled"}, {"backend": "tokenizers"}]
    for number, case in enumerate(cases(fmt)):
        check_attribution(fmt, case, **ways[number % len(ways)])


@by_format
def test_attribution_of_drawn_conversations(fmt: Format) -> None:
    for case in draw.corpus(fmt)[:25]:
        if not isinstance(emitted(fmt, case), Refusal):
            check_attribution(fmt, case)
            check_attribution(fmt, case, tokenization="as_sampled", content_specials="parse")


@by_format
def test_places_are_right(fmt: Format) -> None:
    """The bytes by the vocabulary are those that each id decodes to; the slow way finds the same characters."""
    found = encoder(fmt.name)
    checked = 0
    for case in cases(fmt, 5):
        tokens = rendered(fmt, case, content_specials="parse")
        text = tokens.text.encode()
        pieces = [text[start:end] for start, end in zip(tokens.located.starts, tokens.located.ends, strict=True)]
        if found.vocabulary is not None and unicodedata.is_normalized("NFC", tokens.text):
            decoded = [found.decode([id]) for id in tokens.token_ids]
            # A token that holds a piece of a character decodes to nothing by itself.
            assert [piece.decode(errors="replace") for piece in pieces] == decoded
            checked += 1
        slow = found.locate(tokens.text, tokens.ids)
        assert np.all(slow.starts <= tokens.located.starts)
        assert np.all(slow.ends >= tokens.located.ends)
        if tokens.text.isascii():
            assert np.array_equal(slow.starts, tokens.located.starts)
            assert np.array_equal(slow.ends, tokens.located.ends)
    assert checked


@by_format
def test_the_sampled_text_is_exact(fmt: Format) -> None:
    """Encoded as sampled, the sampled tokens hold just the bytes that the model writes."""
    for case in cases(fmt, 2):
        tokens = rendered(fmt, case, tokenization="as_sampled")
        text = tokens.text.encode()
        held = np.zeros(len(text), bool)
        for start, end in zip(tokens.located.starts[tokens.sampled], tokens.located.ends[tokens.sampled], strict=True):
            held[start:end] = True
        segments = spec(fmt.name).segments(case.messages, **case.keywords(), **fmt.ours)
        want = "".join(segment.text for segment in segments if segment.sampled)
        assert bytes(byte for byte, kept in zip(text, held, strict=True) if kept) == want.encode()


@by_format
def test_prompts_begin_their_turns_as_sampled(fmt: Format) -> None:
    """The ids of a prompt are those that the render with the next turn begins with, wherever its text is."""
    compared = 0
    for case in cases(fmt, 2):
        for end, message in enumerate(case.messages):
            if message["role"] != "assistant" or not end:
                continue
            options = {**case.options, **fmt.ours}
            before = Case(case.messages[:end], case.tools, True, case.options)
            upto = Case(case.messages[: end + 1], case.tools, False, case.options)
            if isinstance(emitted(fmt, before), Refusal) or isinstance(emitted(fmt, upto), Refusal):
                continue
            render = bound(fmt, tokenization="as_sampled").render
            prompt = render(before.messages, tools=before.tools, add_generation_prompt=True, **options)
            turn = render(upto.messages, tools=upto.tools, **options)
            own = turn.spans(turn.sampled & (turn.messages == end))
            if (
                turn.text.startswith(prompt.text)
                and own
                and turn.located.starts[own[0][0]] == len(prompt.text.encode())
            ):
                assert turn.token_ids[: len(prompt)] == prompt.token_ids
                assert own[0][0] == len(prompt)
                compared += 1
    assert compared > 20
