"""How engines read the source of a template: which parser they choose, whether thinking has a switch, and which
keywords and contents they pass on. Each function returns an engine's conclusion, so that conclusions can be compared.

The rules describe the behaviour of the engines (choice of a parser, detection of templates, search in the tree) and
copy none of their code. They cover the cases of shipped formats only. The searched words are data: engines.toml.
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
    """The syntax tree, with the extensions of transformers and without its generation tag."""
    source = re.sub(r"\{%-? *(end)?generation *-?%\}", "", source)
    return jinja2.Environment(extensions=["jinja2.ext.loopcontrols"]).parse(source)


class Rule(msgspec.Struct, frozen=True):
    """A conclusion: its name, the required words, the forbidden words, and the required switch of thinking."""

    name: str
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    switch: str = ""


class Engines(msgspec.Struct, frozen=True):
    """The rules of the engines. `parser` applies to the source, `reasoning` and `calls` to source and tokens."""

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
    """The dedicated parser that an engine chooses by the source alone, or "automatic"."""
    return _first(engines().parser, source) or "automatic"


# ---- thinking -----------------------------------------------------------------------------------------------------


def _defaults(name: str) -> Iterator[tuple[bool, str]]:
    """The ways in which templates set the default of a switch."""
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
    """Whether the model always thinks, or the name and default of its switch; "none" without any sign of thinking."""
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
    """Whether the source loops over the content of a message. If so, engines pass on its parts, otherwise their text.

    With `macros`, as in newer versions, a loop over any variable named `content` counts too.
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
