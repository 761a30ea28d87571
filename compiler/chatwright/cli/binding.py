"""Loads a tokenizer from files, without network, and renders conversations with it."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatwright.cli.conversation_files import Given
from chatwright.cli.exit_codes import Failure
from chatwright.cli.requests import Binding, rendered_with
from chatwright.cli.tokenizer_folder import FILE, SETTINGS, tokenizer_in
from chatwright.runtime.view import View
from chatwright.spec import Spec
from chatwright.tokens.bound import BoundRenderer
from chatwright.tokens.rendered_tokens import RenderedTokens


def load_tokenizer(name: str) -> Any:
    """The tokenizer in a folder or in a tokenizer.json. Raises Failure.

    A folder is read without transformers where its tokenizer.json says all about the tokenizer.
    """
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
    except Exception as error:  # the library raises no class of its own
        raise Failure(f"{file} does not hold a tokenizer: {_first_line(error)}") from None


def _of_folder(path: Path) -> Any:
    try:
        found = tokenizer_in(path)
    except Exception:  # a damaged file of any kind; transformers says what is wrong
        found = None
    return found if found is not None else _of_transformers(path)


def _of_transformers(path: Path) -> Any:
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # else its import lists the packages that it misses
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(path), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # of any class, since the files may hold anything
        raise Failure(f"{path} does not hold a tokenizer that transformers loads: {_first_line(error)}") from None


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
