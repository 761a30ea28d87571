"""Finds the conversations that a template accepts by trying it, so that it refuses few drawn ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, product
from typing import Any

import msgspec

from chatwright.verify.case import Case, Outcome
from chatwright.verify.scenarios.build import ASK, WEATHER, call, calls, message, result, says, system, user

Print = Callable[[Case], Outcome]

#: A word that no template prints by itself.
_WORD = "zebra"
#: The tested types of parts.
KINDS = ("text", "image", "image_url", "video", "audio")


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The shape of drawn conversations.

    `options` has the values to try for every option, in addition to "not given". `parts` are the types of parts that a
    content may have. `nine`: ids of calls have nine characters. `tools`: the template prints tools or calls. `markup`
    are texts that the template or the spec searches for, `together` the texts of one condition, `words` names that it
    compares with. The other fields say which conversations the template accepts. A template without `text_content`
    prints no content that is a text; it gets each as a list of one text part, as from engines.
    """

    options: Mapping[str, tuple[Any, ...]] = {}
    parts: tuple[str, ...] = ()
    text_arguments: bool = False
    nine: bool = False
    alternating: bool = False
    single_calls: bool = False
    null_content: bool = True
    text_content: bool = True
    late_system: bool = True
    developer: bool = False
    system: bool = True
    tools: bool = True
    loose_results: bool = True
    reasoned_calls_with_content: bool = True
    markup: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    words: tuple[str, ...] = ()

    def known(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options that the format has; the emitter refuses others."""
        return {name: value for name, value in options.items() if name in self.options}

    def posed(self, case: Case) -> Case:
        """A case in the spelling that the original accepts."""
        return case if self.text_content else case.in_parts()

    def spellings(self, case: Case) -> Iterator[Case]:
        """A case, and the same case in parts if the original takes only parts: a spec has to print both alike."""
        yield case
        if not self.text_content:
            yield case.in_parts()

    def valuations(self, width: int = 2) -> Iterator[dict[str, Any]]:
        """No option, then every choice of up to `width` options with every value of each."""
        for size in range(min(width, len(self.options)) + 1):
            for names in combinations(self.options, size):
                for values in product(*(self.options[name] for name in names)):
                    yield dict(zip(names, values, strict=True))


def asked(prints: Print) -> Shape:
    """The shape that a template accepts, found by rendering cases with `prints`."""

    def takes(*messages: dict[str, Any]) -> bool:
        return isinstance(prints(Case(list(messages), [WEATHER])), str)

    def shows(*messages: dict[str, Any]) -> str:
        text = prints(Case(list(messages), [WEATHER]))
        return text if isinstance(text, str) else ""

    hi, one, two = user("Hi"), call("f", {}), call("g", {}, "call00002")
    odd = call("f", {}, "functions.f:0")
    answered = result("1")
    return Shape(
        parts=tuple(kind for kind in KINDS if takes(message("user", [part(kind)])) and _whole(shows, kind)),
        text_arguments=takes(hi, calls("", call("f", "{}"))),
        nine=takes(hi, calls("", one), answered) and not takes(hi, calls("", odd), result("1", "functions.f:0")),
        alternating=not takes(hi, hi),
        single_calls=takes(hi, calls("", one)) and not takes(hi, calls("", one, two)),
        null_content=takes(hi, says(None), hi),
        late_system=takes(hi, says("a"), system("b"), hi),
        developer=takes(message("developer", "a"), hi),
        system=takes(system("a"), hi),
        tools="get_weather" in shows(ASK) or '"f"' in shows(hi, calls("", one)) or takes(hi, calls("", one), answered),
        loose_results=takes(hi, says("a"), answered, hi),
        reasoned_calls_with_content=takes(hi, calls("a", one, reasoning_content="b")),
    )


def takes_text(prints: Print) -> bool:
    """Whether a template prints contents that are texts; False if it prints only lists of parts."""

    def shown(content: Any) -> bool:
        text = prints(Case([message("user", content)]))
        return isinstance(text, str) and _WORD in text

    return shown(_WORD) or not shown([part("text", _WORD)])


def part(kind: str, words: str = "a") -> dict[str, Any]:
    """A part of a content."""
    return {"type": "text", "text": words} if kind == "text" else {"type": kind, kind: f"{kind}.bin"}


def _whole(shows: Callable[..., str], kind: str) -> bool:
    """Whether a part is printed as a part, and not as a list in Python's spelling."""
    return "{'type'" not in shows(message("user", [part(kind)]))
