"""The three ways to one text: the spec's emitter, its Jinja template, and the original."""

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

#: The ways that are judged, by what they are called in a verdict.
EMITTER = "emitter"
TEMPLATE = "template"


class Ways(msgspec.Struct, frozen=True):
    """A spec and what it is compared with.

    `ours`: what the emitter is given where a case says nothing else: special tokens. `template`: the
    spec's Jinja template. Without `text_content` the original is given contents that are texts as lists of one part.
    """

    spec: Spec
    original: Original
    template: str
    ours: Mapping[str, Any]
    text_content: bool = True

    def wanted(self, case: Case) -> Outcome:
        """What the original prints, through transformers."""
        given = case if self.text_content else case.in_parts()
        return oracle.render(self.original.source, given, self.original.bos, self.original.eos)

    def templated(self, case: Case) -> Outcome:
        """What the spec's template prints, through transformers."""
        return oracle.render(self.template, case, self.original.bos, self.original.eos)

    def emitted(self, case: Case) -> Outcome:
        """What the emitter prints. Only chatwright's own errors are refusals; any other one is a bug of it."""
        with oracle.untouched(case) as given, oracle.frozen_clock():
            try:
                return self.spec.text(given.messages, **{**self.ours, **given.keywords()})
            except RenderError as error:
                at = (error.spec, error.line) if error.spec is not None and error.line is not None else None
                return Refusal(type(error).__name__, str(error), at)
            except ChatwrightError as error:
                return Refusal(type(error).__name__, str(error))

    def segments(self, case: Case) -> Sequence[Segment]:
        """The emitter's segments; none where it refuses."""
        with oracle.frozen_clock():
            try:
                return self.spec.segments(case.messages, **{**self.ours, **case.keywords()})
            except ChatwrightError:
                return ()


class Judge:
    """Says of a case which of ours differ. It holds what the original refuses, to tell refusals apart.

    A spec may declare that it refuses what the original prints (`deviation`). Such a refusal is one of a content that
    is a list of parts, or by a line that refuses in other words than the original does.
    """

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        #: Lines of the spec that refuse what the original refuses, in its words.
        self.shared: set[tuple[str, int]] = set()
        #: Lines of the spec that refuse what the original prints, each with the first such case.
        self.alone: dict[tuple[str, int], Case] = {}
        #: What the original says where it refuses, and what ours says instead: by the original's words.
        self.reworded: dict[str, str] = {}
        #: How many cases were held for deviations, by what the refusal says without its place.
        self.deviations: dict[str, int] = {}
        self.cases = 0
        self.printed = 0

    def differing(self, case: Case) -> dict[str, tuple[Outcome, Outcome]]:
        """The ways that differ: what was wanted, and what came."""
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
        """Note where ours refuse in other words than the original refuses in on purpose."""
        if not isinstance(want, Refusal) or not want.deliberate or convention.outside(case):
            return
        for outcome in got.values():
            if isinstance(outcome, Refusal) and want.message not in outcome.message:
                self.reworded.setdefault(want.message, outcome.message)

    def _held(self, case: Case, want: Outcome, refusal: Outcome) -> bool:
        """Whether a refusal of both of ours is in order where the original prints."""
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
        """A case that the original prints, and that a line refuses which stands for a refusal of the original."""
        return next((case for line, case in self.alone.items() if line in self.shared), None)
