"""Whose each token of a completion is: the ids that the model wrote, laid over what the format prints for them."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from chatwright.runtime.errors import RenderError
from chatwright.runtime.rendered import Attribute, Rendered
from chatwright.tokens.binding import Binding
from chatwright.tokens.encoders.encoder import Located
from chatwright.tokens.encoders.normalized import starts_of
from chatwright.tokens.encoders.vocabulary import Ids, Places
from chatwright.tokens.layout import Layout
from chatwright.tokens.parsing import texts_of

Message = dict[str, Any]

#: What the model wrote that the format does not print for the message read: damaged calls, what follows a stop.
UNLIKE = Attribute("completion", True, None, 0, 0)


class Stretch(NamedTuple):
    """Some ids in a row with their text: where they lie in it, in bytes, and the first token of each piece.

    `bounds` has the number of tokens behind that. `owners`: the message of each piece, -1 for none.
    """

    layout: Layout
    ids: Ids
    located: Located
    bounds: Places
    owners: list[int]
    sampled: bool


def written(
    binding: Binding,
    ids: Ids,
    conversations: Sequence[Sequence[Message]],
    owner: int,
    tools: Sequence[Any] | None,
    options: Mapping[str, Any],
) -> Stretch:
    """A completion as a stretch of the message `owner`.

    `conversations` end with the message that was read of it: the first that prints the whole of it is taken, or the
    one that prints most. What is printed otherwise than it was written is one piece, of the part `completion`.
    """
    pieces = [text if isinstance(text, bytes) else text.encode() for text in texts_of(binding.encoder, ids)[0]]
    whole, ends = _decoded(pieces)
    best: tuple[int, list[str], list[int]] = (0, [], [])
    attributes: tuple[Attribute, ...] = ()
    sources: tuple[str, ...] = (binding.format.name,)
    for conversation in conversations:
        printed = _printed(binding, conversation, tools, binding.with_options(options))
        if printed is None:
            continue
        found = _common(printed, whole)
        if found[0] >= best[0]:
            best, attributes, sources = found, printed.attributes, printed.sources
        if found[0] == len(whole):
            break
    length, texts, codes = best
    if length < len(whole):
        texts, codes = [*texts, whole[length:]], [*codes, len(attributes)]
    layout = Layout(Rendered(texts, codes, [0, owner], [], (*attributes, UNLIKE), sources, []))
    located = Located(ends, starts_of(pieces, ends))
    bounds = np.append(located.first_from(layout.starts), len(ids))
    return Stretch(layout, ids, located, bounds, [owner] * len(texts), True)


def _printed(
    binding: Binding,
    conversation: Sequence[Message],
    tools: Sequence[Any] | None,
    options: Mapping[str, Any],
) -> Rendered | None:
    """The pieces that the model writes of the last message, None where the format does not print it."""
    try:
        rendered = binding.format.renderer("fresh").render(conversation, tools=tools, **options).pieces()
    except RenderError:
        return None
    last, owners = len(conversation) - 1, rendered.message_indices()
    spans = zip(rendered.spans[::2], rendered.spans[1::2], strict=True)
    places = [place for start, end in spans if start < end and owners[start] == last for place in range(start, end)]
    texts, codes = [rendered.texts[n] for n in places], [rendered.codes[n] for n in places]
    return Rendered(texts, codes, [0, last], [], rendered.attributes, rendered.sources, rendered.messages)


def _common(printed: Rendered, whole: str) -> tuple[int, list[str], list[int]]:
    """How many characters of a completion are as they are printed, and the pieces that they are.

    A piece is only cut where the completion ends: one that goes on otherwise was not written.
    """
    at, texts, codes = 0, [], []
    for text, code in zip(printed.texts, printed.codes, strict=True):
        if not whole.startswith(text, at):
            text = whole[at:] if text.startswith(whole[at:]) else ""  # noqa: PLW2901
            if not text:
                break
        texts.append(text)
        codes.append(code)
        at += len(text)
    return at, texts, codes


def _decoded(pieces: Sequence[bytes]) -> tuple[str, Places]:
    """The text of a completion, and where each token ends in its bytes.

    Bytes that are no text, such as the first of a character that was cut off, become U+FFFD, as in reading. A token is
    then as wide as what it makes certain.
    """
    try:
        text = b"".join(pieces).decode()
    except UnicodeDecodeError:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        made = [decoder.decode(piece) for piece in pieces]
        made[-1] += decoder.decode(b"", True)
        text, pieces = "".join(made), [part.encode() for part in made]
    return text, np.cumsum([len(piece) for piece in pieces], dtype=np.int32)
