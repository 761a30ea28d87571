"""What a rendering command asks for: the format, the conversations and the options."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from chatwright.cli.conversation_files import STANDARD_INPUT, Conversations, Given, read_conversations, read_tools
from chatwright.cli.exit_codes import Failure
from chatwright.cli.loading import load
from chatwright.cli.option_values import option_values
from chatwright.runtime.errors import OptionError, RenderError
from chatwright.runtime.view import View

if TYPE_CHECKING:
    from chatwright.spec import Spec
    from chatwright.tokens.encoding import Specials, Tokenization

R = TypeVar("R")


class Request(msgspec.Struct, frozen=True):
    """The arguments of a rendering command. `prompt`: whether the text ends with the generation prompt."""

    format: str
    file: str | None
    tools: str | None
    options: Sequence[str]
    prompt: bool | None
    view: View


class Binding(msgspec.Struct, frozen=True):
    """The options that bind a format to a tokenizer. `tokenizer`: a path."""

    tokenizer: str
    specials: Specials = "text"
    tokenization: Tokenization = "whole"


def read_request(request: Request) -> tuple[Spec, Conversations, dict[str, Any]]:
    """The format, the conversations, and the arguments that take precedence over those of each conversation."""
    spec = load(request.format)
    options = option_values(request.options, spec.options)
    if request.file is None and sys.stdin.isatty():
        raise Failure("there is no conversation; name a file, or pipe one in")
    file = request.file or STANDARD_INPUT
    if request.tools == STANDARD_INPUT and file == STANDARD_INPUT:
        raise Failure("standard input cannot hold both the conversation and the tools; put one into a file")
    given = read_conversations(file)
    if request.tools is not None:
        options["tools"] = read_tools(request.tools)
    if request.prompt is not None:
        options["add_generation_prompt"] = request.prompt
    return spec, given, options


def rendered_with(render: Callable[..., R], given: Given, options: Mapping[str, Any]) -> R:
    """Render one conversation with `render`. Raises Failure, which names the place of the conversation.

    `options`, which may have `tools` and `add_generation_prompt`, take precedence over those of the conversation.
    """
    own = given.conversation
    arguments = {"tools": own.tools, "add_generation_prompt": bool(own.generation_prompt), **own.options, **options}
    try:
        return render(own.messages, **arguments)
    except (RenderError, OptionError) as error:
        raise Failure(f"{given.place}: {error}") from None
    except RecursionError:
        raise Failure(f"{given.place}: it is nested too deeply") from None
