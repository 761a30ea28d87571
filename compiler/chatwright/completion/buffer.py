"""The text of a completion that has come in and that no step has read yet."""

from __future__ import annotations

from chatwright.completion.states import Exit, Search


class Buffer:
    """Text with a place up to which it was read.

    `text`: the text in hand. `at`: the first character of it that was not read. `base`: the number of characters of
    the completion before `text`, including the part of the turn in the prompt.
    """

    def __init__(self) -> None:
        self.text = ""
        self.at = 0
        self.base = 0

    @property
    def total(self) -> int:
        """The number of all characters that have come in."""
        return self.base + len(self.text)

    def add(self, text: str) -> None:
        self.text = self.text + text if self.text else text

    def drop_read(self) -> None:
        """Forget the characters that were read."""
        self.base += self.at
        self.text = self.text[self.at :]
        self.at = 0

    def put_back(self, text: str, start: int) -> None:
        """Take back a text that was read; `start`: its first character, counted from the beginning of all."""
        self.text = text + self.text[self.at :]
        self.at = 0
        self.base = start

    def next_marker(self, search: Search, final: bool) -> tuple[Exit | None, int]:
        """The next marker and where it begins; without one, the place up to which no marker can have begun."""
        text = self.text
        found = search.pattern.search(text, self.at)
        if not final and (found is None or len(text) - found.start() <= search.window):
            held = search.held(text, self.at)
            if found is None or held <= found.start():
                return None, held
        if found is None:
            return None, len(text)
        return search.exits[found.group()], found.start()
