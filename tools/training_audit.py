"""The page docs/training-masks.md, made by asking. `python tools/training_audit.py` writes its table anew."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from chatwright.spec import format_of

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from importlib import resources

from conformance.format import Format
from conformance.formats import ALL
from conformance.oracle import Case, Outcome, Refusal, marked, original
from conformance.subject import spec
from msgspec.structs import replace
from places import ROOT

from chatwright.verify.scenarios import ALL as SCENARIOS

PAGE = ROOT / "docs" / "training-masks.md"
BEGIN = "<!-- made by tools/training_audit.py: do not edit from here on -->\n"
Ask = Callable[..., tuple[Outcome, list[tuple[int, int]]]]
Known = dict[str, tuple[Outcome, list[tuple[int, int]]]]

HEADER = (
    "format",
    "template",
    "turns",
    "start at the end of the prompt",
    "hold no prompt",
    "end on the stop",
    "no newline behind the stop",
    "exact",
    "text before stays",
)


class Audit(NamedTuple):
    """How many turns were judged, and of how many each thing holds; how many extensions, and how many keep the text."""

    turns: int
    start: int
    no_prompt: int
    stop: int
    no_newline: int
    exact: int
    extensions: int
    kept: int

    @property
    def clean(self) -> bool:
        """Whether all holds everywhere, and something was judged."""
        held = (self.start, self.no_prompt, self.stop, self.no_newline, self.exact)
        return self.turns > 0 and set(held) == {self.turns} and 0 < self.extensions == self.kept


def of_trl(fmt: Format) -> str | None:
    """TRL's training template for the very template that a format gives, by its name there."""
    folder = resources.files("trl") / "chat_templates"
    wanted = original(fmt.template).strip()
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        base = folder / file.name.replace("_training.jinja", ".jinja")
        if base.name != file.name and base.read_text(encoding="utf-8").strip() == wanted:
            return file.name.removesuffix(".jinja")
    return None


def audit(source: str, fmt: Format) -> Audit:
    """Ask a training template about every answer of every scenario, without options and with each value in turn."""
    turns, extensions = [], []
    known: Known = {}
    valuations = list(fmt.valuations(1))
    for number, scenario in enumerate(SCENARIOS):
        picked = number % len(valuations)
        for options in valuations[:1] if picked == 0 else (valuations[0], valuations[picked]):
            case = Case(scenario.messages, scenario.tools, False, {**fmt.known(scenario.options), **options})
            asked = _asker(source, fmt, case, known)
            turns += list(_turns(asked, fmt, case))
            extensions += list(_extensions(asked, fmt, case))
    counts = [sum(column) for column in zip(*turns, strict=True)] or [0] * 5
    return Audit(len(turns), *counts, len(extensions), sum(extensions))


def _asker(source: str, fmt: Format, case: Case, known: Known) -> Ask:
    """Renders the first messages of a case, each once: many scenarios begin alike."""

    def asked(count: int, prompt: bool = False) -> tuple[Outcome, list[tuple[int, int]]]:
        shorter = replace(case, messages=case.messages[:count], prompt=prompt)
        key = repr(shorter)
        if key not in known:
            known[key] = marked(fmt, shorter, source)
        return known[key]

    return asked


def _turns(ask: Ask, fmt: Format, case: Case) -> Iterator[tuple[bool, ...]]:
    """Of each answer that goes on from its prompt: what holds of its block, the last one."""
    stops = (*spec(fmt.name).stops, *([fmt.eos] if fmt.eos else []))
    for index, message in enumerate(case.messages):
        if message["role"] != "assistant" or not index:
            continue
        asked, _ = ask(index, True)
        text, blocks = ask(index + 1)
        if isinstance(asked, Refusal) or isinstance(text, Refusal) or not text.startswith(asked):
            continue
        start, end = blocks[-1] if blocks else (0, 0)
        if start < len(asked) and _repeats(message.get("content"), asked, text[start:]):
            continue
        written = text[start:end]
        stop, newline = written.endswith(stops), written.rstrip("\n").endswith(stops) and written.endswith("\n")
        yield start == len(asked), start >= len(asked), stop, not newline, start == len(asked) and stop


def _repeats(content: object, asked: str, written: str) -> bool:
    """Whether the content begins, as text, with the tag that ends the prompt: the turn did not go on from it."""
    return (
        isinstance(content, str) and "<think>" in content[:8] and written.startswith("<think>") and "<think>" in asked
    )


def _extensions(ask: Ask, fmt: Format, case: Case) -> Iterator[bool]:
    """Of each message added before or behind an answer: whether the text before stays as it was.

    Not counted is what the model cannot have stopped for, or what a format moves to the front wherever it stands.
    """
    program = format_of(spec(fmt.name)).compiled.program
    for index in range(1, len(case.messages)):
        last, added = case.messages[index - 1], case.messages[index]["role"]
        if "assistant" not in (last["role"], added) or (program.head.which == "all" and added in program.head.takes):
            continue
        if last["role"] == "assistant" and (
            added not in ("user", "tool") or bool(last.get("tool_calls")) != (added == "tool")
        ):
            continue
        shorter, _ = ask(index)
        longer, _ = ask(index + 1)
        if not isinstance(shorter, Refusal) and not isinstance(longer, Refusal):
            yield longer.startswith(shorter)


def audits(fmt: Format) -> Iterator[tuple[str, Audit]]:
    """A format with its own template, then with TRL's where there is one."""
    yield "chatwright", audit(spec(fmt.name).jinja(view="training"), fmt)
    name = of_trl(fmt)
    if name is not None:
        yield f"TRL `{name}`", audit(original(f"trl:{name}"), fmt)


def row(fmt: Format, template: str, found: Audit) -> str:
    """The row of the table that says what was found."""
    shares = [_share(count, found.turns) for count in found[1:6]]
    cells = [fmt.name, template, str(found.turns), *shares, _share(found.kept, found.extensions)]
    return f"| {' | '.join(cells)} |"


def page(rows: Iterable[str]) -> str:
    """The whole page: what is written by hand, then the table."""
    lines = [f"| {' | '.join(HEADER)} |", "|" + "---|" * len(HEADER), *rows]
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[0] + BEGIN + "\n" + "\n".join(lines) + "\n"


def _share(count: int, of: int) -> str:
    return "all" if count == of else f"{count} of {of}"


if __name__ == "__main__":
    found = [row(fmt, template, audit) for fmt in ALL for template, audit in audits(fmt)]
    PAGE.write_text(page(found), encoding="utf-8")
