"""Compares the three sources of one text: the spec's emitter, its Jinja template, and the original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from chatwright.runtime.errors import ChatwrightError, RenderError
from chatwright.runtime.rendered import Segment
from chatwright.spec import Spec
from chatwright.verify import convention, oracle
from chatwright.verify.case import Case, Outcome, Refusal, same
from chatwright.verify.originals import Original

#: The compared sources, by their names in a verdict.
EMITTER = "emitter"
TEMPLATE = "template"


class Ways(msgspec.Struct, frozen=True):
    """A spec, its template and the original.

    `ours` has the special tokens that the emitter gets by default. `template` is the spec's Jinja template.
    Without `text_content`, the original gets each text content as a list of one part.
    """

    spec: Spec
    original: Original
    template: str
    ours: Mapping[str, Any]
    text_content: bool = True

    def wanted(self, case: Case) -> Outcome:
        """The text of the original, through transformers."""
        given = case if self.text_content else case.in_parts()
        return oracle.render(self.original.source, given, self.original.bos, self.original.eos)

    def templated(self, case: Case) -> Outcome:
        """The text of the spec's template, through transformers."""
        return oracle.render(self.template, case, self.original.bos, self.original.eos)

    def emitted(self, case: Case) -> Outcome:
        """The text of the emitter. Only Chatwright's own errors are refusals; any other error is a bug in it."""
        with oracle.untouched(case) as given, oracle.frozen_clock():
            try:
                return self.spec.text(given.messages, **{**self.ours, **given.keywords()})
            except RenderError as error:
                at = (error.spec, error.line) if error.spec is not None and error.line is not None else None
                return Refusal(type(error).__name__, str(error), at)
            except ChatwrightError as error:
                return Refusal(type(error).__name__, str(error))

    def segments(self, case: Case) -> Sequence[Segment]:
        """The emitter's segments; an empty list if it refuses."""
        with oracle.frozen_clock():
            try:
                return self.spec.segments(case.messages, **{**self.ours, **case.keywords()})
            except ChatwrightError:
                return ()


class Judge:
    """Decides for a case which of our texts differ. It remembers the refusals of the original, to distinguish ours.

    A spec may declare that it refuses a case that the original prints (`deviation`). Such a refusal concerns a content
    that is a list of parts, or comes from a line with other words than the original's refusal.
    """

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        #: Lines of the spec that refuse the same cases as the original, in its words.
        self.shared: set[tuple[str, int]] = set()
        #: Lines of the spec that refuse cases that the original prints, each with the first such case.
        self.alone: dict[tuple[str, int], Case] = {}
        #: The words of our refusal, by the words of the original's refusal.
        self.reworded: dict[str, str] = {}
        #: The number of cases that count as deviations, by the words of the refusal without its place.
        self.deviations: dict[str, int] = {}
        self.cases = 0
        self.printed = 0

    def differing(self, case: Case) -> dict[str, tuple[Outcome, Outcome]]:
        """The sources that differ, each with the expected and the actual outcome."""
        want = self.ways.wanted(case)
        self.cases += 1
        self.printed += isinstance(want, str)
        got = {EMITTER: self.ways.emitted(case), TEMPLATE: self.ways.templated(case)}
        first = got[EMITTER]
        if isinstance(first, Refusal) and isinstance(want, Refusal) and first.at and want.message in first.message:
            self.shared.add(first.at)
        self._compare_words(case, want, got)
        if all(isinstance(outcome, Refusal) for outcome in got.values()) and self._held(case, want, first):
            return {}
        return {way: (want, outcome) for way, outcome in got.items() if not same(want, outcome)}

    def _compare_words(self, case: Case, want: Outcome, got: Mapping[str, Outcome]) -> None:
        """Record a refusal of ours with other words than a deliberate refusal of the original."""
        if not isinstance(want, Refusal) or not want.deliberate or convention.outside(case):
            return
        for outcome in got.values():
            if isinstance(outcome, Refusal) and want.message not in outcome.message:
                self.reworded.setdefault(want.message, outcome.message)

    def _held(self, case: Case, want: Outcome, refusal: Outcome) -> bool:
        """Whether a deviation permits both of ours to refuse a case that the original prints."""
        assert isinstance(refusal, Refusal)
        if isinstance(want, Refusal) or convention.outside(case):
            return True
        if not self.ways.spec.deviations:
            return False
        parts = any(isinstance(message.get("content"), list) for message in case.messages)
        if not parts and refusal.at is None:
            return False
        if not parts and refusal.at is not None:
            self.alone.setdefault(refusal.at, case)
        key = "a content of parts" if parts else f"{refusal.at[0]}:{refusal.at[1]}" if refusal.at else ""
        self.deviations[key] = self.deviations.get(key, 0) + 1
        return True

    def broken(self) -> Case | None:
        """A case that the original prints, but that is refused by a line with the words of an original refusal."""
        return next((case for line, case in self.alone.items() if line in self.shared), None)
