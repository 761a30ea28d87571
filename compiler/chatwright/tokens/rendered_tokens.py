"""A rendered conversation as token ids, with the attribution of each token."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from chatwright.runtime.rendered import Rendered
from chatwright.tokens.encoders.encoder import Located
from chatwright.tokens.encoders.vocabulary import Ids, Places
from chatwright.tokens.encoding import Tokens
from chatwright.tokens.layout import Flags, Layout

Indices = npt.NDArray[np.int32]


class Run(msgspec.Struct, frozen=True):
    """Tokens from `start` to `end` that one piece of the text owns; `line` of `spec` printed it."""

    start: int
    end: int
    message: int
    role: str
    part: str
    body: bool
    sampled: bool
    spec: str
    line: int


class RenderedTokens:
    """Token ids with full attribution.

    A token belongs to the piece of the text that holds its first byte, and has the message, part and line of this
    piece. It is sampled, or content, only if all of its bytes are.

    The attribution comes in two forms. Lists have the names and meanings of the `renderers` package (`token_ids`,
    `message_indices`, `sampled_mask`, `is_content`), and are made on demand. Arrays of shape (tokens,) are `ids`,
    `messages`, `sampled` and `content`. `defused`: the control tokens in the caller's text that were encoded as
    ordinary text.
    """

    multi_modal_data: None = None

    def __init__(self, layout: Layout, tokens: Tokens, locate: Callable[[], Located]) -> None:
        """`locate` finds the places of the tokens, if `tokens` does not have them and something asks for them."""
        self.layout = layout
        self.ids: Ids = tokens.ids
        self.defused = tokens.defused
        self._located = tokens.located
        self._locate = locate

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"<RenderedTokens: {len(self)} tokens of {len(self.conversation)} messages>"

    # ---- arrays ------------------------------------------------------------------------------------------------

    @property
    def located(self) -> Located:
        """The bytes of the text that each token encodes."""
        if self._located is None:
            self._located = self._locate()
        return self._located

    @cached_property
    def bounds(self) -> Places:
        """The first token of each piece of the text, and the number of tokens."""
        return np.append(self.located.first_from(self.layout.starts), len(self))

    @cached_property
    def pieces(self) -> Indices:
        """The piece of the text that each token belongs to, int32: an index into `layout.texts`."""
        return self._spread(np.arange(len(self.layout.texts), dtype=np.int32))

    @cached_property
    def messages(self) -> Indices:
        """The message of each token, int32; -1 for text that the format adds."""
        return self._spread(self.layout.messages)

    @cached_property
    def sampled(self) -> Flags:
        """Whether the model writes the token, bool."""
        places, edges = self.located, np.array(self.layout.sampled_edges, np.int32)
        found = places.first_from(edges)
        # The model did not write a token that reaches beyond its text.
        beyond = places.ends[found[1::2] - 1] > edges[1::2]
        mask = np.zeros(len(self), bool)
        for first, until, cut in zip(found[::2].tolist(), found[1::2].tolist(), beyond.tolist(), strict=True):
            if first < until:
                mask[first : until - cut] = True
        return mask

    @cached_property
    def content(self) -> Flags:
        """Whether the token is content of a message, or written by the model, bool.

        The name of a speaker and the id of an answered call are not content.
        """
        layout = self.layout
        said = layout.traits.said[layout.codes] & (layout.messages >= 0)
        return self._all_of(np.where(self._of_model(), layout.sampled, said))

    @cached_property
    def part_numbers(self) -> Indices:
        """The part of each token, int32: an index into `part_names`."""
        return self._spread(self.layout.traits.parts[self.layout.codes])

    @property
    def part_names(self) -> tuple[str, ...]:
        return self.layout.traits.part_names

    def _of_model(self) -> Flags:
        """Whether each piece is of a message that the model writes."""
        samplers = np.zeros(len(self.conversation) + 1, bool)
        owners = self.layout.messages[self.layout.sampled]
        samplers[owners] = True
        roles = {self.message_roles[owner] for owner in np.unique(owners).tolist() if owner >= 0}
        for index, role in enumerate(self.message_roles):
            samplers[index] = samplers[index] or role in roles or role == "assistant"
        samplers[-1] = False
        return samplers[self.layout.messages]

    def _spread(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values of pieces, for every token."""
        return np.repeat(values, np.diff(self.bounds))

    def _all_of(self, flags: Flags) -> Flags:
        """Whether each token lies in flagged pieces with all of its bytes."""
        found: Flags = self._spread(flags)
        ends = self.layout.ends
        last = self.bounds[1:] - 1
        holding = last >= self.bounds[:-1]
        # Only the last token of a piece can reach beyond it.
        across = np.flatnonzero(holding & flags & (self.located.ends[last] > ends))
        if len(across):
            without = np.concatenate(([0], np.cumsum(~flags & (ends > self.layout.starts))))
            reached = np.searchsorted(ends, self.located.ends[last[across]], "left")
            bad = without[reached + 1] > without[across]
            found[last[across[bad]]] = False
        return found

    # ---- lists, as the `renderers` package has them -------------------------------------------------------------

    @cached_property
    def token_ids(self) -> list[int]:
        found: list[int] = self.ids.tolist()
        return found

    @cached_property
    def message_indices(self) -> list[int]:
        found: list[int] = self.messages.tolist()
        return found

    @cached_property
    def sampled_mask(self) -> list[bool]:
        found: list[bool] = self.sampled.tolist()
        return found

    @cached_property
    def is_content(self) -> list[bool]:
        found: list[bool] = self.content.tolist()
        return found

    @cached_property
    def parts(self) -> list[str]:
        """The part of each token: `wrap`, `content`, `reasoning`, `call.name`, …"""
        names = self.part_names
        return [names[number] for number in self.part_numbers.tolist()]

    @property
    def conversation(self) -> Sequence[dict[str, Any]]:
        """The messages that were rendered."""
        return self.layout.rendered.messages

    @cached_property
    def message_roles(self) -> list[str]:
        return [message["role"] for message in self.conversation]

    @cached_property
    def message_tool_names(self) -> list[str | None]:
        """For each tool result the name of its tool: its own `name`, else that of the call with its `tool_call_id`."""
        return tool_names(self.conversation)

    # ---- runs and spans -----------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The rendered text."""
        return self.layout.text

    def runs(self) -> list[Run]:
        """The tokens in runs, one for each piece of the text that owns any."""
        rendered: Rendered = self.layout.rendered
        messages, sampled = self.layout.messages.tolist(), self.layout.sampled.tolist()
        bounds = self.bounds.tolist()
        out = []
        for piece, (start, end) in enumerate(itertools.pairwise(bounds)):
            if start < end:
                part, body, role, source, line, _ = rendered.attributes[rendered.codes[piece]]
                message = messages[piece]
                if role is None:
                    role = self.message_roles[message] if message >= 0 else "system"
                spec = rendered.sources[source]
                out.append(Run(start, end, message, role, part, body, sampled[piece], spec, line))
        return out

    def spans(self, mask: npt.ArrayLike | None = None) -> list[tuple[int, int]]:
        """The ranges of tokens for which a mask holds; by default, the sampled ones."""
        return spans_of(self.sampled if mask is None else np.asarray(mask, bool))

    # ---- counting, as the `renderers` package does --------------------------------------------------------------

    def tokens_per_message(self, n_messages: int | None = None, *, sampled_only: bool = False) -> list[int]:
        """The number of tokens of each message; with `sampled_only`, of those that the model writes."""
        count = len(self.conversation)
        owners = self.messages[self.sampled] if sampled_only else self.messages
        found = np.bincount(owners[owners >= 0], minlength=count)
        return [int(n) for n in found[: count if n_messages is None else min(n_messages, count)]]

    def tokens_by_role(self, *, sampled_only: bool = False) -> dict[str, int]:
        """`tokens_per_message`, summed up by role."""
        out: dict[str, int] = {}
        for role, count in zip(self.message_roles, self.tokens_per_message(sampled_only=sampled_only), strict=True):
            out[role] = out.get(role, 0) + count
        return out

    def message_token_spans(self) -> list[tuple[int, int] | None]:
        """For each message the range from its first to its last token; None if it has none."""
        out: list[tuple[int, int] | None] = [None] * len(self.conversation)
        for start, end, owner in _same(self.messages):
            if owner >= 0:
                before = out[owner]
                out[owner] = (start if before is None else before[0], end)
        return out

    def role_token_spans(self) -> dict[str, list[tuple[int, int]]]:
        """`message_token_spans` by role, in the order of messages."""
        out: dict[str, list[tuple[int, int]]] = {}
        for role, span in zip(self.message_roles, self.message_token_spans(), strict=True):
            out.setdefault(role, []).extend([] if span is None else [span])
        return out

    def content_token_spans_by_role(self) -> dict[str, list[tuple[int, int]]]:
        """The ranges of content tokens by role. Each lies in a single message."""
        out: dict[str, list[tuple[int, int]]] = {role: [] for role in self.message_roles}
        inside = np.where(self.content, self.messages, np.int32(-1))
        for start, end, owner in _same(inside):
            if owner >= 0:
                out[self.message_roles[owner]].append((start, end))
        return out

    def content_mask_for_roles(self, roles: set[str] | frozenset[str]) -> list[bool]:
        """Whether each token is content of a message of these roles."""
        chosen = np.array([role in roles for role in self.message_roles] + [False], bool)
        found: list[bool] = (self.content & chosen[self.messages]).tolist()
        return found


def _same(values: Indices) -> list[tuple[int, int, int]]:
    """The ranges over which an array has the same value, with the value."""
    if not len(values):
        return []
    edges = np.concatenate(([0], np.flatnonzero(np.diff(values)) + 1, [len(values)]))
    starts, ends = edges[:-1], edges[1:]
    return list(zip(starts.tolist(), ends.tolist(), values[starts].tolist(), strict=True))


def spans_of(mask: Flags) -> list[tuple[int, int]]:
    """The ranges over which a mask holds."""
    return [(start, end) for start, end, value in _same(mask.astype(np.int32)) if value]


def tool_names(messages: Sequence[dict[str, Any]]) -> list[str | None]:
    """For each tool result the name of its tool: its own `name`, else that of the call with its `tool_call_id`."""
    called: dict[str, str] = {}
    out: list[str | None] = []
    for message in messages:
        for call in message.get("tool_calls") or ():
            function = call.get("function") or call
            if call.get("id") and isinstance(function.get("name"), str):
                called[call["id"]] = function["name"]
        name = None
        if message["role"] == "tool":
            name = message.get("name") or called.get(message.get("tool_call_id") or "")
        out.append(name or None)
    return out
