"""The tables of specs/README.md, made from the specs themselves. `python tools/library_table.py` writes them anew."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from conformance.format import Format
from conformance.formats import ALL
from places import SPECS

import chatwright
from chatwright.runtime.options import Option
from chatwright.spec import Spec, format_of

PAGE = SPECS / "README.md"
BEGIN = "<!-- made by tools/library_table.py: do not edit from here on -->\n"

CALL = {"id": "f00000000", "type": "function", "function": {"name": "f", "arguments": {}}}
ASKED = [{"role": "user", "content": "Hi"}]
ANSWERED = [
    *ASKED,
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "content": "1", "tool_call_id": "f00000000", "name": "f"},
]


def page() -> str:
    """The whole page: what is written by hand, then the tables."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[0] + BEGIN + "\n" + "\n".join(_tables())


def _tables() -> Iterable[str]:
    yield "## Formats\n"
    yield _table(
        ("format", "extends", "models", "gives the text of"),
        (lambda fmt, spec: [_link(fmt.name), _base(spec), _list(spec.models), f"`{fmt.template}`"]),
    )
    yield "## Options and roles\n"
    yield "Behind `=` stands the default. A run, marked with `+`, is printed by one turn.\n"
    yield _table(
        ("format", "options", "head takes", "turns", "passed over"),
        (lambda fmt, spec: [_link(fmt.name), _options(spec), _head(spec), _turns(spec), _skipped(spec)]),
    )
    yield "## What the model writes\n"
    yield (
        "The prompt after a user message, under the default options, and how it changes with an option, or after the "
        "result of a tool.\n"
    )
    yield _table(
        ("format", "prompt", "stop tokens"),
        (lambda fmt, spec: [_link(fmt.name), _prompts(fmt, spec), _list(spec.stops)]),
    )
    yield "## Deviations\n"
    yield "Where a format knowingly does not do what the model's own template does: it refuses the conversation.\n"
    lines = ["| format | deviation | reason |", "|---|---|---|"]
    for fmt in ALL:
        for name, reason in chatwright.load(fmt.name).deviations.items():
            lines.append(f"| {_link(fmt.name)} | {_code(name)} | {_escaped(reason)} |")
    yield "\n".join(lines) + "\n"


def _table(header: tuple[str, ...], cells: Callable[[Format, Spec], list[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    lines += [f"| {' | '.join(cells(fmt, chatwright.load(fmt.name)))} |" for fmt in ALL]
    return "\n".join(lines) + "\n"


# ---- cells ------------------------------------------------------------------------------------------------------


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    return f"`{_escaped(text)}`"


def _list(texts: Iterable[str]) -> str:
    return "<br>".join(_code(text) for text in texts) or "none"


def _link(name: str) -> str:
    return f"[{name}]({name}.chatspec)"


def _base(spec: Spec) -> str:
    names = [source.removesuffix(".chatspec") for source in format_of(spec).compiled.program.sources[1:2]]
    return "".join(map(_link, names))


def _options(spec: Spec) -> str:
    shown = [o for name, o in spec.options.items() if name not in ("bos_token", "eos_token")]
    return _list(f"{option.name}{_default(option)}" for option in shown)


def _default(option: Option) -> str:
    if option.link is not None:
        return f" = {option.link}"
    if option.type == "date":
        return " = today"
    if option.default is None:
        return ""
    value = list(option.default) if isinstance(option.default, tuple) else option.default
    return f" = {json.dumps(value, ensure_ascii=False)}"


def _head(spec: Spec) -> str:
    head = format_of(spec).compiled.program.head
    return _code(f"{head.which} {' | '.join(head.takes)}") if head.takes else ""


def _turns(spec: Spec) -> str:
    def shown(roles: tuple[str, ...], run: bool) -> str:
        names = " | ".join(roles) or "*"
        if not run:
            return names
        return f"({names})+" if len(roles) > 1 else f"{names}+"

    return _list(shown(turn.roles, turn.run) for turn in format_of(spec).compiled.program.turns)


def _skipped(spec: Spec) -> str:
    program = format_of(spec).compiled.program
    skipped = [*program.skip, *(["*"] if program.skip_others else [])]
    return _list(skipped) if skipped else ""


def _prompt(fmt: Format, spec: Spec, messages: list[dict[str, Any]], options: dict[str, Any]) -> str | None:
    try:
        segments = spec.segments(messages, add_generation_prompt=True, **fmt.ours, **options)
    except chatwright.RenderError:
        return None
    return "".join(s.text for s in segments if s.part == "prompt")


def _prompts(fmt: Format, spec: Spec) -> str:
    usual = _prompt(fmt, spec, ASKED, {})
    assert usual is not None
    lines = [_shown(usual)]
    for name, option in spec.options.items():
        for value in option.values if option.type in ("bool", "choice") else ():
            changed = _prompt(fmt, spec, ASKED, {name: value})
            if changed not in (usual, None):
                lines.append(f"{_code(f'{name} = {json.dumps(value)}')}: {_shown(changed)}")
    answered = _prompt(fmt, spec, ANSWERED, {})
    if answered not in (usual, None):
        lines.append(f"after a result: {_shown(answered)}")
    return "<br>".join(lines)


def _shown(text: str | None) -> str:
    return _code(json.dumps(text, ensure_ascii=False)[1:-1]) if text else "nothing"


if __name__ == "__main__":
    sys.stdout.write(f"writing {PAGE.name}\n")
    PAGE.write_text(page(), encoding="utf-8")
