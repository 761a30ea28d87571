"""Selects the cases in order: hand-picked conversations, texts that the original searches for, hand-picked
conversations with options, then drawn conversations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings

from chatwright.verify import draw
from chatwright.verify.case import Case
from chatwright.verify.scenarios import ALL
from chatwright.verify.scenarios.build import ASK, LOOK, SUNNY, calls, says, system, user
from chatwright.verify.shape import Shape

#: The default number of drawn conversations.
EXAMPLES = 500
#: The number of texts of one condition that are combined with each other.
MARKS = 4


class Clock:
    """The limit of time."""

    def __init__(self, seconds: float) -> None:
        self.start = time.monotonic()
        self.seconds = seconds

    def spent(self) -> float:
        return time.monotonic() - self.start

    def over(self) -> bool:
        return self.spent() > self.seconds


def of_the_user(cases: Sequence[Case]) -> Iterator[tuple[str, str, Case]]:
    """The user's own cases, with and without the generation prompt."""
    for number, case in enumerate(cases, 1):
        for prompt in (case.prompt, not case.prompt):
            yield "given conversations", f"case {number}", msgspec.structs.replace(case, prompt=prompt)


def picked(shape: Shape) -> Iterator[tuple[str, str, Case]]:
    """All cases that are not drawn: their kind, their name, and the case."""
    for plain in (True, False):
        for scenario in ALL:
            base = shape.known(scenario.options)
            for options in shape.valuations():
                if plain == (not options):
                    for prompt in (False, True):
                        case = Case(scenario.messages, scenario.tools, prompt, {**base, **options})
                        for spelled in shape.spellings(case):
                            yield "hand-picked conversations", f"scenario {scenario.name}", spelled
        if plain:
            yield from (("texts that the original looks for", name, case) for name, case in edges(shape))


def edges(shape: Shape) -> Iterator[tuple[str, Case]]:
    """Texts that conditions of the original search for, at the edges of contents; also one character shorter."""
    texts = dict.fromkeys(text for marks in shape.together for text in _edged(marks[:MARKS]))
    for text in texts:
        for messages in (
            [user("Hi"), says(text), user("a")],
            [user("Hi"), says("a"), user(text)],
            [user(text), says("a")],
            [system(text), user("Hi")],
            [ASK, calls("", LOOK), {**SUNNY, "content": text}],
        ):
            yield f"the text {text!r}", Case(messages)


def _edged(marks: tuple[str, ...]) -> Iterator[str]:
    near = [(mark, mark[:-1], mark[1:]) for mark in marks]
    for mark in near:
        for text in filter(None, mark):
            yield from (text, f"a{text}", f"{text}a", f"a{text}b")
    for one, other in permutations(near, 2):
        yield from (f"{a}b{z}" for a in one for z in other)


class _Stop(Exception):
    pass


def drawn(shape: Shape, number: int, examples: int, take: Callable[[Case], bool]) -> None:
    """Pass at most `examples` drawn cases to `take`, until it returns True. The same seed gives the same cases."""

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
