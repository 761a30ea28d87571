"""Makes samples of conversations: many at once where the mask needs no context, else one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from chatwright.conversations.rows import Conversation
from chatwright.encode.columns import Made, kinds_of
from chatwright.encode.settings import EncodeError, Settings
from chatwright.runtime.errors import ChatwrightError
from chatwright.tokens import masks
from chatwright.tokens.batches import together
from chatwright.tokens.binding import Ways
from chatwright.tokens.bound import BoundRenderer, binding_of
from chatwright.tokens.rendered_tokens import RenderedTokens
from chatwright.tokens.samples import Sample, split, untrained

Given = Sequence[tuple[int, Conversation]]
Result = list[Made] | Exception


class Making:
    """Makes the samples of a job."""

    def __init__(self, renderer: BoundRenderer, settings: Settings) -> None:
        self.renderer = renderer
        self.settings = settings
        self.select = settings.select or masks.sampled()

    def samples(self, source: str, given: Given) -> list[Result]:
        """The samples of some rows of a file, or the error of each row without any. Lengths are not limited yet."""
        try:
            if self.settings.split:
                return self._one_by_one(source, given, self._split)
            if self.select.local:
                return self._together(source, given)
            return self._each(source, given)
        except Exception:  # an unexpected error in one row; the other rows are fine
            return self._one_by_one(source, given, self._split if self.settings.split else self._rendered)

    # ---- many at once --------------------------------------------------------------------------------------------

    def _together(self, source: str, given: Given) -> list[Result]:
        joined, found = together(
            binding_of(self.renderer), [own.row() for _, own in given], Ways(None, False, self.settings.view, {})
        )
        if joined is not None:
            tokens = joined.tokens
            weights, kinds, bounds = self.select.weights(tokens), kinds_of(tokens.layout), tokens.bounds
            messages, roles = tokens.layout.messages, tokens.message_roles
            edges = [edge.tolist() for edge in (joined.token_edges, joined.piece_edges, joined.message_edges)]
        out: list[Result] = []
        for (row, own), one in zip(given, found, strict=True):
            if isinstance(one, Exception):
                out.append(one)
                continue
            if not isinstance(one, int):
                out.append(self._made(source, row, own, one))
                continue
            (start, piece, message), (end, last, behind) = ([edge[one + n] for edge in edges] for n in (0, 1))
            owners = messages[piece:last]
            made = Made(
                source,
                row,
                0,
                tokens.ids[start:end],
                weights[start:end],
                0,
                end - start,
                bounds[piece : last + 1] - start,
                np.where(owners < 0, owners, owners - message) if message else owners,
                kinds[piece:last],
                roles[message:behind],
            )
            out.append([_without_prompt(made, own.given)])
        return out

    def _each(self, source: str, given: Given) -> list[Result]:
        found = self.renderer.render_each([own.row() for _, own in given], view=self.settings.view)
        return [
            one if isinstance(one, Exception) else self._made(source, row, own, one)
            for (row, own), one in zip(given, found, strict=True)
        ]

    # ---- one by one ----------------------------------------------------------------------------------------------

    def _made(self, source: str, row: int, own: Conversation, tokens: RenderedTokens) -> Result:
        try:
            made = _arrays(source, row, 0, Sample(tokens, self.select.weights(tokens)))
        except Exception as error:
            return error
        return [_without_prompt(made, own.given)]

    def _one_by_one(self, source: str, given: Given, make: Callable[[str, int, Conversation], Result]) -> list[Result]:
        out: list[Result] = []
        for row, own in given:
            try:
                out.append(make(source, row, own))
            except Exception as error:
                out.append(error)
        return out

    def _rendered(self, source: str, row: int, own: Conversation) -> Result:
        tokens = self.renderer.render(own.messages, tools=own.tools or None, view=self.settings.view, **own.options)
        return self._made(source, row, own, tokens)

    def _split(self, source: str, row: int, own: Conversation) -> Result:
        select = self.select
        if own.given:
            select = select & masks.messages(*range(own.given, len(own.messages)))
        found = split(self.renderer, own.messages, tools=own.tools or None, select=select, **own.options)
        return [_arrays(source, row, number, sample) for number, sample in enumerate(found)]

    # ---- lengths -------------------------------------------------------------------------------------------------

    def fitted(self, made: Made) -> Made:
        """A sample at its length.

        Raises ChatwrightError where it is too long and is not to be cut, NothingTrained where no token of it is
        trained, EncodeError for a weight that labels cannot say.
        """
        longest, size = self.settings.longest, len(made.ids)
        if longest is not None and size > longest:
            if self.settings.overflow == "reject":
                raise ChatwrightError(
                    f"it has {size} tokens, and {longest} are allowed; --overflow cut-end or cut-start would cut it"
                )
            start, end = (0, longest) if self.settings.overflow == "cut-end" else (size - longest, size)
            made = msgspec.structs.replace(
                made, ids=made.ids[start:end], weights=made.weights[start:end], start=start, end=end
            )
        if not made.weights.any():
            raise untrained(len(made.ids))
        if not self.settings.weights:
            _plainly_weighed(made)
        return made


def _plainly_weighed(made: Made) -> None:
    """Raise EncodeError for a weight that labels cannot express."""
    if not np.array_equal(made.weights, made.weights != 0):
        other = made.weights[(made.weights != 0) & (made.weights != 1)][0]
        raise EncodeError(
            f"row {made.row} of {made.source} has a token of weight {other:g}, which labels cannot say; "
            "--weights writes a column of weights"
        )


def _arrays(source: str, row: int, number: int, sample: Sample) -> Made:
    tokens: Any = sample.tokens
    layout = tokens.layout
    roles = tokens.message_roles
    pieces = (tokens.bounds, layout.messages, kinds_of(layout))
    return Made(source, row, number, sample.ids, sample.weights, sample.start, sample.end, *pieces, roles)


def _without_prompt(made: Made, given: int) -> Made:
    """The sample, without training on the first `given` messages and on text outside messages."""
    if not given:
        return made
    owners = np.repeat(made.messages, np.diff(made.bounds))
    return msgspec.structs.replace(made, weights=np.where(owners >= given, made.weights, np.float32(0)))
