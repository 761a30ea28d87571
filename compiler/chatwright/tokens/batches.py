"""Many conversations at once: each is rendered by itself, and their texts are encoded in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chatwright.runtime.errors import ChatwrightError
from chatwright.tokens.binding import Binding, LaidOut, Ways
from chatwright.tokens.encoders.encoder import Encoded
from chatwright.tokens.joined_layouts import Joined
from chatwright.tokens.rendered_tokens import RenderedTokens

#: A row is a list of messages, or an object with `messages` and perhaps `tools` and `chat_template_kwargs`.
Rows = Sequence[Any]


def each(binding: Binding, rows: Rows, ways: Ways, first_error: bool = False) -> list[RenderedTokens | ChatwrightError]:
    """The tokens of each row, or its error; with `first_error`, nothing after the first error."""
    found, encoded = _encoded(binding, rows, ways, first_error)
    parts = _parts([_texts(one) for one in found], encoded)
    return [_tokens(binding, one, part) for one, part in zip(found, parts, strict=True)]


def together(
    binding: Binding, rows: Rows, ways: Ways
) -> tuple[Joined | None, list[int | RenderedTokens | ChatwrightError]]:
    """Many short rows as one, so that a question about all their tokens is answered once.

    Gives for each row its number in `Joined`; or its tokens, where the caller's text may hold control tokens; or its
    error. `Joined` is None where it would hold no row.
    """
    found, encoded = _encoded(binding, rows, ways, first_error=False)
    good = [one for one in found if not isinstance(one, ChatwrightError)]
    if not good:
        return None, [one for one in found if isinstance(one, ChatwrightError)]
    texts = [own.texts for own in good]
    joined = Joined([own.layout for own in good], texts, encoded, binding.encoder)
    suspect = joined.suspect(binding.encoder, binding.content_specials)
    parts = _parts(texts, encoded) if suspect.any() else []
    out: list[int | RenderedTokens | ChatwrightError] = []
    number = 0
    for one in found:
        if isinstance(one, ChatwrightError):
            out.append(one)
            continue
        out.append(_tokens(binding, one, parts[number]) if suspect[number] else number)
        number += 1
    return joined, out


def _encoded(
    binding: Binding, rows: Rows, ways: Ways, first_error: bool
) -> tuple[list[LaidOut | ChatwrightError], Encoded]:
    found: list[LaidOut | ChatwrightError] = []
    for row in rows:
        try:
            found.append(_laid_out(binding, row, ways))
        except ChatwrightError as error:
            found.append(error)
            if first_error:
                break
    return found, binding.encoder.encode([text for one in found for text in _texts(one)])


def _laid_out(binding: Binding, row: Any, ways: Ways) -> LaidOut:
    """A row before it is encoded; its own tools and options win over those for all rows."""
    own: Mapping[str, Any] = row if isinstance(row, Mapping) else {"messages": row}
    options = {**ways.options, **(own.get("chat_template_kwargs") or {})}
    return binding.lay_out(own["messages"], ways._replace(tools=own.get("tools") or ways.tools, options=options))


def _texts(one: LaidOut | ChatwrightError) -> list[str]:
    return [] if isinstance(one, ChatwrightError) else one.texts


def _parts(texts: Sequence[Sequence[str]], encoded: Encoded) -> list[Encoded]:
    """The ids of many texts, cut into those of each row."""
    edges = np.concatenate(([0], np.cumsum(encoded.counts)))
    out, at = [], 0
    for own in texts:
        until = at + len(own)
        out.append(Encoded(encoded.ids[edges[at] : edges[until]], encoded.counts[at:until]))
        at = until
    return out


def _tokens(binding: Binding, one: LaidOut | ChatwrightError, part: Encoded) -> RenderedTokens | ChatwrightError:
    if isinstance(one, ChatwrightError):
        return one
    try:
        return binding.tokens(one, part)
    except ChatwrightError as error:
        return error
