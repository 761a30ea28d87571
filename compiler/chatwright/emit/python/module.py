"""The Python back end: one module of straight-line code per format, which depends on chatwright.runtime alone."""

from __future__ import annotations

from chatwright.analysis.facts import Facts
from chatwright.emit.python.contents import contents, parts_read_outside
from chatwright.emit.python.emitter import emitter, rules
from chatwright.emit.python.lines import Lines, lines, placed, places, printed
from chatwright.emit.python.position import Plan, plan
from chatwright.emit.python.spelling import docstring
from chatwright.emit.python.text_only import text_only
from chatwright.ir import program as ir

_HEADER = """{docstring}

from __future__ import annotations

from chatwright.runtime.generated import *
"""


def emit_python(program: ir.Program, facts: Facts) -> str:
    """The source of a format's module. It exports `renderer`, `text`, `segments` and `render`."""
    traced, plain = plan(program, facts, traced=True), plan(*text_only(program, facts), traced=False)
    found = rules(traced, inside=False)
    outside = contents(traced) if not parts_read_outside(program) else []
    found += placed(None, [*outside, *emitter(traced), *lines("")])
    found += [*rules(plain, inside=False), *placed(None, emitter(plain))]
    origin = f"Renders {program.name}. Made by chatwright from {program.sources[0]} ({program.hash})"
    header = _HEADER.format(docstring=docstring(f"{origin}; change that file, not this one."))
    return f"{header}\n\n{printed(found)}\n\n{_tables(traced, found, first=header.count(chr(10)) + 3)}"


def _tables(plan: Plan, found: Lines, first: int) -> str:
    """The facts of the format, and the functions that the module exports. `first`: the number of the first line."""
    program = plan.program
    options = "".join(f"        {_option(option)},\n" for option in program.options)
    attributes = "".join(f"        Attribute{key!r},\n" for key in plan.attributes.codes) or (
        "        Attribute('wrap', False, None, 0, 1),\n"
    )
    return (
        "FORMAT = Format(\n"
        f"    name={program.name!r},\n    hash={program.hash!r},\n    sources={program.sources!r},\n"
        f"    options=(\n{options}    ),\n    attributes=(\n{attributes}    ),\n"
        f"    stops={plan.facts.stops!r},\n    lines={_origins(found, first)!r},\n)\n"
        "renderer = Renderer(FORMAT, emit, emit_text)\nrender = renderer.render\ntext = renderer.text\n"
        "segments = renderer.segments\n"
    )


def _origins(found: Lines, first: int) -> tuple[tuple[int, int, int], ...]:
    """From which line of the module on a line of a source was at work: (line, source, its line)."""
    origins = []
    last: ir.Place | None = None
    for number, place in enumerate(places(found), first):
        if place != last:
            origins.append((number, *(place or (-1, 0))))
            last = place
    return tuple(origins)


def _option(option: ir.Option) -> str:
    args = [repr(option.name), repr(option.type)]
    if option.values:
        args.append(f"choices={option.values!r}")
    if option.default is not None:
        args.append(f"default={option.default!r}")
    if option.default_option is not None:
        args.append(f"link={option.default_option!r}")
    if option.doc:
        args.append(f"doc={option.doc!r}")
    return f"Option({', '.join(args)})"
