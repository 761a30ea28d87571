"""Verifies a spec against an original: tries cases until one differs or time is over, and makes that one small."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Protocol

import msgspec

from chatwright.recognize import digest
from chatwright.spec import Spec
from chatwright.verify import differing, subject, template_sources
from chatwright.verify import selection as trying
from chatwright.verify import tokenizer as against_tokenizer
from chatwright.verify.case import Case, Outcome
from chatwright.verify.comparison import EMITTER, Judge, Ways
from chatwright.verify.originals import Original
from chatwright.verify.reading import Readings
from chatwright.verify.reduce import reduced
from chatwright.verify.selection import EXAMPLES, Clock
from chatwright.verify.verdict import Difference, Note, Verdict

#: The limit for making a case smaller, in seconds.
REDUCING = 20.0
#: The subjects of notes that fail with `strict`.
STRICT = ("options", "source", "refusals")
#: The origin of a case that only the refusal of another case shows to be wrong; it cannot be made smaller alone.
TWO_REASONS = "a line that refuses, in the original's words, a case that the original prints"

Pair = tuple[Outcome, Outcome]


class Progress(Protocol):
    """A callback for progress: the phase, the number of cases compared so far, and the seconds spent."""

    def __call__(self, phase: str, cases: int, seconds: float) -> None: ...


def silent(phase: str, cases: int, seconds: float) -> None:
    """Ignores progress."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How hard to try.

    `first` has the user's own cases, which come first. `seconds` limits the search; making a case small may take a
    little more. `examples` is the number of drawn conversations, `seed` chooses them. With `strict`, options, the
    findings of engines in the source, and the words of refusals must also be the same.
    """

    first: tuple[Case, ...] = ()
    seconds: float = 60.0
    examples: int = EXAMPLES
    seed: int = 0
    strict: bool = False


def verify(
    spec: Spec,
    original: Original,
    plan: Plan = Plan(),  # noqa: B008  (it is frozen)
    *,
    tokenizer: Any = None,
    progress: Progress = silent,
) -> Verdict:
    """Compare a spec's emitter and template with an original, through transformers.

    The cases of the plan come first, then hand-picked conversations with all options, then drawn ones. The search
    stops at the first case that differs, and makes it small. In all cases except drawn ones, the parser also reads the
    model's last message back, and a note reports the first failure. With a `tokenizer`, control tokens and ids are
    compared too. Raises NoTemplate if the original is not a template.
    """
    clock = Clock(plan.seconds)
    ways = subject.compared(spec, original)
    shape = subject.shape_of(ways)
    search = _Search(Judge(ways), Readings(spec, ways.ours), clock, progress)
    complete = search.all_picked(chain(trying.of_the_user(plan.first), trying.picked(shape)))
    if complete and plan.examples and not search.found:
        trying.drawn(shape, plan.seed, plan.examples, search.takes_drawn)
    judge = search.judge
    broken = judge.broken()
    if broken is not None and not search.found:
        search.differ(TWO_REASONS, broken, {EMITTER: (ways.wanted(broken), ways.emitted(broken))})
    sources = list(template_sources.notes(ways))
    tokens = [] if tokenizer is None else list(against_tokenizer.notes(ways, tokenizer))
    notes = [*search.misread, *tokens, *subject.notes(ways, shape), *sources, *_coverage(judge, complete, clock)]
    if plan.strict:
        notes = [msgspec.structs.replace(note, fails=note.fails or note.about in STRICT) for note in notes]
    return Verdict(
        spec=spec.name,
        original=original.name,
        sha256=digest(original.source),
        seed=plan.seed,
        seconds=round(clock.spent(), 1),
        cases=judge.cases,
        printed=judge.printed,
        drawn=search.drawn,
        complete=complete,
        unvaried=subject.unvaried(ways),
        differences=search.found,
        notes=notes,
    )


class _Search:
    """Compares case after case, and keeps the differences."""

    def __init__(self, judge: Judge, readings: Readings, clock: Clock, progress: Progress) -> None:
        self.judge = judge
        self.readings = readings
        #: A note about the first case that the parser does not read back.
        self.misread: list[Note] = []
        self.clock = clock
        self.progress = progress
        self.found: list[Difference] = []
        self.drawn = 0

    def all_picked(self, cases: Iterable[tuple[str, str, Case]]) -> bool:
        """Whether the time was enough for all cases; also True if one differs."""
        for kind, name, case in cases:
            self.progress(kind, self.judge.cases, self.clock.spent())
            if self._differs(name, case):
                return True
            self._read(case)
            if self.clock.over():
                return False
        return True

    def _read(self, case: Case) -> None:
        """Record a case with a last message that the parser does not read back, made smaller."""
        if self.misread or case.prompt or self.readings.fault(case) is None:
            return
        self.progress("making the case smaller", self.judge.cases, self.clock.spent())

        def holds(smaller: Case) -> bool:
            return self.readings.fault(smaller) is not None and not self.judge.differing(smaller)

        small = reduced(case, holds, Clock(REDUCING).over)
        shown = json.dumps(small.messages, ensure_ascii=False)
        options = f" with {json.dumps(small.options, ensure_ascii=False)}" if small.options else ""
        text = f"the parser does not return the model's last message in {shown}{options}: {self.readings.fault(small)}"
        self.misread.append(Note("reading", text, fails=True))

    def takes_drawn(self, case: Case) -> bool:
        self.drawn += 1
        self.progress("drawn conversations", self.judge.cases, self.clock.spent())
        return self._differs("drawn", case) or self.clock.over()

    def _differs(self, found_by: str, case: Case) -> bool:
        if self.found:
            return True
        differing = self.judge.differing(case)
        if not differing:
            return False
        self.differ(found_by, case, differing)
        return True

    def differ(self, found_by: str, case: Case, found: Mapping[str, Pair]) -> None:
        """Keep the smallest case that differs in the same way; if both of ours differ, the emitter decides."""
        way, pair = next(iter(found.items()))
        self.progress("making the case smaller", self.judge.cases, self.clock.spent())
        ways = self.judge.ways

        def holds(smaller: Case) -> bool:
            other = self.judge.differing(smaller).get(way)
            return other is not None and _sorts(other) == _sorts(pair)

        small = case if found_by == TWO_REASONS else reduced(case, holds, Clock(REDUCING).over)
        self.found.append(shown(ways, way, found_by, small))


def _sorts(pair: Pair) -> tuple[bool, bool]:
    return isinstance(pair[0], str), isinstance(pair[1], str)


def shown(ways: Ways, way: str, found_by: str, case: Case) -> Difference:
    """A difference with its place, and the lines of the spec that wrote the text there."""
    want = ways.wanted(case)
    got = ways.emitted(case) if way == EMITTER else ways.templated(case)
    place, lines = None, []
    if isinstance(want, str) and isinstance(got, str):
        place = differing.place(want, got)
        lines = differing.lines(ways.segments(case), place.character)
    return Difference(way, found_by, case, want, got, place, lines)


def _coverage(judge: Judge, complete: bool, clock: Clock) -> list[Note]:
    found = [
        Note("deviations", f"{count} cases that the original prints were refused as a declared deviation: {what}")
        for what, count in judge.deviations.items()
    ]
    declared = len(judge.ways.spec.deviations)
    if len(judge.deviations) > declared:
        text = f"that is {len(judge.deviations)} kinds of refusals, and the spec declares {declared} deviations"
        found.append(Note("deviations", text))
    for theirs, ours in judge.reworded.items():
        found.append(Note("refusals", f"the original refuses with {theirs!r}, ours with {ours!r}"))
    if not complete:
        found.append(Note("coverage", f"{clock.seconds:g} s were not enough for all hand-picked conversations"))
    if judge.cases and judge.printed < judge.cases / 3:
        found.append(Note("coverage", f"the original printed only {judge.printed} of {judge.cases} cases"))
    return found
