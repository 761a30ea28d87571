"""What verifying found."""

from __future__ import annotations

from typing import Any

import msgspec

from chatwright.verify.case import Case, Outcome
from chatwright.verify.differing import Line, Place


class Difference(msgspec.Struct, frozen=True):
    """A case on which one of ours is not what was wanted.

    `way` is "emitter", "template" or "tokens". `found_by`: the scenario's name, or how it was drawn. `place` is where
    the texts part, None where one of them is a refusal. `lines` of the spec wrote what stands there.
    """

    way: str
    found_by: str
    case: Case
    want: Outcome
    got: Outcome
    place: Place | None
    lines: list[Line]


class Note(msgspec.Struct, frozen=True):
    """Something worth knowing beside texts. `about`: reading, options, source, tokens, refusals, deviations or
    coverage.

    `fails`: the spec is not what it should be for that.
    """

    about: str
    text: str
    fails: bool = False


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a spec does what an original does, as far as was tried.

    `cases` were compared, of which the original printed `printed`. `drawn` of them were drawn. `complete`: the time
    sufficed for all scenarios with all options. `unvaried`: options of the original that the spec has not. `seconds`
    were spent.
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
        """No text differs, and no note fails."""
        return not self.differences and not any(note.fails for note in self.notes)

    def to_json(self) -> dict[str, Any]:
        """Builtins that `json.dumps` takes."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return {"same": self.same, **found}
