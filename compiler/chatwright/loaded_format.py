"""A format as the package itself holds it: compiled when something asks for it, with a renderer for each view.

Users hold a `Spec`, which offers what they need of this.
"""

from __future__ import annotations

import functools
import linecache
import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from chatwright.build import Built, about, build
from chatwright.kept import keep, keep_data, kept, kept_data
from chatwright.library import find, shipped_name
from chatwright.runtime.errors import ChatwrightError
from chatwright.runtime.options import settle
from chatwright.runtime.view import View, known_view

# The compiler is imported when something is compiled: a format that the cache holds needs none of it.
if TYPE_CHECKING:
    from chatwright.analysis.bridging import Asked
    from chatwright.analysis.facts import Facts
    from chatwright.compile import Compiled
    from chatwright.completion.parser import Parser
    from chatwright.diagnostics.diagnostic import Diagnostic
    from chatwright.ir.program import Program
    from chatwright.runtime.options import Option
    from chatwright.runtime.renderer import Renderer
    from chatwright.stability.verdict import Judged


class Revision(NamedTuple):
    """A template that a format reproduces. `sha256` is the hash of the template in UTF-8, in hexadecimal."""

    name: str
    sha256: str


class SpecError(ChatwrightError):
    """A .chatspec has errors. `diagnostics` lists them."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        from chatwright.diagnostics.diagnostic import render_all

        self.diagnostics = diagnostics
        super().__init__("\n" + render_all(diagnostics))


class LoadedFormat:
    """One format: its facts, its program, its renderers and its parser. Each is made once, on first use."""

    def __init__(self, made: Compiled | Built, shipped: bool = False) -> None:
        """`made`: the compiled format, or the generated module that an earlier process kept of a shipped one."""
        self._shipped = shipped
        if isinstance(made, Built):
            self.built = made
            facts = made.about
        else:
            self.compiled = made
            facts = about(made)
        self.name = facts.name
        self.hash = facts.hash
        self.models = facts.models
        self.reproduces = tuple(Revision(*revision.split()) for revision in facts.reproduces)
        self.tokens = facts.tokens
        self.stops = facts.stops
        self.deviations: Mapping[str, str] = dict(facts.deviations)
        self._renderers: dict[View, Renderer] = {}
        self._bridging: dict[str, tuple[Asked, ...]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return (load_format, (self.name,)) if self._shipped else (LoadedFormat, (self.compiled,))

    @functools.cached_property
    def compiled(self) -> Compiled:
        """The tree, the program and the facts of the format; a kept format is compiled now."""
        return compiled_at(self.name)

    @functools.cached_property
    def built(self) -> Built:
        """The generated module of the view "history"."""
        return build(self.compiled)

    # ---- rendering ---------------------------------------------------------------------------------------------

    def renderer(self, view: View = "history") -> Renderer:
        """The renderer of a view. Raises ValueError for an unknown view."""
        found = self._renderers.get(view)
        if found is None:
            found = self._renderers[view] = _loaded(self.built if known_view(view) == "history" else self._view(view))
        return found

    def _view(self, view: View) -> Built:
        """The generated module of a view: made now, unless an earlier process kept it."""
        found = kept(self.name, view) if self._shipped else None
        if found is None:
            found = build(self.compiled, view)
            if self._shipped:
                keep(self.compiled, found, view)
        return found

    def source(self, view: View = "history") -> str:
        """The source of the generated module of a view. Raises ValueError for an unknown view."""
        return (self.built if known_view(view) == "history" else self._view(view)).python

    @property
    def options(self) -> Mapping[str, Option]:
        """The options of the format by name."""
        return self.renderer().options

    def settled(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The values of all options; those that are not given have their defaults. Raises OptionError."""
        return dict(zip(self.options, settle(self.options, options), strict=True))

    # ---- the model's turn --------------------------------------------------------------------------------------

    @property
    def trains(self) -> bool:
        """Whether the format has a turn that the model writes."""
        return bool(self.compiled.facts.sampler)

    @functools.cached_property
    def samplers(self) -> tuple[str, ...]:
        """The roles of the turn that the model writes."""
        from chatwright.analysis.views import sampling_turn

        turn = sampling_turn(self.compiled.program)
        return turn.roles if turn is not None else ()

    @functools.cached_property
    def roles(self) -> tuple[str, ...]:
        """All roles that turns name."""
        return tuple(role for turn in self.compiled.program.turns for role in turn.roles)

    @property
    def counts_parts(self) -> bool:
        """Whether the format numbers the parts of contents, such as pictures."""
        return self.compiled.facts.counts_parts

    def viewed(self, view: View) -> tuple[Program, Facts]:
        """The program and the facts that a back end reads for a view."""
        from chatwright.training.views import viewed

        return viewed(self.compiled.program, self.compiled.facts, view)

    def parser(self, *, control: Collection[str] = (), stops: Collection[str] = (), **options: Any) -> Parser:
        """The parser of completions under these options; see Parser for `control` and `stops`."""
        from chatwright.completion.parser import Parser

        return Parser(self.compiled.program, self.settled(options), control, stops)

    def bridging(self, **options: Any) -> tuple[Asked, ...]:
        """The facts about earlier messages that the text behind a turn of the model reads, by the role of that text."""
        from chatwright.analysis.bridging import asked

        settled = self.settled(options)
        key = repr(settled)
        if key not in self._bridging:
            self._bridging[key] = asked(*self.viewed("training"), settled)
        return self._bridging[key]

    # ---- stability ---------------------------------------------------------------------------------------------

    @property
    def judged(self) -> Judged:
        """The input of the two verdicts of stability."""
        from chatwright.stability.verdict import Judged

        fresh = self.renderer("fresh") if self.trains else None
        return Judged(self.compiled.tree, self.compiled.program, self.options, self.renderer(), fresh)

    def is_prefix_stable(self, **options: Any) -> bool:
        """Whether it is proved that later messages leave the text of a conversation that ends in an answer unchanged.

        Later messages are those of users, results of tools and answers. Raises OptionError.
        """
        values = self.settled(options)
        return any(stable for chosen, stable in self._prefix_stable if chosen.items() <= values.items())

    @functools.cached_property
    def _prefix_stable(self) -> list[tuple[dict[str, Any], bool]]:
        """The verdict for each value of the options that turns read, unless an earlier process kept it."""
        found = kept_data(self.name, "prefix_stable") if self._shipped else None
        if found is None:
            from chatwright.stability.verdict import prefix_stable_table

            found = list(prefix_stable_table(self.compiled.program, self.options))
            if self._shipped:
                keep_data(self.compiled, "prefix_stable", found)
        return list(found)


def _loaded(built: Built) -> Renderer:
    """The renderer that a generated module exports."""
    source, file = built.python, built.file
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": f"chatwright.generated.{built.about.name}"}
    exec(built.code, namespace)
    renderer: Renderer = namespace["renderer"]
    return renderer


def load_format(name: str | os.PathLike[str]) -> LoadedFormat:
    """A shipped format by name, or a .chatspec by path. Errors as for `chatwright.load`."""
    shipped = shipped_name(name)
    found = kept(shipped) if shipped else None
    if found is not None:
        return LoadedFormat(found, shipped=True)
    made = LoadedFormat(compiled_at(name), shipped=shipped is not None)
    if shipped:
        keep(made.compiled, made.built)
    return made


def compiled_at(name: str | os.PathLike[str]) -> Compiled:
    """Compile a shipped format by name, or a .chatspec by path. Errors as for `chatwright.load`."""
    from chatwright.compile import compile_source

    source, loader = find(name)
    compiled, diagnostics = compile_source(source, loader)
    if compiled is None:
        raise SpecError([d for d in diagnostics if d.severity == "error"])
    return compiled
