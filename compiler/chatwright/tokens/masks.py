"""Selectors: which tokens are trained, and with which weight. They select by attribution, and can be combined.

    sampled()                                   everything that the model writes
    sampled() & ~part("reasoning")              without its reasoning
    sampled() | content() & role("tool")        and the bodies of tool results
    sampled() * by_message()                    each message by its own `weight` or `train`

`a & b` multiplies, `a | b` takes the larger, `~a` selects the tokens that `a` does not, `a * 0.5` scales.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from chatwright.runtime.errors import RenderError
from chatwright.tokens.layout import Flags
from chatwright.tokens.rendered_tokens import RenderedTokens

Weights = npt.NDArray[np.float32]
Message = dict[str, Any]


class Selector:
    """A weight for every token; 0 for tokens that are not selected.

    It can be pickled if everything it was made with can: a lambda cannot. `local`: the weight of a token depends only
    on the token and its message, not on the rest of the conversation.
    """

    def __init__(self, name: str, weigh: Callable[[RenderedTokens], npt.NDArray[Any]], local: bool = False) -> None:
        self._name = name
        self._weigh = weigh
        self.local = local

    def __repr__(self) -> str:
        return self._name

    def weights(self, tokens: RenderedTokens) -> Weights:
        """The weight of each token, float32, shape (tokens,)."""
        return self._weigh(tokens).astype(np.float32)

    def mask(self, tokens: RenderedTokens) -> Flags:
        """Whether each token has a weight other than 0, bool, shape (tokens,)."""
        found: Flags = self._weigh(tokens) != 0
        return found

    def __and__(self, other: Selector) -> Selector:
        return Selector(f"({self} & {other})", partial(_product, self, other), self.local and other.local)

    def __or__(self, other: Selector) -> Selector:
        return Selector(f"({self} | {other})", partial(_larger, self, other), self.local and other.local)

    def __invert__(self) -> Selector:
        return Selector(f"~{self}", partial(_unselected, self), self.local)

    def __mul__(self, factor: float | Selector) -> Selector:
        if isinstance(factor, Selector):
            return self & factor
        return Selector(f"{self} * {factor}", partial(_weighed, self, factor), self.local)


def _product(one: Selector, other: Selector, tokens: RenderedTokens) -> Weights:
    return one.weights(tokens) * other.weights(tokens)


def _larger(one: Selector, other: Selector, tokens: RenderedTokens) -> Weights:
    return np.maximum(one.weights(tokens), other.weights(tokens))


def _unselected(selector: Selector, tokens: RenderedTokens) -> Flags:
    return ~selector.mask(tokens)


def _weighed(selector: Selector, factor: float, tokens: RenderedTokens) -> Weights:
    return selector.weights(tokens) * np.float32(factor)


# ---- by who writes and what it is --------------------------------------------------------------------------------


def everything() -> Selector:
    """All tokens."""
    return Selector("everything()", _everything, local=True)


def _everything(tokens: RenderedTokens) -> Flags:
    return np.ones(len(tokens), bool)


def sampled() -> Selector:
    """The tokens that the model writes, its stop included: what TRL and GRPO train."""
    return Selector("sampled()", attrgetter("sampled"), local=True)


def content() -> Selector:
    """The content of messages, and everything that the model writes."""
    return Selector("content()", attrgetter("content"))


def part(*names: str) -> Selector:
    """Tokens of these parts; `call` includes `call.name` and `call.arguments`."""
    return Selector(f"part({', '.join(map(repr, names))})", partial(_of_parts, names), local=True)


def _of_parts(names: tuple[str, ...], tokens: RenderedTokens) -> Flags:
    chosen = [any(own == name or own.startswith(f"{name}.") for name in names) for own in tokens.part_names]
    return np.array(chosen, bool)[tokens.part_numbers]


def closers(which: Literal["all", "last"] = "all") -> Selector:
    """The stop tokens that the model writes: of all its turns, or of the last."""
    return Selector(f"closers({which!r})", partial(_closers, which))


def _closers(which: str, tokens: RenderedTokens) -> Flags:
    found = _of_parts(("closer",), tokens) & tokens.sampled
    if which == "last" and found.any():
        found[: np.flatnonzero(found)[-1]] = False
    return found


# ---- by message --------------------------------------------------------------------------------------------------


def role(*names: str) -> Selector:
    """All tokens of the messages of these roles, scaffold included."""
    return _messages(f"role({', '.join(map(repr, names))})", partial(_of_roles, names), local=True)


def _of_roles(names: tuple[str, ...], all: Sequence[Message]) -> list[bool]:
    return [message["role"] in names for message in all]


def messages(*which: int | Callable[[Message], Any]) -> Selector:
    """All tokens of some messages: by index, negative from the end, or by a function of the message."""
    return _messages(f"messages({', '.join(map(str, which))})", partial(_chosen, which))


def _chosen(which: tuple[int | Callable[[Message], Any], ...], all: Sequence[Message]) -> list[bool]:
    indices = {index + len(all) if index < 0 else index for index in which if isinstance(index, int)}
    tests = [test for test in which if not isinstance(test, int)]
    return [n in indices or any(test(message) for test in tests) for n, message in enumerate(all)]


def last_message(role: str = "assistant") -> Selector:
    """The last message of a role."""
    return _messages(f"last_message({role!r})", partial(_last_of, role))


def _last_of(role: str, all: Sequence[Message]) -> list[bool]:
    last = max((n for n, message in enumerate(all) if message["role"] == role), default=-1)
    return [n == last for n in range(len(all))]


def last_turn() -> Selector:
    """All messages behind the last user message: the last turn of the model, with its calls and their results."""
    return _messages("last_turn()", _behind_the_last_user)


def _behind_the_last_user(all: Sequence[Message]) -> list[bool]:
    last = max((n for n, message in enumerate(all) if message["role"] == "user"), default=-1)
    return [n > last for n in range(len(all))]


def by_message(weights: Sequence[float] | None = None) -> Selector:
    """A weight for each message: those given, or its own field `weight` (a number) or `train`."""
    name = "by_message()" if weights is None else f"by_message({list(weights)})"
    return _messages(name, partial(_of_messages, weights), local=weights is None)


def _of_messages(weights: Sequence[float] | None, all: Sequence[Message]) -> list[float]:
    if weights is None:
        return [_own_weight(n, message) for n, message in enumerate(all)]
    if len(weights) != len(all):
        raise ValueError(f"there are {len(weights)} weights for {len(all)} messages; give one for each")
    return [float(weight) for weight in weights]


def _own_weight(index: int, message: Message) -> float:
    for key in ("weight", "train"):
        value = message.get(key)
        if value is not None:
            if isinstance(value, bool | int | float):
                return float(value)
            raise RenderError(f"must be a number or a truth value, not {value!r}", message=index, field=key)
    return 1.0


def _messages(name: str, choose: Callable[[Sequence[Message]], Sequence[float]], local: bool = False) -> Selector:
    return Selector(name, partial(_by_message, choose), local)


def _by_message(choose: Callable[[Sequence[Message]], Sequence[float]], tokens: RenderedTokens) -> Weights:
    chosen = np.array([*choose(tokens.conversation), 0], np.float32)
    return chosen[tokens.messages]


def empty_reasoning() -> Selector:
    """The tags of an empty think block, in messages without reasoning.

    These are the scaffold pieces directly before and behind the place of the reasoning. Tags in a single text of the
    spec, without a slot between them, are ordinary scaffold.
    """
    return Selector("empty_reasoning()", _empty_reasoning)


def _empty_reasoning(tokens: RenderedTokens) -> Flags:
    layout = tokens.layout
    slots = np.array([a.part == "reasoning" and a.body for a in layout.rendered.attributes], bool)[layout.codes]
    thought = np.zeros(len(tokens.conversation) + 1, bool)
    thought[layout.messages[slots & (layout.widths > 0)]] = True
    empty = np.flatnonzero(slots & ~thought[layout.messages])
    tags = np.zeros(len(layout.texts), bool)
    for beside in (empty - 1, empty + 1):
        inside = (beside >= 0) & (beside < len(tags))
        slot, tag = empty[inside], beside[inside]
        alike = (layout.messages[tag] == layout.messages[slot]) & (layout.sampled[tag] == layout.sampled[slot])
        tags[tag[alike & ~layout.body[tag]]] = True
    found: Flags = tags[tokens.pieces]
    return found


# ---- by characters -----------------------------------------------------------------------------------------------


def characters(message: int, field: Literal["content", "reasoning"], start: int, end: int) -> Selector:
    """The tokens that lie entirely in characters `start` to `end` of a field, counted in the field as the caller gave
    it."""
    return Selector(f"characters({message}, {field!r}, {start}, {end})", partial(_within, message, field, start, end))


def _within(message: int, field: str, start: int, end: int, tokens: RenderedTokens) -> Flags:
    first, last = _printed(tokens, message, field, start, end)
    places = tokens.located
    found: Flags = (places.starts >= first) & (places.ends <= last) & (places.ends > places.starts)
    return found


def _printed(tokens: RenderedTokens, message: int, field: str, start: int, end: int) -> tuple[int, int]:
    """The bytes of the rendered text that some characters of a field became."""
    layout = tokens.layout
    attributes = layout.rendered.attributes
    wanted = np.array([a.part == field and a.body for a in attributes], bool)[layout.codes]
    pieces = np.flatnonzero(wanted & (layout.messages == message) & (layout.widths > 0))
    given = _given(tokens.conversation[message], field)
    printed = "".join(layout.texts[piece] for piece in pieces)
    at = given.find(printed) if len(pieces) else -1
    if at < 0 or int(pieces[-1] - pieces[0]) + 1 != len(pieces):
        raise RenderError(
            "is not printed in one piece and unchanged, so its characters have no place in the text; "
            "weigh the message as a whole",
            message=message,
            field=field,
        )
    base = int(layout.starts[pieces[0]])
    first, last = (printed[: max(place - at, 0)] for place in (start, end))
    return base + len(first.encode()), base + len(last.encode())


def _given(message: Message, field: str) -> str:
    """A field of a message as text, with the texts of its parts joined."""
    names = ("content",) if field == "content" else ("reasoning_content", "thinking", "reasoning")
    value = next((message[name] for name in names if message.get(name) is not None), "")
    if isinstance(value, str):
        return value
    return "".join(item.get("text", "") for item in value if isinstance(item, dict))
