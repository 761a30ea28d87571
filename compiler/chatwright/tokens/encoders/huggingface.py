"""Encoders over Hugging Face's `tokenizers`, and over fastokens in its place where both give the same ids."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import tokenizers

from chatwright.tokens.controls import Control, Controls
from chatwright.tokens.encoders.encoder import Encoded, Located, TokenizerError, ids_of, joined, located_by_characters
from chatwright.tokens.encoders.normalized import located_by_pieces, pieces_of
from chatwright.tokens.encoders.vocabulary import LETTERS, Certain, Ids, Vocabulary, byte_level, spaced
from chatwright.tokens.harmless import harmless

#: A private text that no vocabulary holds. Before a text it makes the tokenizer treat that text as a later one.
SENTINEL = "\ue000\ue0c7\ue000"


class HuggingFace:
    """A `tokenizers.Tokenizer`: its ids for any text, with nothing added, cut or padded."""

    name = "tokenizers"

    def __init__(self, source: str) -> None:
        """`source`: the tokenizer as it stands in `tokenizer.json`."""
        self._source = source
        self.controls = _controls(self._tokenizer, self._source)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self._source, self.controls, self.vocabulary)

    @cached_property
    def settings(self) -> dict[str, Any]:
        return _settings(self._source)

    @cached_property
    def _tokenizer(self) -> tokenizers.Tokenizer:
        return _fresh(self._source)

    @cached_property
    def vocabulary(self) -> Vocabulary | None:
        return _vocabulary(self._tokenizer, self.settings, self.controls)

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
        """In pieces, where the model itself makes control tokens: its vocabulary may have them too."""
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
        """By the bytes of the ids: offsets leave out what a normal form joins with its neighbour."""
        pieces = pieces_of(self.vocabulary, ids)
        return located_by_pieces(text, pieces) if pieces is not None else None

    def decode(self, ids: Sequence[int]) -> str:
        return self._tokenizer.decode(list(ids), skip_special_tokens=False)

    def json(self) -> str:
        """The tokenizer as it stands in `tokenizer.json`."""
        return self._source

    @cached_property
    def _exact(self) -> tokenizers.Tokenizer:
        """The same tokenizer with offsets that leave no white space out."""
        settings = json.loads(self._source)
        settings["post_processor"] = None
        _untrimmed(settings)
        return _fresh(json.dumps(settings))

    @cached_property
    def _plain(self) -> tokenizers.Tokenizer:
        """The same tokenizer without control tokens, save for the sentinel."""
        settings = json.loads(self._source)
        ordinary = [token for token in settings["added_tokens"] if token["content"] not in self.controls]
        return _without_controls(settings, ordinary)


def _again(source: str, controls: Controls, vocabulary: Vocabulary | None) -> HuggingFace:
    """The same in another process, where what was found out is known: only what is asked of it is loaded."""
    found = HuggingFace.__new__(HuggingFace)
    found._source, found.controls, found.vocabulary = source, controls, vocabulary
    return found


def _without_controls(settings: dict[str, Any], kept: list[dict[str, Any]]) -> tokenizers.Tokenizer:
    settings["post_processor"] = None
    settings["added_tokens"] = kept
    _untrimmed(settings)
    found = _fresh(json.dumps(settings))
    found.add_tokens([tokenizers.AddedToken(SENTINEL, normalized=False, special=True)])
    return found


def _settings(source: str) -> dict[str, Any]:
    """What `tokenizer.json` says beside the vocabulary."""
    settings: dict[str, Any] = json.loads(source)
    model = settings["model"]
    settings["model"] = {key: value for key, value in model.items() if key not in ("vocab", "merges")}
    return settings


def _fresh(source: str) -> tokenizers.Tokenizer:
    """A copy: what others do to the tokenizer that was given does not touch it."""
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


def _controls(tokenizer: tokenizers.Tokenizer, source: str) -> Controls:
    """The added tokens, without those that are ordinary text: not special, and made by the model itself as well.

    Some add runs of white space so; whoever writes two newlines has written no control token.
    """
    added = tokenizer.get_added_tokens_decoder()
    vocab = tokenizer.get_vocab(with_added_tokens=False)
    doubtful = [id for id, token in added.items() if not token.special and vocab.get(token.content) == id]
    ordinary: set[int] = set()
    if doubtful:
        plain = _without_controls(json.loads(source), [])
        found = plain.encode_batch_fast([added[id].content for id in doubtful], add_special_tokens=False)
        ordinary = {id for id, encoding in zip(doubtful, found, strict=True) if encoding.ids == [id]}
    normalizes = tokenizer.normalizer is not None
    return Controls(
        Control(token.content, id, token.lstrip, token.rstrip, token.single_word, bool(token.normalized and normalizes))
        for id, token in added.items()
        if id not in ordinary
    )


def _checked(text: str, found: Sequence[int], offsets: Sequence[tuple[int, int]], ids: Ids) -> Located:
    if not np.array_equal(ids_of(found), ids):
        raise TokenizerError(
            "two ways of encoding the same text give different ids, so tokens cannot be attributed; "
            "report this tokenizer to chatwright"
        )
    return located_by_characters(text, offsets)


# ---- what tokenizer.json tells of the bytes of ids ---------------------------------------------------------------


def _steps(part: dict[str, Any] | None, items: str) -> list[dict[str, Any]]:
    """A normalizer, pre-tokenizer or decoder as a list of steps."""
    if part is None:
        return []
    return [step for inner in part[items] for step in _steps(inner, items)] if part["type"] == "Sequence" else [part]


def _vocabulary(tokenizer: tokenizers.Tokenizer, settings: dict[str, Any], controls: Controls) -> Vocabulary | None:
    texts = {id: control.text for id, control in controls.by_id.items()}
    decoders = {step["type"] for step in _steps(settings["decoder"], "decoders")}
    vocab = tokenizer.get_vocab(with_added_tokens=False)
    if decoders == {"ByteLevel"}:
        return byte_level(vocab, texts, _keeps_bytes(settings, vocab, controls))
    if "ByteFallback" in decoders:
        return spaced(vocab, texts)
    return None


def _keeps_bytes(settings: dict[str, Any], vocab: dict[str, int], controls: Controls) -> Certain:
    """For which texts a byte-level tokenizer keeps every byte, each in one token."""
    model = settings["model"]
    normalizers = {step["type"] for step in _steps(settings["normalizer"], "normalizers")}
    cutters = _steps(settings["pre_tokenizer"], "pretokenizers")
    levels = [step for step in cutters if step["type"] == "ByteLevel"]
    keeps = (
        model.get("type") == "BPE"
        and not model.get("continuing_subword_prefix")
        and not model.get("end_of_word_suffix")
        and normalizers <= {"NFC", "NFD", "NFKC", "NFKD"}
        and len(levels) == 1
        and not any(step.get("add_prefix_space") for step in levels)
        and all(step["type"] in ("ByteLevel", "Split", "Digits") for step in cutters)
        and not any(step.get("behavior") == "Removed" for step in cutters)
        and all(letter in vocab for letter in LETTERS.values())
        and not any(control.lstrip or control.rstrip for control in controls.by_text.values())
    )
    if not keeps:
        return "none"
    # The characters of Latin-1 are in composed form; an ASCII text is in every form.
    return "ascii" if normalizers - {"NFC"} else "latin" if normalizers else "all"
