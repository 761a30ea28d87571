"""The encoder over Hugging Face's `tokenizers`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import tokenizers

from chatwright.tokens.encoders.encoder import Encoded, Located, TokenizerError, ids_of, joined, located_by_characters
from chatwright.tokens.encoders.facts import Facts, digest_of, facts_of
from chatwright.tokens.encoders.normalized import located_by_pieces, pieces_of
from chatwright.tokens.encoders.vocabulary import Ids
from chatwright.tokens.harmless import harmless

#: A private text that no vocabulary holds. With it in front, the tokenizer treats a text as a later part of another.
SENTINEL = "\ue000\ue0c7\ue000"


class HuggingFace:
    """A `tokenizers.Tokenizer`: its ids for any text, with nothing added, cut or padded."""

    name = "tokenizers"

    def __init__(self, source: str, facts: Facts | None = None) -> None:
        """`source`: the content of `tokenizer.json`. `facts`: those of this tokenizer, where they are known."""
        self._source = source
        found = facts or facts_of(source, self.digest, self._made_as_one)
        self.controls = found.controls
        self.vocabulary = found.vocabulary

    def __reduce__(self) -> tuple[Any, ...]:
        return HuggingFace, (self._source, Facts(self.controls, self.vocabulary))

    @cached_property
    def digest(self) -> str:
        """The hash of the source, in hexadecimal."""
        return digest_of(self._source)

    @cached_property
    def _tokenizer(self) -> tokenizers.Tokenizer:
        """A copy, loaded when the first text comes: what others do to their tokenizer does not change it."""
        return _fresh(self._source)

    def _made_as_one(self, texts: list[str]) -> list[int]:
        """The indices of the texts that the model makes one token of."""
        plain = _without_controls(json.loads(self._source), [])
        found = plain.encode_batch_fast(texts, add_special_tokens=False)
        return [n for n, encoding in enumerate(found) if encoding.ids == [plain.token_to_id(texts[n])]]

    def encode(self, texts: Sequence[str]) -> Encoded:
        found = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        counts = np.array([len(encoding) for encoding in found], np.int64)
        ids = (
            ids_of(found[0].ids) if len(found) == 1 else np.concatenate([ids_of(e.ids) for e in found] or [ids_of(())])
        )
        return Encoded(ids, counts)

    def plain(self, text: str, first: bool) -> Ids:
        return np.concatenate([ids for _, ids in self._harmless(text, first)])

    def _harmless(self, text: str, first: bool) -> list[tuple[str, Ids]]:
        """A text as ordinary text; in pieces where the model itself makes control tokens of it."""
        return harmless(self.controls, self._plain_ids, text, first)

    def _plain_ids(self, text: str, first: bool) -> Ids:
        before = "" if first else SENTINEL
        return ids_of(self._plain.encode(before + text, add_special_tokens=False).ids[0 if first else 1 :])

    def locate(self, text: str, ids: Ids) -> Located:
        spelled = self._spelled(text, ids)
        if spelled is not None:
            return spelled
        encoding = self._exact.encode(text, add_special_tokens=False)
        return _checked(text, encoding.ids, encoding.offsets, ids)

    def locate_plain(self, text: str, first: bool, ids: Ids) -> Located:
        spelled = self._spelled(text, ids)
        if spelled is not None:
            return spelled
        parts: list[tuple[int, Located]] = []
        base = done = 0
        for part, part_ids in self._harmless(text, first):
            parts.append((base, self._locate_part(part, first and not base, ids[done : done + len(part_ids)])))
            base, done = base + len(part.encode()), done + len(part_ids)
        return joined(parts)

    def _locate_part(self, text: str, first: bool, ids: Ids) -> Located:
        skip, before = (0, "") if first else (1, SENTINEL)
        encoding = self._plain.encode(before + text, add_special_tokens=False)
        offsets = [(start - len(before), end - len(before)) for start, end in encoding.offsets[skip:]]
        return _checked(text, encoding.ids[skip:], offsets, ids)

    def _spelled(self, text: str, ids: Ids) -> Located | None:
        """Places by the bytes of the ids: offsets leave out characters that a normal form joins with a neighbour."""
        pieces = pieces_of(self.vocabulary, ids)
        return located_by_pieces(text, pieces) if pieces is not None else None

    def decode(self, ids: Sequence[int]) -> str:
        return self._tokenizer.decode(list(ids), skip_special_tokens=False)

    def json(self) -> str:
        """The content of `tokenizer.json`."""
        return self._source

    @cached_property
    def _exact(self) -> tokenizers.Tokenizer:
        """The same tokenizer, with offsets that include all white space."""
        settings = json.loads(self._source)
        settings["post_processor"] = None
        _untrimmed(settings)
        return _fresh(json.dumps(settings))

    @cached_property
    def _plain(self) -> tokenizers.Tokenizer:
        """The same tokenizer without control tokens, except the sentinel."""
        settings = json.loads(self._source)
        ordinary = [token for token in settings["added_tokens"] if token["content"] not in self.controls]
        return _without_controls(settings, ordinary)


def _without_controls(settings: dict[str, Any], kept: list[dict[str, Any]]) -> tokenizers.Tokenizer:
    settings["post_processor"] = None
    settings["added_tokens"] = kept
    _untrimmed(settings)
    found = _fresh(json.dumps(settings))
    found.add_tokens([tokenizers.AddedToken(SENTINEL, normalized=False, special=True)])
    return found


def _fresh(source: str) -> tokenizers.Tokenizer:
    found = tokenizers.Tokenizer.from_str(source)
    found.no_truncation()
    found.no_padding()
    return found


def _untrimmed(settings: Any) -> None:
    if isinstance(settings, dict):
        if "trim_offsets" in settings:
            settings["trim_offsets"] = False
        for key, value in settings.items():
            if key not in ("vocab", "merges", "added_tokens"):
                _untrimmed(value)
    elif isinstance(settings, list):
        for value in settings:
            _untrimmed(value)


def _checked(text: str, found: Sequence[int], offsets: Sequence[tuple[int, int]], ids: Ids) -> Located:
    if not np.array_equal(ids_of(found), ids):
        raise TokenizerError(
            "two ways of encoding the same text give different ids, so tokens cannot be attributed; "
            "report this tokenizer to chatwright"
        )
    return located_by_characters(text, offsets)
