"""The shipped formats, and the sources of specs: a format by its name or by a model, any other spec by its path."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from chatwright.diagnostics.source import Source
from chatwright.runtime.errors import ChatwrightError
from chatwright.runtime.options import Option
from chatwright.runtime.suggest import nearest

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from chatwright.syntax.resolve import Loader

ENDING = ".chatspec"
#: The id of a model on a hub: its owner and its name.
_MODEL = re.compile(r"\w[\w.-]*/\w[\w.-]*")
#: The most formats and models that an error suggests.
_FORMATS, _MODELS = 3, 2


class UnknownFormat(ChatwrightError):
    """No format has this name, no format names this model, or the file cannot be read."""


class Entry(msgspec.Struct, frozen=True):
    """The facts about a shipped format that need no compiler.

    `family`: the folder of the spec. `about`: the first sentences of its doc. `models`: the ids that the spec names.
    `extends`: the base of the format. `stops`: the stop tokens. `templates`: the names of the templates
    that it reproduces.
    """

    name: str
    family: str
    about: str
    models: tuple[str, ...]
    extends: str | None
    options: tuple[Option, ...]
    stops: tuple[str, ...]
    templates: tuple[str, ...]


class Index(msgspec.Struct, frozen=True):
    """`formats`: all shipped formats, sorted by name. `models`: the one format that each model id leads to."""

    formats: tuple[Entry, ...]
    models: Mapping[str, str]


@functools.cache
def index() -> Index:
    """The index that `tools/index.py` writes from the specs."""
    import importlib.resources

    file = importlib.resources.files("chatwright.specs") / "index.json"
    return msgspec.json.decode(file.read_bytes(), type=Index)


@functools.cache
def formats() -> tuple[str, ...]:
    """The names of the shipped formats, sorted."""
    return tuple(sorted(_files()))


@functools.cache
def _files() -> dict[str, Traversable]:
    """The files of the shipped formats by name. Each family has a folder; a name is unique in all of them."""
    import importlib.resources

    families = (entry for entry in importlib.resources.files("chatwright.specs").iterdir() if entry.is_dir())
    files = (file for family in families for file in family.iterdir())
    return {file.name.removesuffix(ENDING): file for file in files if file.name.endswith(ENDING)}


def shipped(name: str) -> Source | None:
    """The source of a shipped format; None where no format has this name."""
    file = _files().get(name)
    if file is None:
        return None
    return Source(f"{name}{ENDING}", file.read_text(encoding="utf-8"))


@functools.cache
def _models() -> dict[str, str]:
    """The format of each model id, in small letters: hubs do not tell capitals apart."""
    return {model.lower(): name for model, name in index().models.items()}


def shipped_name(name: str | os.PathLike[str]) -> str | None:
    """The shipped format that a format's name or a model id means; None for a path.

    Raises UnknownFormat, with the nearest names and models, for a word that is none of these.
    """
    text = os.fspath(name)
    if text.endswith(ENDING):
        return None
    if text in _files():
        return text
    if (found := _models().get(text.lower())) is not None:
        return found
    path = Path(text)
    if len(path.parts) == 1 or (_MODEL.fullmatch(text) and not path.exists()):
        raise UnknownFormat(f"there is no format {text}; {suggestion(text)}")
    return None


def suggestion(name: str) -> str:
    """The nearest formats and the nearest models, as the end of an error."""
    own = name.partition("/")[2] or name
    models = _nearest(name, {model: model for model in index().models}) if "/" in name else []
    models = models or _nearest(own, {model.partition("/")[2]: model for model in index().models})
    found = [" or ".join(near)] if (near := _nearest(own, {name: name for name in formats()})) else []
    if models:
        found.append(f"the model {' or '.join(models[:_MODELS])}")
    return f"did you mean {', or '.join(found)}?" if found else "`chatwright list` shows all formats and models"


def _nearest(word: str, known: Mapping[str, str]) -> list[str]:
    """The values of the keys that are most like a word, the most like first. Signs and capitals do not count."""
    folded: dict[str, str] = {}
    for key, value in known.items():
        folded.setdefault(_folded(key), value)
    return [folded[one] for one in nearest(_folded(word), folded, _FORMATS)]


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9/]+", "_", name.lower())


def find(name: str | os.PathLike[str]) -> tuple[Source, Loader]:
    """The source of a spec, and a loader of the formats that it extends.

    `name`: the name of a shipped format, a model id, or the path of a file. The loader looks in the folder of the file
    first, then among the shipped formats. Raises UnknownFormat where there is no such format or file.
    """
    own = shipped_name(name)
    source = shipped(own) if own is not None else None
    if source is not None:
        return source, shipped
    path = Path(name)
    source = read(path)

    def near(other: str) -> Source | None:
        neighbour = path.parent / f"{other}{ENDING}"
        return read(neighbour) if neighbour.is_file() else shipped(other)

    return source, near


def read(path: Path) -> Source:
    """The source in a file. Raises UnknownFormat where the file cannot be read as UTF-8 text."""
    try:
        return Source(path.name, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnknownFormat(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UnknownFormat(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from None
