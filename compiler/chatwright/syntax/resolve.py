"""Puts a format together from its file, the files it extends, and the rules that it uses from other formats."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

import msgspec

from chatwright.diagnostics.diagnostic import Diagnostic, Label
from chatwright.diagnostics.source import Source, Span
from chatwright.runtime.suggest import did_you_mean, near
from chatwright.syntax import ast as s
from chatwright.syntax.parse import parse

Loader = Callable[[str], Source | None]
MAX_CHAIN = 16
T = TypeVar("T")


class Placed(msgspec.Struct, frozen=True):
    """A declaration and its source. `by`, for a rule of another format: the place where `use` names it."""

    decl: s.Decl
    source: Source
    by: tuple[Source, Span] | None = None


class FormatTree(msgspec.Struct, frozen=True):
    """A whole format: its settings and all its declarations, those of its bases included.

    `sources` has the format's own file first, then the chain of `extends`, then the files of used rules.
    """

    name: str
    models: tuple[str, ...]
    reproduces: tuple[str, ...]
    tokens: tuple[str, ...]
    bos: str | None
    eos: str | None
    stops: tuple[str, ...]
    sources: tuple[Source, ...]
    format: Placed
    decls: tuple[Placed, ...]

    def all(self, kind: type[T]) -> list[tuple[T, Placed]]:
        """All declarations of a kind in their order."""
        return [(p.decl.bare, p) for p in self.decls if isinstance(p.decl.bare, kind)]

    def one(self, kind: type[T]) -> T | None:
        """The declaration of a kind that a format has at most once."""
        found = self.all(kind)
        return found[0][0] if found else None


def resolve(source: Source, load: Loader) -> tuple[FormatTree | None, list[Diagnostic]]:
    """Parse a source, its bases and the formats it uses, and merge them. `load` finds the source of a format's name."""
    merging = _Merging(load)
    chain = merging.chain(source)
    if not chain:
        return None, merging.out
    return _assemble(chain, merging.merged(chain), merging), merging.out


Merged = dict[tuple[str, str], Placed]


class _Merging:
    """The declarations of one format while they are put together.

    `borrowed` has the rules of every format in a `use`, by the name of the format; `entered` names the formats that
    are being read.
    """

    def __init__(self, load: Loader) -> None:
        self.load = functools.cache(load)  # each source is one object: the checks compare sources by identity
        self.out: list[Diagnostic] = []
        self.borrowed: dict[str, Merged | None] = {}
        self.entered: list[str] = []

    def chain(self, source: Source) -> list[tuple[s.File, Source]]:
        """A file and the files that it extends, up to the one that extends none; empty where one is missing."""
        chain: list[tuple[s.File, Source]] = []
        seen: set[str] = set()
        while True:
            file, problems = parse(source)
            self.out += problems
            format = next((d.bare for d in file.decls if isinstance(d.bare, s.Format)), None)
            if format is None:
                if not problems:
                    at = file.decls[0].bare.head if file.decls else Span(0, min(1, len(source.text)))
                    help = "format my_model { tokens = [] }"
                    self.report("missing-format", "a spec begins with a format declaration", source, at, help)
                return []
            chain.append((file, source))
            seen.add(format.name)
            if format.base is None:
                return chain
            base = self.base(format, format.base, len(chain), seen, source)
            if base is None:
                return []
            seen.add(format.base.text)
            source = base

    def base(self, format: s.Format, base: s.Word, above: int, seen: set[str], source: Source) -> Source | None:
        """The source of the base of a format; None, with a diagnostic, where it cannot be used."""
        if base.text in seen:
            message = f"format {format.name} extends {base.text}, which extends {format.name} again"
            self.report("endless-recursion", message, source, base.span)
            return None
        if above > MAX_CHAIN:
            self.report("too-large", f"a format can have at most {MAX_CHAIN} bases above it", source, base.span)
            return None
        found = self.load(base.text)
        if found is None:
            self.report("unknown-name", f"there is no format {base.text} to extend", source, base.span)
        return found

    def report(
        self, code: str, message: str, source: Source, at: Span, help: str | None = None, *labels: Label
    ) -> None:
        self.out.append(Diagnostic(code, message, source, at, help, labels))

    def merged(self, chain: list[tuple[s.File, Source]]) -> Merged:
        """The declarations that hold in the first of a chain."""
        found: Merged = {}
        for file, source in reversed(chain):
            self.merge(found, file, source)
        return found

    def merge(self, merged: Merged, file: s.File, source: Source) -> None:
        own: dict[tuple[str, str], Span] = {}
        for decl in file.decls:
            if isinstance(decl.bare, s.Use):
                self.use(merged, own, decl, decl.bare, source)
                continue
            key = key_of(decl.bare)
            if not self.once(own, key, decl.subject, source):
                continue
            if isinstance(decl.bare, s.Drop):
                dropped = (decl.bare.kind, decl.bare.name or "")
                if merged.pop(dropped, None) is None:
                    self.missing(source, decl.subject, dropped, merged, "drop")
            elif isinstance(decl.bare, s.Format):
                merged[key] = Placed(decl, source)
            else:
                self.place(merged, key, Placed(decl, source), decl.override, source, decl.subject)

    def once(self, own: dict[tuple[str, str], Span], key: tuple[str, str], at: Span, source: Source) -> bool:
        """Whether a file declares this for the first time."""
        if key in own:
            message = f"{_said(key)} is declared twice"
            self.report("duplicate", message, source, at, None, Label(own[key], "first here"))
            return False
        own[key] = at
        return True

    def place(
        self, merged: Merged, key: tuple[str, str], placed: Placed, override: bool, source: Source, at: Span
    ) -> None:
        """Add a declaration to the format. `source` and `at` are the place of the declaration or of its `use`."""
        if override and key not in merged:
            self.missing(source, at, key, merged, "override")
        elif key in merged and not override:
            message = f"the base of this format already declares {_said(key)}"
            self.report("duplicate", message, source, at, "write `override` before it")
        else:
            merged[key] = placed

    def use(self, merged: Merged, own: dict[tuple[str, str], Span], decl: s.Decl, bare: s.Use, source: Source) -> None:
        rules = self.rules_of(bare.origin, source)
        if rules is None:
            return
        for word in bare.words:
            key = ("rule", word.text)
            if key not in rules:
                self.missing(source, word.span, key, rules, f"use from {bare.format}")
            elif self.once(own, key, word.span, source):
                found = rules[key]
                placed = Placed(found.decl, found.source, (source, word.span))
                self.place(merged, key, placed, decl.override, source, word.span)

    def rules_of(self, origin: s.Word, source: Source) -> Merged | None:
        """The rules of a format; None, with a diagnostic, where it is missing, has errors, or uses this one again."""
        name = origin.text
        if name in self.entered:
            self.report("endless-recursion", f"format {name} uses rules that lead back to it", source, origin.span)
            return None
        if name not in self.borrowed:
            other = self.load(name)
            if other is None:
                self.report("unknown-name", f"there is no format {name} to use rules from", source, origin.span)
                return None
            if len(self.borrowed) >= MAX_CHAIN:
                message = f"a format can use rules of at most {MAX_CHAIN} other formats, indirect ones included"
                self.report("too-large", message, source, origin.span)
                return None
            self.borrowed[name] = self.read(name, other)
        return self.borrowed[name]

    def read(self, name: str, other: Source) -> Merged | None:
        """The rules in the source of another format; None where it has errors."""
        self.borrowed[name] = None
        self.entered.append(name)
        before = len(self.out)
        found = self.merged(self.chain(other))
        self.entered.pop()
        return {key: one for key, one in found.items() if key[0] == "rule"} if len(self.out) == before else None

    def missing(self, source: Source, at: Span, key: tuple[str, str], merged: Merged, verb: str) -> None:
        meant = near(key[1], [name for kind, name in merged if kind == key[0]])
        help = f"did you mean {key[0]} {meant}?" if meant else None
        self.report("unknown-name", f"there is no {_said(key)} to {verb}", source, at, help)


def _said(key: tuple[str, str]) -> str:
    return " ".join(part for part in key if part)


def key_of(bare: s.Bare) -> tuple[str, str]:
    """The identity of a declaration: its kind and its name, for turns and parts their roles or kinds."""
    match bare:
        case s.Option() | s.Field() | s.Mark() | s.Rule() | s.Deviation():
            return type(bare).__name__.lower(), bare.name
        case s.Turn():
            return "turn", " | ".join(bare.roles) or "*"
        case s.Part():
            return "part", " | ".join(bare.kinds) or "*"
        case s.Refusal():
            return "reject", "".join(p for p in bare.message.parts if isinstance(p, str))
        case s.ToolsFrom():
            return "tools", ""
        case s.Use():
            return "use", f"{', '.join(bare.rules)} from {bare.format}"
        case s.Drop():
            return "drop", f"{bare.kind} {bare.name or ''}"
        case _:
            return type(bare).__name__.lower(), ""


SETTINGS = {"models": tuple, "reproduces": tuple, "tokens": tuple, "bos": str, "eos": str, "stops": tuple}


def _assemble(chain: list[tuple[s.File, Source]], merged: Merged, merging: _Merging) -> FormatTree:
    settings: dict[str, s.Plain] = {}
    for file, source in reversed(chain):
        for own in ("models", "reproduces"):
            settings.pop(own, None)
        for decl in file.decls:
            if isinstance(decl.bare, s.Format):
                for setting in decl.bare.settings:
                    _take_setting(settings, setting, source, merging)
    placed = merged.pop(("format", ""))
    used = (one.source for one in merged.values() if one.by)
    assert isinstance(placed.decl.bare, s.Format)

    def texts(name: str) -> tuple[str, ...]:
        value = settings.get(name, ())
        return tuple(v for v in value if isinstance(v, str)) if isinstance(value, tuple) else ()

    def text(name: str) -> str | None:
        value = settings.get(name)
        return value if isinstance(value, str) else None

    return FormatTree(
        name=placed.decl.bare.name,
        models=texts("models"),
        reproduces=texts("reproduces"),
        tokens=texts("tokens"),
        bos=text("bos"),
        eos=text("eos"),
        stops=texts("stops"),
        sources=tuple({id(one): one for one in (*(source for _, source in chain), *used)}.values()),
        format=placed,
        decls=tuple(merged.values()),
    )


def _take_setting(settings: dict[str, s.Plain], setting: s.Setting, source: Source, merging: _Merging) -> None:
    wanted = SETTINGS.get(setting.name)
    if wanted is None:
        help = did_you_mean(setting.name, SETTINGS, f"the settings are {', '.join(SETTINGS)}")
        merging.report("unknown-name", f"there is no setting {setting.name}", source, setting.word.span, help)
    elif not isinstance(setting.value, wanted):
        kind = "a list of texts" if wanted is tuple else "a text"
        merging.report("wrong-type", f"{setting.name} takes {kind}", source, setting.given.span)
    else:
        settings[setting.name] = setting.value
