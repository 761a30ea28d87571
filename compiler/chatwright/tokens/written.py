"""Whose each token of a completion is: the ids that the model wrote, laid over what the format prints for them."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chatwright.runtime.errors import RenderError
from chatwright.runtime.rendered import Attribute, Rendered
from chatwright.tokens.encoder import Located
from chatwright.tokens.layout import Layout
from chatwright.tokens.parsing import texts_of
from chatwright.tokens.vocabulary import Ids, Places

if TYPE_CHECKING:
    from chatwright.tokens.bound import BoundRenderer

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
    renderer: BoundRenderer,
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
    pieces = [text if isinstance(text, bytes) else text.encode() for text in texts_of(renderer.encoder, ids)[0]]
    whole = b"".join(pieces)
    best: tuple[int, list[str], list[int]] = (0, [], [])
    attributes: tuple[Attribute, ...] = ()
    sources: tuple[str, ...] = (renderer.format.name,)
    for conversation in conversations:
        printed = _printed(renderer, conversation, tools, {**renderer.options, **options})
        if printed is None:
            continue
        found = _common(printed, whole)
        if found[0] >= best[0]:
            best, attributes, sources = found, printed.attributes, printed.sources
        if found[0] == len(whole):
            break
    length, texts, codes = best
    tail = _decoded(pieces, length)
    if tail.text:
        texts, codes = [*texts, tail.text], [*codes, len(attributes)]
    layout = Layout(Rendered(texts, codes, [0, owner], [], (*attributes, UNLIKE), sources, []))
    located = Located(tail.ends, _starts(pieces, tail.ends))
    bounds = np.append(located.first_from(layout.starts), len(ids))
    return Stretch(layout, ids, located, bounds, [owner] * len(texts), True)


def _printed(
    renderer: BoundRenderer,
    conversation: Sequence[Message],
    tools: Sequence[Any] | None,
    options: Mapping[str, Any],
) -> Rendered | None:
    """The pieces that the model writes of the last message, None where the format does not print it."""
    try:
        rendered = renderer.format.sampled_last.render(conversation, tools, **options).pieces()
    except RenderError:
        return None
    last, owners = len(conversation) - 1, rendered.message_indices()
    spans = zip(rendered.spans[::2], rendered.spans[1::2], strict=True)
    places = [place for start, end in spans if start < end and owners[start] == last for place in range(start, end)]
    texts, codes = [rendered.texts[n] for n in places], [rendered.codes[n] for n in places]
    return Rendered(texts, codes, [0, last], [], rendered.attributes, rendered.sources, rendered.messages)


def _common(printed: Rendered, whole: bytes) -> tuple[int, list[str], list[int]]:
    """How many bytes of a completion are as they are printed, and the pieces that they are.

    A piece is only cut where the completion ends: one that goes on otherwise was not written.
    """
    at, texts, codes = 0, [], []
    for text, code in zip(printed.texts, printed.codes, strict=True):
        own = text.encode()
        if not own:
            continue
        if not whole.startswith(own, at):
            own = whole[at:] if own.startswith(whole[at:]) else b""
        try:
            texts.append(own.decode())
        except UnicodeDecodeError:  # the completion ends inside a character
            break
        codes.append(code)
        at += len(own)
        if not own or at == len(whole):
            break
    return at, texts, codes


def _starts(pieces: Sequence[bytes], ends: Places) -> Places:
    """Where each token begins. One without bytes of its own shares those of the one before: a piece of a character."""
    starts: list[int] = []
    before = 0
    for piece, end in zip(pieces, ends.tolist(), strict=True):
        starts.append(before if piece or not starts else starts[-1])
        before = end
    return np.array(starts, np.int32)


class _Decoded(NamedTuple):
    """The text of a completion from some byte on, and where each of all its tokens ends in bytes of the text."""

    text: str
    ends: Places


def _decoded(pieces: Sequence[bytes], length: int) -> _Decoded:
    """`length` bytes are as they were written; behind them, bytes that are no text become U+FFFD, as in reading."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text, ends, at, made = [], [], 0, length
    for piece in pieces:
        behind = piece[max(0, length - at) :] if at + len(piece) > length else b""
        at += len(piece)
        text.append(decoder.decode(behind))
        made += len(text[-1].encode())
        ends.append(made if at > length else at)
    text.append(decoder.decode(b"", True))
    if ends:
        ends[-1] += len(text[-1].encode())
    return _Decoded("".join(text), np.array(ends, np.int32))
