"""Renders what was read, in one of three forms: the text, its segments as JSON, the transcript of who wrote what."""

from __future__ import annotations

import functools
import itertools
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from chatwright.cli.conversation_files import (
    STANDARD_INPUT,
    Conversation,
    Conversations,
    read_conversations,
    read_tools,
)
from chatwright.cli.exit_codes import Failure
from chatwright.cli.loading import load
from chatwright.cli.output import console, put
from chatwright.conversations.json_text import parse_json
from chatwright.runtime.errors import OptionError, RenderError
from chatwright.runtime.options import Option, settle
from chatwright.runtime.rendered import Segment
from chatwright.runtime.validate import validate
from chatwright.runtime.view import View
from chatwright.spec import Spec

if TYPE_CHECKING:
    from chatwright.cli.binding import Binding
    from chatwright.cli.transcript import Kind, Lines, Piece

R = TypeVar("R")


def typed_options(words: Sequence[str], options: Mapping[str, Option]) -> dict[str, Any]:
    """The values of `name=value` words, each of the type of its option.

    Raises OptionError for a name that is no option and for a value that the option does not take.
    """
    values: dict[str, Any] = {}
    for word in words:
        name, sign, text = word.partition("=")
        if not sign or not name:
            raise Failure(f"an option is given as name=value, not {word!r}")
        values[name] = _typed(options[name], text) if name in options else text
    settle(options, values)
    return values


def _typed(option: Option, text: str) -> Any:
    if option.type == "bool":
        if text not in ("true", "false"):
            raise Failure(f"{option.name} takes true or false, not {text!r}")
        return text == "true"
    if option.type == "int":
        try:
            return int(text)
        except ValueError:
            raise Failure(f"{option.name} takes a whole number, not {text!r}") from None
    if option.type == "list":
        try:
            value = parse_json(text)
        except ValueError:
            value = None
        if not isinstance(value, list):
            example = msgspec.json.encode(option.choices[:1] or ("a",)).decode()
            raise Failure(f"{option.name} takes a JSON list such as {example}, not {text!r}")
        return value
    return text


class Request(msgspec.Struct, frozen=True):
    """What is to be rendered, as the command line names it."""

    format: str
    file: str | None
    tools: str | None
    options: Sequence[str]
    prompt: bool | None
    view: View


def read_request(request: Request) -> tuple[Spec, Conversations, dict[str, Any]]:
    """The format, the conversations, and the options that win over theirs."""
    spec = load(request.format)
    options = typed_options(request.options, spec.options)
    if request.file is None and sys.stdin.isatty():
        raise Failure("there is no conversation: name a file, or pipe one in")
    file = request.file or STANDARD_INPUT
    if request.tools == STANDARD_INPUT and file == STANDARD_INPUT:
        raise Failure("standard input cannot hold both the conversation and the tools")
    given = read_conversations(file)
    if request.tools is not None:
        options["tools"] = read_tools(request.tools)
    if request.prompt is not None:
        options["add_generation_prompt"] = request.prompt
    return spec, given, options


def print_rendered(request: Request, show: str) -> None:
    """Render all conversations of an input, then print them: nothing is printed where one of them fails."""
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


def rendered_with(render: Callable[..., R], given: Conversation, options: Mapping[str, Any]) -> R:
    """What a way to render makes of one conversation.

    `options`, `tools` and `add_generation_prompt` among them, win over its own.
    """
    arguments: dict[str, Any] = {"tools": given.tools, "add_generation_prompt": given.prompt or False}
    try:
        # A format that takes any role would take one that is missing or no text, too.
        validate([{"role": message.get("role")} for message in given.messages], None)
        return render(given.messages, **{**arguments, **given.options, **options})
    except (RenderError, OptionError) as error:
        raise Failure(f"{given.place}: {error}") from None
    except RecursionError:
        raise Failure(f"{given.place}: it is nested too deeply") from None


def text_of(segments: Sequence[Segment]) -> str:
    return "".join(segment.text for segment in segments)


def as_text(rendered: Sequence[Sequence[Segment]], given: Conversations) -> str:
    """The text of the one conversation exactly; for JSON lines an object with the text for each."""
    if not given.lines:
        return text_of(rendered[0])
    return "".join(_json({"text": text_of(segments)}) + "\n" for segments in rendered)


def as_segments(rendered: Sequence[Sequence[Segment]], given: Conversations) -> str:
    """The segments as a JSON array with a segment on each line; for JSON lines an array on each line."""
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
    """The transcripts, each of JSON lines under the line that it stands on, and one legend, which `counted` is for."""
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
