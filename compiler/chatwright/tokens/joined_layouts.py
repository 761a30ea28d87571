"""Many rendered conversations as one, so that a question about all their tokens is answered once."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from chatwright.runtime.rendered import Rendered
from chatwright.tokens.encoders.encoder import Encoded, Encoder
from chatwright.tokens.encoding import Specials, Tokens, located
from chatwright.tokens.layout import Flags, Layout, Traits
from chatwright.tokens.rendered_tokens import RenderedTokens

Edges = npt.NDArray[np.int64]


class Joined:
    """Conversations in a row, without any text between them.

    `tokens` has all of them: `messages` counts on from one to the next. Conversation n has the tokens from
    `token_edges[n]` to `token_edges[n + 1]`; `piece_edges` and `message_edges` are alike. `suspect`: the conversations
    whose text of the caller may hold control tokens; these must be rendered one by one.
    """

    def __init__(self, layouts: Sequence[Layout], texts: Sequence[Sequence[str]], encoded: Encoded, encoder: Encoder):
        """`texts` of each layout were `encoded`, in order. There is at least one."""
        whole = Layout(_one([layout.rendered for layout in layouts]), layouts[0].traits)
        every = [text for own in texts for text in own]
        counts = np.concatenate(([0], np.cumsum(encoded.counts)))
        self.token_edges: Edges = counts[_edges([len(own) for own in texts])]
        self.piece_edges: Edges = _edges([len(layout.texts) for layout in layouts])
        self.message_edges: Edges = _edges([len(layout.rendered.messages) for layout in layouts])
        self.tokens = RenderedTokens(
            whole, Tokens(encoded.ids, None, ()), lambda: located(encoder, whole, every, encoded)
        )

    def suspect(self, encoder: Encoder, specials: Specials) -> Flags:
        """Which conversations have another number of control tokens than the format's own literals.

        `encoding.finished` decides about these.
        """
        rows = len(self.token_edges) - 1
        if specials == "parse":
            return np.zeros(rows, bool)
        if encoder.controls.entangled:
            return np.ones(rows, bool)
        layout = self.tokens.layout
        found = np.searchsorted(encoder.controls.positions(self.tokens.ids), self.token_edges)
        own = np.concatenate(([0], np.cumsum(np.array(layout.traits.controls)[layout.codes])))[self.piece_edges]
        more = np.diff(found) - np.diff(own)
        if not more.any():
            return np.zeros(rows, bool)
        # A format prints the token that begins all texts without declaring it.
        suspect: Flags = (more != 0) & ~((more == 1) & self._begin_with_control(encoder, layout.traits))
        return suspect

    def _begin_with_control(self, encoder: Encoder, traits: Traits) -> Flags:
        layout = self.tokens.layout
        out = []
        for piece in self.piece_edges[:-1].tolist():
            code = int(layout.codes[piece])
            out.append(not traits.body[code] and not traits.controls[code] and layout.texts[piece] in encoder.controls)
        return np.array(out, bool)


def _edges(counts: Sequence[int]) -> Edges:
    return np.array([0, *itertools.accumulate(counts)], np.int64)


def _one(all: Sequence[Rendered]) -> Rendered:
    """Several renderings by the same module as one."""
    texts: list[str] = []
    codes: list[int] = []
    owners: list[int] = []
    spans: list[int] = []
    messages: list[dict[str, object]] = []
    for own in all:
        pieces, before = len(texts), len(messages)
        for piece, message in zip(own.owners[::2], own.owners[1::2], strict=True):
            owners += (piece + pieces, message + before if message >= 0 else -1)
        spans += [piece + pieces for piece in own.spans]
        texts += own.texts
        codes += own.codes
        messages += own.messages
    return Rendered(texts, codes, owners, spans, all[0].attributes, all[0].sources, messages)
