"""Tokenizers of every kind as encoders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, Literal, TypeVar
from weakref import WeakValueDictionary

import numpy as np

from chatwright.tokens.controls import Control, Controls
from chatwright.tokens.encoders import fast
from chatwright.tokens.encoders.encoder import Encoder, TokenizerError
from chatwright.tokens.encoders.facts import digest_of
from chatwright.tokens.encoders.huggingface import HuggingFace
from chatwright.tokens.encoders.opaque import Opaque, byte_pieces
from chatwright.tokens.encoders.vocabulary import Vocabulary, byte_level, of_bytes, spaced

Backend = Literal["auto", "fastokens", "tokenizers"]

_KINDS = (
    "a fast or slow tokenizer of transformers, a tokenizers.Tokenizer, a tiktoken.Encoding or a wrapper of one, or a "
    "fastokens.Tokenizer"
)


def encoder_for(tokenizer: Any, backend: Backend = "auto") -> Encoder:
    """The encoder of a tokenizer of any kind.

    `backend`: "auto" encodes through `tokenizers` at first, and through fastokens once much text has come, where it is
    installed and agrees with `tokenizers`; "fastokens" insists on it and loads it at once; "tokenizers" never uses it.
    Raises TokenizerError for an object that is not a tokenizer, or where fastokens cannot be used.
    """
    if isinstance(tokenizer, HuggingFace | fast.Fast | Opaque):
        return tokenizer
    rust = _rust(tokenizer)
    if rust is not None:
        source = str(rust.to_str())
        return _chosen(_shared(_EXACT, digest_of(source), lambda: HuggingFace(source)), backend)
    if backend == "fastokens" and not _is_fastokens(tokenizer):
        raise TokenizerError("fastokens takes over for tokenizers with a tokenizer.json only; leave `backend` out")
    for kind in (_of_fastokens, _of_tiktoken, _of_transformers):
        found = kind(tokenizer)
        if found is not None:
            return found
    raise TokenizerError(f"{type(tokenizer).__name__} is not a tokenizer that chatwright knows; give {_KINDS}")


def _rust(tokenizer: Any) -> Any:
    """The `tokenizers.Tokenizer` inside, or an object with the same methods."""
    inner = getattr(tokenizer, "backend_tokenizer", None)
    inner = tokenizer if inner is None else inner
    return inner if hasattr(inner, "to_str") and hasattr(inner, "encode_batch") else None


def _chosen(exact: HuggingFace, backend: Backend) -> Encoder:
    if backend == "tokenizers":
        return exact
    if not fast.installed():
        if backend == "fastokens":
            raise TokenizerError("fastokens is not installed; install chatwright[fast], or leave `backend` out")
        return exact
    found = _shared(_FAST, exact.digest, lambda: fast.Fast(exact))
    why = found.refused() if backend == "fastokens" else ""
    if why:
        raise TokenizerError(f'{why}; leave `backend` out to encode through "tokenizers"')
    return found


T = TypeVar("T", HuggingFace, fast.Fast)

#: The encoders of this process by the hash of their `tokenizer.json`, as long as somebody uses them.
_EXACT: MutableMapping[str, HuggingFace] = WeakValueDictionary()
_FAST: MutableMapping[str, fast.Fast] = WeakValueDictionary()


def _shared(known: MutableMapping[str, T], digest: str, make: Callable[[], T]) -> T:
    """The encoder of this process for a tokenizer: two renderers that are bound to the same one share it."""
    found = known.get(digest)
    if found is None:
        found = known[digest] = make()
    return found


# ---- fastokens by itself -----------------------------------------------------------------------------------------


def _is_fastokens(tokenizer: Any) -> bool:
    return hasattr(tokenizer, "encode_batch_flat") and hasattr(tokenizer, "added_tokens")


def _of_fastokens(tokenizer: Any) -> Opaque | None:
    if not _is_fastokens(tokenizer):
        return None
    controls = Controls(
        Control(
            token["content"], token["id"], token["lstrip"], token["rstrip"], token["single_word"], token["normalized"]
        )
        for token in tokenizer.added_tokens()
    )
    found = Opaque(
        "fastokens",
        lambda text: fast.flat(tokenizer, [text]).ids,
        lambda ids: str(tokenizer.decode([int(id) for id in ids])),
        controls,
        _by_tokens([tokenizer.id_to_token(id) for id in range(tokenizer.vocab_size)], controls),
        lambda text: list(tokenizer.encode_ordinary(text).ids),
    )
    return _with_sound_vocabulary(found)


# ---- tiktoken and wrappers of it ---------------------------------------------------------------------------------


def _inner_tiktoken(tokenizer: Any) -> Any:
    """The `tiktoken.Encoding` that this is or wraps."""
    for candidate in (tokenizer, *(getattr(tokenizer, name, None) for name in ("model", "_tokenizer", "tokenizer"))):
        if hasattr(candidate, "decode_single_token_bytes") and hasattr(candidate, "encode_ordinary"):
            return candidate
    return None


def _of_tiktoken(tokenizer: Any) -> Opaque | None:
    inner = _inner_tiktoken(tokenizer)
    if inner is None:
        return None
    added = _added(tokenizer) or {name: inner.encode_single_token(name) for name in inner.special_tokens_set}
    # A wrapper may normalize the text first; nothing says so.
    controls = Controls(Control(text, id, normalized=tokenizer is not inner) for text, id in added.items())
    if tokenizer is inner:
        encode: Any = lambda text: inner.encode(text, allowed_special="all", disallowed_special=())  # noqa: E731
    else:
        encode = _encode_of(tokenizer)
    pieces = byte_pieces(inner)
    pieces += [None] * (max(added.values(), default=-1) + 1 - len(pieces))
    for text, id in added.items():
        pieces[id] = text.encode()
    decode = lambda ids: inner.decode([int(id) for id in ids])  # noqa: E731
    return Opaque(type(tokenizer).__name__, encode, decode, controls, of_bytes(pieces), inner.encode_ordinary)


# ---- slow tokenizers of transformers, and what is like them ------------------------------------------------------


def _encode_of(tokenizer: Any) -> Any:
    """Its `encode`, without special tokens where it has an argument for that."""
    try:
        tokenizer.encode("a", add_special_tokens=False)
    except TypeError:
        return lambda text: list(tokenizer.encode(text))
    return lambda text: list(tokenizer.encode(text, add_special_tokens=False))


def _added(tokenizer: Any) -> Mapping[str, int]:
    """The control tokens that a tokenizer names."""
    if hasattr(tokenizer, "get_added_vocab"):
        return dict(tokenizer.get_added_vocab())
    found = getattr(tokenizer, "special_tokens", None)
    return dict(found) if isinstance(found, Mapping) else {}


def _of_transformers(tokenizer: Any) -> Opaque | None:
    if not (hasattr(tokenizer, "encode") and hasattr(tokenizer, "decode")):
        return None
    decoder = getattr(tokenizer, "added_tokens_decoder", None)
    if isinstance(decoder, Mapping):
        controls = Controls(
            Control(token.content, id, token.lstrip, token.rstrip, token.single_word) for id, token in decoder.items()
        )
    else:
        controls = Controls(Control(text, id, normalized=True) for text, id in _added(tokenizer).items())
    if not controls.by_text:
        raise TokenizerError(
            f"{type(tokenizer).__name__} does not name its control tokens; give it a `get_added_vocab()`, "
            f"or give {_KINDS}"
        )
    tokens: list[Any] = []
    if hasattr(tokenizer, "convert_ids_to_tokens") and hasattr(tokenizer, "__len__"):
        tokens = list(tokenizer.convert_ids_to_tokens(list(range(len(tokenizer)))))
    found = Opaque(
        type(tokenizer).__name__,
        _encode_of(tokenizer),
        _decode_of(tokenizer),
        controls,
        _by_tokens(tokens, controls),
        _plain_of(tokenizer),
    )
    return _with_sound_vocabulary(found)


def _decode_of(tokenizer: Any) -> Any:
    settings = {"skip_special_tokens": False, "clean_up_tokenization_spaces": False}
    try:
        tokenizer.decode(list(tokenizer.encode("a")), **settings)
    except TypeError:
        settings = {}
    return lambda ids: str(tokenizer.decode([int(id) for id in ids], **settings))


def _plain_of(tokenizer: Any) -> Any:
    """Its function that encodes control tokens as text, where it has one."""
    if not hasattr(tokenizer, "_encode_plus"):
        return None
    return lambda text: list(tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True))


_PROBE = "Hello  world,\n\tüñí 中文 🙂 x=1234;  \n"


def _by_tokens(tokens: Sequence[Any], controls: Controls) -> Vocabulary | None:
    """A vocabulary guessed from the spelling of tokens; `_with_sound_vocabulary` checks it."""
    texts = {id: control.text for id, control in controls.by_id.items()}
    if any(isinstance(token, bytes) for token in tokens):
        return of_bytes([token.encode() if isinstance(token, str) else token for token in tokens])
    vocab = {token: id for id, token in enumerate(tokens) if isinstance(token, str) and id not in texts}
    if not vocab:
        return None
    return byte_level(vocab, texts, "none") if "Ġ" in vocab else spaced(vocab, texts)


def _with_sound_vocabulary(found: Opaque) -> Opaque:
    """The encoder; without its vocabulary, if that does not spell a text with many kinds of characters."""
    if found.vocabulary is not None:
        ids = found.encode([_PROBE]).ids
        counts, cuts = np.array([len(ids)]), np.array([len(_PROBE.encode())])
        if found.vocabulary.ends(ids, _PROBE, counts, cuts) is None:
            found.vocabulary = None
    return found
