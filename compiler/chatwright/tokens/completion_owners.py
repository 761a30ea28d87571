"""Attribution of a completion: matches the ids that the model wrote with the text that the format prints for them."""

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

#: Text of the model that the format does not print for the parsed message: damaged calls, text behind a stop.
UNLIKE = Attribute("completion", True, None, 0, 0)


class Stretch(NamedTuple):
    """Some ids in a row with their text: their places in its bytes, and the first token of each piece.

    `bounds` ends with the number of tokens. `owners`: the message of each piece, -1 for none.
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

    Each of `conversations` ends with the message that was read from the completion. The first one that prints the whole
    completion is taken, or the one that prints most of it. The rest of the completion is one piece of the part
    `completion`.
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
    """The sampled pieces of the last message; None if the format refuses the conversation."""
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
    """The number of characters of a completion that equal the printed text, and the pieces that hold them.

    A piece is cut only at the end of the completion: a piece that differs earlier was not written.
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
    """The text of a completion, and the end of each token in its bytes.

    Bytes that are no text, such as the first byte of a cut-off character, become U+FFFD, as the reader has it. A token
    is then as wide as the text that it completes.
    """
    try:
        text = b"".join(pieces).decode()
    except UnicodeDecodeError:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        made = [decoder.decode(piece) for piece in pieces]
        made[-1] += decoder.decode(b"", True)
        text, pieces = "".join(made), [part.encode() for part in made]
    return text, np.cumsum([len(piece) for piece in pieces], dtype=np.int32)
