"""The table of expressions: each as the language spells it, as Jinja and as Python.

`expressions.txt` holds the rows. A heading names the place of the rows below it, and each row is four lines: the
condition or value, its Jinja source, its Python source, and its outcomes over `CHATS`. `pytest --bless` writes the last
three anew. A row that ends in `?` is a condition, one that begins with `=` a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from cases.small import call, compile_text, emitted, result, says, source_of, templated
from conformance.oracle import Case, Outcome, Refusal, frozen_clock

from chatwright.spec import Spec
from chatwright.verify.case import same

FILE = Path(__file__).with_name("expressions.txt")

#: What a place does with a row. `HERE` is a term that shows a condition or a value; `COND` is a condition by itself.
PLACES = {
    "turn": "turn user { HERE }",
    "answer": 'turn assistant { HERE sampled { "{content}" close "<|end|>" } }',
    "result": "turn tool { HERE }",
    "result of a run": "turn assistant { sampled { close '<|end|>' } each r in results { HERE } }",
    "turn of two roles": "turn user | tool { HERE }",
    "turn of any role": "turn user { }\nturn * { HERE }",
    "head": "head takes first system { HERE }",
    "head that takes all": "head takes all system { HERE }",
    "turn with a head": "head takes first system { }\nturn user { HERE }",
    "call": "turn assistant { each c in tool_calls { HERE } sampled { close '<|end|>' } }",
    "sorted pairs": "turn assistant { each c in tool_calls { each k, v in c.function.arguments | sorted { HERE } } "
    "sampled { close '<|end|>' } }",
    "where of a loop": "turn assistant { each c in tool_calls where COND { '[c]' } sampled { close '<|end|>' } }",
    "tool": "head { each t in tools { HERE } }",
    "loop over options": "head { each x in words { HERE } }",
    "rule of a content": "turn user { shown(content) }\nrule shown(x) { HERE }",
    "rule of a text or a content": "turn user { shown(content) shown(name) }\nrule shown(x) { HERE }",
    "loop over messages": "turn user { }\nhead { each m in messages where m.role == 'user' { HERE } }",
    "rule of a call": "turn assistant { each c in tool_calls { shown(c) } sampled { close '<|end|>' } }\n"
    "rule shown(x) { HERE }",
    "rule of tools": "head { shown(tools) }\nrule shown(x) { HERE }",
    "part": 'turn user { "{content}" }\npart text { HERE }\npart image { "<image>" }',
    "picture": 'turn user { "{content}" }\npart text { "{part.text}" }\npart image { HERE }',
    "each part": 'turn user { each p in content { HERE } }\npart text { "{part.text}" }\npart image { "<i>" }',
    "prompt": 'turn assistant { "<|start|>" sampled { prefill when COND { "[p]" } "{content}" close "<|end|>" } }',
    "where of a mark": "mark found = last user | assistant where COND\nturn user { when equal(found) { '[m]' } }",
    "refusal": "reject 'no' when COND",
    "fresh": "turn assistant { sampled { fresh { 'a' } past when COND { 'b' } close '<|end|>' } }",
}
#: Declarations that a row gets where it names them.
DECLARED = {
    "flag": "option flag: bool = false",
    "level": "option level: low | high = low",
    "words": "option words: list of a | b",
    "size": "option size: int = 2",
    "title": "option title: text",
    "day": "option day: date",
    "note": "field note: text",
    "items": "field items: text",
    "reasoning": 'reasoning from reasoning_content else inline "<think>" "</think>"',
    "inline": 'reasoning from reasoning_content else inline "<think>" "</think>"',
    "final": "mark final = last user",
    "opened": "mark opened = first assistant where tool_calls else start",
    "tidy": 'rule tidy(x) { "<{x}>" }',
}
CALLS = [call("f", {"a": 1}), call("g_it is not so", {"b": "x | y"}, "call00002")]
PARTS = [{"type": "text", "text": "it is so"}, {"type": "image"}, {"type": "text", "text": ""}]
TOOLS = [
    {"type": "function", "function": {"name": "f", "description": "it's", "parameters": {"type": "object"}}},
    {"name": "g", "parameters": {"properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]}},
]
#: Conversations with what conditions ask about: roles, neighbours, kinds of content, reasoning, calls, tools, options.
CHATS: list[Case] = [
    Case([{"role": "user", "content": "it is not so"}], prompt=True),
    Case(
        [{"role": "system", "content": " s\n"}, {"role": "user", "content": "\n a and b \n", "note": "n", "name": "U"}]
    ),
    Case(
        [
            {"role": "user", "content": "x | y"},
            says("<think>why</think>it is so", *CALLS, reasoning_content="r"),
            result(),
            result("", "call00002"),
            says("", reasoning_content="", note=""),
            {"role": "user", "content": ""},
        ],
        tools=TOOLS,
        options={"flag": True, "level": "high", "words": ["a", "b"], "size": 0, "title": "'t'", "day": "2026-01-02"},
    ),
    Case([{"role": "user", "content": PARTS}]),
    Case(
        [
            {"role": "system", "content": "it is so"},
            {"role": "user", "content": None},
            says("it is so"),
            says("b", call("f", "{}")),
            result("it's"),
            {"role": "user"},
        ],
        tools=[],
        prompt=True,
    ),
]


class Row(NamedTuple):
    """One row. `outcomes`: for each of `CHATS` the truth values or values that it shows, in order."""

    place: str
    text: str
    jinja: str
    python: str
    outcomes: str

    @property
    def is_value(self) -> bool:
        return self.text.startswith("=")


def read() -> list[Row]:
    """The rows of the table."""
    rows, place, lines = [], "", []
    for line in [*FILE.read_text(encoding="utf-8").split("\n"), ""]:
        if line.startswith("## "):
            place = line.removeprefix("## ")
        elif line:
            lines.append(line)
        elif lines:
            given = {name: text for name, _, text in (part.strip().partition(" ") for part in lines[1:])}
            rows.append(Row(place, lines[0], *(given.get(name, "").strip() for name in ("jinja", "python", "gives"))))
            lines = []
    return rows


def written(rows: list[Row]) -> str:
    """The table as text."""
    out, place = [], ""
    for row in rows:
        if row.place != place:
            place = row.place
            out.append(f"## {place}\n")
        out.append(f"{row.text}\n    jinja  {row.jinja}\n    python {row.python}\n    gives  {row.outcomes}\n")
    return "\n".join(out)


@cache
def spec_of(row: Row) -> Spec:
    """A small spec with the row in its place, and the declarations that it names."""
    shown = f'"⟪{{{row.text[1:].strip()}}}⟫"' if row.is_value else f'when {row.text} {{ "⟦T⟧" }} else {{ "⟦F⟧" }}'
    body = PLACES[row.place].replace("HERE", shown).replace("COND", row.text)
    if not re.search(r"^turn (tool|\*|user \| tool)", body, re.MULTILINE):
        body += "\nturn tool { }"
    words = set(re.findall(r"\w+", row.text)) | set(re.findall(r"\w+", PLACES[row.place]))
    declared = dict.fromkeys(text for word, text in DECLARED.items() if word in words)
    return compile_text(source_of(*declared, body))


def made(row: Row) -> Row:
    """The row as the compiler makes it today."""
    spec = spec_of(row)
    jinja, python = spec.jinja(), spec.python()
    return Row(row.place, row.text, _jinja(row, jinja), _python(row, python), " ".join(_outcomes(row, spec)))


def _jinja(row: Row, template: str) -> str:
    """The source of the row in a template: before the closing mark of a value, or the condition of what it prints."""
    if row.is_value:
        return _found(r"(?:'⟪' ~ |\{\{- (?!'⟪'))(.*?) ~ '⟫'", template)
    if row.place == "where of a loop":
        return _found(r"for c in .*? if (.*) %}\n", template)
    return _found(rf"(?:el)?if (.*) %}}\n\s*(?:{_PRINTS[row.place][0]})", template)


def _python(row: Row, module: str) -> str:
    """The source of the row in a module."""
    if row.is_value:
        return _found(r"(?:'⟪', |out \+= \((?!'⟪'))(.*?), '⟫'", module)
    if row.place == "where of a loop":
        return _found(r"for v_c in \[v_c for .*? if (.*)\]:\n", module)
    if row.place == "where of a mark":
        return _found(r'role = m\["role"\]\n\s*if (.*):\n', module)
    return _found(rf"(?:el)?if (.*):\n\s*(?:{_PRINTS[row.place][1]})", module)


_SHOWS = (r"\{\{- '⟦T⟧'", r"out\.append\('⟦T⟧'\)|out \+= \('⟦T⟧'")
_PRINTS = dict.fromkeys(PLACES, _SHOWS) | {
    "prompt": (r"\{\{- '\[p\]'", r"out\.append\('\[p\]'\)"),
    "where of a mark": (r"\{%- set ns\.found", ""),
    "refusal": (r"\{\{- raise_exception\('no'", r"raise "),
    "fresh": (r"\{\{- 'b'", r"out\.append\('b'\)"),
}


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, f"{pattern}\n{text}"
    return found[1]


def _outcomes(row: Row, spec: Spec) -> Iterator[str]:
    """What both back ends give for each conversation, `≠` between the two where they differ."""
    for chat in CHATS:
        options = {name: value for name, value in chat.options.items() if name in spec.options}
        messages = [m for m in chat.messages if m["role"] != "system" or "system" in PLACES[row.place]]
        case = msgspec.structs.replace(chat, messages=messages, options=options)
        with frozen_clock():
            ours, theirs = emitted(spec, case), templated(spec, case)
        shown = [_shown(row, outcome) for outcome in (ours, theirs)]
        assert same(ours, theirs) or shown[0] != shown[1], "only the row itself may differ"
        yield shown[0] if same(ours, theirs) else "≠".join(shown)


def _shown(row: Row, outcome: Outcome) -> str:
    if isinstance(outcome, Refusal):
        return "refused"
    if row.is_value:
        return str(msgspec.json.encode(re.findall(r"⟪(.*?)⟫", outcome, re.DOTALL)), "utf-8")
    found: list[Any] = re.findall(r"⟦([TF])⟧|\[([cpm])\]", outcome)
    return "".join("".join(one) for one in found) or "-"
