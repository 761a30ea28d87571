"""Writes a page that shows a conversation token by token: one file that contains all it needs."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

import msgspec
import numpy as np

from chatwright.cli.binding import bound, tokens_of
from chatwright.cli.building import refuse_foreign
from chatwright.cli.conversation_files import Conversations, Given
from chatwright.cli.exit_codes import Failure
from chatwright.cli.output import write_files
from chatwright.cli.requests import Binding, Request, read_request
from chatwright.cli.tokens_shown import Shown, shown_tokens
from chatwright.library import find
from chatwright.tokens.bound import BoundRenderer
from chatwright.tokens.encoders.encoder import byte_places
from chatwright.tokens.rendered_tokens import RenderedTokens, Run

LOOKS = ("text", "bytes", "control", "empty")


class Page(msgspec.Struct, frozen=True):
    """The data of the page. Indices name tokens, messages, parts, …

    `shown`: each different token once, as id, text, index of its look, bytes in hexadecimal where these are not those
    of the text. The texts of all tokens joined are the rendered text. `runs`: number of tokens, message, role, part,
    body (0 or 1), source, line. `sampled`: ranges of tokens. `defused`: text, first token, token behind the last.
    `parsed`: control tokens in the caller's text. `straddling`: tokens that reach into the next piece of
    text. `lines`: of each source the lines in use.
    """

    title: str
    about: dict[str, str]
    messages: list[str]
    roles: tuple[str, ...]
    parts: tuple[str, ...]
    shown: list[tuple[int, str, int, str]]
    tokens: list[int]
    runs: list[tuple[int, int, int, int, int, int, int]]
    sampled: list[tuple[int, int]]
    defused: list[tuple[str, int, int]]
    parsed: list[int]
    straddling: list[int]
    sources: tuple[str, ...]
    lines: list[dict[int, str]]


def write_report(request: Request, binding: Binding, number: int | None, out: Path, force: bool) -> None:
    """Write the page for one conversation. `number`: which of several, from 1."""
    if out.suffix != ".html":
        raise Failure(f"{out} must end in .html")
    if out.is_dir() or not out.parent.is_dir():
        raise Failure(f"{out} is a folder" if out.is_dir() else f"there is no folder {out.parent}")
    if not force:
        refuse_foreign(out)
    spec, given, options = read_request(request)
    conversation = _chosen(given, number)
    renderer = bound(spec, binding)
    tokens = tokens_of(renderer, conversation, options, request.view)
    about = {
        "format": f"{spec.name}@{spec.hash}",
        "conversation": conversation.place,
        "tokenizer": binding.tokenizer,
        "tokenization": binding.tokenization,
        "control tokens in the caller's text": binding.specials,
    }
    page = page_of(f"{spec.name}: {conversation.place}", tokens, renderer, about, request.format)
    write_files({out: as_html(page)})


def _chosen(given: Conversations, number: int | None) -> Given:
    count = len(given.all)
    if number is None and count == 1:
        return given.all[0]
    if number is None:
        raise Failure(f"there are {count} conversations; choose one for the page with --number")
    if number > count:
        raise Failure(f"there is no conversation {number}; there {'is 1' if count == 1 else f'are {count}'}")
    return given.all[number - 1]


def page_of(title: str, tokens: RenderedTokens, renderer: BoundRenderer, about: dict[str, str], format: str) -> Page:
    """The data of the page. `format`: the name or path of the spec, whose lines the page shows."""
    shown = list(shown_tokens(tokens, renderer.encoder))
    entries = [
        (token.id, text, LOOKS.index(token.look), token.bytes if token.look == "bytes" else "")
        for token, text in zip(shown, _texts(tokens), strict=True)
    ]
    places = {entry: place for place, entry in enumerate(dict.fromkeys(entries))}
    runs = tokens.runs()
    roles = tuple(dict.fromkeys(run.role for run in runs))
    sources = tuple(dict.fromkeys(run.spec for run in runs))
    parts = tokens.part_names
    names = zip(tokens.message_roles, tokens.message_tool_names, strict=True)
    return Page(
        title=title,
        about=about,
        messages=[role if tool is None else f"{role} {tool}" for role, tool in names],
        roles=roles,
        parts=parts,
        shown=list(places),
        tokens=[places[entry] for entry in entries],
        runs=[
            (
                run.end - run.start,
                run.message,
                roles.index(run.role),
                parts.index(run.part),
                int(run.body),
                sources.index(run.spec),
                run.line,
            )
            for run in runs
        ],
        sampled=tokens.spans(),
        defused=_defused(tokens),
        parsed=_parsed(runs, shown),
        straddling=np.flatnonzero(tokens.located.ends > tokens.layout.ends[tokens.pieces]).tolist(),
        sources=sources,
        lines=[_lines(format, source, runs) for source in sources],
    )


def _defused(tokens: RenderedTokens) -> list[tuple[str, int, int]]:
    """The control tokens that were encoded as text, each with its tokens."""
    text, places = tokens.layout.text, tokens.located
    out = []
    for found in tokens.defused:
        start = len(text[: found.start].encode())
        end = start + len(text[found.start : found.end].encode())
        first = int(np.searchsorted(places.ends, start, "right"))
        out.append((found.text, first, int(np.searchsorted(places.starts, end, "left"))))
    return out


def _parsed(runs: Sequence[Run], shown: Sequence[Shown]) -> list[int]:
    """The control tokens in the body of a message."""
    return [
        index
        for run in runs
        if run.body and run.message >= 0
        for index in range(run.start, run.end)
        if shown[index].look == "control"
    ]


def _texts(tokens: RenderedTokens) -> Iterator[str]:
    """The text of each token. A shared character belongs to the token with its first byte."""
    text, ends = tokens.text, tokens.located.ends
    first_bytes = byte_places(tokens.layout.bytes)[:-1]
    edges = np.searchsorted(first_bytes, np.maximum.accumulate(ends), "left").tolist()
    if edges:
        edges[-1] = len(text)  # the last token gets the text that a tokenizer drops at the end
    for start, end in itertools.pairwise([0, *edges]):
        yield text[start:end]


def _lines(format: str, name: str, runs: Sequence[Run]) -> dict[int, str]:
    """The lines of one source that printed text."""
    own, base = find(format)
    source = own if own.name == name else base(name.rpartition(".")[0])
    if source is None:
        return {}
    lines = source.text.split("\n")
    used = sorted({run.line for run in runs if run.spec == name})
    return {line: lines[line - 1].strip() for line in used if 0 < line <= len(lines)}


def as_html(page: Page) -> str:
    """The page as one file. Its policy allows only its own script and style."""
    data = msgspec.json.encode(page).decode()
    for character in "<>&":  # so that no text closes the element or opens a comment
        data = data.replace(character, f"\\u{ord(character):04x}")
    style, script = _file("report.css"), _file("report.js")
    policy = "; ".join(
        [
            "default-src 'none'",
            "img-src data:",  # the icon, which is empty
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    filled = {"title": html.escape(page.title), "policy": policy, "style": style, "script": script, "data": data}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: filled[found[1]], _file("report.html"))


def _file(name: str) -> str:
    return (resources.files("chatwright.cli") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
