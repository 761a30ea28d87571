"""Puts a format into the folder of a tokenizer: its template, its response template, its control tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatwright.cli.binding import load_tokenizer
from chatwright.cli.building import MADE
from chatwright.cli.exit_codes import Failure
from chatwright.cli.loading import load
from chatwright.cli.output import write_files
from chatwright.cli.tokenizer_folder import SETTINGS
from chatwright.spec import Spec

TEMPLATE = "chat_template.jinja"
MORE_TEMPLATES = "additional_chat_templates"
BACKUP = ".before-chatwright"


def install(name: str, folder: Path, force: bool) -> list[str]:
    """Write `chat_template.jinja`, and the other two into `tokenizer_config.json`; what was done, in lines.

    Files of others are overwritten only with `force`, and a copy stays next to them. All other settings stay as they
    are, in their order. Writes all files or none. Raises TokenizerError for a missing token.
    """
    spec = load(name)
    before = _settings(folder)
    found = _object(before, folder / SETTINGS)
    if any((folder / MORE_TEMPLATES).glob("*.jinja")):
        raise Failure(
            f"{folder / MORE_TEMPLATES} holds templates that transformers prefers to {TEMPLATE} for some requests; "
            "move them away first"
        )
    settings = {key: value for key, value in found.items() if key != "chat_template"} | _ours(spec, folder)
    text = before if settings == found else _as(before, settings)
    files = {folder / TEMPLATE: spec.jinja(), folder / SETTINGS: text}
    changed = {path: new for path, new in files.items() if _read(path) != new}
    foreign = _foreign(folder, found, settings)
    if foreign and changed and not force:
        raise Failure(f"{folder} already has {' and '.join(foreign)}; --force replaces them and keeps a copy")
    kept = {_backup(path, old): old for path in changed if (old := _read(path)) is not None and not _made(path, old)}
    kept = {path: old for path, old in kept.items() if not path.exists()}
    try:
        write_files({**kept, **changed})
    except OSError as error:
        raise Failure(f"nothing was written to {folder}: {error.strerror or error}") from None
    lines = [f"kept {path}" for path in kept] + [f"wrote {path}" for path in changed]
    return lines or [f"{folder} already has {spec.name}"]


def _ours(spec: Spec, folder: Path) -> dict[str, Any]:
    """The settings of the format. Its control tokens are the tokens that the tokenizer has as added tokens."""
    tokenizer = load_tokenizer(str(folder))
    spec.bind(tokenizer)
    added = {token.content for token in tokenizer.added_tokens_decoder.values()}
    ours: dict[str, Any] = {"response_template": spec.response_template()} if spec.trains else {}
    return {**ours, "chat_control_tokens": [token for token in spec.tokens if token in added]}


def _foreign(folder: Path, found: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """The names of files and settings that chatwright did not make. With a template of ours, the settings are ours."""
    template = _read(folder / TEMPLATE)
    if template is not None and _made(folder / TEMPLATE, template):
        return []
    names = [TEMPLATE] if template is not None else []
    return names + [
        f"{key} in {SETTINGS}"
        for key in ("chat_template", "response_template", "chat_control_tokens")
        if found.get(key) is not None and found[key] != settings.get(key)
    ]


def _made(path: Path, text: str) -> bool:
    return path.suffix in MADE and path.name != SETTINGS and text.startswith(MADE[path.suffix])


def _backup(path: Path, old: str) -> Path:
    """The file for the old text: a free name, or the name of a file with the same text."""
    number = 1
    while True:
        kept = path.with_name(f"{path.name}{BACKUP}{'' if number == 1 else f'.{number}'}")
        if not kept.exists() or _read(kept) == old:
            return kept
        number += 1


# ---- the settings --------------------------------------------------------------------------------------------------


def _settings(folder: Path) -> str:
    if not folder.is_dir():
        raise Failure(f"{folder} is not a folder; --into takes the folder of a tokenizer")
    text = _read(folder / SETTINGS)
    if text is None:
        raise Failure(f"{folder} has no {SETTINGS}; --into takes the folder of a tokenizer")
    return text


def _object(text: str, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except ValueError as error:
        raise Failure(f"{path} is not JSON that can be rewritten: {error}") from None
    if not isinstance(found, dict):
        raise Failure(f"{path} does not hold a JSON object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with each key once. Rewriting a repeated key would lose a value."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object repeats a key")
    return found


def _as(before: str, settings: Mapping[str, Any]) -> str:
    """The settings as JSON, in the layout of the old text."""
    indented = re.search(r"\{\r?\n([ \t]+)\"", before)
    indent = indented[1] if indented else None
    text = json.dumps(settings, ensure_ascii=before.isascii() and "\\u" in before, indent=indent)
    return text + before[len(before.rstrip()) :]


def _read(path: Path) -> str | None:
    """The exact text of a file; None where there is no file."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise Failure(f"{path} is not UTF-8") from None
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror or error}") from None
