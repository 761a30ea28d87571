"""The bridge from one turn to the next against rendering each turn as it was sampled, over the conformance suite."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

import chatwright
from chatwright.tokens.bridge import BridgeError

from .format import Format
from .formats import FIRST
from .oracle import Case
from .test_tokens import bound, cases

by_format = pytest.mark.parametrize("fmt", FIRST, ids=lambda fmt: fmt.name)


@cache
def renderer(name: str) -> Any:
    return bound(next(fmt for fmt in FIRST if fmt.name == name), tokenization="as_sampled")


def turns(fmt: Format) -> list[tuple[Case, int, int]]:
    """Cases with the index of an assistant message and the index of the next one."""
    found = []
    for case in cases(fmt, 2):
        roles = [message["role"] for message in case.messages]
        for at, role in enumerate(roles):
            if role == "assistant" and at and roles[at - 1] != "assistant":
                end = next((n for n in range(at + 1, len(roles)) if roles[n] == "assistant"), len(roles))
                if end > at + 1:
                    found.append((case, at, end))
    return found


def whole(fmt: Format, case: Case, end: int) -> Any:
    """The next prompt rendered anew, and None where the format refuses it."""
    try:
        return renderer(fmt.name).render(
            case.messages[:end],
            tools=case.tools,
            add_generation_prompt=True,
            view="training",
            **case.options,
            **fmt.ours,
        )
    except chatwright.RenderError:
        return None


def bridged(fmt: Format, case: Case, at: int, end: int, **settings: Any) -> tuple[Any, Any]:
    """The result of the bridge for the messages after a turn, and the result it should give."""
    want = whole(fmt, case, end)
    if want is None:
        return None, None
    own = [span for span in want.spans() if want.messages[span[0]] == at]
    if not own:
        return None, None
    start, stop = own[0][0], own[-1][1]
    prompt, completion = want.token_ids[:start], want.token_ids[start:stop]
    options = {**case.options, **fmt.ours}
    try:
        found = renderer(fmt.name).bridge(
            prompt, completion, case.messages[at + 1 : end], tools=case.tools, **options, **settings
        )
    except BridgeError as error:
        return error, want
    return found, want


def loose(case: Case, at: int, end: int) -> bool:
    """Whether a result answers no call of the turn, which ids that are not printed cannot tell."""
    calls = {call.get("id") for call in case.messages[at].get("tool_calls") or ()}
    results = [m for m in case.messages[at + 1 : end] if m["role"] == "tool"]
    return any(result.get("tool_call_id") not in calls for result in results)


#: What ids alone do not show, by format: the beginning of what is said of it.
UNTOLD = {
    "mistral_v0_3": ("mistral_v0_3.chatspec:27 reads the messages that the head takes",),
    "qwen3_5": ("parts of contents are numbered over all messages",),
}

#: These print a system message first, at any place of the conversation.
HOISTING = {"deepseek_v3_1", "deepseek_v4"}


@by_format
def test_the_next_prompt_is_that_of_a_render(fmt: Format) -> None:
    """From ids alone, or with the messages before; the bridge refuses the rest."""
    compared, said = 0, set()
    for case, at, end in turns(fmt):
        found, want = bridged(fmt, case, at, end)
        if want is None:
            continue
        if isinstance(found, BridgeError) or loose(case, at, end):
            if isinstance(found, BridgeError):
                said.add(str(found))
            found, want = bridged(fmt, case, at, end, messages=case.messages[: at + 1])
        if isinstance(found, BridgeError):
            assert fmt.name in HOISTING
            assert "a new message before the model's turn" in str(found)
            continue
        compared += 1
        assert found.token_ids == want.token_ids, (case, at, end, found.text)
        check_attribution(found, want, at + 1)
    assert compared > 50
    known = UNTOLD.get(fmt.name, ())
    common = ("a new message is printed", *known)
    assert all(text.startswith(common) or "the call that a result answers" in text for text in said), said
    assert all(any(text.startswith(start) for text in said) for start in known)


def check_attribution(found: Any, want: Any, first: int) -> None:
    """What was added is attributed as by a render, counted from the first new message; nothing is sampled."""
    prior = found.prior
    assert found.message_indices[:prior] == [-1] * prior
    owners = [index - first if index >= first else -1 for index in want.message_indices[prior:]]
    assert found.message_indices[prior:] == owners
    assert not any(found.sampled_mask)
    content = zip(want.is_content[prior:], owners, strict=True)
    assert found.is_content[prior:] == [flag and owner >= 0 for flag, owner in content]
    assert not any(found.is_content[:prior])
    assert found.parts == ["prior"] * prior + want.parts[prior:]


@by_format
def test_a_turn_that_was_cut_off_is_ended(fmt: Format) -> None:
    """Whatever of the stop and the text before it is missing: the ids go on, and the parser reads the same turn."""
    done = 0
    for case, at, end in turns(fmt)[::6]:
        found, want = bridged(fmt, case, at, end, messages=case.messages[: at + 1])
        if want is None or isinstance(found, BridgeError):
            continue
        start = want.spans(want.sampled & (want.messages == at))[0][0]
        prompt = want.token_ids[:start]
        whole_turn = want.token_ids[start : found.prior]
        for keep in (len(whole_turn) - 1, len(whole_turn) // 2):
            options = {**case.options, **fmt.ours}
            again = renderer(fmt.name).bridge(
                prompt,
                whole_turn[:keep],
                case.messages[at + 1 : end],
                tools=case.tools,
                messages=case.messages[: at + 1],
                **options,
            )
            ids = again.token_ids
            assert ids[: start + keep] == [*prompt, *whole_turn[:keep]]
            assert not any(again.sampled_mask)
            rest = found.token_ids[found.prior :]
            assert ids[len(ids) - len(rest) :] == rest
            if found.ids[found.prior - 1] in renderer(fmt.name).get_stop_token_ids():
                assert ids[len(ids) - len(rest) - 1] in renderer(fmt.name).get_stop_token_ids()
            done += 1
    assert done
