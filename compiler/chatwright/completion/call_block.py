"""The text of a call, or of a section of calls, while it comes in."""

from __future__ import annotations

from chatwright.completion.delimiters import Form
from chatwright.completion.draft import Draft
from chatwright.completion.states import Exit, Search
from chatwright.completion.unfinished import Progress


class CallBlock:
    """Calls that are collected up to their end.

    `nexts`: the nodes behind them. `ends`: the markers that end them. `start`: the character of the completion that
    they begin with. `behind`: for bare calls that follow a content, the exit that the content would take.
    """

    def __init__(
        self,
        form: Form,
        nexts: tuple[int, ...],
        ends: Search,
        start: int,
        progress: Progress | None,
        behind: Exit | None,
    ) -> None:
        self.form = form
        self.nexts = nexts
        self.ends = ends
        self.start = start
        self.progress = progress
        self.behind = behind
        self._texts: list[str] = []

    def add_marker(self, marker: str) -> None:
        self._texts.append(marker)

    def add(self, text: str, draft: Draft) -> None:
        """More text of the calls. A name or arguments that it completes are reported at once."""
        self._texts.append(text)
        progress = self.progress
        if progress is None or progress.over or not text:
            return
        known = progress.name
        arguments = progress.feed(text)
        if known is None and progress.name is not None:
            draft.name_call(progress.name, progress.id)
        if arguments:
            draft.add_arguments(arguments)

    @property
    def text(self) -> str:
        """All text so far, markers included."""
        return "".join(self._texts)
