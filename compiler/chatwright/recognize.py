"""Which format a tokenizer speaks: by the hash of its template, then by its declared name; never by a guess."""

from __future__ import annotations

import base64
import difflib
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from chatwright.runtime.errors import ChatwrightError

if TYPE_CHECKING:
    from chatwright.spec import Spec

#: Bytes of the hash of a line of a known template.
WIDTH = 4
#: How much alike a template and a known one are, at least, for the two to be revisions of each other.
ALIKE = 0.6
#: How many differing lines an error shows.
SHOWN = 12


#: How the templates begin that chatwright makes.
_MADE = re.compile(r"\{#- chatspec=(?P<name>\w+)@(?P<hash>[0-9a-f]+) ")


class UnknownTemplate(ChatwrightError):
    """A tokenizer whose template no shipped format is known to reproduce."""


class Known(msgspec.Struct, frozen=True):
    """A revision that a shipped format reproduces. `lines`: the hashes of its lines, in base64."""

    format: str
    name: str
    lines: str

    def hashes(self) -> list[bytes]:
        row = base64.b64decode(self.lines)
        return [row[at : at + WIDTH] for at in range(0, len(row), WIDTH)]


class Index(msgspec.Struct, frozen=True):
    """What the shipped formats reproduce, by SHA-256 of the template, and the format of each declared model."""

    revisions: dict[str, Known]
    models: dict[str, str]


class Nearest(msgspec.Struct, frozen=True):
    """The known revision that a template is most like. `ratio`: from 0, nothing in common, to 1, the same lines.

    `added`: lines with their numbers, from 1, that the known one has not. `gone`: how many of its lines are not there.
    """

    known: Known
    ratio: float
    added: list[tuple[int, str]]
    gone: int


@cache
def index() -> Index:
    import importlib.resources

    file = importlib.resources.files("chatwright.specs") / "revisions.json"
    return msgspec.json.decode(file.read_bytes(), type=Index)


def digest(template: str) -> str:
    """The name of a revision: the SHA-256 of its text in UTF-8."""
    return hashlib.sha256(template.encode()).hexdigest()


def fingerprint(template: str) -> str:
    """The hashes of the lines of a template."""
    return base64.b64encode(b"".join(_hashes(template))).decode()


def _hashes(template: str) -> list[bytes]:
    return [hashlib.blake2b(line.encode(), digest_size=WIDTH).digest() for line in template.split("\n")]


def for_tokenizer(tokenizer: Any, *, allow_drift: bool = False) -> Spec:
    """The shipped format that a tokenizer speaks.

    `tokenizer`: one of transformers, or a folder with `chat_template.jinja` or `tokenizer_config.json`. It goes by the
    hash of the template; by the declared models only where there is no template. A template that chatwright made counts
    if it is, to the letter, what chatwright makes now. `allow_drift`: take the format that it was made of, else of the
    declared model, else of the nearest known revision, where the template is not known.

    Raises UnknownTemplate, which names the nearest known revision and shows the lines that differ.
    """
    from chatwright.spec import load

    template, name = _template_of(tokenizer)
    declared = index().models.get(name or "")
    if template is None:
        if declared is None:
            called = f"the tokenizer {name!r}" if name else "this tokenizer"
            raise UnknownTemplate(
                f"{called} has no chat template, and no shipped format declares such a model; name the format: "
                "chatwright.load(NAME)"
            )
        return load(declared)
    known = index().revisions.get(digest(template))
    if known is not None:
        return load(known.format)
    made = _MADE.match(template)
    if made is not None:
        return _made_of(made["name"], made["hash"], template, allow_drift)
    near = nearest(template)
    if allow_drift:
        if declared is not None:
            return load(declared)
        if near is not None and near.ratio >= ALIKE:
            return load(near.known.format)
    raise UnknownTemplate(_unknown(digest(template), near, declared))


def _made_of(name: str, state: str, template: str, allow_drift: bool) -> Spec:
    """The format that one of our own templates was made of."""
    from chatwright.library import formats
    from chatwright.spec import load

    said = f"this template was made by chatwright of the format {name}"
    if name not in formats():
        raise UnknownTemplate(f"{said}, which is no shipped one; load its spec: chatwright.load(PATH)")
    spec = load(name)
    if allow_drift or template in (spec.jinja(), spec.jinja(view="training")):
        return spec
    if state != spec.hash:
        said += f" from another state of its spec ({state}, and now it is {spec.hash})"
    else:
        said += ", and has been changed since, or was made by another version"
    raise UnknownTemplate(
        f"{said}; make it anew with `chatwright build {name} --into FOLDER`, or name the format, "
        f"chatwright.load({name!r}), or go on with allow_drift=True"
    )


def nearest(template: str) -> Nearest | None:
    """The known revision that a template is most like; None where nothing is known, or there are no lines in common."""
    mine = _hashes(template)
    best = max(index().revisions.values(), key=lambda known: _overlap(mine, known.hashes()), default=None)
    if best is None or _overlap(mine, best.hashes()) == 0:
        return None
    theirs = best.hashes()
    matcher = difflib.SequenceMatcher(None, theirs, mine, autojunk=False)
    added: list[tuple[int, str]] = []
    gone = 0
    lines = template.split("\n")
    for what, start, end, first, last in matcher.get_opcodes():
        if what != "equal":
            gone += end - start
            added += [(number + 1, lines[number]) for number in range(first, last)]
    return Nearest(best, matcher.ratio(), added, gone)


def _overlap(one: Sequence[bytes], other: Sequence[bytes]) -> float:
    return 2 * len(set(one) & set(other)) / (len(set(one)) + len(set(other)))


def _unknown(sha256: str, near: Nearest | None, declared: str | None) -> str:
    said = [f"no shipped format is known to reproduce this template (sha256 {sha256[:16]}…)"]
    if near is not None:
        known = near.known
        said.append(
            f"the nearest known revision is {known.name}, of the format {known.format} ({near.ratio:.0%} alike)"
        )
        if near.gone:
            said.append(f"of its lines {near.gone} are not there; this template has in their place:")
        said += [f"  {number:4} | {line[:150]}" for number, line in near.added[:SHOWN]]
        if len(near.added) > SHOWN:
            said.append(f"  … and {len(near.added) - SHOWN} more lines")
    if declared is not None:
        said.append(f"the model is declared by the format {declared}")
    said.append(
        "compare with `chatwright verify FORMAT --against FOLDER`, then name the format, chatwright.load(NAME), "
        "or go on with allow_drift=True"
    )
    return "\n".join(said)


def _template_of(tokenizer: Any) -> tuple[str | None, str | None]:
    """The template of a tokenizer, and the name that it was loaded by."""
    if isinstance(tokenizer, str | os.PathLike):
        return template_in(Path(tokenizer)), None
    if not hasattr(tokenizer, "chat_template"):
        raise UnknownTemplate(
            f"{type(tokenizer).__name__} has no chat_template; give a tokenizer of transformers or its folder, or name "
            "the format: chatwright.load(NAME)"
        )
    return _default(tokenizer.chat_template), getattr(tokenizer, "name_or_path", None) or None


def template_in(folder: Path) -> str | None:
    """The chat template in a tokenizer's folder, None where it has none. Raises UnknownTemplate for no such folder."""
    if not folder.is_dir():
        raise UnknownTemplate(f"{folder} is no folder; give the folder of a tokenizer")
    for file in (folder / "chat_template.jinja", folder / "chat_template.json", folder / "tokenizer_config.json"):
        if file.is_file():
            text = file.read_bytes().decode("utf-8")
            if file.suffix == ".jinja":
                return text
            try:
                found = _default(json.loads(text).get("chat_template"))
            except (ValueError, AttributeError):
                raise UnknownTemplate(f"{file} is no JSON object, so its chat template cannot be read") from None
            if found is not None:
                return found
    return None


def _default(template: str | Mapping[str, str] | Iterable[Mapping[str, str]] | None) -> str | None:
    """Of several templates by name the default."""
    if template is None or isinstance(template, str):
        return template
    if not isinstance(template, Mapping):
        template = {item["name"]: item["template"] for item in template}
    if "default" not in template:
        raise UnknownTemplate(f"the tokenizer has the templates {', '.join(template)}, but none named default")
    return template["default"]
