"""The contestants of benchmarks/tokens.py: each makes token ids of a chat, with a tokenizer of its own."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import fastokens
import tokenizers
from conformance.format import Format
from conformance.formats import BY_NAME
from conformance.oracle import Case, original
from conformance.peer_renderers import renderer_of
from conformance.real_tokenizers import backend
from transformers import PreTrainedTokenizerFast

import chatwright
from chatwright.tokens.samples import build_training_sample

#: The training template of TRL for a format; it has none for Llama 3.1, so there it is the one that we generate.
TRAINING = {"qwen3": "trl:qwen3_training", "gpt_oss": "trl:gptoss_training"}


@dataclass(frozen=True)
class Chat:
    """The input of a contestant: a conversation, and its text for those that only encode."""

    case: Case
    text: str


Way = Callable[[Chat], Any]


@dataclass(frozen=True)
class Contestant:
    """`make` loads everything and returns a function from a chat to ids."""

    name: str
    make: Callable[[Format], Way]


def _own(fmt: Format) -> tokenizers.Tokenizer:
    """A new tokenizer, with empty caches."""
    return tokenizers.Tokenizer.from_str(backend(fmt.name).to_str())


def _transformers(fmt: Format) -> PreTrainedTokenizerFast:
    given = {key: token for key, token in (("bos_token", fmt.bos), ("eos_token", fmt.eos)) if token is not None}
    return PreTrainedTokenizerFast(tokenizer_object=_own(fmt), **given)


def _apply(fmt: Format) -> Way:
    tokenizer, source = _transformers(fmt), original(fmt.template)
    return lambda chat: tokenizer.apply_chat_template(
        chat.case.messages, tools=chat.case.tools, chat_template=source, return_dict=False
    )


def _apply_with_mask(fmt: Format) -> Way:
    tokenizer = _transformers(fmt)
    source = original(TRAINING[fmt.name]) if fmt.name in TRAINING else chatwright.load(fmt.name).jinja(view="training")
    return lambda chat: tokenizer.apply_chat_template(
        chat.case.messages,
        tools=chat.case.tools,
        chat_template=source,
        return_dict=True,
        return_assistant_tokens_mask=True,
    )


def _renderers_render(fmt: Format) -> Way:
    renderer = renderer_of(fmt.name, _transformers(fmt))
    return lambda chat: renderer.render(chat.case.messages, tools=chat.case.tools)


def _renderers_sample(fmt: Format) -> Way:
    import renderers

    renderer = renderer_of(fmt.name, _transformers(fmt))
    return lambda chat: renderers.build_training_sample(renderer, chat.case.messages, tools=chat.case.tools)


def _encode(fmt: Format) -> Way:
    tokenizer = _own(fmt)
    return lambda chat: tokenizer.encode(chat.text, add_special_tokens=False)


def _encode_batch_fast(fmt: Format) -> Way:
    tokenizer = _own(fmt)
    return lambda chat: tokenizer.encode_batch_fast([chat.text], add_special_tokens=False)


def _fastokens(fmt: Format) -> Way:
    tokenizer = fastokens.Tokenizer.from_json_str(_own(fmt).to_str())
    return lambda chat: tokenizer.encode_batch_flat([chat.text])


def _ours(fmt: Format, engine: Any) -> Way:
    bound = chatwright.load(fmt.name).bind(_own(fmt), backend=engine, **fmt.ours)

    def render(chat: Chat) -> Any:
        """The ids and the mask as arrays."""
        tokens = bound.render(chat.case.messages, tools=chat.case.tools)
        return tokens.ids, tokens.sampled

    return render


def _our_sample(fmt: Format, engine: Any) -> Way:
    bound = chatwright.load(fmt.name).bind(_own(fmt), backend=engine, **fmt.ours)

    def sample(chat: Chat) -> Any:
        """The ids and the mask as lists, as `renderers` returns them."""
        found = build_training_sample(bound, chat.case.messages, tools=chat.case.tools)
        return found.token_ids, found.loss_mask

    return sample


#: By the names that the tables have.
ALL = (
    Contestant("apply_chat_template", _apply),
    Contestant("apply_chat_template, mask", _apply_with_mask),
    Contestant("renderers, render", _renderers_render),
    Contestant("renderers, sample", _renderers_sample),
    Contestant("tokenizers encode", _encode),
    Contestant("tokenizers encode_batch_fast", _encode_batch_fast),
    Contestant("fastokens encode", _fastokens),
    Contestant("ours on tokenizers", partial(_ours, engine="tokenizers")),
    Contestant("ours on tokenizers, sample", partial(_our_sample, engine="tokenizers")),
    Contestant("ours on fastokens", partial(_ours, engine="fastokens")),
    Contestant("ours on fastokens, sample", partial(_our_sample, engine="fastokens")),
)
NAMED = {contestant.name: contestant for contestant in ALL}


def ids_of(result: Any) -> list[int] | None:
    """The ids in the result of a contestant; None where they have another form."""
    if isinstance(result, list):
        result = result[0] if result and hasattr(result[0], "ids") else result
    if isinstance(result, tuple) and isinstance(result[0], bytes | bytearray | memoryview):
        return None
    if isinstance(result, tuple):
        result = result[0]
    for name in ("token_ids", "ids"):
        result = getattr(result, name, result)
    if hasattr(result, "input_ids"):
        result = result["input_ids"]
    return [int(id) for id in result]


def ready(names: list[str], fmt: Format) -> dict[str, Way]:
    """Some contestants for a format, loaded. The garbage collector ignores what they loaded."""
    ways = {name: NAMED[name].make(fmt) for name in names}
    gc.collect()
    gc.freeze()
    return ways


FORMATS = tuple(BY_NAME[name] for name in ("qwen3", "llama3_1", "gpt_oss"))
