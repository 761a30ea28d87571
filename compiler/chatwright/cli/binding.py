"""Loads a tokenizer from files, without any network, and renders conversations with it."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from chatwright.cli.conversation_files import Given
from chatwright.cli.exit_codes import Failure
from chatwright.cli.requests import rendered_with
from chatwright.runtime.view import View
from chatwright.spec import Spec
from chatwright.tokens.bound import BoundRenderer
from chatwright.tokens.encoding import Specials, Tokenization
from chatwright.tokens.rendered_tokens import RenderedTokens

FILE = "tokenizer.json"
SETTINGS = "tokenizer_config.json"


class Binding(msgspec.Struct, frozen=True):
    """How a format is bound on the command line: `tokenizer` is a path."""

    tokenizer: str
    specials: Specials = "text"
    tokenization: Tokenization = "whole"


def load_tokenizer(name: str) -> Any:
    """The tokenizer in a folder, as transformers loads it, or the one in a `tokenizer.json` by itself."""
    path = Path(name)
    if path.is_dir() and (path / SETTINGS).is_file():
        return _of_folder(path)
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        what = f"has no {FILE}" if path.is_dir() else "does not exist"
        raise Failure(f"{path} {what}; --tokenizer takes a folder with {FILE}, or such a file")
    import tokenizers

    try:
        return tokenizers.Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises nothing more special
        raise Failure(f"{file} holds no tokenizer: {_first_line(error)}") from None


def _of_folder(path: Path) -> Any:
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # else it tells of what it lacks while it is imported
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(path), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # of every kind, as what is in the folder is of every kind
        raise Failure(f"{path} holds no tokenizer that transformers loads: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def bound(spec: Spec, binding: Binding) -> BoundRenderer:
    """The format, bound. Raises TokenizerError where the tokenizer lacks a token of the format."""
    tokenizer = load_tokenizer(binding.tokenizer)
    return spec.bind(tokenizer, tokenization=binding.tokenization, content_specials=binding.specials)


def tokens_of(
    renderer: BoundRenderer, given: Given, options: Mapping[str, Any], view: View = "history"
) -> RenderedTokens:
    """Render one conversation to tokens. Arguments as for `rendered_with`."""
    return rendered_with(functools.partial(renderer.render, view=view), given, options)
