"""The two kinds of servers: the request of each, and the places of ids and probabilities in its answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from chatwright.serving.errors import MalformedAnswer

#: The number that vLLM writes for a missing log probability, and for any smaller one.
NO_LOGPROB = -9999.0


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """A sampled completion. `stop_reason`: the id or the text at which sampling stopped, if the server names it."""

    ids: list[int]
    logprobs: list[float]
    finish_reason: str
    stop_reason: int | str | None


class Server(Protocol):
    """A kind of server. `path`: the path of requests, relative to the base URL of the client."""

    @property
    def path(self) -> str: ...

    def body(
        self, prompt: Sequence[int], max_tokens: int, stops: Sequence[int], sampling: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The request for one completion. Raises ValueError where `sampling` has a field that `generate` sets."""
        ...

    def read(self, answer: Any, prompt: Sequence[int]) -> Completion:
        """The completion in an answer. Raises MalformedAnswer where a field is missing or the prompt differs."""
        ...


class VLLM(msgspec.Struct, frozen=True, kw_only=True):
    """vLLM 0.10.2 or later, or a server with the same protocol: OpenAI's completions, from ids to ids.

    `model`: the name under which it serves the model, if it serves several. `extra`: further fields of the request.
    """

    model: str | None = None
    path: str = "/v1/completions"
    extra: Mapping[str, Any] = {}

    def body(
        self, prompt: Sequence[int], max_tokens: int, stops: Sequence[int], sampling: Mapping[str, Any]
    ) -> dict[str, Any]:
        own = {
            "prompt": list(prompt),
            "max_tokens": max_tokens,
            "logprobs": 1,
            "return_token_ids": True,
            "return_tokens_as_token_ids": True,
        }
        _check_sampling(sampling, (*own, "model", "stream", "echo", "best_of", "suffix", "use_beam_search"))
        named = {} if self.model is None else {"model": self.model}
        return {**self.extra, **named, **own, **sampling, "stop_token_ids": _stops(stops, sampling)}

    def read(self, answer: Any, prompt: Sequence[int]) -> Completion:
        choices = _get(answer, "choices", list, "")
        if len(choices) != 1:
            raise MalformedAnswer("choices", f"has {len(choices)} choices, not one")
        at, choice = "choices[0]", choices[0]
        ids = _ids(_get(choice, "token_ids", list, at, _NO_IDS), f"{at}.token_ids")
        _check_prompt(_get(choice, "prompt_token_ids", list, at, _NO_IDS), prompt, f"{at}.prompt_token_ids")
        said = _get(choice, "logprobs", dict, at)
        values = _logprobs(_get(said, "token_logprobs", list, f"{at}.logprobs"), len(ids), f"{at}.logprobs")
        for index, (id, token) in enumerate(zip(ids, said.get("tokens") or (), strict=False)):
            if isinstance(token, str) and token.startswith("token_id:") and token != f"token_id:{id}":
                raise MalformedAnswer(f"{at}.logprobs.tokens[{index}]", f"{token!r}, where token_ids has {id}")
        reason = _get(choice, "finish_reason", str, at)
        stop = choice.get("stop_reason")
        return _checked(Completion(ids=ids, logprobs=values, finish_reason=reason, stop_reason=stop), f"{at}.token_ids")


class SGLang(msgspec.Struct, frozen=True, kw_only=True):
    """SGLang's own `/generate`. `extra`: further fields of the request, such as `lora_path`."""

    path: str = "/generate"
    extra: Mapping[str, Any] = {}

    def body(
        self, prompt: Sequence[int], max_tokens: int, stops: Sequence[int], sampling: Mapping[str, Any]
    ) -> dict[str, Any]:
        _check_sampling(sampling, ("max_new_tokens", "max_tokens"))
        asked = {**sampling, "max_new_tokens": max_tokens, "stop_token_ids": _stops(stops, sampling)}
        # The stop is sampled, in whatever form the server returns it.
        kept = {"no_stop_trim": True, "skip_special_tokens": False, "spaces_between_special_tokens": False}
        own = {"input_ids": list(prompt), "sampling_params": {**kept, **asked}, "return_logprob": True, "stream": False}
        return {**self.extra, **own}

    def read(self, answer: Any, prompt: Sequence[int]) -> Completion:
        """Reads the ids next to their log probabilities: `output_ids` may start with a part of the prompt."""
        meta = _get(answer, "meta_info", dict, "")
        at = "meta_info.output_token_logprobs"
        pairs = _get(meta, "output_token_logprobs", list, "meta_info", _NO_LOGPROBS)
        for index, pair in enumerate(pairs):
            if not isinstance(pair, list) or len(pair) < 2:
                raise MalformedAnswer(f"{at}[{index}]", f"{_shown(pair)}, not a log probability with an id")
        ids = _ids([pair[1] for pair in pairs], at)
        values = _logprobs([pair[0] for pair in pairs], len(ids), at)
        given = answer.get("output_ids")
        if isinstance(given, list) and given[len(given) - len(ids) :] != ids:
            raise MalformedAnswer("output_ids", f"{_shown(given)} does not end with the ids of {at}")
        for name, count in (("prompt_tokens", len(prompt)), ("completion_tokens", len(ids))):
            if meta.get(name, count) != count:
                raise MalformedAnswer(f"meta_info.{name}", f"{meta[name]}, where it is {count}; {_OTHER}")
        finish = _get(meta, "finish_reason", dict, "meta_info")
        reason = _get(finish, "type", str, "meta_info.finish_reason")
        found = Completion(ids=ids, logprobs=values, finish_reason=reason, stop_reason=finish.get("matched"))
        return _checked(found, at)


_NO_IDS = "use vLLM 0.10.2 or later, or a server with the same return_token_ids"
_NO_LOGPROBS = "use a server with return_logprob"
_OTHER = "the server changed the prompt: check for truncation and for tokens that it adds"


def _check_sampling(sampling: Mapping[str, Any], own: Sequence[str]) -> None:
    for name in own:
        if name in sampling:
            raise ValueError(f"sampling has {name}, which generate sets; leave it out")
    if sampling.get("n", 1) != 1:
        raise ValueError("sampling asks for n completions; call generate n times, the server shares their prompt")


def _stops(stops: Sequence[int], sampling: Mapping[str, Any]) -> list[int]:
    """The stops of the format and those that the caller adds."""
    return list(dict.fromkeys([*stops, *(sampling.get("stop_token_ids") or ())]))


def _get(value: Any, name: str, kind: type, path: str, advice: str = "") -> Any:
    field = f"{path}.{name}" if path else name
    if not isinstance(value, dict):
        raise MalformedAnswer(path or "the answer", f"must be an object, not {_shown(value)}")
    found = value.get(name)
    if not isinstance(found, kind):
        text = "is missing" if found is None else f"must be {_KINDS[kind]}, not {_shown(found)}"
        raise MalformedAnswer(field, f"{text}; {advice}" if advice else text)
    return found


_KINDS: dict[type, str] = {list: "a list", dict: "an object", str: "a text"}


def _ids(values: list[Any], field: str) -> list[int]:
    for index, value in enumerate(values):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 32:
            raise MalformedAnswer(f"{field}[{index}]", f"{_shown(value)} is not a token id")
    return values


def _logprobs(values: list[Any], count: int, field: str) -> list[float]:
    if len(values) != count:
        raise MalformedAnswer(field, f"{len(values)} log probabilities for {count} tokens")
    for index, value in enumerate(values):
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise MalformedAnswer(f"{field}[{index}]", f"{_shown(value)} is not a log probability")
        if value == NO_LOGPROB:
            raise MalformedAnswer(f"{field}[{index}]", f"{value} means that the log probability is missing")
    return [float(value) for value in values]


def _check_prompt(given: list[Any], prompt: Sequence[int], field: str) -> None:
    if given != list(prompt):
        raise MalformedAnswer(field, f"its {len(given)} ids are not the {len(prompt)} ids of the prompt; {_OTHER}")


def _checked(found: Completion, field: str) -> Completion:
    """The completion, checked for its stop: the model sampled it, and a continuation of these ids needs it."""
    stop = found.stop_reason
    if found.finish_reason == "stop" and isinstance(stop, int) and (not found.ids or found.ids[-1] != stop):
        raise MalformedAnswer(field, f"the server removed the stop {stop}; configure it to keep the stop")
    return found


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
