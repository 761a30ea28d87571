"""Stability of the shipped formats: "stable" withstands drawn conversations, "unstable" is shown by its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import chatwright
from chatwright.spec import format_of
from chatwright.stability.subject import Subject
from chatwright.stability.verdict import Roles, Stability, Witness, stable_roles, valuations

from . import draw
from .format import Format
from .formats import FIRST
from .oracle import Case, expected
from .subject import spec

TABLE = Path(__file__).with_name("stability.txt")
by_format = pytest.mark.parametrize("fmt", FIRST, ids=lambda fmt: fmt.name)


@cache
def table(name: str) -> tuple[tuple[dict[str, Any], Stability], ...]:
    found = spec(name)
    return tuple(
        (values, found.stability(**values)) for values in valuations(format_of(found).compiled.program, found.options)
    )


@cache
def proved(name: str, options: str) -> tuple[frozenset[str], frozenset[str]]:
    render, sampled = stable_roles(format_of(spec(name)).compiled.program, spec(name).options, json.loads(options))
    return frozenset(render), frozenset(sampled)


# ---- the table ---------------------------------------------------------------------------------------------------


def row(roles: Roles) -> str:
    """The roles by verdict; of those that are unstable, the lines that cause it."""
    words = []
    for role, finding in roles.findings.items():
        lines = sorted({change.cause.line for change in finding.changes})
        words.append(f"{role}:{finding.verdict}" + (f"({','.join(map(str, lines))})" if lines else ""))
    return " ".join(words)


def rows(name: str) -> Iterator[str]:
    for values, found in table(name):
        chosen = " ".join(f"{key}={json.dumps(value)}" for key, value in values.items())
        yield f"{name} {chosen}".rstrip()
        yield f"  render  {row(found.render)}"
        yield f"  sampled {row(found.sampled)}"
        yield f"  is_prefix_stable {found.is_prefix_stable}"


def test_the_table(request: pytest.FixtureRequest) -> None:
    text = "".join(f"{line}\n" for fmt in sorted(FIRST, key=lambda fmt: fmt.name) for line in rows(fmt.name))
    if request.config.getoption("--bless"):
        TABLE.write_text(text, encoding="utf-8")
    assert text == TABLE.read_text(encoding="utf-8")


@by_format
def test_nothing_is_left_open(fmt: Format) -> None:
    for values, found in table(fmt.name):
        for roles in (found.render, found.sampled):
            assert not [role for role, finding in roles.findings.items() if finding.verdict == "unproven"], values


@by_format
def test_what_is_kept_says_the_same(fmt: Format) -> None:
    for values, found in table(fmt.name):
        assert spec(fmt.name).is_prefix_stable(**values) == found.is_prefix_stable


# ---- unstable ----------------------------------------------------------------------------------------------------


def witnesses(name: str) -> Iterator[Witness]:
    for _, found in table(name):
        for roles in (found.render, found.sampled):
            for finding in roles.findings.values():
                assert (finding.verdict == "unstable") == bool(finding.changes)
                for change in finding.changes:
                    assert change.witness is not None
                    yield change.witness


@by_format
def test_each_witness_shows_a_change(fmt: Format) -> None:
    ours = spec(fmt.name)
    for shown in witnesses(fmt.name):
        later = [*shown.messages, *shown.appended]
        assert ours.text(later, tools=shown.tools, **shown.options) == shown.after
        assert not shown.after.startswith(shown.before)
        assert shown.before[: shown.at] == shown.after[: shown.at]
        assert shown.before[shown.at : shown.at + 1] != shown.after[shown.at : shown.at + 1]
        if shown.written:
            prompt = ours.text(shown.messages[:-1], tools=shown.tools, add_generation_prompt=True, **shown.options)
            assert shown.before.startswith(prompt)
        else:
            assert ours.text(shown.messages, tools=shown.tools, **shown.options) == shown.before


@by_format
def test_each_witness_shows_it_of_the_original_too(fmt: Format) -> None:
    for shown in witnesses(fmt.name):
        options = {name: value for name, value in shown.options.items() if name in fmt.options}
        given = {name: value for name, value in fmt.ours.items() if name in shown.options}
        ours = spec(fmt.name)
        keywords = {**options, **given}

        def both(messages: list[Any], prompt: bool = False) -> str:
            case = Case(messages, shown.tools, prompt, options)  # noqa: B023
            text = ours.text(messages, tools=shown.tools, add_generation_prompt=prompt, **keywords)  # noqa: B023
            assert expected(fmt, case) == text
            return text

        after = both([*shown.messages, *shown.appended])
        if not shown.written:
            assert not after.startswith(both(shown.messages))
        else:
            both(shown.messages[:-1], True)


# ---- stable ------------------------------------------------------------------------------------------------------


@cache
def subject(name: str) -> Subject:
    return Subject(format_of(spec(name)).compiled.program, {})


def text(fmt: Format, case: Case, messages: list[Any], prompt: bool = False) -> str | None:
    """What is printed, if it is."""
    try:
        found = spec(fmt.name).text(
            messages, tools=case.tools, add_generation_prompt=prompt, **case.options, **fmt.ours
        )
    except chatwright.ChatwrightError:
        return None
    assert isinstance(found, str)
    return found


def written(fmt: Format, case: Case, messages: list[Any]) -> str | None:
    """The prompt and what the model wrote, if the last message is an answer that can be read, to this prompt."""
    ours = spec(fmt.name)
    inline = format_of(ours).compiled.program.inline
    tags = (*ours.tokens, *((inline.open, inline.close) if inline else ()))
    if any(tag in json.dumps(messages[-1], ensure_ascii=False) for tag in tags):
        return None
    prompt = text(fmt, case, messages[:-1], True)
    if prompt is None or messages[-2]["role"] == "assistant":
        return None
    try:
        segments = ours.segments(messages, view="fresh", tools=case.tools, **case.options, **fmt.ours)
    except chatwright.ChatwrightError:
        return None
    last = max((i for i, segment in enumerate(segments) if segment.sampled), default=-1)
    if last >= 0 and format_of(ours).compiled.program.closed_by_next and segments[last].part == "closer":
        last -= 1  # the stop is the opener of the next message, whichever it is
    found = "".join(segment.text for segment in (segments[: last + 1] if last >= 0 else segments))
    return found if found.startswith(prompt) else None


def after(fmt: Format, case: Case, start: list[Any], more: list[Any], roles: frozenset[str]) -> Iterator[str]:
    """The texts of a conversation as it goes on, while the roles allow it."""
    for number, message in enumerate(more, 1):
        if subject(fmt.name).role_of(message["role"]) not in roles:
            return
        later = text(fmt, case, [*start, *more[:number]])
        if later is not None:
            yield later


def refute(fmt: Format, case: Case, more: list[Any]) -> Iterator[str]:
    render, sampled = proved(fmt.name, json.dumps({**case.options, **fmt.ours}))
    messages = [*case.messages, *more]
    for cut in range(1, len(messages)):
        start, rest = messages[:cut], messages[cut:]
        if start[-1]["role"] == "assistant":
            before = text(fmt, case, start)
            for later in after(fmt, case, start, rest, render - {"assistant"}):
                if before is not None and not later.startswith(before):
                    yield f"render {cut}: {before!r}\n{later!r}"
        if rest[0]["role"] == "assistant" and "assistant" in render:
            before, later_text = text(fmt, case, start), text(fmt, case, [*start, rest[0]])
            if before is not None and later_text is not None and not later_text.startswith(before):
                yield f"answer {cut}: {before!r}\n{later_text!r}"
        if start[-1]["role"] == "assistant" and cut > 1:
            before = written(fmt, case, start)
            alone = text(fmt, case, start)
            if before is None or not sampled:
                continue
            for later in ([alone] if alone is not None else []) + list(after(fmt, case, start, rest, sampled)):
                if not later.startswith(before):
                    yield f"sampled {cut}: {before!r}\n{later!r}"


@by_format
def test_stable_withstands_drawn_conversations(fmt: Format) -> None:
    added = [[], ["user"], ["tool"], ["user", "tool"], ["system", "user"], ["stranger"], ["tool", "tool", "user"]]

    def complaints(fmt: Format, case: Case) -> Iterator[str]:
        for roles in added:
            yield from refute(fmt, case, [{"role": r, "content": "a", "tool_call_id": "call00000"} for r in roles])

    draw.check(fmt, complaints)
