"""Reads the tokenizer of a folder from its tokenizer.json, without transformers: its import takes seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import tokenizers

FILE = "tokenizer.json"
SETTINGS = "tokenizer_config.json"
#: Settings and files for which only transformers knows the tokenizer: code of its own, tokens in an older form.
_OWN_CODE = "auto_map"
_OLDER = "added_tokens.json"
#: The endings of the files that a tokenizer is made from.
_TEXTS = (".json", ".jinja", ".model", ".tiktoken", ".txt", ".py")
_NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")


class FolderTokenizer(msgspec.Struct, frozen=True):
    """A tokenizer with the names of transformers for the parts that chatwright uses."""

    backend_tokenizer: Any
    bos_token: str | None
    eos_token: str | None
    pad_token: str | None

    @property
    def added_tokens_decoder(self) -> Mapping[int, Any]:
        """The added tokens by their ids, as `tokenizers.AddedToken`."""
        found: Mapping[int, Any] = self.backend_tokenizer.get_added_tokens_decoder()
        return found


def tokenizer_in(folder: Path) -> FolderTokenizer | None:
    """The tokenizer of a folder; None where only transformers can build it.

    A byte-level tokenizer.json says all about its tokenizer, and transformers gives the same ids. Other kinds, which
    transformers rebuilds from the name of their class, are left to it. Raises ValueError for files that are damaged.
    """
    if not (folder / FILE).is_file() or (folder / _OLDER).is_file():
        return None
    settings = _object(folder / SETTINGS)
    if _OWN_CODE in settings:
        return None
    data = (folder / FILE).read_bytes()
    if not _byte_level(msgspec.json.decode(data, type=_Pipeline).pre_tokenizer):
        return None
    import tokenizers

    inner = tokenizers.Tokenizer.from_buffer(data)
    names = {name: _content(settings.get(name)) for name in _NAMED}
    _add(inner, settings, [text for text in names.values() if text])
    return FolderTokenizer(inner, names["bos_token"], names["eos_token"], names["pad_token"])


def digest_of(name: str) -> str | None:
    """A hash of the files of a tokenizer: of one file, or of all files in a folder; None where there are none.

    Weights do not count: a folder may hold a whole model.
    """
    path = Path(name)
    files = sorted(one for one in path.iterdir() if one.suffix in _TEXTS) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(f"{file.name}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest() if any(file.is_file() for file in files) else None


class _Pipeline(msgspec.Struct):
    pre_tokenizer: Any = None


def _object(file: Path) -> dict[str, Any]:
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])


def _byte_level(step: Any) -> bool:
    """Whether a step of tokenizer.json, or a step in it, encodes bytes as letters."""
    if not isinstance(step, dict):
        return False
    inner = step.get("pretokenizers")
    return step.get("type") == "ByteLevel" or (isinstance(inner, list) and any(map(_byte_level, inner)))


def _content(token: Any) -> str | None:
    """The text of a special token, which is a text or an object with a content."""
    found = token.get("content") if isinstance(token, dict) else token
    return found if isinstance(found, str) else None


def _add(inner: tokenizers.Tokenizer, settings: Mapping[str, Any], named: list[str]) -> None:
    """Add the tokens that the settings declare and tokenizer.json lacks, in the order of their ids."""
    from tokenizers import AddedToken

    known = {token.content: _flags(token) for token in inner.get_added_tokens_decoder().values()}
    declared = settings.get("added_tokens_decoder") or {}
    tokens = []
    for _, one in sorted(declared.items(), key=lambda item: int(item[0])):
        token = AddedToken(one["content"], **{flag: one[flag] for flag in _FLAGS if flag in one})
        if known.get(token.content) != _flags(token):
            tokens.append(token)
    extra = settings.get("extra_special_tokens") or settings.get("additional_special_tokens") or ()
    texts = [*named, *map(_content, extra.values() if isinstance(extra, dict) else extra)]
    there = {*known, *(token.content for token in tokens)}
    tokens += [AddedToken(text, special=True) for text in dict.fromkeys(texts) if text and text not in there]
    inner.add_tokens(tokens)


def _flags(token: Any) -> tuple[bool, ...]:
    return tuple(getattr(token, flag) for flag in _FLAGS)
