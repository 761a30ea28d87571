"""The portable subset of Jinja, by looking at a template's tree, and which formats need more.

`beyond` names what of a template is not in the subset: what Jinja2, llama.cpp, @huggingface/jinja, minijinja and
google/minja print alike. `NEEDED` says which format needs what of it, and why.
"""

from __future__ import annotations

from collections.abc import Iterator

import jinja2
from jinja2 import nodes

STATEMENTS = (nodes.Output, nodes.For, nodes.If, nodes.Macro, nodes.Assign)
FILTERS = {"trim", "tojson", "length", "first", "last", "dictsort", "items"}
# `true` and `false`: by them engines know a switch for thinking; tests/conformance/test_engines.py runs them.
TESTS = {"string", "mapping", "none", "defined", "boolean", "iterable", "true", "false"}
METHODS = {"strip", "lstrip", "rstrip", "split", "startswith", "endswith", "replace", "items"}
GLOBALS = {"namespace", "raise_exception"}
LOOP = {"index0", "index", "first", "last", "previtem", "nextitem"}


def parsed(source: str) -> nodes.Template:
    """The tree, with what transformers adds to the language."""
    return jinja2.Environment(extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"]).parse(source)


def beyond(source: str) -> set[str]:
    """What a template uses of the language that is not in the subset."""
    tree = parsed(source)
    macros = {macro.name: len(macro.args) for macro in tree.find_all(nodes.Macro)}
    return {what for node in tree.find_all(nodes.Node) for what in _of(node, macros)} | set(_split_elsewhere(tree))


def _of(node: nodes.Node, macros: dict[str, int]) -> Iterator[str]:
    match node:
        case nodes.For():
            yield from (
                f"for {word}"
                for word, there in (("if", node.test), ("else", node.else_), ("recursive", node.recursive))
                if there
            )
        case nodes.Macro() if node.defaults:
            yield "macro with defaults"
        case nodes.Stmt() if not isinstance(node, STATEMENTS):
            yield type(node).__name__
        case nodes.Add() if not _whole(node.right):
            yield "a + b"
        case nodes.Sub() if not _whole(node.right):
            yield "a - b"
        case nodes.Mul() | nodes.Div() | nodes.FloorDiv() | nodes.Mod() | nodes.Pow():
            yield f"a {node.operator} b"
        case nodes.Concat():
            yield from (f"~ {type(part).__name__}" for part in node.nodes if not _text(part))
        case nodes.Const() if isinstance(node.value, float):
            yield "float"
        case nodes.Filter():
            yield from _filter(node)
        case nodes.Test() if node.name not in TESTS:
            yield f"is {node.name}"
        case nodes.Call():
            yield from _call(node, macros)
        case nodes.Getattr(node=nodes.Name(name="loop")) if node.attr not in LOOP:
            yield f"loop.{node.attr}"
        case nodes.Slice() if _slice(node) not in ("1:", "::-1"):
            yield f"[{_slice(node)}]"
        case nodes.Compare():
            yield from _compare(node)


def _filter(node: nodes.Filter) -> Iterator[str]:
    options = {option.key for option in node.kwargs}
    if node.name not in FILTERS:
        yield f"| {node.name}"
    elif node.name == "tojson" and (node.args or options - {"indent"}):
        yield f"tojson({', '.join(sorted(options))})"
    elif node.name != "tojson" and (node.args or options):
        yield f"| {node.name}(…)"


def _call(node: nodes.Call, macros: dict[str, int]) -> Iterator[str]:
    target = node.node
    if isinstance(target, nodes.Getattr):
        strips = target.attr.endswith("strip")
        if target.attr not in METHODS or (strips and not _newline(node.args)):
            yield f".{target.attr}()"
        elif target.attr == "split" and len(node.args) != 1:
            yield ".split(a, n)"
        return
    assert isinstance(target, nodes.Name)
    if target.name in macros:
        if node.kwargs or len(node.args) != macros[target.name]:
            yield "macro with arguments left out"
    elif target.name not in GLOBALS:
        yield f"{target.name}()"


def _compare(node: nodes.Compare) -> Iterator[str]:
    if len(node.ops) > 1:
        yield "chained comparison"
    for op in node.ops:
        sides = (node.expr, op.expr)
        if op.op in ("lt", "lteq", "gt", "gteq") and not any(map(_number, sides)):
            yield "order of what may be texts"
        if op.op in ("eq", "ne") and any(isinstance(side, nodes.Name) and side.name == "message" for side in sides):
            yield "object == object"


def _split_elsewhere(tree: nodes.Template) -> Iterator[str]:
    """`split` of which anything but one end is read."""
    ends = set()
    for node in tree.find_all(nodes.Getitem):
        at = node.arg
        end = at.as_const() if isinstance(at, nodes.Const | nodes.Neg) else None
        if end in (0, -1):
            ends.add(id(node.node))
    for node in tree.find_all(nodes.Call):
        if isinstance(node.node, nodes.Getattr) and node.node.attr == "split" and id(node) not in ends:
            yield "split()[n]"


def _newline(args: list[nodes.Expr]) -> bool:
    return len(args) == 1 and isinstance(args[0], nodes.Const) and args[0].value == "\n"


def _whole(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, int) and not isinstance(node.value, bool)


def _number(node: nodes.Node) -> bool:
    match node:
        case nodes.Getattr(node=nodes.Name(name="loop" | "ns" | "reach")):
            return True
        case nodes.Filter(name="length"):
            return True
    return _whole(node)


def _text(node: nodes.Node) -> bool:
    """Whether something may be joined with `~`: never a constant, list or truth value that prints differently."""
    if isinstance(node, nodes.Const):
        return isinstance(node.value, str)
    return not isinstance(node, nodes.List | nodes.Dict | nodes.Tuple | nodes.Compare | nodes.Not | nodes.Test)


def _slice(node: nodes.Slice) -> str:
    def side(bound: nodes.Node | None) -> str:
        return "" if bound is None else str(bound.as_const()) if isinstance(bound, nodes.Const | nodes.Neg) else "n"

    return f"{side(node.start)}:{side(node.stop)}" + (f":{side(node.step)}" if node.step else "")


def asks_in_order(source: str) -> bool:
    """Whether `is iterable` is only asked of what is known not to be none."""
    tree = parsed(source)
    sure = set()
    for both in tree.find_all(nodes.And):
        there = [no.node.node for no in _all(both.left, nodes.Not) if _is(no.node, "none")]
        sure |= {id(test) for test in _all(both.right, nodes.Test) if _is(test, "iterable") and test.node in there}
    return {id(test) for test in _all(tree, nodes.Test) if _is(test, "iterable")} <= sure


def _all(node: nodes.Node, kind: type[nodes.Node]) -> list[nodes.Node]:
    return [*([node] if isinstance(node, kind) else []), *node.find_all(kind)]


def _is(node: nodes.Node, name: str) -> bool:
    return isinstance(node, nodes.Test) and node.name == name


_ALL_OF_A_ROLE = "the head takes all messages of a role, so they are picked out of the list"
_PYTHON = "values are printed as Python's str writes them"
_SOME = "a loop leaves items out"
_PIECES = "the filter `cut` goes over the pieces between the closers"

#: What is needed beyond the subset: why, and by which formats.
NEEDED: dict[str, tuple[str, tuple[str, ...]]] = {
    "tojson(separators)": ("the tools are declared as compact JSON", ("kimi_k2_6", "kimi_k2_thinking")),
    "strftime_now()": ("the date is today's unless it is given", ("gpt_oss",)),
    "| string": (_PYTHON, ("gemma4", "glm4_6", "lfm2_5", "minimax_m2", "nemotron3_nano", "qwen3_5")),
    "| upper": ("types of schemas are printed in capitals", ("gemma4",)),
    "| map": ("so are lists of types", ("gemma4",)),
    "| list": (_ALL_OF_A_ROLE, ("deepseek_v3_1", "deepseek_v4", "gemma4")),
    "| selectattr": (_ALL_OF_A_ROLE, ("deepseek_v3_1", "deepseek_v4")),
    "for if": (_SOME, ("deepseek_v4", "gemma4", "llama3_1", "mistral_v0_3", "nemotron3_nano")),
    "[:1]": ("only the first call is printed", ("gpt_oss",)),
    "[n:]": ("results are looked for behind their calls", ("gemma4",)),
    "[n:n]": ("results are looked for behind their calls", ("gemma4",)),
    "[1:-1]": ("an object is printed without its braces", ("mistral_v0_3",)),
    "split()[n]": (_PIECES + "; or only the first closer counts", ("deepseek_v3_1", "gemma4", "nemotron3_nano")),
    ".split(a, n)": ("only the first closer counts", ("deepseek_v3_1",)),
    ".strip()": ("white space goes on both sides of each tag", ("lfm2_5",)),
    ".rstrip()": ("white space goes at the end alone", ("nemotron3_nano",)),
    "a % b": ("roles alternate", ("mistral_v0_3",)),
    "object == object": ("the newest user message is known by what it says", ("mistral_v0_3",)),
    "is number": (
        "a content that is a number is refused, and so are arguments",
        ("gemma4", "glm4_6", "kimi_k2_6", "kimi_k2_thinking", "lfm2_5", "minimax_m2", "qwen3_5"),
    ),
    "macro with defaults": ("pictures are counted where they are printed", ("qwen3_5",)),
    "macro with arguments left out": ("and only looked at elsewhere", ("qwen3_5",)),
}
