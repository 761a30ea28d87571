"""The format of a tokenizer: found by the hash of its template, else by its declared model; never guessed."""

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
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from chatwright.library import formats, index
from chatwright.runtime.errors import ChatwrightError

if TYPE_CHECKING:
    from chatwright.spec import Spec

#: Bytes of the hash of one line of a known template.
WIDTH = 4
#: The least ratio of like lines at which one template counts as a revision of another.
ALIKE = 0.6
#: The number of differing lines that an error shows.
SHOWN = 12
#: The beginning of every template that chatwright makes.
_MADE = re.compile(r"\{#- chatspec=(?P<name>\w+)@(?P<hash>[0-9a-f]+) ")


class UnknownTemplate(ChatwrightError):
    """No shipped format is known to reproduce the template of this tokenizer."""


class Known(msgspec.Struct, frozen=True):
    """A template that a shipped format reproduces. `lines`: the hashes of its lines, in base64."""

    format: str
    name: str
    lines: str

    def hashes(self) -> list[bytes]:
        row = base64.b64decode(self.lines)
        return [row[at : at + WIDTH] for at in range(0, len(row), WIDTH)]


class Recognized(msgspec.Struct, frozen=True):
    """The format of a tokenizer, and how it was found.

    `by`: "template": the format reproduces this very template, `revision` by name. "made": chatwright made the template
    from the format. "model": the format names the model. "drift": the format of the nearest known template, or of the
    declared model; only with `allow_drift`.
    """

    format: str
    by: Literal["template", "made", "model", "drift"]
    revision: str | None = None


class Nearest(msgspec.Struct, frozen=True):
    """The known template that another one is most like.

    `ratio`: from 0, no common line, to 1, the same lines. `added`: the lines that the known template lacks, each with
    its number from 1. `gone`: the number of its lines that are missing.
    """

    known: Known
    ratio: float
    added: list[tuple[int, str]]
    gone: int


@cache
def revisions() -> Mapping[str, Known]:
    """The templates that the shipped formats reproduce, by their SHA-256; `tools/revisions.py` writes them."""
    import importlib.resources

    file = importlib.resources.files("chatwright.specs") / "revisions.json"
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Known])


def digest(template: str) -> str:
    """The hash that names a template: the SHA-256 of its text in UTF-8, in hexadecimal."""
    return hashlib.sha256(template.encode()).hexdigest()


def fingerprint(template: str) -> str:
    """The hashes of the lines of a template, in base64."""
    return base64.b64encode(b"".join(_hashes(template))).decode()


def _hashes(template: str) -> list[bytes]:
    return [hashlib.blake2b(line.encode(), digest_size=WIDTH).digest() for line in template.split("\n")]


def for_tokenizer(tokenizer: Any, *, allow_drift: bool = False) -> Spec:
    """Load the shipped format of a tokenizer. Arguments and errors are those of `recognize`."""
    from chatwright.spec import load

    return load(recognize(tokenizer, allow_drift=allow_drift).format)


def recognize(tokenizer: Any, *, allow_drift: bool = False) -> Recognized:
    """Find the shipped format of a tokenizer.

    `tokenizer`: a tokenizer of transformers, or a folder with `chat_template.jinja` or `tokenizer_config.json`. The
    hash of the template decides; the declared model decides only where there is no template. A template that chatwright
    made counts where it is exactly the template that chatwright makes now. `allow_drift`: for an unknown template, take
    the format from which it was made, else that of the declared model, else that of the nearest known template.

    Raises UnknownTemplate, which names the nearest known template and shows the lines that differ.
    """
    template, name = _template_of(tokenizer)
    declared = index().models.get(name or "")
    if template is None:
        if declared is None:
            called = f"the tokenizer {name!r}" if name else "this tokenizer"
            raise UnknownTemplate(
                f"{called} has no chat template, and no shipped format names its model; name the format: "
                "chatwright.load(NAME)"
            )
        return Recognized(declared, "model")
    known = revisions().get(digest(template))
    if known is not None:
        return Recognized(known.format, "template", known.name)
    made = _MADE.match(template)
    if made is not None:
        return _made_of(made["name"], made["hash"], template, allow_drift)
    near = nearest(template)
    if allow_drift:
        if declared is not None:
            return Recognized(declared, "drift")
        if near is not None and near.ratio >= ALIKE:
            return Recognized(near.known.format, "drift", near.known.name)
    raise UnknownTemplate(_unknown(digest(template), near, declared))


def _made_of(name: str, state: str, template: str, allow_drift: bool) -> Recognized:
    """The format from which chatwright made a template."""
    from chatwright.spec import load

    said = f"chatwright made this template from the format {name}"
    if name not in formats():
        raise UnknownTemplate(f"{said}, which is not a shipped format; load its spec: chatwright.load(PATH)")
    spec = load(name)
    if template in (spec.jinja(), spec.jinja(view="training")):
        return Recognized(name, "made")
    if allow_drift:
        return Recognized(name, "drift")
    if state != spec.hash:
        said += f", at another state of its spec ({state}; the state now is {spec.hash})"
    else:
        said += "; it was changed, or another version of chatwright made it"
    raise UnknownTemplate(
        f"{said}; write it again with `chatwright build {name} --into FOLDER`, or name the format, "
        f"chatwright.load({name!r}), or pass allow_drift=True"
    )


def nearest(template: str) -> Nearest | None:
    """The known template that a template is most like; None where no known template shares a line with it."""
    mine = _hashes(template)
    best = max(revisions().values(), key=lambda known: _overlap(mine, known.hashes()), default=None)
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
            f"the nearest known template is {known.name}, of the format {known.format} ({near.ratio:.0%} alike)"
        )
        if near.gone:
            said.append(f"{near.gone} of its lines are missing; this template has these instead:")
        said += [f"  {number:4} | {line[:150]}" for number, line in near.added[:SHOWN]]
        if len(near.added) > SHOWN:
            said.append(f"  … and {len(near.added) - SHOWN} more lines")
    if declared is not None:
        said.append(f"the format {declared} names this model")
    said.append(
        "compare with `chatwright verify FORMAT --against FOLDER`, then name the format, chatwright.load(NAME), "
        "or pass allow_drift=True"
    )
    return "\n".join(said)


def _template_of(tokenizer: Any) -> tuple[str | None, str | None]:
    """The template of a tokenizer, and the name under which it was loaded."""
    if isinstance(tokenizer, str | os.PathLike):
        return template_in(Path(tokenizer)), None
    if not hasattr(tokenizer, "chat_template"):
        raise UnknownTemplate(
            f"{type(tokenizer).__name__} has no chat_template; pass a tokenizer of transformers or its folder, or name "
            "the format: chatwright.load(NAME)"
        )
    return _default(tokenizer.chat_template), getattr(tokenizer, "name_or_path", None) or None


def template_in(folder: Path) -> str | None:
    """The chat template in the folder of a tokenizer; None where it has none. Raises UnknownTemplate."""
    if not folder.is_dir():
        raise UnknownTemplate(f"{folder} is not a folder; pass the folder of a tokenizer")
    for file in (folder / "chat_template.jinja", folder / "chat_template.json", folder / "tokenizer_config.json"):
        if file.is_file():
            text = file.read_bytes().decode("utf-8")
            if file.suffix == ".jinja":
                return text
            try:
                found = _default(json.loads(text).get("chat_template"))
            except (ValueError, AttributeError):
                raise UnknownTemplate(f"{file} does not hold a JSON object with a chat template") from None
            if found is not None:
                return found
    return None


def _default(template: str | Mapping[str, str] | Iterable[Mapping[str, str]] | None) -> str | None:
    """The default of several named templates."""
    if template is None or isinstance(template, str):
        return template
    if not isinstance(template, Mapping):
        template = {item["name"]: item["template"] for item in template}
    if "default" not in template:
        raise UnknownTemplate(f"the tokenizer has the templates {', '.join(template)}, but no template named default")
    return template["default"]
