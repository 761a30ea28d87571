"""Checks specs, and prints the result of a pass over one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from chatwright.cli.exit_codes import SPEC_ERRORS, Failure
from chatwright.compile import compile_source
from chatwright.diagnostics.diagnostic import Diagnostic, render_all, style_for
from chatwright.diagnostics.source import Source, Span
from chatwright.library import ENDING, find
from chatwright.loaded_format import LoadedFormat, SpecError, compiled_at
from chatwright.spec import Spec
from chatwright.syntax.parse import parse
from chatwright.syntax.resolve import Loader


def spec_files(names: list[str]) -> list[str]:
    """The names with every folder replaced by the specs in it."""
    out: list[str] = []
    for name in names:
        if not Path(name).is_dir():
            out.append(name)
            continue
        inside = sorted(str(path) for path in Path(name).rglob(f"*{ENDING}"))
        if not inside:
            raise Failure(f"there is no {ENDING} file in {name}")
        out += inside
    return out


def sources(names: list[str]) -> list[tuple[Source, Loader]]:
    """The sources of all specs. Diagnostics show files, and their neighbours, under the paths of the command line."""
    return [_under_path(name, *find(name)) if name.endswith(ENDING) else find(name) for name in names]


def _under_path(name: str, source: Source, loader: Loader) -> tuple[Source, Loader]:
    def near(other: str) -> Source | None:
        neighbour = Path(name).with_name(f"{other}{ENDING}")
        found = loader(other)
        return Source(str(neighbour), found.text) if found and neighbour.is_file() else found

    return Source(name, source.text), near


def check_specs(names: list[str], as_json: bool) -> tuple[str, int]:
    """The findings of the specs as text or JSON, and the exit code."""
    found = [compile_source(source, loader)[1] for source, loader in sources(spec_files(names))]
    everything = list({_identity(d): d for diagnostics in found for d in diagnostics}.values())
    errors = sum(d.severity == "error" for d in everything)
    status = SPEC_ERRORS if errors else 0
    if as_json:
        return f"{_indented([as_object(d) for d in everything])}\n", status
    text = f"{render_all(everything, style_for(sys.stdout))}\n\n" if everything else ""
    return f"{text}{_summary(len(found), errors, len(everything) - errors)}\n", status


def _identity(d: Diagnostic) -> tuple[str, str, Span, str]:
    """The identity of a finding. Several specs can extend a base with one."""
    return d.source.name, d.code, d.span, d.message


def _summary(specs: int, errors: int, warnings: int) -> str:
    counts = [_count(errors, "error")] + ([_count(warnings, "warning")] if warnings else [])
    return f"{' and '.join(counts)} in {_count(specs, 'spec')}"


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def as_object(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic for other programs: lines and columns count from 1, `end` is behind the last character."""
    labels = [{"text": label.text, **_place(diagnostic.source, label.span)} for label in diagnostic.labels]
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "file": diagnostic.source.name,
        **_place(diagnostic.source, diagnostic.span),
        "labels": labels,
    }


def _place(source: Source, span: Span) -> dict[str, Any]:
    def at(offset: int) -> dict[str, int]:
        return {"line": source.line(offset), "column": source.column(offset), "offset": offset}

    return {"start": at(span.start), "end": at(span.end)}


def emit(name: str, stage: str) -> str:
    """The result of a pass over a spec, as text. Raises SpecError where the spec has errors."""
    if stage == "ast":
        file, problems = parse(find(name)[0])
        if problems:
            raise SpecError(problems)
        return f"{_indented(file)}\n"
    compiled = compiled_at(name)
    if stage in ("ir", "facts"):
        return f"{_indented(compiled.program if stage == 'ir' else compiled.facts)}\n"
    spec = Spec(LoadedFormat(compiled))
    return spec.jinja() if stage == "jinja" else spec.python()


def _indented(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
