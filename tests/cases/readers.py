"""How engines read a template's source: which parser they pick, whether thinking can be switched, which keywords and
content they hand over. Each function gives an engine's conclusion, so that conclusions can be compared.

Written from what the engines look for (llama.cpp's choice of a parser, SGLang's detection of templates, vLLM's and
SGLang's reading of the tree), not from their code; only what the shipped formats can meet is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import jinja2
from jinja2 import nodes


def parsed(source: str) -> nodes.Template:
    """The tree, with what transformers adds to the language; its generation tag is left out."""
    source = re.sub(r"\{%-? *(end)?generation *-?%\}", "", source)
    return jinja2.Environment(extensions=["jinja2.ext.loopcontrols"]).parse(source)


# ---- llama.cpp ----------------------------------------------------------------------------------------------------

#: A parser, what must be in the source, what must not.
LLAMA_CPP: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("ministral 3", ("[SYSTEM_PROMPT]", "[TOOL_CALLS]", "[ARGS]"), ("[CALL_ID]",)),
    ("gpt-oss", ("<|channel|>",), ()),
    ("kimi k2", ("<|tool_calls_section_begin|>", "<|tool_call_begin|>"), ()),
    ("lfm2", ("<|tool_list_start|>",), ()),
    ("lfm2.5", ("List of tools: [",), ()),
    ("minimax m3", ("]<]minimax[>[", "<tool_call>", "<invoke name="), ()),
    ("deepseek dsml", ("dsml_token", "DSML", "tool_calls"), ()),
    ("gemma 4", ("'<|tool_call>call:'",), ()),
    ("qwen3-coder", ("<tool_call>", "<function=", "<parameter="), ()),
)


def llama_cpp(source: str) -> str:
    """The dedicated parser, or "automatic"."""
    for name, needed, unwanted in LLAMA_CPP:
        if all(needle in source for needle in needed) and not any(needle in source for needle in unwanted):
            return name
    return "automatic"


# ---- SGLang -------------------------------------------------------------------------------------------------------


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


def sglang_thinking(source: str) -> str:
    """Whether the model always thinks, or the switch for it with its default; "none" where nothing is found."""
    if "<|channel|>" in source or ("<|im_start|>assistant\\n<think>\\n" in source and "thinking" not in source):
        return "always"
    for name in ("enable_thinking", "thinking"):
        for default, pattern in _defaults(name):
            if re.search(pattern, source):
                return f"{name}={default}"
    return "none"


#: A parser of reasoning, what must be in the source or among the tokens, the switch that must be found.
SGLANG_REASONING: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("gemma4", ("<|channel>",), ""),
    ("gpt-oss", ("<|channel|>",), ""),
    ("kimi_k2", ("<|tool_calls_section_begin|>",), ""),
    ("nemotron_3", ("truncate_history_thinking",), "enable_thinking=True"),
    ("glm45", ("[gMASK]<sop>", "<tool_call>", "<|user|>"), "enable_thinking=True"),
    ("mimo", (), "enable_thinking=False"),
    ("minimax", ("<minimax:tool_call>",), ""),
    ("qwen3", (), "enable_thinking=True"),
    ("deepseek-v4", ("<｜DSML｜tool_calls>",), ""),
    ("deepseek-v3", (), "thinking=False"),
    ("deepseek-r1", (), "always"),
    ("none", ("<|tool_call_start|>",), ""),
    ("deepseek-r1", ("<think>",), ""),
)
SGLANG_CALLS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("gemma4", ("<|channel>",), ""),
    ("gpt-oss", ("<|channel|>",), ""),
    ("kimi_k2", ("<|tool_calls_section_begin|>",), ""),
    ("minimax-m2", ("<minimax:tool_call>",), ""),
    ("deepseekv4", ("<｜DSML｜tool_calls>",), ""),
    ("deepseekv31", ("<｜tool▁calls▁begin｜>", "<｜tool▁sep｜>"), ""),
    ("lfm2", ("<|tool_call_start|>", "<|tool_call_end|>"), ""),
    ("glm45", ("[gMASK]<sop>", "<tool_call>", "<|user|>"), "enable_thinking=True"),
    ("glm45", ("<arg_key>", "<arg_value>"), ""),
    ("mimo", (), "enable_thinking=False"),
    ("qwen3_coder", ("<function=", "<parameter="), ""),
    ("qwen", (), "enable_thinking=True"),
    ("deepseekv3", (), "thinking=False"),
)


def _sglang(source: str, tokens: tuple[str, ...], rules: tuple[tuple[str, tuple[str, ...], str], ...]) -> str:
    switch = sglang_thinking(source)
    known = source + "\0" + "\0".join(tokens)
    for name, needed, wanted in rules:
        if all(needle in known for needle in needed) and wanted in ("", switch):
            return name
    return "none"


def sglang_reasoning(source: str, tokens: tuple[str, ...]) -> str:
    return _sglang(source, tokens, SGLANG_REASONING)


def sglang_calls(source: str, tokens: tuple[str, ...]) -> str:
    return _sglang(source, tokens, SGLANG_CALLS)


# ---- vLLM, and SGLang after it ------------------------------------------------------------------------------------


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
    messages = {loop.target.name for loop in loops if _reads(loop.iter, lists)}
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
