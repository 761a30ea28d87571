"""How engines read a template's source: which parser they pick, whether thinking can be switched, which keywords and
content they hand over. Each function gives an engine's conclusion, so that conclusions can be compared.

Written from what the engines look for (a choice of a parser, detection of templates, reading of the tree), not from
their code; only what the shipped formats can meet is here. What they look for is data: engines.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

import jinja2
import msgspec
from jinja2 import nodes


def parsed(source: str) -> nodes.Template:
    """The tree, with what transformers adds to the language; its generation tag is left out."""
    source = re.sub(r"\{%-? *(end)?generation *-?%\}", "", source)
    return jinja2.Environment(extensions=["jinja2.ext.loopcontrols"]).parse(source)


class Rule(msgspec.Struct, frozen=True):
    """A conclusion: its name, what must be there, what must not, and which switch of thinking must have been found."""

    name: str
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    switch: str = ""


class Engines(msgspec.Struct, frozen=True):
    """What engines look for. `parser` is asked of the source, `reasoning` and `calls` of source and tokens."""

    needles: tuple[str, ...]
    parser: tuple[Rule, ...]
    reasoning: tuple[Rule, ...]
    calls: tuple[Rule, ...]


@cache
def engines() -> Engines:
    return msgspec.toml.decode((resources.files("chatwright.verify") / "engines.toml").read_bytes(), type=Engines)


def _first(rules: tuple[Rule, ...], known: str, switch: str = "") -> str | None:
    for rule in rules:
        there = all(needle in known for needle in rule.needs) and not any(needle in known for needle in rule.unless)
        if there and rule.switch in ("", switch):
            return rule.name
    return None


def native_parser(source: str) -> str:
    """The dedicated parser that an engine picks by the source alone, or "automatic"."""
    return _first(engines().parser, source) or "automatic"


# ---- thinking -----------------------------------------------------------------------------------------------------


def _defaults(name: str) -> Iterator[tuple[bool, str]]:
    """How templates say that a switch is off or on unless it is given."""
    unset = rf"\{{%\s*if\s+not\s+{name}\s+is\s+defined\s*%\}}[\s\S]*?\{{%\s*set\s+{name}\s*=\s*"
    yield False, unset + r"[fF]alse\s*%\}"
    yield True, unset + r"[tT]rue\s*%\}"
    yield True, rf"set\s+{name}\s*=\s*{name}\s+if\s+{name}\s+is\s+defined\s+else\s+[tT]rue"
    yield True, rf"{name}\s+is\s+defined\s+and\s+({name}\s+is\s+false|not\s+{name})"
    yield True, rf"{name}\s+is\s+not\s+defined\s+or\s+{name}"
    yield False, rf"\b{name}\s*\|\s*default\(\s*[fF]alse\s*\)"
    yield True, rf"\b{name}\s*\|\s*default\(\s*[tT]rue\s*\)"
    yield True, rf"namespace\([^)]*{name}\s*=\s*true"


def thinking(source: str) -> str:
    """Whether the model always thinks, or the switch for it with its default; "none" where nothing is found."""
    if "<|channel|>" in source or ("<|im_start|>assistant\\n<think>\\n" in source and "thinking" not in source):
        return "always"
    for name in ("enable_thinking", "thinking"):
        for default, pattern in _defaults(name):
            if re.search(pattern, source):
                return f"{name}={default}"
    return "none"


def _by_tokens(rules: tuple[Rule, ...], source: str, tokens: tuple[str, ...]) -> str:
    return _first(rules, source + "\0" + "\0".join(tokens), thinking(source)) or "none"


def reasoning_parser(source: str, tokens: tuple[str, ...]) -> str:
    return _by_tokens(engines().reasoning, source, tokens)


def calls_parser(source: str, tokens: tuple[str, ...]) -> str:
    return _by_tokens(engines().calls, source, tokens)


# ---- content ---------------------------------------------------------------------------------------------------------


def takes_parts(source: str, macros: bool) -> bool:
    """Whether there is a loop over the content of a message: then its parts are handed over, else their text.

    With `macros`, as newer versions do it, a loop over anything called `content` counts too.
    """
    tree = parsed(source)
    lists = {"messages"}
    while True:
        found = {
            made.target.name
            for made in tree.find_all(nodes.Assign)
            if isinstance(made.target, nodes.Name) and _reads(made.node, lists)
        }
        if found <= lists:
            break
        lists |= found
    loops = [loop for loop in tree.find_all(nodes.For) if isinstance(loop.target, nodes.Name)]
    messages = {getattr(loop.target, "name", "") for loop in loops if _reads(loop.iter, lists)}
    return any(
        _reads(loop.iter, messages, "content") or (macros and _reads(loop.iter, {"content"}, bare=True))
        for loop in loops
    )


def _reads(node: nodes.Node, names: set[str], key: str = "", bare: bool = False) -> bool:
    """Whether an expression is one of these names, or a key of one, through slices and filters."""
    if not bare and isinstance(node, nodes.Filter | nodes.Test):
        return node.node is not None and _reads(node.node, names, key)
    if not bare and isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
        return _reads(node.node, names, key)
    if key:
        at = node.attr if isinstance(node, nodes.Getattr) else getattr(getattr(node, "arg", None), "value", None)
        return isinstance(node, nodes.Getattr | nodes.Getitem) and at == key and _reads(node.node, names, bare=True)
    return isinstance(node, nodes.Name) and node.name in names
