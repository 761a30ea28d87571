"""Many rows rendered at once: their texts are encoded in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chatwright.runtime.errors import ChatwrightError
from chatwright.tokens.encoders.encoder import Encoded
from chatwright.tokens.joined_layouts import Joined
from chatwright.tokens.layout import Layout
from chatwright.tokens.rendered_tokens import RenderedTokens

if TYPE_CHECKING:
    from chatwright.tokens.bound import BoundRenderer

LaidOut = tuple[Layout, list[str]] | ChatwrightError


def each(
    renderer: BoundRenderer, rows: Sequence[Any], arguments: Mapping[str, Any], first_error: bool = False
) -> list[RenderedTokens | ChatwrightError]:
    """What each row gives; with `first_error`, nothing behind the first error is looked at."""
    found, encoded = _encoded(renderer, rows, arguments, first_error)
    return [
        _finished(renderer, one, part)
        for one, part in zip(found, _parts([_texts(one) for one in found], encoded), strict=True)
    ]


def together(
    renderer: BoundRenderer, rows: Sequence[Any], arguments: Mapping[str, Any]
) -> tuple[Joined | None, list[int | RenderedTokens | ChatwrightError]]:
    """What all rows give as one; of each its number there, or what it gives by itself."""
    found, encoded = _encoded(renderer, rows, arguments, False)
    good = [one for one in found if not isinstance(one, ChatwrightError)]
    if not good:
        return None, [one for one in found if isinstance(one, ChatwrightError)]
    texts = [own for _, own in good]
    joined = Joined([layout for layout, _ in good], texts, encoded, renderer.encoder)
    suspect = joined.suspect(renderer.encoder, renderer.content_specials)
    parts = _parts(texts, encoded) if suspect.any() else []
    out: list[int | RenderedTokens | ChatwrightError] = []
    number = 0
    for one in found:
        if isinstance(one, ChatwrightError):
            out.append(one)
            continue
        out.append(_finished(renderer, one, parts[number]) if suspect[number] else number)
        number += 1
    return joined, out


def _encoded(
    renderer: BoundRenderer, rows: Sequence[Any], arguments: Mapping[str, Any], first_error: bool
) -> tuple[list[LaidOut], Encoded]:
    found: list[LaidOut] = []
    for row in rows:
        try:
            found.append(renderer.laid_out(row, **arguments))
        except ChatwrightError as error:
            found.append(error)
            if first_error:
                break
    return found, renderer.encoder.encode([text for one in found for text in _texts(one)])


def _texts(one: LaidOut) -> list[str]:
    return [] if isinstance(one, ChatwrightError) else one[1]


def _parts(texts: Sequence[Sequence[str]], encoded: Encoded) -> list[Encoded]:
    """What some texts became, by the rows that they are of."""
    edges = np.concatenate(([0], np.cumsum(encoded.counts)))
    out, at = [], 0
    for own in texts:
        until = at + len(own)
        out.append(Encoded(encoded.ids[edges[at] : edges[until]], encoded.counts[at:until]))
        at = until
    return out


def _finished(renderer: BoundRenderer, one: LaidOut, part: Encoded) -> RenderedTokens | ChatwrightError:
    if isinstance(one, ChatwrightError):
        return one
    try:
        return renderer.finished(*one, part)
    except ChatwrightError as error:
        return error
