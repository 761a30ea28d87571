"""The renderer of one format, which a generated module exports."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from chatwright.runtime.errors import ChatwrightError, RenderError
from chatwright.runtime.options import Option, settle
from chatwright.runtime.rendered import Attribute, Rendered, Segment
from chatwright.runtime.validate import validate

Message = dict[str, Any]
Emit = Callable[..., None]


class Format(msgspec.Struct, frozen=True):
    """The facts of a format that its renderer needs.

    `attributes` are those of all pieces, by code. `lines` are sorted triples: a line of the generated module, the index
    of a source, and a line of that source. The module's lines from there on come from that line of the source; the
    index is -1 where they come from none.
    """

    name: str
    hash: str
    sources: tuple[str, ...]
    options: tuple[Option, ...]
    attributes: tuple[Attribute, ...]
    stops: tuple[str, ...]
    lines: tuple[tuple[int, int, int], ...]


class Renderer:
    """Renders conversations of one format. Pure and safe to use from many threads at once.

    `emit` and `emit_text` are functions of the generated module: they append the pieces of a conversation to lists. The
    first records attributes, owners and sampled spans, too; the second appends texts alone, and is quicker.
    """

    def __init__(self, format: Format, emit: Emit, emit_text: Emit) -> None:
        self.format = format
        self.options: Mapping[str, Option] = {option.name: option for option in format.options}
        self._emit = emit
        self._emit_text = emit_text
        self._defaults = None if any(o.type == "date" for o in format.options) else settle(self.options, {})

    def render(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        **options: Any,
    ) -> Rendered:
        """Render a conversation to pieces with attributes.

        `messages` are dicts in the convention of OpenAI and Hugging Face, `tools` their JSON schemas. Raises
        RenderError for a conversation that the format refuses, OptionError for an option that does not fit.
        """
        texts: list[str] = []
        codes: list[int] = []
        owners = [0, -1]
        spans: list[int] = []
        emit = partial(self._emit, texts, codes, owners, spans)
        self._run(emit, messages, tools, add_generation_prompt, options)
        return Rendered(texts, codes, owners, spans, self.format.attributes, self.format.sources, messages)  # type: ignore[arg-type]

    def text(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        **options: Any,
    ) -> str:
        """The rendered text. Arguments and errors as for `render`."""
        texts: list[str] = []
        self._run(partial(self._emit_text, texts), messages, tools, add_generation_prompt, options)
        try:
            return "".join(texts)
        except TypeError as error:
            raise self._explained(error, messages, tools) from error

    def segments(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        add_generation_prompt: bool = False,
        **options: Any,
    ) -> list[Segment]:
        """The rendered text as segments with full attribution. Arguments and errors as for `render`."""
        rendered = self.render(messages, tools=tools, add_generation_prompt=add_generation_prompt, **options)
        if not all(isinstance(text, str) for text in rendered.texts):
            raise self._explained(TypeError("not a text"), messages, tools)
        return rendered.segments()

    def _run(self, emit: Emit, messages: Any, tools: Any, prompt: bool, options: Mapping[str, Any]) -> None:
        """Call a function of the module. Its errors get the message at work and the line of the spec."""
        if not messages:
            raise RenderError("there are no messages to render; give at least one")
        values = settle(self.options, options) if options or self._defaults is None else self._defaults
        try:
            emit(messages, tools, prompt, *values)
        except RenderError as error:
            raise self._located(error, error) from None
        except Exception as error:
            raise self._explained(error, messages, tools) from error

    def _located(self, error: RenderError, cause: BaseException) -> RenderError:
        """The error with the message at work and the line of the spec, as the traceback of its cause shows them.

        The line is the innermost that the generated module has an origin for. A role without a turn is refused by no
        line in particular.
        """
        emits = (self._emit.__code__, self._emit_text.__code__)
        trace = cause.__traceback__
        unplaced = error.spec is None and error.field != "role"
        while trace is not None:
            code = trace.tb_frame.f_code
            if code in emits and error.message is None:
                index = trace.tb_frame.f_locals.get("i")
                error.message = index if isinstance(index, int) else None
            if code.co_filename == emits[0].co_filename and unplaced:
                found = bisect.bisect_right(self.format.lines, (trace.tb_lineno, 1 << 30, 0)) - 1
                _, source, line = self.format.lines[found] if found >= 0 else (0, -1, 0)
                if source >= 0:
                    error.line, error.spec = line, self.format.sources[source]
            trace = trace.tb_next
        return error

    def _explained(self, error: Exception, messages: Any, tools: Any) -> ChatwrightError:
        """The error for an input that made rendering fail: it names the fault of the input, if it has any."""
        try:
            validate(messages, tools)
        except RenderError as found:
            return found
        return self._located(RenderError(f"this cannot be rendered: {type(error).__name__}: {error}"), error)
