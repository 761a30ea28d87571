"""The results of `verify`."""

from __future__ import annotations

from typing import Any

import msgspec

from chatwright.verify.case import Case, Outcome
from chatwright.verify.differing import Line, Place


class Difference(msgspec.Struct, frozen=True):
    """A case on which one of our texts differs from the original.

    `way` is "emitter", "template" or "tokens". `found_by` is the scenario's name, or the origin of a drawn
    case. `place` is the first difference, None if one of the two is a refusal. `lines` of the spec wrote the text at
    that place.
    """

    way: str
    found_by: str
    case: Case
    want: Outcome
    got: Outcome
    place: Place | None
    lines: list[Line]


class Note(msgspec.Struct, frozen=True):
    """A finding other than a difference of texts. `about` is reading, options, source, tokens, refusals, deviations or
    coverage.

    `fails`: the spec is wrong because of it.
    """

    about: str
    text: str
    fails: bool = False


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a spec behaves like an original, as far as tested.

    `cases` is the number of compared cases, `printed` those that the original printed, `drawn` those that were drawn.
    `complete`: the time was enough for all scenarios with all options. `unvaried` has the options of the original that
    the spec does not have. `seconds` is the time spent.
    """

    spec: str
    original: str
    sha256: str
    seed: int
    seconds: float
    cases: int
    printed: int
    drawn: int
    complete: bool
    unvaried: list[str]
    differences: list[Difference]
    notes: list[Note]

    @property
    def same(self) -> bool:
        """Whether no text differs and no note fails."""
        return not self.differences and not any(note.fails for note in self.notes)

    def to_json(self) -> dict[str, Any]:
        """The verdict as values that `json.dumps` takes."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return {"same": self.same, **found}
