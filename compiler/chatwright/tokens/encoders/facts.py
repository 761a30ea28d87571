"""The facts of a `tokenizer.json`: its control tokens and the bytes of its ids.

Finding them costs a tenth of a second to a second for a large tokenizer, and each process needs them. So they are
recorded in the user's cache folder under the hash of the JSON.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec
import numpy as np
import tokenizers

from chatwright import cache as cachefiles
from chatwright.tokens.controls import Control, Controls
from chatwright.tokens.encoders.vocabulary import LETTERS, Certain, Vocabulary, byte_level, spaced

#: The length of a JSON from which reading the record is quicker than finding the facts.
LARGE = 1_000_000

_MAKERS = ("tokens/controls.py", "tokens/encoders")


class Facts(NamedTuple):
    """What is known of a tokenizer without loading it. `vocabulary`: None where the bytes of its ids are not known."""

    controls: Controls
    vocabulary: Vocabulary | None


class _Added(msgspec.Struct):
    """An added token as `tokenizer.json` has it."""

    id: int
    content: str
    lstrip: bool = False
    rstrip: bool = False
    single_word: bool = False
    normalized: bool = False
    special: bool = False


class _Model(msgspec.Struct):
    type: str | None = None
    vocab: dict[str, int] | list[tuple[str, float]] = {}
    continuing_subword_prefix: str | None = None
    end_of_word_suffix: str | None = None

    def ids(self) -> dict[str, int]:
        """The id of each token of the model."""
        if isinstance(self.vocab, dict):
            return self.vocab
        return {token: id for id, (token, _) in enumerate(self.vocab)}


class _Description(msgspec.Struct):
    """The parts of `tokenizer.json` that decide the facts. The merges, most of its text, are skipped."""

    model: _Model
    added_tokens: list[_Added] = []
    normalizer: Any = None
    pre_tokenizer: Any = None
    decoder: Any = None


def digest_of(source: str) -> str:
    """The hash under which records of a tokenizer are kept, in hexadecimal."""
    return hashlib.sha256(source.encode()).hexdigest()


def facts_of(source: str, digest: str, ordinary: Callable[[list[str]], Iterable[int]]) -> Facts:
    """The facts of a tokenizer, from a record of them where there is one.

    `ordinary` takes texts of added tokens and gives the indices of those that the model itself makes one token of.
    """
    if len(source) < LARGE:
        return _found(source, ordinary)
    record = recorded(digest, "facts")
    if record is not None:
        try:
            controls, vocabulary = record
            known = None if vocabulary is None else _vocabulary_of(*vocabulary)
            return Facts(Controls(Control(*control) for control in controls), known)
        except (TypeError, ValueError):
            pass
    facts = _found(source, ordinary)
    known = facts.vocabulary
    record_it(
        digest,
        "facts",
        (
            [msgspec.structs.astuple(control) for control in facts.controls.by_text.values()],
            None if known is None else (known.lengths.tobytes(), known.row, known.certain),
        ),
    )
    return facts


def recorded(digest: str, what: str) -> Any:
    """A finding about a tokenizer that an earlier process recorded; None where there is no record."""
    folder = cachefiles.folder()
    content = cachefiles.read(folder / _name(digest, what)) if folder is not None else None
    if content is None:
        return None
    try:
        makers, found = marshal.loads(content)
        return found if makers == _makers() else None
    except (OSError, ValueError, EOFError, TypeError):
        return None


def record_it(digest: str, what: str, found: Any) -> None:
    """Record a finding about a tokenizer: plain values."""
    folder = cachefiles.folder()
    if folder is None:
        return
    try:
        cachefiles.write(folder / _name(digest, what), marshal.dumps((_makers(), found)))
    except (OSError, ValueError):
        return


def _name(digest: str, what: str) -> str:
    return f"tokenizer-{digest[:24]}.{what}"


def _makers() -> str:
    return f"{tokenizers.__version__} {cachefiles.digest_of(_MAKERS)}"


def _vocabulary_of(lengths: bytes, row: bytes, certain: Certain) -> Vocabulary:
    return Vocabulary(np.frombuffer(lengths, np.uint16), row, certain)


# ---- finding them --------------------------------------------------------------------------------------------------


def _found(source: str, ordinary: Callable[[list[str]], Iterable[int]]) -> Facts:
    said = msgspec.json.decode(source, type=_Description)
    vocab = said.model.ids()
    controls = _controls(said, vocab, ordinary)
    return Facts(controls, _vocabulary(said, vocab, controls))


def _controls(said: _Description, vocab: dict[str, int], ordinary: Callable[[list[str]], Iterable[int]]) -> Controls:
    """The added tokens, without those that are ordinary text: not special, and made by the model itself as well.

    Some tokenizers add runs of white space so; a text with two newlines holds no control token.
    """
    doubtful = [token for token in said.added_tokens if not token.special and vocab.get(token.content) == token.id]
    plain = {doubtful[n].id for n in ordinary([token.content for token in doubtful])} if doubtful else set()
    normalizes = said.normalizer is not None
    return Controls(
        Control(token.content, token.id, token.lstrip, token.rstrip, token.single_word, token.normalized and normalizes)
        for token in said.added_tokens
        if token.id not in plain
    )


def _steps(part: dict[str, Any] | None, items: str) -> list[dict[str, Any]]:
    """A normalizer, pre-tokenizer or decoder as a list of steps."""
    if part is None:
        return []
    return [step for inner in part[items] for step in _steps(inner, items)] if part["type"] == "Sequence" else [part]


def _vocabulary(said: _Description, vocab: dict[str, int], controls: Controls) -> Vocabulary | None:
    texts = {id: control.text for id, control in controls.by_id.items()}
    decoders = {step["type"] for step in _steps(said.decoder, "decoders")}
    if decoders == {"ByteLevel"}:
        return byte_level(vocab, texts, _keeps_bytes(said, vocab, controls))
    if "ByteFallback" in decoders:
        return spaced(vocab, texts)
    return None


def _keeps_bytes(said: _Description, vocab: dict[str, int], controls: Controls) -> Certain:
    """For which texts a byte-level tokenizer keeps every byte, each in one token."""
    normalizers = {step["type"] for step in _steps(said.normalizer, "normalizers")}
    cutters = _steps(said.pre_tokenizer, "pretokenizers")
    levels = [step for step in cutters if step["type"] == "ByteLevel"]
    keeps = (
        said.model.type == "BPE"
        and not said.model.continuing_subword_prefix
        and not said.model.end_of_word_suffix
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
