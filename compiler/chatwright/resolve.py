"""Puts a format together: the file itself, what it extends, and what it overrides or drops of that."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from chatwright import syntax as s
from chatwright.diagnostics import Diagnostic, Label
from chatwright.parse import parse
from chatwright.source import Source, Span

Loader = Callable[[str], Source | None]
MAX_CHAIN = 16
T = TypeVar("T")


class Placed(msgspec.Struct, frozen=True):
    """A declaration and the source it stands in."""

    decl: s.Decl
    source: Source


class FormatTree(msgspec.Struct, frozen=True):
    """A whole format: its own settings and the declarations that hold in it, those of its bases included.

    `sources` starts with the format's own file and goes up the chain of `extends`.
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


def closest(name: str, known: Iterable[str]) -> str | None:
    """The nearest of the known names, for "did you mean"."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def resolve(source: Source, load: Loader) -> tuple[FormatTree | None, list[Diagnostic]]:
    """Parse a source and its bases and merge them. `load` gives the source of a format's name; it reads, not this."""
    out: list[Diagnostic] = []
    chain = _chain(source, load, out)
    if not chain:
        return None, out
    merged: dict[tuple[str, str], Placed] = {}
    for level, (file, origin) in enumerate(reversed(chain)):
        _merge(merged, file, origin, level > 0, out)
    tree = _assemble(chain, merged, out)
    return tree, out


def _chain(source: Source, load: Loader, out: list[Diagnostic]) -> list[tuple[s.File, Source]]:
    chain: list[tuple[s.File, Source]] = []
    seen: set[str] = set()
    while True:
        file, problems = parse(source)
        out += problems
        head = next((d.bare for d in file.decls if isinstance(d.bare, s.Format)), None)
        if head is None:
            if not problems:
                at = file.decls[0].span if file.decls else Span(0, min(1, len(source.text)))
                message = "a spec begins with a format declaration"
                out.append(Diagnostic("missing-format", message, source, at, "format my_model { tokens = [] }"))
            return []
        chain.append((file, source))
        seen.add(head.name)
        if head.extends is None:
            return chain
        if head.extends in seen or len(chain) > MAX_CHAIN:
            message = f"format {head.name} extends {head.extends}, which extends it again"
            out.append(Diagnostic("endless-recursion", message, source, head.span))
            return []
        base = load(head.extends)
        if base is None:
            out.append(Diagnostic("unknown-name", f"there is no format {head.extends} to extend", source, head.span))
            return []
        source = base


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
        case s.Drop():
            return "drop", f"{bare.kind} {bare.name or ''}"
        case _:
            return type(bare).__name__.lower(), ""


def _merge(
    merged: dict[tuple[str, str], Placed], file: s.File, source: Source, extends: bool, out: list[Diagnostic]
) -> None:
    own: dict[tuple[str, str], s.Decl] = {}
    for decl in file.decls:
        key = key_of(decl.bare)
        what = " ".join(part for part in key if part)
        if key in own:
            labels = (Label(own[key].bare.span, "first here"),)
            message = f"{what} is declared twice"
            out.append(Diagnostic("duplicate", message, source, decl.bare.span, None, "error", labels))
            continue
        own[key] = decl
        if isinstance(decl.bare, s.Drop):
            dropped = (decl.bare.kind, decl.bare.name or "")
            if merged.pop(dropped, None) is None:
                _missing(out, source, decl, dropped, merged, "drop")
        elif isinstance(decl.bare, s.Format):
            merged[key] = Placed(decl, source)
        elif decl.override and key not in merged:
            _missing(out, source, decl, key, merged, "override")
        elif key in merged and not decl.override:
            message = f"{what} stands in the format that this one extends"
            out.append(Diagnostic("duplicate", message, source, decl.bare.span, "write `override` before it"))
        else:
            merged[key] = Placed(decl, source)


def _missing(
    out: list[Diagnostic],
    source: Source,
    decl: s.Decl,
    key: tuple[str, str],
    merged: dict[tuple[str, str], Placed],
    verb: str,
) -> None:
    what = " ".join(part for part in key if part)
    near = closest(key[1], [name for kind, name in merged if kind == key[0]])
    help = f"did you mean {key[0]} {near}?" if near else None
    out.append(Diagnostic("unknown-name", f"there is no {what} to {verb}", source, decl.bare.span, help))


SETTINGS = {"models": tuple, "reproduces": tuple, "tokens": tuple, "bos": str, "eos": str, "stops": tuple}


def _assemble(
    chain: list[tuple[s.File, Source]], merged: dict[tuple[str, str], Placed], out: list[Diagnostic]
) -> FormatTree:
    settings: dict[str, s.Value] = {}
    for file, source in reversed(chain):
        for own in ("models", "reproduces"):
            settings.pop(own, None)
        for decl in file.decls:
            if isinstance(decl.bare, s.Format):
                for setting in decl.bare.settings:
                    _take_setting(settings, setting, source, out)
    placed = merged.pop(("format", ""))
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
        sources=tuple(source for _, source in chain),
        format=placed,
        decls=tuple(merged.values()),
    )


def _take_setting(settings: dict[str, s.Value], setting: s.Setting, source: Source, out: list[Diagnostic]) -> None:
    wanted = SETTINGS.get(setting.name)
    if wanted is None:
        near = closest(setting.name, SETTINGS)
        help = f"did you mean {near}?" if near else f"the settings are {', '.join(SETTINGS)}"
        out.append(Diagnostic("unknown-name", f"there is no setting {setting.name}", source, setting.span, help))
    elif not isinstance(setting.value, wanted):
        kind = "a list of texts" if wanted is tuple else "a text"
        out.append(Diagnostic("wrong-type", f"{setting.name} takes {kind}", source, setting.span))
    else:
        settings[setting.name] = setting.value
