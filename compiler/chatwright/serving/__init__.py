"""Samples from a server that takes and returns token ids: vLLM, SGLang."""

from chatwright.serving.answers import VLLM, SGLang
from chatwright.serving.errors import (
    Disconnected,
    GenerateError,
    MalformedAnswer,
    PromptTooLong,
    Refused,
    ServerError,
    TimedOut,
)
from chatwright.serving.generate import Generated, generate

__all__ = [
    "VLLM",
    "Disconnected",
    "GenerateError",
    "Generated",
    "MalformedAnswer",
    "PromptTooLong",
    "Refused",
    "SGLang",
    "ServerError",
    "TimedOut",
    "generate",
]
