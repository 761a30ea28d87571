"""Bridges: from the ids of a prompt and a completion to the next prompt, without rendering the earlier messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chatwright.runtime.errors import ChatwrightError, RenderError
from chatwright.runtime.rendered import Attribute, Rendered
from chatwright.tokens.binding import Binding
from chatwright.tokens.encoders.encoder import Encoder, Located, ids_of
from chatwright.tokens.encoders.vocabulary import Ids, Places
from chatwright.tokens.encoding import Specials, Tokens, finished, located
from chatwright.tokens.layout import Layout
from chatwright.tokens.rendered_tokens import RenderedTokens

if TYPE_CHECKING:
    from chatwright.completion.message import ParsedResponse

Message = dict[str, Any]

#: A conversation in place of the real one, if only its ids are given.
BEFORE: tuple[Message, ...] = ({"role": "user", "content": "…"},)


class BridgeError(ChatwrightError):
    """The next prompt does not follow from the given ids."""


class BridgedTokens(RenderedTokens):
    """A prompt that begins with given ids: the first `prior` of them are the previous prompt and its completion.

    Messages are counted from the first new one. The given ids belong to no message and have the part `prior`; nothing
    is sampled. `text` is the added text, and `places` are the places of the added ids in it.
    """

    def __init__(self, before: Sequence[Sequence[int] | Ids], layout: Layout, tokens: Tokens, places: Located) -> None:
        """`before`: the ids of the prompt and of the completion. They are copied only when all ids are asked for."""
        self._before = before
        self._added = tokens.ids
        self.places = places
        self.prior = sum(map(len, before))
        self.layout = layout
        self.defused = tokens.defused
        self._located = None
        self._locate = self._around

    def __len__(self) -> int:
        return self.prior + len(self._added)

    @property
    def added_ids(self) -> list[int]:
        """The ids behind `prior`. Who keeps a rollout as one list appends these: that costs only what is new."""
        found: list[int] = self._added.tolist()
        return found

    @cached_property
    def ids(self) -> Ids:  # type: ignore[override]
        return np.concatenate([*map(ids_of, self._before), self._added])

    @cached_property
    def token_ids(self) -> list[int]:
        found: list[int] = []
        for part in (*self._before, self._added):
            found += part.tolist() if isinstance(part, np.ndarray) else part
        return found

    def _around(self) -> Located:
        none = np.zeros(self.prior, np.int32)
        return Located(np.concatenate((none, self.places.ends)), np.concatenate((none, self.places.starts)))

    @cached_property
    def bounds(self) -> Places:
        added = self.prior + self.places.first_from(self.layout.starts[1:])
        return np.concatenate(([0], added, [len(self)]))


class _Added(NamedTuple):
    """The text that follows the completion: the end of a turn that was cut off, and the text behind the turn."""

    end: str
    rest: Rendered


def bridge(
    binding: Binding,
    prompt_ids: Sequence[int] | Ids,
    completion_ids: Sequence[int] | Ids,
    new_messages: Sequence[Message],
    tools: Sequence[Any] | None,
    messages: Sequence[Message] | None,
    options: Mapping[str, Any],
) -> BridgedTokens:
    """See BoundRenderer.bridge."""
    completion = ids_of(completion_ids)
    if not len(prompt_ids):
        raise BridgeError("there is no prompt; give the ids of the prompt that the model continued")
    _fit(binding, new_messages)
    stopped = _stopped(binding, completion)
    response = _read(binding, completion, prompt_ids, tools, messages, options)
    if messages is None:
        calls, sure = _calls(response, new_messages)
        _told(binding, new_messages, sure, options)
        before = [*BEFORE, _turn(calls)]
    else:
        before = list(messages)
    try:
        own = binding.format.renderer("training")
        whole = [*before, *new_messages]
        rendered = own.render(whole, tools=tools, add_generation_prompt=True, **options).pieces()
    except RenderError as error:
        if error.message is not None and error.message >= len(before):
            error.message -= len(before)
            raise
        raise BridgeError(f"the conversation cannot be rendered after this completion: {error}") from error
    added = _behind(rendered, len(before), stopped)
    if not stopped:
        begun = _rest_of_turn(binding, response, completion, tools, options)
        added = added._replace(end=begun + added.end)
    elif added.end:
        raise BridgeError(f"the model stopped with {stopped!r}, but a message that follows {added.end!r} was given")
    return _encoded(binding.encoder, binding.content_specials, (prompt_ids, completion_ids), added)


def _read(
    binding: Binding,
    completion: Ids,
    prompt_ids: Sequence[int] | Ids,
    tools: Sequence[Any] | None,
    messages: Sequence[Message] | None,
    options: Mapping[str, Any],
) -> ParsedResponse:
    stream = binding.stream(tools, prompt_ids, messages, options)
    stream.feed(completion)
    return stream.finish()


def _fit(binding: Binding, new_messages: Sequence[Message]) -> None:
    if not new_messages:
        raise BridgeError("there are no new messages; give those that follow the completion")
    for index, message in enumerate(new_messages):
        if message.get("role") in binding.format.samplers:
            raise BridgeError(f"new message {index} has a role of the model; pass the ids of its completion instead")


def _stopped(binding: Binding, completion: Ids) -> str | None:
    """The stop that the completion ends with."""
    stops = set(binding.stop_ids)
    place = next((index for index, id in enumerate(completion.tolist()) if id in stops), None)
    if place is None:
        return None
    if place != len(completion) - 1:
        raise BridgeError(f"the completion continues after its stop, the token {place}; cut it off there")
    return binding.encoder.controls.by_id[int(completion[-1])].text


def _told(binding: Binding, new_messages: Sequence[Message], sure: bool, options: Mapping[str, Any]) -> None:
    """Raise BridgeError if the text of the new messages depends on something that the ids do not show.

    `sure`: the call that each result answers is known.
    """
    named = binding.format.roles
    if binding.format.counts_parts and any(not isinstance(m.get("content"), str | None) for m in new_messages):
        raise BridgeError("parts of contents are numbered over all messages; give `messages`, all those before")
    for asked in binding.format.bridging(**options):
        concerned = asked.roles is None or any(
            message["role"] in asked.roles or (not asked.roles and message["role"] not in named)
            for message in new_messages
        )
        if concerned and not (asked.calls and sure):
            raise BridgeError(
                f"{asked.spec}:{asked.line} reads {asked.what}, which the ids do not show; "
                "give `messages`, all those before the new ones"
            )


def _calls(response: ParsedResponse, new_messages: Sequence[Message]) -> tuple[list[Message], bool]:
    """The calls of the completion, damaged ones too, in the form that results depend on; and whether the call of each
    result is certain.

    If a format does not print ids, the caller invents them. If all such calls are of one tool, the assignment does not
    matter; else a single result, or one of several tools, could belong to any call.
    """
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": {}}}
        for call in response.tool_calls
        if call.name is not None
    ]
    known = {call["id"] for call in calls}
    given = [m.get("tool_call_id") for m in new_messages if m.get("role") == "tool"]
    unknown = [id for id in given if id is None or id not in known]
    waiting = [call for call in calls if call["id"] is None]
    for call, made in zip(waiting, [*unknown, *["call00000"] * len(waiting)], strict=False):
        if made is None:
            del call["id"]
        else:
            call["id"] = made
    names = {call["function"]["name"] for call in waiting}  # type: ignore[index]
    return calls, not unknown or len(names) == 1


def _turn(calls: list[Message]) -> Message:
    """The model's turn, as far as the text behind it can depend on it."""
    return {"role": "assistant", "content": "", "tool_calls": calls} if calls else {"role": "assistant", "content": "…"}


def _behind(rendered: Rendered, count: int, stopped: str | None) -> _Added:
    """The text behind the model's last turn; `count` is the number of messages up to and including this turn."""
    if not rendered.spans:
        raise BridgeError("the model writes nothing in its turn of this conversation")
    last = rendered.spans[-1]
    stop = rendered.texts[last - 1]
    closing = rendered.attributes[rendered.codes[last - 1]].part == "closer"
    owners = rendered.message_indices()
    if any(owner >= count for owner in owners[: last - closing]):
        raise BridgeError("the format prints a new message before the model's turn; render the conversation again")
    # If the opener of the next message is the stop, it must be the stop that the model wrote.
    given = closing and owners[last - 1] >= count
    end = stop if (stopped is None and closing) or (given and stopped != stop) else ""
    return _Added(end, _cut(rendered, owners, last, count))


def _cut(rendered: Rendered, owners: Sequence[int], first: int, count: int) -> Rendered:
    """The pieces from the first one on, with owners counted from the first new message."""
    found = [index - count if index >= count else -1 for index in owners[first:]]
    pairs = [value for n, owner in enumerate(found) for value in (n, owner)]
    return Rendered(
        rendered.texts[first:],
        rendered.codes[first:],
        pairs,
        [],
        rendered.attributes,
        rendered.sources,
        rendered.messages[count:],
    )


def _rest_of_turn(
    binding: Binding,
    response: ParsedResponse,
    completion: Ids,
    tools: Sequence[Any] | None,
    options: Mapping[str, Any],
) -> str:
    """The text between the end of a cut-off turn and its stop, such as the end of reasoning.

    Empty if the turn does not continue like that, for example inside a call.
    """
    conversation = [*BEFORE, response.message()]
    try:
        written = binding.format.renderer("fresh").render(conversation, tools=tools, **options).pieces()
    except RenderError:
        return ""
    if not written.spans:
        return ""
    start, end = written.spans[0], written.spans[-1]
    closing = written.attributes[written.codes[end - 1]].part == "closer"
    whole = "".join(written.texts[start : end - closing])
    said = binding.encoder.decode(completion.tolist())
    return whole[len(said) :] if said and whole.startswith(said) else ""


def _encoded(
    encoder: Encoder, specials: Specials, before: Sequence[Sequence[int] | Ids], added: _Added
) -> BridgedTokens:
    """Add the tokens of the new text. The end of the turn is encoded separately, as sampled text is."""
    rest = added.rest
    printed = sum(1 for _ in encoder.controls.find(added.end))
    own = (Attribute("prior", False, "", 0, 0), Attribute("closer", False, "", 0, 0, printed))
    pairs = [n + 2 if i % 2 == 0 else n for i, n in enumerate(rest.owners)]
    rendered = Rendered(
        ["", added.end, *rest.texts],
        [len(rest.attributes), len(rest.attributes) + 1, *rest.codes],
        [0, -1, *pairs],
        [],
        (*rest.attributes, *own),
        rest.sources,
        rest.messages,
    )
    layout = Layout(rendered)
    texts = [text for text in (added.end, "".join(rest.texts)) if text]
    encoded = encoder.encode(texts)
    tokens = finished(encoder, layout, texts, encoded, specials)
    places = tokens.located or located(encoder, layout, texts, encoded)
    return BridgedTokens(before, layout, tokens, places)
