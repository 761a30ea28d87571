"""A rollout as ids: a prompt, a completion, new messages, the next completion, and so on. No id is encoded twice."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chatwright.runtime.rendered import Attribute, Rendered
from chatwright.tokens.bound import BoundRenderer, binding_of
from chatwright.tokens.bridge import BEFORE, BridgedTokens, BridgeError
from chatwright.tokens.completion_owners import Stretch, written
from chatwright.tokens.encoders.encoder import Located, ids_of, joined
from chatwright.tokens.encoders.vocabulary import Ids
from chatwright.tokens.layout import Flags, Layout
from chatwright.tokens.rendered_tokens import RenderedTokens
from chatwright.tokens.samples import Sample, Side, weighed

if TYPE_CHECKING:
    from chatwright.completion.message import ParsedResponse
    from chatwright.tokens.masks import Selector

Message = dict[str, Any]


class TrajectoryTokens(RenderedTokens):
    """The ids of a trajectory with full attribution.

    Messages are counted over the whole conversation. Exactly the completions are sampled: turns of the model among the
    first messages are context. Text of earlier messages in a bridge, such as the newline behind a stop, belongs to no
    message. Text of the model that the format would print otherwise, such as a damaged call, has the part `completion`.
    """

    def __init__(self, stretches: Sequence[Stretch], messages: list[Message], defused: tuple[Any, ...]) -> None:
        self.layout = _layout(stretches, messages)
        self.ids = np.concatenate([own.ids for own in stretches])
        self.defused = defused
        self._stretches = stretches
        self._located = None
        self._locate = self._places

    def _places(self) -> Located:
        base, found = 0, []
        for own in self._stretches:
            found.append((base, own.located))
            base += len(own.layout.bytes)
        return joined(found)

    @cached_property
    def bounds(self) -> npt.NDArray[Any]:
        base, found = 0, []
        for own in self._stretches:
            found.append(base + own.bounds[:-1])
            base += len(own.ids)
        return np.concatenate([*found, [base]])

    @cached_property
    def sampled(self) -> Flags:
        """Whether the token is of a completion, bool."""
        return np.concatenate([np.full(len(own.ids), own.sampled) for own in self._stretches])


def _layout(stretches: Sequence[Stretch], messages: list[Message]) -> Layout:
    """The pieces of all stretches in a row, with one table of attributes."""
    texts: list[str] = []
    codes: list[int] = []
    owners: list[int] = []
    spans: list[int] = []
    attributes: dict[Attribute, int] = {}
    sources: dict[str, int] = {}
    for own in stretches:
        rendered = own.layout.rendered
        moved = []
        for attribute in rendered.attributes:
            source = sources.setdefault(rendered.sources[attribute.source], len(sources))
            moved.append(attributes.setdefault(attribute._replace(source=source), len(attributes)))
        if own.sampled:
            spans += (len(texts), len(texts) + len(rendered.texts))
        for piece, owner in enumerate(own.owners, len(texts)):
            owners += (piece, owner)
        texts += rendered.texts
        codes += [moved[code] for code in rendered.codes]
    return Layout(Rendered(texts, codes, owners, spans, tuple(attributes), tuple(sources), messages))


class Trajectory:
    """A conversation in progress, kept as the ids of prompts and completions.

    It begins with the prompt for some messages. `add_completion` takes the ids that the model wrote, `add_messages` the
    messages that follow; `token_ids` is then the next prompt. Ids never change once they are there.
    """

    def __init__(
        self,
        renderer: BoundRenderer,
        messages: Sequence[Message],
        *,
        tools: Sequence[Any] | None = None,
        **options: Any,
    ) -> None:
        """Renders the first prompt; arguments and errors as for `BoundRenderer.render`."""
        self.renderer = renderer
        self.tools = tools
        self.options = options
        self.messages: list[Message] = list(messages)
        #: The parsed response of each completion.
        self.responses: list[ParsedResponse] = []
        prompt = renderer.render(messages, tools=tools, add_generation_prompt=True, **options)
        self._stretches = [_first(prompt)]
        self._defused = list(prompt.defused)
        self._ids: list[int] = list(prompt.token_ids)
        self._logprobs: list[float] = [float("nan")] * len(self._ids)
        self._prompt: int | None = len(self._ids)
        """How long the prompt of the last completion is."""

    def __repr__(self) -> str:
        waiting = "the model's turn" if self.to_sample else "messages"
        return f"<Trajectory: {len(self)} tokens, {len(self.responses)} completions, waits for {waiting}>"

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def to_sample(self) -> bool:
        """Whether the ids are a prompt that the model has not continued yet."""
        return not self._stretches[-1].sampled

    @property
    def token_ids(self) -> list[int]:
        """All ids so far."""
        return list(self._ids)

    @property
    def logprobs(self) -> npt.NDArray[np.float32]:
        """The log probability of each sampled token, float32; NaN for other tokens, and where none was given."""
        return np.array(self._logprobs, np.float32)

    def add_completion(
        self, completion_ids: Sequence[int] | Ids, logprobs: Sequence[float] | None = None
    ) -> ParsedResponse:
        """Add the ids that the model wrote behind `token_ids`, its stop included. Returns the message that was read.

        A damaged call is in the response, but in no message. Raises BridgeError if it is not the model's turn,
        ValueError if the number of log probabilities is not the number of ids.
        """
        if not self.to_sample:
            raise BridgeError("the model has had its turn; add the messages that follow it first (add_messages)")
        ids = ids_of(completion_ids)
        if logprobs is not None and len(logprobs) != len(ids):
            raise ValueError(f"{len(logprobs)} log probabilities for {len(ids)} ids; give one for each")
        response = self.renderer.parse_response(
            ids, tools=self.tools, prompt_ids=self._ids, messages=self.messages, **self.options
        )
        message = response.message()
        contexts = ([*BEFORE, message], [*self.messages, message])
        own = written(binding_of(self.renderer), ids, contexts, len(self.messages), self.tools, self.options)
        self._prompt = len(self._ids)
        self._stretches.append(own)
        self._ids += ids.tolist()
        self._logprobs += [float("nan")] * len(ids) if logprobs is None else map(float, logprobs)
        self.messages.append(message)
        self.responses.append(response)
        return response

    def add_messages(self, new_messages: Sequence[Message]) -> BridgedTokens:
        """Add the messages that follow the completion: results of tools, or a user's. `token_ids` is then the next
        prompt.

        A turn that was cut off is ended. Raises BridgeError, as `BoundRenderer.bridge` does, if the next prompt does
        not follow from the ids; nothing is added then.
        """
        if self.to_sample:
            raise BridgeError("the model has not had its turn; add what it wrote first (add_completion)")
        prompt, completion = self._ids[: self._prompt], self._ids[self._prompt :]
        bridged = self._bridged(prompt, completion, new_messages)
        self._stretches.append(_bridging(bridged, len(self.messages)))
        self._defused += bridged.defused
        self._ids += bridged.added_ids
        self._logprobs += [float("nan")] * (len(bridged) - bridged.prior)
        self.messages += new_messages
        return bridged

    def _bridged(self, prompt: list[int], completion: list[int], new_messages: Sequence[Message]) -> BridgedTokens:
        """Earlier messages are used only if the ids do not determine the prompt: that costs as much as rendering."""
        try:
            return self.renderer.bridge(prompt, completion, new_messages, tools=self.tools, **self.options)
        except BridgeError:
            return self.renderer.bridge(
                prompt, completion, new_messages, tools=self.tools, messages=self.messages, **self.options
            )

    def tokens(self) -> TrajectoryTokens:
        """All ids so far, with attribution."""
        return TrajectoryTokens(list(self._stretches), list(self.messages), tuple(self._defused))

    def sample(
        self, *, select: Selector | None = None, max_length: int | None = None, truncate: Side = "right"
    ) -> Sample:
        """One training sample of the whole trajectory; by default exactly the completions are trained.

        Raises NothingTrained if no token is trained.
        """
        return weighed(self.tokens(), select, max_length, truncate)


def _first(prompt: RenderedTokens) -> Stretch:
    owners = prompt.layout.messages.tolist()
    return Stretch(prompt.layout, prompt.ids, prompt.located, prompt.bounds, owners, False)


def _bridging(bridged: BridgedTokens, count: int) -> Stretch:
    """The ids that a bridge added, with messages counted from the first message of all."""
    owners = [owner + count if owner >= 0 else -1 for owner in bridged.layout.messages.tolist()]
    bounds = np.maximum(bridged.bounds - bridged.prior, 0)
    return Stretch(bridged.layout, ids_of(bridged.added_ids), bridged.places, bounds, owners, False)
