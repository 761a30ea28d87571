"""Puts a format together: the file itself, what it extends, overrides or drops, and the rules it uses of others."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

import msgspec

from chatwright.diagnostics.diagnostic import Diagnostic, Label
from chatwright.diagnostics.source import Source, Span
from chatwright.diagnostics.suggest import did_you_mean, near
from chatwright.syntax import ast as s
from chatwright.syntax.parse import parse

Loader = Callable[[str], Source | None]
MAX_CHAIN = 16
T = TypeVar("T")


class Placed(msgspec.Struct, frozen=True):
    """A declaration and the source it stands in. `by`: for a rule of another format, where `use` names it."""

    decl: s.Decl
    source: Source
    by: tuple[Source, Span] | None = None


class FormatTree(msgspec.Struct, frozen=True):
    """A whole format: its own settings and the declarations that hold in it, those of its bases included.

    `sources` starts with the format's own file, goes up the chain of `extends`, and ends with those of used rules.
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
        """The declaration of a kind that stands at most once."""
        found = self.all(kind)
        return found[0][0] if found else None


def resolve(source: Source, load: Loader) -> tuple[FormatTree | None, list[Diagnostic]]:
    """Parse a source, its bases and what it uses, and merge them. `load` gives the source of a format's name."""
    merging = _Merging(load)
    chain = merging.chain(source)
    if not chain:
        return None, merging.out
    return _assemble(chain, merging.merged(chain), merging), merging.out


Merged = dict[tuple[str, str], Placed]


class _Merging:
    """What comes together for one format.

    `borrowed` has the rules of the formats whose rules are used, by name; `entered` names those being read.
    """

    def __init__(self, load: Loader) -> None:
        self.load = functools.cache(load)  # a source is one object, by which what stands in it is known
        self.out: list[Diagnostic] = []
        self.borrowed: dict[str, Merged | None] = {}
        self.entered: list[str] = []

    def chain(self, source: Source) -> list[tuple[s.File, Source]]:
        """A file and those that it extends, up to the one that extends none; empty where one is missing."""
        chain: list[tuple[s.File, Source]] = []
        seen: set[str] = set()
        while True:
            file, problems = parse(source)
            self.out += problems
            head = next((d.bare for d in file.decls if isinstance(d.bare, s.Format)), None)
            if head is None:
                if not problems:
                    at = file.decls[0].span if file.decls else Span(0, min(1, len(source.text)))
                    message = "a spec begins with a format declaration"
                    self.out.append(
                        Diagnostic("missing-format", message, source, at, "format my_model { tokens = [] }")
                    )
                return []
            chain.append((file, source))
            seen.add(head.name)
            if head.extends is None:
                return chain
            if head.extends in seen:
                message = f"format {head.name} extends {head.extends}, which extends it again"
                self.out.append(Diagnostic("endless-recursion", message, source, head.span))
                return []
            if len(chain) > MAX_CHAIN:
                message = f"a format has at most {MAX_CHAIN} others above it"
                self.out.append(Diagnostic("too-large", message, source, head.span))
                return []
            base = self.load(head.extends)
            if base is None:
                self.out.append(
                    Diagnostic("unknown-name", f"there is no format {head.extends} to extend", source, head.span)
                )
                return []
            seen.add(head.extends)
            source = base

    def merged(self, chain: list[tuple[s.File, Source]]) -> Merged:
        """The declarations that hold in the first of a chain."""
        found: Merged = {}
        for file, source in reversed(chain):
            self.merge(found, file, source)
        return found

    def merge(self, merged: Merged, file: s.File, source: Source) -> None:
        own: dict[tuple[str, str], s.Decl] = {}
        for decl in file.decls:
            if isinstance(decl.bare, s.Use):
                self.use(merged, own, decl, decl.bare, source)
                continue
            key = key_of(decl.bare)
            if not self.once(own, key, decl, source):
                continue
            if isinstance(decl.bare, s.Drop):
                dropped = (decl.bare.kind, decl.bare.name or "")
                if merged.pop(dropped, None) is None:
                    self.missing(source, decl.bare.span, dropped, merged, "drop")
            elif isinstance(decl.bare, s.Format):
                merged[key] = Placed(decl, source)
            else:
                self.place(merged, key, Placed(decl, source), decl, source)

    def once(self, own: dict[tuple[str, str], s.Decl], key: tuple[str, str], decl: s.Decl, source: Source) -> bool:
        """Whether a file declares this for the first time."""
        if key in own:
            labels = (Label(own[key].bare.span, "first here"),)
            message = f"{_said(key)} is declared twice"
            self.out.append(Diagnostic("duplicate", message, source, decl.bare.span, None, labels))
            return False
        own[key] = decl
        return True

    def place(self, merged: Merged, key: tuple[str, str], placed: Placed, decl: s.Decl, source: Source) -> None:
        """Put a declaration among those that hold; `decl` and `source` say where that is asked for."""
        if decl.override and key not in merged:
            self.missing(source, decl.bare.span, key, merged, "override")
        elif key in merged and not decl.override:
            message = f"{_said(key)} stands in the format that this one extends"
            self.out.append(Diagnostic("duplicate", message, source, decl.bare.span, "write `override` before it"))
        else:
            merged[key] = placed

    def use(
        self, merged: Merged, own: dict[tuple[str, str], s.Decl], decl: s.Decl, bare: s.Use, source: Source
    ) -> None:
        rules = self.rules_of(bare, source)
        if rules is None:
            return
        for name in bare.rules:
            key = ("rule", name)
            if key not in rules:
                self.missing(source, bare.span, key, rules, f"use from {bare.format}")
            elif self.once(own, key, decl, source):
                found = rules[key]
                self.place(merged, key, Placed(found.decl, found.source, (source, bare.span)), decl, source)

    def rules_of(self, bare: s.Use, source: Source) -> Merged | None:
        """The rules of a format; None, and said, where there is none in order or what it uses comes back to it."""
        problem: tuple[str, str] | None = None
        if bare.format in self.entered:
            problem = "endless-recursion", f"what format {bare.format} uses comes back to it"
        elif bare.format not in self.borrowed:
            other = self.load(bare.format)
            if other is None:
                problem = "unknown-name", f"there is no format {bare.format} to use rules from"
            elif len(self.borrowed) >= MAX_CHAIN:
                problem = "too-large", f"a format uses rules of at most {MAX_CHAIN} others, theirs included"
            else:
                self.borrowed[bare.format] = None
                self.entered.append(bare.format)
                before = len(self.out)
                found = self.merged(self.chain(other))
                if len(self.out) == before:
                    self.borrowed[bare.format] = {key: one for key, one in found.items() if key[0] == "rule"}
                self.entered.pop()
        if problem:
            self.out.append(Diagnostic(problem[0], problem[1], source, bare.span))
            return None
        return self.borrowed[bare.format]

    def missing(self, source: Source, at: Span, key: tuple[str, str], merged: Merged, verb: str) -> None:
        meant = near(key[1], [name for kind, name in merged if kind == key[0]])
        help = f"did you mean {key[0]} {meant}?" if meant else None
        self.out.append(Diagnostic("unknown-name", f"there is no {_said(key)} to {verb}", source, at, help))


def _said(key: tuple[str, str]) -> str:
    return " ".join(part for part in key if part)


def key_of(bare: s.Bare) -> tuple[str, str]:
    """What makes two declarations the same one: kind and name (for turns and parts, whom they are for)."""
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
    settings: dict[str, s.Value] = {}
    for file, source in reversed(chain):
        for own in ("models", "reproduces"):
            settings.pop(own, None)
        for decl in file.decls:
            if isinstance(decl.bare, s.Format):
                for setting in decl.bare.settings:
                    _take_setting(settings, setting, source, merging.out)
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


def _take_setting(settings: dict[str, s.Value], setting: s.Setting, source: Source, out: list[Diagnostic]) -> None:
    wanted = SETTINGS.get(setting.name)
    if wanted is None:
        help = did_you_mean(setting.name, SETTINGS, f"the settings are {', '.join(SETTINGS)}")
        out.append(Diagnostic("unknown-name", f"there is no setting {setting.name}", source, setting.span, help))
    elif not isinstance(setting.value, wanted):
        kind = "a list of texts" if wanted is tuple else "a text"
        out.append(Diagnostic("wrong-type", f"{setting.name} takes {kind}", source, setting.span))
    else:
        settings[setting.name] = setting.value
