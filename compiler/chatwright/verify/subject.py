"""Sets up a comparison: unknown special tokens, options to vary, the shape of conversations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from chatwright.runtime.options import Option
from chatwright.spec import Spec
from chatwright.verify import hints
from chatwright.verify.case import same
from chatwright.verify.comparison import Ways
from chatwright.verify.originals import NoTemplate, Original
from chatwright.verify.scenarios import BY_NAME
from chatwright.verify.shape import Shape, asked, takes_text
from chatwright.verify.verdict import Note

#: Scenarios that reveal special tokens.
_SHOWING = tuple(BY_NAME[name] for name in sorted(BY_NAME))[::12]
#: Names of tools in hand-picked conversations.
CALLED = ("get_weather", "f")
_SPECIAL = ("bos_token", "eos_token")


def compared(spec: Spec, original: Original) -> Ways:
    """The three sources; special tokens that no tokenizer names are inferred from the original.

    Raises NoTemplate if the original is not valid Jinja.
    """
    try:
        special = hints.special(original.source)
    except hints.Unreadable as error:
        raise NoTemplate(f"{original.name} is not a Jinja template: {error}") from None
    ours: dict[str, Any] = {}
    template = spec.jinja()
    if original.folder is not None:
        ours |= {
            name: token
            for name, token in zip(_SPECIAL, (original.bos, original.eos), strict=True)
            if token is not None and name in spec.options
        }
        return _posed(Ways(spec, original, template, ours))
    tried = [
        _posed(Ways(spec, msgspec.structs.replace(original, bos=bos, eos=eos), template, ours))
        for bos in _candidates(spec, "bos_token", original.bos, special)
        for eos in _candidates(spec, "eos_token", original.eos, special)
    ]
    return max(tried, key=_alike) if len(tried) > 1 else tried[0]


def _posed(ways: Ways) -> Ways:
    """The same, with the knowledge whether the original takes texts."""
    return msgspec.structs.replace(ways, text_content=takes_text(ways.wanted))


def _candidates(spec: Spec, name: str, known: str | None, read: set[str]) -> list[str | None]:
    """The candidates for a special token: its known value, else the spec's default, else any token of the spec."""
    if known is not None:
        return [known]
    option = spec.options.get(name)
    if option is not None and isinstance(option.default, str):
        return [option.default]
    if name not in read:
        return [None]
    return list(dict.fromkeys((*spec.stops, *spec.tokens) if name == "eos_token" else spec.tokens)) or [None]


def _alike(ways: Ways) -> int:
    from chatwright.verify.case import Case

    cases = [Case(scenario.messages, scenario.tools, False) for scenario in _SHOWING]
    return sum(same(ways.wanted(case), ways.emitted(case)) for case in cases)


def shape_of(ways: Ways) -> Shape:
    """The shape of the test cases: options with their values, and the inputs that the original accepts."""
    source = ways.original.source
    read, words = hints.options(source), hints.words(source)
    options = {
        name: values
        for name, option in ways.spec.options.items()
        if name in read and (values := _values(option, hints.compared(source, name), words))
    }
    return msgspec.structs.replace(
        asked(ways.wanted),
        options=options,
        text_content=ways.text_content,
        markup=hints.markup(source, ways.spec.tokens),
        together=hints.together(source),
        words=words,
    )


def _values(option: Option, constants: tuple[Any, ...], words: tuple[str, ...]) -> tuple[Any, ...]:
    if option.type == "text":
        texts = [value for value in constants if isinstance(value, str)]
        return tuple(dict.fromkeys((*option.values, *texts, "abc")))
    if option.type == "int":
        return tuple(dict.fromkeys((*option.values, *(v for v in constants if type(v) is int), 3)))
    if option.type == "list" and not option.choices:
        return ([], [*words, *CALLED])
    return option.values or constants


def unvaried(ways: Ways) -> list[str]:
    """The options of the original that the spec does not have."""
    return sorted(set(hints.options(ways.original.source)) - set(ways.spec.options))


def notes(ways: Ways, shape: Shape) -> Iterator[Note]:
    """Notes on options that only one of the two has, and on special tokens that no tokenizer names."""
    for name, token in (("bos_token", ways.original.bos), ("eos_token", ways.original.eos)):
        if ways.original.folder is None and name in hints.special(ways.original.source):
            yield Note("coverage", f"no tokenizer names {name}: the spec's {token!r} was used without comparison")
    if not ways.text_content:
        yield Note("texts", "the original prints no content that is a text, so it got lists of one text part")
    mine: Mapping[str, Option] = ways.spec.options
    for name in unvaried(ways):
        yield Note("options", f"the original reads {name}, and the spec has no such option: it was not varied")
    for name in sorted(set(mine) - set(hints.options(ways.original.source)) - set(_SPECIAL)):
        yield Note("options", f"the spec has the option {name}, which the original does not read")
