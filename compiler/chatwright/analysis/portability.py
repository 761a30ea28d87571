"""What a generated template demands of its engine, found in the syntax of the template."""

from __future__ import annotations

from collections.abc import Iterator

import jinja2
import jinja2.ext
import msgspec


class Demand(msgspec.Struct, frozen=True):
    """A demand that some engines do not meet: the text in the template, and a remark."""

    what: str
    sentence: str


HOST = {
    "strftime_now": "The host has to give the date as a function; engines outside of Python do not all have it.",
}
STRIPPED = "Some engines remove all white space here, instead of only the given characters."
KEYWORDS = "Engines that take no keywords of tojson fail here, or print other spaces."
MAPPED = "Some engines can put an attribute in here, and no filter."
FLOATS = "Numbers that are not whole are printed as the engine prints them: 1e-07 or 0.0000001, 1.0 or 1."


def demands(template: str) -> tuple[Demand, ...]:
    """The demands of a template beyond what all engines do alike, each once, in the order of the template."""
    tree = jinja2.Environment(extensions=[jinja2.ext.loopcontrols]).parse(template)
    return tuple(dict.fromkeys(_demands(tree)))


def _demands(tree: jinja2.nodes.Template) -> Iterator[Demand]:
    for node in tree.find_all((jinja2.nodes.Call, jinja2.nodes.Filter)):
        if isinstance(node, jinja2.nodes.Filter):
            if node.name == "tojson":
                yield Demand("tojson", FLOATS)
                named = ", ".join(
                    str(pair.key)
                    for pair in node.kwargs
                    if isinstance(pair, jinja2.nodes.Keyword) and pair.key != "indent"
                )
                if named:
                    yield Demand(f"tojson({named})", KEYWORDS)
            elif node.name == "map" and node.args:
                yield Demand("map", MAPPED)
        elif isinstance(node, jinja2.nodes.Call):
            called = node.node
            if isinstance(called, jinja2.nodes.Name) and called.name in HOST:
                yield Demand(called.name, HOST[called.name])
            elif (
                isinstance(called, jinja2.nodes.Getattr) and called.attr in ("strip", "lstrip", "rstrip") and node.args
            ):
                yield Demand(called.attr, STRIPPED)
