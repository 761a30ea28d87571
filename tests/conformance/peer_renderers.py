"""The renderers of the `renderers` package for the formats that it has too."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from chatwright.tokens.encoders.adapt import encoder_for
from chatwright.tokens.encoders.encoder import Encoder
from chatwright.tokens.encoders.vocabulary import BYTES

from .formats import BY_NAME
from .oracle import TODAY, original
from .real_tokenizers import backend, control_tokens, encoder, npm_source, trained
from .subject import spec


@dataclass(frozen=True)
class Peer:
    """Which of its renderers writes a format, and the name of a model for which it does.

    `tokens`: control tokens that it asks a tokenizer for and that our format does not declare.
    """

    format: str
    renderer: str
    model: str
    tokens: tuple[str, ...] = ()
    settings: tuple[tuple[str, Any], ...] = ()


PEERS = (
    Peer("qwen3", "qwen3", "Qwen/Qwen3-0.6B"),
    Peer("qwen3_2507", "qwen3", "Qwen/Qwen3-4B-Instruct-2507"),
    Peer("qwen3_5", "qwen3.5", "Qwen/Qwen3.5-0.8B"),
    Peer("llama3_1", "llama-3", "meta-llama/Llama-3.2-3B-Instruct"),
    Peer("gpt_oss", "gpt-oss", "openai/gpt-oss-120b", settings=(("conversation_start_date", TODAY.isoformat()),)),
    Peer("deepseek_v4", "deepseek-v4", "deepseek-ai/DeepSeek-V4-Flash-0731"),
    Peer("kimi_k2_6", "kimi-k2.5", "moonshotai/Kimi-K2.6"),
    Peer("glm4_6", "glm-4.5", "zai-org/GLM-4.5-Air"),
    Peer("minimax_m2", "minimax-m2", "MiniMaxAI/MiniMax-M2"),
    Peer(
        "nemotron3_nano",
        "nemotron-3",
        "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
        tokens=("<tool_response>", "</tool_response>"),
    ),
    Peer("gemma4", "gemma4", "google/gemma-4-26B-A4B-it", tokens=("<|image>", "<image|>")),
)
BY_FORMAT = {peer.format: peer for peer in PEERS}

#: What the file of OpenAI's vocabulary is; it is put together from that of gpt-oss.
O200K = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"


@cache
def _harmony_vocabulary() -> None:
    """A folder with the vocabulary that openai-harmony reads, which it would otherwise fetch."""
    vocab: dict[str, int] = json.loads(npm_source("gptoss"))["model"]["vocab"]
    ranks = sorted((rank, bytes(BYTES[letter] for letter in token)) for token, rank in vocab.items())
    text = b"".join(base64.b64encode(token) + f" {rank}\n".encode() for rank, token in ranks)
    assert hashlib.sha256(text).hexdigest() == O200K
    folder = Path(tempfile.mkdtemp(prefix="o200k"))
    (folder / "o200k_base.tiktoken").write_bytes(text)
    os.environ["TIKTOKEN_ENCODINGS_BASE"] = str(folder)


def renderer_of(name: str, tokenizer: Any) -> Any:
    """Its renderer for a format, on a tokenizer of transformers, which gets the name of the model."""
    import renderers
    from renderers.configs import config_from_name

    peer = BY_FORMAT[name]
    if peer.renderer == "gpt-oss":
        _harmony_vocabulary()
    tokenizer.name_or_path = peer.model
    tokenizer.chat_template = original(BY_NAME[name].template)
    config = config_from_name(peer.renderer)
    return renderers.create_renderer(tokenizer, config.model_copy(update=dict(peer.settings)))


@cache
def tokenizer_of(name: str) -> Any:
    """A tokenizer of transformers that suits both: the model's own where there is one."""
    fmt, tokens = BY_NAME[name], BY_FORMAT[name].tokens
    rust = trained((*control_tokens(name), *tokens)) if tokens else backend(name)
    given = {key: token for key, token in (("bos_token", fmt.bos), ("eos_token", fmt.eos)) if token is not None}
    return PreTrainedTokenizerFast(tokenizer_object=rust, **given)


@cache
def theirs(name: str) -> Any:
    return renderer_of(name, tokenizer_of(name))


@cache
def _encoder(name: str) -> Encoder:
    return encoder_for(tokenizer_of(name)) if BY_FORMAT[name].tokens else encoder(name)


@cache
def ours(name: str, **settings: Any) -> Any:
    return spec(name).bind(_encoder(name), **BY_NAME[name].ours, **settings)
