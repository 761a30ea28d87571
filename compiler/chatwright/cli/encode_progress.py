"""Shows the progress of an `encode` job on standard error: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from chatwright.cli.output import complain

if TYPE_CHECKING:
    from chatwright.encode import Progress

#: The seconds between two lines.
EVERY = 10.0


def rates(progress: Progress) -> str:
    """Rows, tokens and how many of each a second."""
    seconds = max(progress.seconds, 1e-3)
    rejects = f", {progress.rejects:,} rejects" if progress.rejects else ""
    return (
        f"{progress.rows:,} rows, {progress.rows / seconds:,.0f} rows/s, "
        f"{_short(progress.tokens)} tokens, {_short(progress.tokens / seconds)} tokens/s{rejects}"
    )


def _short(number: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{letter}"
    return f"{number:.0f}"


class Lines:
    """Lines now and then, for logs."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last = now()

    def tell(self, progress: Progress) -> None:
        if self._now() - self._last >= EVERY:
            self._last = self._now()
            share = progress.done / progress.total if progress.total else 1.0
            complain(f"{share:.0%}: {rates(progress)}")

    def close(self) -> None:
        """Nothing is left to draw."""


class Bar:
    """A bar on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Drawn

        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        self._drawn = Drawn(*columns, console=Console(stderr=True), transient=False)
        self._task = self._drawn.add_task("starting", total=None)
        self._drawn.start()

    def tell(self, progress: Progress) -> None:
        self._drawn.update(
            self._task, total=max(progress.total, 1), completed=progress.done, description=rates(progress)
        )

    def close(self) -> None:
        self._drawn.stop()
