"""The stub of a built module: the types of its functions, with each option of the format as a keyword."""

from __future__ import annotations

from collections.abc import Mapping

from chatwright.emit.python.spelling import docstring
from chatwright.runtime.options import Option

_TYPES = {"bool": "bool", "text": "str", "int": "int", "date": "str", "list": "Sequence[Any]"}

_HEAD = """\
{docstring}

from collections.abc import Sequence
from typing import Any, Literal

from chatwright.runtime.rendered import Rendered, Segment
from chatwright.runtime.renderer import Format, Renderer
{spec}
FORMAT: Format
renderer: Renderer
{body}"""

_FUNCTION = """
def {name}(
    messages: Sequence[dict[str, Any]],
    *,
    tools: Sequence[Any] | None = None,
    add_generation_prompt: bool = False,
{options}) -> {gives}: ...
"""
_GIVES = {"render": "Rendered", "text": "str", "segments": "list[Segment]"}


def emit_stub(name: str, options: Mapping[str, Option], *, with_spec: bool = False) -> str:
    """The stub of a format's module. `with_spec`: the module has the spec too."""
    keywords = [f"    {option.name}: {_type(option)} | None = None,\n" for option in options.values()]
    body = "".join(_FUNCTION.format(name=it, options="".join(keywords), gives=gives) for it, gives in _GIVES.items())
    return _HEAD.format(
        docstring=docstring(
            f"Types of {name}. Made by chatwright from {name}.chatspec; change that file, not this one."
        ),
        body=body,
        spec="from chatwright.spec import Spec\n\nspec: Spec" if with_spec else "",
    )


def _type(option: Option) -> str:
    if option.type == "choice":
        return f"Literal[{', '.join(map(repr, option.choices))}]"
    return _TYPES[option.type]
