"""Training samples: ids with weights, which can be cut, padded and batched without losing their attribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from chatwright.runtime.errors import ChatwrightError
from chatwright.tokens.bound import BoundRenderer
from chatwright.tokens.encoders.vocabulary import Ids
from chatwright.tokens.masks import Selector, Weights, sampled
from chatwright.tokens.rendered_tokens import RenderedTokens, Run

Side = Literal["left", "right"]
Message = dict[str, Any]

#: The label that loss functions ignore.
IGNORE = -100


class NothingTrained(ChatwrightError):
    """No token of a sample is trained."""


class Sample:
    """The ids of a conversation, or of a window of it, with a weight for each id.

    It has the fields of a `RenderedTrainingSample` of the `renderers` package: `token_ids`, `loss_mask`.
    """

    multi_modal_data: None = None
    mm_token_type_ids: None = None

    def __init__(self, tokens: RenderedTokens, weights: Weights, start: int = 0, end: int | None = None) -> None:
        self.tokens = tokens
        self.start = start
        self.end = len(tokens) if end is None else end
        self.ids: Ids = tokens.ids[self.start : self.end]
        self.weights = weights

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"<Sample: {len(self)} tokens, {self.trained} trained>"

    @property
    def trained(self) -> int:
        """The number of tokens with a weight other than 0."""
        return int(np.count_nonzero(self.weights))

    @property
    def token_ids(self) -> list[int]:
        found: list[int] = self.ids.tolist()
        return found

    @property
    def loss_mask(self) -> list[bool]:
        found: list[bool] = (self.weights != 0).tolist()
        return found

    def labels(self, ignore_index: int = IGNORE) -> npt.NDArray[np.int64]:
        """The ids of trained tokens, `ignore_index` elsewhere, int64. They are not shifted, as transformers expects."""
        return np.where(self.weights != 0, self.ids.astype(np.int64), ignore_index)

    def runs(self) -> list[Run]:
        """The attribution of the tokens in runs, counted from the first token of this sample."""
        out = []
        for run in self.tokens.runs():
            start, end = max(run.start, self.start) - self.start, min(run.end, self.end) - self.start
            if start < end:
                out.append(_moved(run, start, end))
        return out

    def truncated(self, length: int, side: Side = "right") -> Sample:
        """At most `length` tokens. `side`: the end at which the others are cut off."""
        if len(self) <= length:
            return self
        start, end = (0, length) if side == "right" else (len(self) - length, len(self))
        return Sample(self.tokens, self.weights[start:end], self.start + start, self.start + end)

    def padded(
        self, length: int, pad_id: int, side: Side = "right", ignore_index: int = IGNORE
    ) -> dict[str, npt.NDArray[Any]]:
        """`input_ids`, `labels`, `attention_mask` and `weights` of `length`, padded with untrained tokens. Raises
        ValueError for a longer sample."""
        missing = length - len(self)
        if missing < 0:
            raise ValueError(f"a sample of {len(self)} tokens does not fit {length}; truncate it first")
        around = (0, missing) if side == "right" else (missing, 0)
        return {
            "input_ids": np.pad(self.ids.astype(np.int64), around, constant_values=pad_id),
            "labels": np.pad(self.labels(ignore_index), around, constant_values=ignore_index),
            "attention_mask": np.pad(np.ones(len(self), np.int64), around),
            "weights": np.pad(self.weights, around),
        }

    def checked(self) -> Sample:
        """The same sample. Raises NothingTrained if no token of it is trained."""
        if not self.trained:
            raise untrained(len(self))
        return self


def untrained(length: int) -> NothingTrained:
    """The error for a sample of this length without a trained token."""
    return NothingTrained(
        f"none of its {length} tokens is trained: the selection finds none in this conversation, or truncation cut "
        "them off; leave it out, or select and cut otherwise"
    )


def _moved(run: Run, start: int, end: int) -> Run:
    return Run(start, end, run.message, run.role, run.part, run.body, run.sampled, run.spec, run.line)


def sample(
    renderer: BoundRenderer,
    messages: Sequence[Message],
    *,
    tools: Sequence[Any] | None = None,
    select: Selector | None = None,
    max_length: int | None = None,
    truncate: Side = "right",
    **options: Any,
) -> Sample:
    """The training sample of a rendered conversation; by default everything that the model writes is trained.

    `options` include `view`. Raises NothingTrained if no token is trained.
    """
    tokens = renderer.render(messages, tools=tools, **options)
    return weighed(tokens, select, max_length, truncate)


def weighed(tokens: RenderedTokens, select: Selector | None, max_length: int | None, truncate: Side) -> Sample:
    """The training sample of tokens; arguments and errors as for `sample`."""
    found = Sample(tokens, (select or sampled()).weights(tokens))
    return (found if max_length is None else found.truncated(max_length, truncate)).checked()


# ---- one sample for each turn ------------------------------------------------------------------------------------


def split(
    renderer: BoundRenderer,
    messages: Sequence[Message],
    *,
    tools: Sequence[Any] | None = None,
    select: Selector | None = None,
    max_length: int | None = None,
    truncate: Side = "left",
    **options: Any,
) -> list[Sample]:
    """Samples that show each turn of the model as it was when the model wrote it; each turn is trained once.

    If a later sample has the same ids up to the end of a turn, the turn is trained there: one sample is enough where
    later messages change nothing before them. Raises NothingTrained if there is no sample.
    """
    turns: list[RenderedTokens] = []
    for end in _written(renderer, messages, tools, options):
        turns.append(renderer.render(messages[:end], tools=tools, view="fresh", **options))
    out: list[Sample] = []
    waiting: list[tuple[int, RenderedTokens]] = []
    before = -2
    for number, turn in enumerate(turns):
        later = turns[number + 1] if number + 1 < len(turns) else None
        waiting.append((len(turn.conversation) - 1, turn))
        if later is not None and _continues(turn, later):
            continue
        weights = (select or sampled()).weights(turn)
        trained = np.zeros(len(turn), bool)
        for message, own in waiting:
            trained[: len(own)] |= own.sampled & (own.messages == message)
        # Text of others is trained, if at all, in the first sample that shows it.
        seen = ~turn.sampled & (turn.messages <= before)
        before = waiting[-1][0]
        found = Sample(turn, np.where((turn.sampled & ~trained) | seen, 0, weights).astype(np.float32))
        found = found if max_length is None else found.truncated(max_length, truncate)
        if found.trained:
            out.append(found)
        waiting = []
    if not out:
        raise NothingTrained("no turn of this conversation has a token to train; leave it out, or select otherwise")
    return out


def _written(
    renderer: BoundRenderer, messages: Sequence[Message], tools: Sequence[Any] | None, options: dict[str, Any]
) -> list[int]:
    """The ends of the conversations that stop behind a turn of the model."""
    tokens = renderer.render(messages, tools=tools, **options)
    return [int(index) + 1 for index in np.unique(tokens.messages[tokens.sampled]) if index >= 0]


def _continues(turn: RenderedTokens, later: RenderedTokens) -> bool:
    """Whether a later rendering begins with a turn, up to its stop, with the same sampled tokens."""
    until = int(np.flatnonzero(turn.sampled)[-1]) + 1 if turn.sampled.any() else 0
    return (
        len(later) >= until
        and np.array_equal(turn.ids[:until], later.ids[:until])
        and np.array_equal(turn.sampled[:until], later.sampled[:until])
    )


# ---- as the `renderers` package does -----------------------------------------------------------------------------


def build_training_sample(
    renderer: BoundRenderer,
    messages: Sequence[Message],
    *,
    role_to_mask: Callable[[Message], bool] | None = None,
    tools: Sequence[Any] | None = None,
    content_sft_roles: set[str] | frozenset[str] | None = None,
    ensure_final_stop: bool = False,
    message_loss_mask: Sequence[bool | int] | None = None,
) -> Sample:
    """A sample by the arguments of `renderers.build_training_sample`, with the same meanings.

    `role_to_mask` restricts sampled tokens to messages for which it holds. `content_sft_roles` adds the content of
    these roles. `message_loss_mask`, 0 or 1 for each message, restricts all of these. `ensure_final_stop` adds the
    model's stop if the last message is the model's and is rendered without it.
    """
    if message_loss_mask is not None:
        if len(message_loss_mask) != len(messages):
            raise ValueError(f"message_loss_mask has {len(message_loss_mask)} entries for {len(messages)} messages")
        if any(not isinstance(value, bool | int) or value not in (0, 1) for value in message_loss_mask):
            raise ValueError("message_loss_mask takes truth values, or 0 and 1")
    written = ensure_final_stop and bool(messages) and messages[-1]["role"] == "assistant"
    tokens = renderer.render(messages, tools=tools)
    if written and not _stopped(renderer, tokens):
        closed = renderer.render(messages, tools=tools, view="fresh")
        tokens = closed if _continues(tokens, closed) else tokens
    roles = frozenset(content_sft_roles or ())
    body = np.array([message["role"] in roles for message in messages] + [False], bool)
    model = np.array([role_to_mask is None or role_to_mask(m) for m in messages] + [False], bool)
    owners = tokens.messages
    weights = np.where(body[owners], tokens.content, tokens.sampled & model[owners])
    if message_loss_mask is not None:
        weights = weights & np.array([*message_loss_mask, False], bool)[owners]
    return Sample(tokens, weights.astype(np.float32))


def _stopped(renderer: BoundRenderer, tokens: RenderedTokens) -> bool:
    """Whether the last sampled token is a stop."""
    places = np.flatnonzero(tokens.sampled)
    return bool(len(places)) and int(tokens.ids[places[-1]]) in renderer.get_stop_token_ids()


# ---- for data sets -----------------------------------------------------------------------------------------------


class Columns:
    """A function for `datasets.Dataset.map(batched=True)`: from a batch of conversations to `input_ids` and `labels`.

    `columns`: those of the messages and of the tools. `weights=True` adds a column of weights. A row without a trained
    token raises NothingTrained with its number; `on_empty="keep"` keeps it, "drop" leaves it out and counts it in
    `dropped`.
    """

    def __init__(
        self,
        renderer: BoundRenderer,
        *,
        select: Selector | None = None,
        columns: tuple[str, str] = ("messages", "tools"),
        max_length: int | None = None,
        truncate: Side = "right",
        weights: bool = False,
        on_empty: Literal["error", "keep", "drop"] = "error",
        ignore_index: int = IGNORE,
    ) -> None:
        self.renderer = renderer
        self.select = select or sampled()
        self.messages, self.tools = columns
        self.max_length: int | None = max_length
        self.truncate: Side = truncate
        self.weights = weights
        self.on_empty = on_empty
        self.ignore_index = ignore_index
        self.dropped = 0

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        all_tools = batch[self.tools] if self.tools in batch else [None] * len(batch[self.messages])
        rows = [
            {"messages": messages, "tools": tools or None}
            for messages, tools in zip(batch[self.messages], all_tools, strict=True)
        ]
        out: dict[str, list[Any]] = {"input_ids": [], "labels": [], "attention_mask": []}
        if self.weights:
            out["weights"] = []
        for number, tokens in enumerate(self.renderer.render_batch(rows)):
            found = Sample(tokens, self.select.weights(tokens))
            if self.max_length is not None:
                found = found.truncated(self.max_length, self.truncate)
            if not found.trained and self.on_empty != "keep":
                if self.on_empty == "drop":
                    self.dropped += 1
                    continue
                error = untrained(len(found))
                error.row = number
                raise error
            out["input_ids"].append(found.ids.astype(np.int64))
            out["labels"].append(found.labels(self.ignore_index))
            out["attention_mask"].append(np.ones(len(found), np.int8))
            if self.weights:
                out["weights"].append(found.weights)
        return out
