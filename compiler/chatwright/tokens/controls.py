"""The control tokens of a tokenizer: what it adds to its vocabulary and finds in text before anything else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt


class Control(msgspec.Struct, frozen=True):
    """One control token. The flags are those of an added token in Hugging Face's tokenizers.

    `lstrip`, `rstrip`: it takes the white space before, behind it with it. `single_word`: it counts only where no
    letter, digit or underscore touches it.
    """

    text: str
    id: int
    lstrip: bool = False
    rstrip: bool = False
    single_word: bool = False


class Found(msgspec.Struct, frozen=True):
    """A control token in a text: characters from `start` to `end`, white space that it takes included."""

    start: int
    end: int
    control: Control


class Controls:
    """All control tokens of one tokenizer."""

    def __init__(self, controls: Iterable[Control]) -> None:
        self.by_text: Mapping[str, Control] = {control.text: control for control in controls if control.text}
        self.by_id: Mapping[int, Control] = {control.id: control for control in self.by_text.values()}
        self._first = min(self.by_id, default=0)
        self._is_control = np.zeros(max(self.by_id, default=-1) + 2, bool)
        self._is_control[list(self.by_id)] = True
        # The longest wins where several begin at the same place.
        #: Whether all ids from the first control token on are control tokens.
        self._dense = bool(self._is_control[self._first : -1].all())
        ordered = sorted(map(re.escape, self.by_text), key=len, reverse=True)
        self._pattern = re.compile("|".join(ordered)) if ordered else None

    @cached_property
    def overlap(self) -> bool:
        """Whether two control tokens can share a character of a text, or one be the beginning of another."""
        texts = self.by_text.keys()
        heads = {text[:n] for text in texts for n in range(1, len(text))}
        return any(
            text in heads or any(text[n:] in heads or text[n:] in texts for n in range(1, len(text))) for text in texts
        )

    def count(self, ids: npt.NDArray[np.uint32]) -> int:
        """How many control tokens there are among some ids."""
        return int(np.count_nonzero(ids >= self._first)) if self._dense else len(self.positions(ids))

    def positions(self, ids: npt.NDArray[np.uint32]) -> npt.NDArray[np.intp]:
        """Where in some ids the control tokens are."""
        if not self.by_id:
            return np.zeros(0, np.intp)
        # Most vocabularies have them behind everything else, and one comparison leaves few to look at.
        places: npt.NDArray[np.intp] = np.flatnonzero(ids >= self._first)
        found: npt.NDArray[np.intp] = places[self._is_control[np.minimum(ids[places], len(self._is_control) - 1)]]
        return found

    def find(self, text: str) -> Iterator[Found]:
        """The control tokens that a tokenizer finds in a text, in order."""
        if self._pattern is None:
            return
        before = 0
        at = 0
        while (match := self._pattern.search(text, at)) is not None:
            control = self.by_text[match.group()]
            start, end = match.span()
            at = end
            if control.single_word and (_wordlike(text[start - 1 : start]) or _wordlike(text[end : end + 1])):
                continue
            if control.lstrip:
                start = before + len(text[before:start].rstrip())
            if control.rstrip:
                end += len(text[end:]) - len(text[end:].lstrip())
                at = end
            yield Found(start, end, control)
            before = end

    def __contains__(self, text: str) -> bool:
        return text in self.by_text


def _wordlike(character: str) -> bool:
    return character.isalnum() or character == "_"
