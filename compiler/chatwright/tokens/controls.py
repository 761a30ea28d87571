"""The control tokens of a tokenizer: its added tokens, which it finds in text before it does anything else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt


class Control(msgspec.Struct, frozen=True):
    """One control token. The flags are those of an added token in Hugging Face's tokenizers.

    `lstrip`, `rstrip`: it absorbs the white space before it, behind it. `single_word`: it counts only if no letter,
    digit or underscore touches it. `normalized`: the tokenizer looks for it in normalized text.
    """

    text: str
    id: int
    lstrip: bool = False
    rstrip: bool = False
    single_word: bool = False
    normalized: bool = False


#: The characters that a control token absorbs: white space in Unicode, without the separators that Python adds.
WHITE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


class Found(msgspec.Struct, frozen=True):
    """A control token in a text: its characters from `start` to `end`."""

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
        #: Whether all ids from the first control token on are control tokens.
        self._dense = bool(self._is_control[self._first : -1].all())
        # The longest wins if several begin at the same place.
        ordered = sorted(map(re.escape, self.by_text), key=len, reverse=True)
        self._pattern = re.compile("|".join(ordered)) if ordered else None

    @cached_property
    def entangled(self) -> bool:
        """Whether the text around a control token can change it into another one, or into none.

        It can if two control tokens can share a character of a text, if one is the beginning of another, if an adjacent
        letter matters, or if the tokenizer looks for them in normalized text, which may lack their last character.
        """
        if any(control.single_word or control.normalized for control in self.by_text.values()):
            return True
        texts = self.by_text.keys()
        heads = {text[:n] for text in texts for n in range(1, len(text))}
        return any(
            text in heads or any(text[n:] in heads or text[n:] in texts for n in range(1, len(text))) for text in texts
        )

    def count(self, ids: npt.NDArray[np.uint32]) -> int:
        """The number of control tokens among some ids."""
        return int(np.count_nonzero(ids >= self._first)) if self._dense else len(self.positions(ids))

    def positions(self, ids: npt.NDArray[np.uint32]) -> npt.NDArray[np.intp]:
        """The indices of the control tokens in some ids."""
        if not self.by_id:
            return np.zeros(0, np.intp)
        # Most vocabularies have them at their end, so one comparison rules out nearly all ids.
        places: npt.NDArray[np.intp] = np.flatnonzero(ids >= self._first)
        found: npt.NDArray[np.intp] = places[self._is_control[np.minimum(ids[places], len(self._is_control) - 1)]]
        return found

    def find(self, text: str) -> Iterator[Found]:
        """The control tokens that a tokenizer finds in a text, in order."""
        at = 0
        while self._pattern is not None and (match := self._pattern.search(text, at)) is not None:
            found = Found(match.start(), match.end(), self.by_text[match.group()])
            at = found.end
            if stands_alone(found, text, 0, len(text)):
                yield found

    def __contains__(self, text: str) -> bool:
        return text in self.by_text


def stands_alone(found: Found, text: str, start: int, end: int) -> bool:
    """Whether the characters next to a control token leave it one. `start`, `end`: the part of the text that the
    tokenizer sees."""
    beside = text[max(found.start - 1, start) : found.start], text[found.end : min(found.end + 1, end)]
    return not (found.control.single_word and any(map(_wordlike, beside)))


def stripping(found: Found, text: str, start: int, end: int) -> Found:
    """A control token with the white space that it absorbs, inside a part of the text."""
    first, last = found.start, found.end
    if found.control.lstrip:
        first = start + len(text[start:first].rstrip(WHITE))
    if found.control.rstrip:
        last = end - len(text[last:end].lstrip(WHITE))
    return Found(first, last, found.control)


def _wordlike(character: str) -> bool:
    return character.isalnum() or character == "_"
