"""The cases that are tried, in order: the hand-picked conversations plainly, then with options, then drawn ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from hypothesis import HealthCheck, Phase, given, seed, settings

from chatwright.verify import draw
from chatwright.verify.case import Case
from chatwright.verify.scenarios import ALL
from chatwright.verify.shape import Shape

#: How many conversations are drawn where nobody says how many.
EXAMPLES = 500


class Clock:
    """When to stop."""

    def __init__(self, seconds: float) -> None:
        self.start = time.monotonic()
        self.seconds = seconds

    def spent(self) -> float:
        return time.monotonic() - self.start

    def over(self) -> bool:
        return self.spent() > self.seconds


def scenarios(shape: Shape) -> Iterator[tuple[str, Case]]:
    """Every scenario as it is, with and without the generation prompt; then with every choice of up to two options."""
    for plain in (True, False):
        for scenario in ALL:
            base = shape.known(scenario.options)
            for options in shape.valuations():
                if plain == (not options):
                    for prompt in (False, True):
                        yield scenario.name, Case(scenario.messages, scenario.tools, prompt, {**base, **options})


class _Stop(Exception):
    pass


def drawn(shape: Shape, number: int, examples: int, take: Callable[[Case], bool]) -> None:
    """Give drawn cases to `take` until it is True, at most so many. The same number gives the same cases."""

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(draw.cases(shape))
    def tries(case: Case) -> None:
        if take(case):
            raise _Stop

    try:
        tries()
    except _Stop:
        return
