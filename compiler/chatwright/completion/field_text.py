"""The field that is being read: the literal before it, its text, and the white space at its end."""

from __future__ import annotations

from chatwright.completion.buffer import Buffer
from chatwright.completion.draft import Draft
from chatwright.completion.states import Exit, State
from chatwright.completion.whitespace import chars_of, without


class FieldText:
    """Moves text of one field after the other to a draft.

    White space at the end of the text waits: it may belong to a marker, or the format's filters take it away.
    """

    def __init__(self, state: State, draft: Draft) -> None:
        self._draft = draft
        self.begin(state)

    def begin(self, state: State) -> None:
        """The field of a state; text without a place, where the state has no field."""
        self._state = state
        self._lead = state.lead
        self._spaces: list[str] = []
        #: Whether the field has any text but white space.
        self.begun = False

    @property
    def waits(self) -> bool:
        """Whether white space waits at the end of the text."""
        return bool(self._spaces)

    def skip(self, buffer: Buffer) -> None:
        """Pass over the literal that the format prints before the field, and the characters that its filters strip."""
        if self.begun:
            return
        while self._lead and buffer.at < len(buffer.text):
            if buffer.text[buffer.at] != self._lead[0]:
                self._lead = ""
                break
            buffer.at += 1
            self._lead = self._lead[1:]
        if self._state.lstrip is not None and not self._lead:
            found = chars_of(self._state.lstrip).match(buffer.text, buffer.at)
            assert found is not None
            buffer.at = found.end()

    def add(self, text: str) -> None:
        """More text of the field."""
        if not text:
            return
        body = text.rstrip()
        if not body:
            self._spaces.append(text)
            return
        self.begun = True
        self._move(body)
        if len(body) < len(text):
            self._spaces.append(text[len(body) :])

    def leave(self, taken: Exit | None) -> None:
        """End the field at a marker, or with the text: add the white space that is its own."""
        space = "".join(self._spaces)
        self._spaces = []
        if taken is not None:
            space = without(space, taken.pre)
        if self._state.target is None and not self.begun:
            self._draft.add_rest(space)
            return
        if self._state.rstrip is not None:
            space = space.rstrip(self._state.rstrip)
        self._draft.add(space, self._state.target == "reasoning")

    def _move(self, body: str) -> None:
        text = "".join((*self._spaces, body)) if self._spaces else body
        self._spaces = []
        self._draft.add(text, self._state.target == "reasoning")
