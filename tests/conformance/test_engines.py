"""Our templates give the same text on other engines, over the hand-picked scenarios.

Each scenario runs twice: with default options, and with a generation prompt and options that go through all values.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import pytest

from chatwright.verify.scenarios import ALL as SCENARIOS
from chatwright.verify.scenarios import BY_NAME as NAMED

from . import engines
from .deviations import outside
from .engine_limits import LIMITS, listed
from .format import Format
from .formats import ALL, BY_NAME
from .oracle import Case, Outcome, Refusal, variables
from .subject import difference, templated

by_format = pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)


class Told(NamedTuple):
    """A case, its scenario, what a template sees for it, and what ours prints through transformers."""

    scenario: str
    case: Case
    variables: dict[str, Any]
    want: Outcome


@lru_cache(maxsize=1)
def told(name: str) -> tuple[Told, ...]:
    """All cases of a format; its tests run one after the other."""
    fmt = BY_NAME[name]
    valuations = list(fmt.valuations(1))
    found = []
    for number, scenario in enumerate(SCENARIOS):
        known = fmt.known(scenario.options)
        options = {**known, **valuations[number % len(valuations)]}
        for case in (
            Case(scenario.messages, scenario.tools, False, known),
            Case(scenario.messages, scenario.tools, True, options),
        ):
            found.append(Told(scenario.name, case, variables(fmt, case), templated(fmt, case)))
    return tuple(found)


@lru_cache(maxsize=1)
def on_minijinja(name: str) -> tuple[tuple[Outcome, bool], ...]:
    """What a host of minijinja prints for each case of a format, and whether it was asked for JSON."""
    host = engines.hosted(name)
    return tuple((host.render(one.variables), bool(host.asked[0])) for one in told(name))


def agree(want: Outcome, got: Outcome) -> bool:
    """The same text, or a refusal, in the same words where ours chose them."""
    if isinstance(want, Refusal):
        return isinstance(got, Refusal) and (not want.deliberate or want.message in got.message)
    return want == got


def compare(engine: str, fmt: Format, outcomes: Sequence[Outcome]) -> None:
    """The scenarios that differ are exactly those that are listed. What is no conversation may be refused or not."""
    differing: dict[str, str] = {}
    for (name, case, _, want), got in zip(told(fmt.name), outcomes, strict=True):
        if isinstance(want, Refusal) and outside(case):
            continue
        if not agree(want, got):
            differing.setdefault(name, difference(want, got))
    known = listed(engine, fmt.name)
    surprises = [f"{name}\n{difference}" for name, difference in differing.items() if name not in known]
    assert not surprises, f"{len(surprises)} scenarios differ and are not listed:\n" + "\n".join(surprises[:20])
    assert known <= set(differing), f"listed, but they do not differ: {sorted(known - set(differing))}"


@by_format
def test_minijinja(fmt: Format) -> None:
    compare("minijinja", fmt, [got for got, _ in on_minijinja(fmt.name)])


@by_format
def test_stock_minijinja_differs_in_json_alone(fmt: Format) -> None:
    """A host that keeps minijinja's own `tojson` gets the same text wherever no JSON is printed."""
    stock = engines.hosted(fmt.name, stock=True)
    differing, printing = [], 0
    for (name, _, given, _), (want, asked) in zip(told(fmt.name), on_minijinja(fmt.name), strict=True):
        printing += asked
        if not asked and not agree(want, stock.render(given)):
            differing.append(name)
    print(f"{fmt.name}: {printing} of {2 * len(SCENARIOS)} renders print JSON")
    assert differing == []


@by_format
def test_huggingface_jinja(fmt: Format) -> None:
    if not engines.node_is_ready():
        if os.environ.get("CI"):
            pytest.fail("node or its packages are missing: run `npm ci` in tests/engines")
        pytest.skip("node or its packages are missing: run `npm ci` in tests/engines")
    compare("@huggingface/jinja", fmt, engines.node(fmt.name, [one.variables for one in told(fmt.name)]))


def test_limits_name_formats_and_scenarios_that_exist() -> None:
    for engine, limits in LIMITS.items():
        for limit in limits:
            assert set(limit.formats) <= set(BY_NAME)
            assert set(limit.scenarios) <= set(NAMED)
        pairs = [(fmt, name) for limit in limits for fmt in limit.formats for name in limit.scenarios]
        assert len(pairs) == len(set(pairs)), f"{engine}: a scenario is listed under one reason"
