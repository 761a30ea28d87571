"""Prints conversations in one of three forms: the text, the segments as JSON, the transcript of who wrote each part."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from chatwright.cli.conversation_files import Conversations
from chatwright.cli.output import console, put
from chatwright.cli.requests import Request, read_request, rendered_with
from chatwright.runtime.rendered import Segment

if TYPE_CHECKING:
    from chatwright.cli.requests import Binding
    from chatwright.cli.transcript import Kind, Lines, Piece


def print_rendered(request: Request, show: str) -> None:
    """Render all conversations of an input, then print them. Prints nothing where one of them fails."""
    spec, given, options = read_request(request)
    render = functools.partial(spec.segments, view=request.view)
    rendered = [rendered_with(render, conversation, options) for conversation in given.all]
    views = {"text": as_text, "segments": as_segments, "mask": as_transcript}
    put(views[show](rendered, given))


def print_tokens(request: Request, binding: Binding, ids: bool) -> None:
    """Print the transcripts of all conversations of an input as tokens."""
    from chatwright.cli.binding import bound, tokens_of
    from chatwright.cli.token_transcript import LEGEND, token_counts, token_lines, token_pieces

    spec, given, options = read_request(request)
    renderer = bound(spec, binding)
    found = [tokens_of(renderer, conversation, options, request.view) for conversation in given.all]
    pieces = [token_pieces(tokens, renderer.encoder, ids) for tokens in found]
    counts: Counter[tuple[Kind, bool]] = sum(map(token_counts, found), Counter())
    put(_transcripts(pieces, given, token_lines, (counts, "tokens", LEGEND)))


def text_of(segments: Sequence[Segment]) -> str:
    return "".join(segment.text for segment in segments)


def as_text(rendered: Sequence[Sequence[Segment]], given: Conversations) -> str:
    """The exact text of one conversation; for JSON lines, an object with the text on each line."""
    if not given.lines:
        return text_of(rendered[0])
    return "".join(_json({"text": text_of(segments)}) + "\n" for segments in rendered)


def as_segments(rendered: Sequence[Sequence[Segment]], given: Conversations) -> str:
    """The segments as a JSON array, one segment on each line; for JSON lines, one array on each line."""
    if given.lines:
        return "".join(_json(segments) + "\n" for segments in rendered)
    rows = ",\n".join(f"  {_json(segment)}" for segment in rendered[0])
    return f"[\n{rows}\n]\n" if rows else "[]\n"


def as_transcript(rendered: Sequence[Sequence[Segment]], given: Conversations) -> str:
    """The transcripts of segments."""
    from chatwright.cli.transcript import characters, pieces, plain_lines

    counts = characters(itertools.chain(*rendered))
    return _transcripts([pieces(segments) for segments in rendered], given, plain_lines, (counts, "characters"))


def _transcripts(
    found: Sequence[Sequence[Piece]],
    given: Conversations,
    lines: Lines,
    counted: tuple[Mapping[tuple[Kind, bool], int], str] | tuple[Mapping[tuple[Kind, bool], int], str, str],
) -> str:
    """All transcripts and one legend, made from `counted`. With JSON lines, each transcript has its place as title."""
    from chatwright.cli.transcript import legend, transcript

    screen = console()
    with screen.capture() as captured:
        for pieces, conversation in zip(found, given.all, strict=True):
            if given.lines:
                screen.print(f"{conversation.place}\n", style="bold")
            screen.print(transcript(pieces, screen.width, lines))
        screen.print(legend(*counted), end="")
    return captured.get()


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
