"""Draws conversations for all formats until time is over, and holds each to the laws of the conformance tests.

`python tools/fuzz.py --seconds 600` (`make fuzz SECONDS=600`). Formats take turns in an order that the seed gives; the
seed is printed, and with it the run is the same again as far as time allows. What breaks a law is made small and
shown; then the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from conformance import test_masks, test_segments, test_training
from conformance.format import Format
from conformance.formats import ALL
from conformance.subject import complaints

from chatwright.verify import selection as trying
from chatwright.verify.case import Case
from chatwright.verify.oracle import frozen_clock
from chatwright.verify.reduce import reduced
from chatwright.verify.selection import Clock

#: How many are drawn of a format before the next one has its turn.
TURN = 40
#: What making a case small may take, in seconds.
REDUCING = 20.0

Law = Callable[[Format, Case], Iterable[str]]
LAWS: dict[str, Law] = {
    "emitter, template and original agree": complaints,
    "segments": test_segments.broken,
    "masks": test_masks.complaints,
    "training template": test_training.complaints,
    "turns are as they were written": test_training.not_as_written,
}


class Fuzz:
    """One run: what was tried and what was found."""

    def __init__(self, seconds: float, seed: int) -> None:
        self.clock = Clock(seconds)
        self.random = random.Random(seed)
        self.cases = 0
        self.formats: set[str] = set()
        self.found: list[str] = []

    def run(self, formats: list[Format]) -> None:
        while not self.clock.over():
            self.random.shuffle(formats)
            for fmt in formats:
                if self.clock.over():
                    return
                self.turn(fmt)

    def turn(self, fmt: Format) -> None:
        self.formats.add(fmt.name)

        def take(case: Case) -> bool:
            self.cases += 1
            broken = next((name for name, law in LAWS.items() if list(law(fmt, case))), None)
            if broken is not None:
                self.found.append("".join(_told(fmt, broken, LAWS[broken], case)))
                print(self.found[-1], flush=True)
            return broken is not None or self.clock.over()

        with frozen_clock():
            trying.drawn(fmt, self.random.randrange(2**32), TURN, take)


def _told(fmt: Format, name: str, law: Law, case: Case) -> Iterator[str]:
    small = reduced(case, lambda smaller: bool(list(law(fmt, smaller))), Clock(REDUCING).over)
    yield f"{fmt.name}: {name}: {small}\n"
    yield from (f"  {line}\n" for line in law(fmt, small))


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz all formats for a while.")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--format", action="append", help="only this one; may be repeated")
    asked = parser.parse_args()
    formats = [fmt for fmt in ALL if not asked.format or fmt.name in asked.format]
    fuzz = Fuzz(asked.seconds, asked.seed)
    fuzz.run(formats)
    print(
        f"seed {asked.seed}: {fuzz.cases} conversations of {len(fuzz.formats)} formats in {fuzz.clock.spent():.0f} s, "
        f"{len(fuzz.found)} broken"
    )
    return 1 if fuzz.found else 0


if __name__ == "__main__":
    sys.exit(main())
