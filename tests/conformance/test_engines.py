"""Our templates give the same text on other engines, over the hand-picked scenarios.

Each scenario runs twice: with default options, and with a generation prompt and options that go through all values.
"""

from __future__ import annotations

import os

import pytest

from chatwright.verify.scenarios import ALL as SCENARIOS
from chatwright.verify.scenarios import BY_NAME as NAMED

from . import engines
from .deviations import outside
from .engine_limits import LIMITS, listed
from .format import Format
from .formats import ALL, BY_NAME
from .oracle import Case, Outcome, Refusal
from .subject import difference, templated

by_format = pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)


def named_cases(fmt: Format) -> list[tuple[str, Case]]:
    valuations = list(fmt.valuations(1))
    found = []
    for number, scenario in enumerate(SCENARIOS):
        options = {**fmt.known(scenario.options), **valuations[number % len(valuations)]}
        found.append((scenario.name, Case(scenario.messages, scenario.tools, False, fmt.known(scenario.options))))
        found.append((scenario.name, Case(scenario.messages, scenario.tools, True, options)))
    return found


def agree(want: Outcome, got: Outcome) -> bool:
    """The same text, or a refusal, in the same words where ours chose them."""
    if isinstance(want, Refusal):
        return isinstance(got, Refusal) and (not want.deliberate or want.message in got.message)
    return want == got


def compare(engine: str, fmt: Format, outcomes: list[Outcome]) -> None:
    """The scenarios that differ are exactly those that are listed. What is no conversation may be refused or not."""
    differing: dict[str, str] = {}
    for (name, case), got in zip(named_cases(fmt), outcomes, strict=True):
        want = templated(fmt, case)
        if isinstance(want, Refusal) and outside(case):
            continue
        if not agree(want, got):
            differing.setdefault(name, difference(want, got))
    known = listed(engine, fmt.name)
    surprises = [f"{name}\n{told}" for name, told in differing.items() if name not in known]
    assert not surprises, f"{len(surprises)} scenarios differ and are not listed:\n" + "\n".join(surprises[:20])
    assert known <= set(differing), f"listed, but they do not differ: {sorted(known - set(differing))}"


@by_format
def test_minijinja(fmt: Format) -> None:
    template = engines.hosted(fmt.name)
    compare("minijinja", fmt, [template.render(fmt, case) for _, case in named_cases(fmt)])


@by_format
def test_stock_minijinja_differs_in_json_alone(fmt: Format) -> None:
    """A host that keeps minijinja's own `tojson` gets the same text wherever no JSON is printed."""
    host, stock = engines.hosted(fmt.name), engines.hosted(fmt.name, stock=True)
    differing, asked = [], 0
    for name, case in named_cases(fmt):
        want = host.render(fmt, case)
        if host.asked[0]:
            asked += 1
        elif not agree(want, stock.render(fmt, case)):
            differing.append(name)
    print(f"{fmt.name}: {asked} of {2 * len(SCENARIOS)} renders print JSON")
    assert differing == []


@by_format
def test_huggingface_jinja(fmt: Format) -> None:
    if not engines.node_is_ready():
        if os.environ.get("CI"):
            pytest.fail("node or its packages are missing: run `npm ci` in tests/engines")
        pytest.skip("node or its packages are missing: run `npm ci` in tests/engines")
    compare("@huggingface/jinja", fmt, engines.node(fmt, [case for _, case in named_cases(fmt)]))


def test_limits_name_formats_and_scenarios_that_exist() -> None:
    for engine, limits in LIMITS.items():
        for limit in limits:
            assert set(limit.formats) <= set(BY_NAME)
            assert set(limit.scenarios) <= set(NAMED)
        pairs = [(fmt, name) for limit in limits for fmt in limit.formats for name in limit.scenarios]
        assert len(pairs) == len(set(pairs)), f"{engine}: a scenario is listed under one reason"
