"""`new`: a first spec, conversations to try it on, and the next commands."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

from chatwright.cli.exit_codes import Failure
from chatwright.cli.output import write_files
from chatwright.library import find, formats, shipped_name
from chatwright.syntax import ast as syntax
from chatwright.syntax.parse import parse

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")

_CALL = {
    "id": "call00001",
    "type": "function",
    "function": {"name": "get_weather", "arguments": {"city": "Oslo", "days": 2}},
}
_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
    },
}

#: The conversations of a case file, the plainest first. Each adds one feature.
CASES: list[dict[str, Any]] = [
    {"messages": [{"role": "user", "content": "Hi"}], "add_generation_prompt": True},
    {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "2 + 2?"},
            {"role": "assistant", "content": "4"},
            {"role": "user", "content": " Sure?\n"},
            {"role": "assistant", "content": "Yes."},
        ]
    },
    {
        "messages": [
            {"role": "user", "content": "2 + 2?"},
            {"role": "assistant", "reasoning_content": "Easy.", "content": "4"},
            {"role": "user", "content": "Sure?"},
            {"role": "assistant", "reasoning_content": "I counted.", "content": "Yes."},
        ]
    },
    {
        "messages": [
            {"role": "user", "content": "Rain in Oslo?"},
            {"role": "assistant", "content": "", "tool_calls": [_CALL]},
            {"role": "tool", "content": "dry", "tool_call_id": "call00001", "name": "get_weather"},
            {"role": "assistant", "content": "No."},
        ],
        "tools": [_TOOL],
    },
]


def start(name: str, like: str | None, folder: Path, force: bool) -> list[Path]:
    """Write a spec and its case file into a folder. Writes neither where one of them exists.

    `like`: a shipped format that the spec extends, or a .chatspec.
    """
    if not _NAME.match(name):
        raise Failure(f"{name!r} is not a format name; use small letters, digits and _, a letter first, as in acme_2")
    if name in formats() and not force:
        raise Failure(f"{name} is a shipped format; choose another name, or --like {name} for a variant of it")
    texts = {
        folder / f"{name}.chatspec": _like(name, like) if like else _plain(name),
        folder / f"{name}.cases.jsonl": "".join(f"{json.dumps(case, ensure_ascii=False)}\n" for case in CASES),
    }
    for path in texts:
        if path.exists() and not force:
            raise Failure(f"{path} exists; --force overwrites it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_files(texts)
    except OSError as error:
        raise Failure(f"nothing was written to {folder}: {error.strerror or error}") from None
    return list(texts)


def nearest_known(against: str) -> str:
    """A sentence that names the known template nearest to this one."""
    from chatwright.recognize import ALIKE, digest, nearest, revisions
    from chatwright.verify.originals import find as find_original

    source = find_original(against).source
    known = revisions().get(digest(source))
    if known is not None:
        return f"{against} is a template that the shipped format {known.format} reproduces; you need no new spec"
    near = nearest(source)
    if near is None:
        return f"no known template has a line in common with {against}"
    advice = f"begin with --like {near.known.format}" if near.ratio >= ALIKE else "too little for --like"
    return f"the nearest known template is that of {near.known.format}: {near.ratio:.0%} of the lines alike, {advice}"


def next_commands(spec: Path, cases: Path, against: str) -> list[str]:
    """The commands to run next."""
    return [
        f"chatwright check {spec}",
        f"chatwright render {spec} {cases}",
        f"chatwright verify {spec} --cases {cases} --against {against}",
    ]


def _plain(name: str) -> str:
    return (resources.files("chatwright.cli") / "start.chatspec").read_text(encoding="utf-8").replace("NAME", name)


def _like(name: str, like: str) -> str:
    """A spec that extends another and changes nothing yet; comments list the declarations that it can change."""
    base = Path(like).stem if shipped_name(like) is None else like
    said = [
        f"/// {name}: say here in a line how it differs from {base}.",
        f"format {name} extends {base} {{",
        "  // Repositories of models that speak it. Settings that are not named are those of the base.",
        "  models = []",
        "}",
        "",
        f"// It prints the same text as {base} until you change it. `override` before a declaration replaces one of",
        "// these, `drop` with a kind and a name removes one, and any other declaration is added:",
        "//",
    ]
    return "\n".join([*said, *(f"//   {line}" for line in _declared(like)), ""])


def _declared(name: str) -> list[str]:
    """The declarations of a format and of its bases: the first line of each, with its place."""
    lines: list[str] = []
    source, load = find(name)
    following: str | None = name
    while following is not None:
        file, _ = parse(source)
        following = None
        for decl in file.decls:
            if isinstance(decl.bare, syntax.Format):
                following = decl.bare.extends
            elif not isinstance(decl.bare, syntax.Deviation | syntax.Drop):
                start = decl.bare.span.start
                first = source.text[start : decl.span.end].split("\n", 1)[0].rstrip(" {")
                lines.append(f"{first:<90} {source.name}:{source.text.count(chr(10), 0, start) + 1}")
        base = load(following) if following is not None else None
        if base is None:
            break
        source = base
    return lines
