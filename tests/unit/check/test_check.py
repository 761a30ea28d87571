"""The findings of `check` and their places: a case is a spec with the expected span between ⟦ and ⟧, or with none."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from places import SPEC_FILES

from chatwright.check.check import check
from chatwright.diagnostics.diagnostic import Diagnostic
from chatwright.diagnostics.source import Source, Span
from chatwright.library import shipped
from chatwright.syntax.resolve import resolve
from chatwright.syntax.scan import scan

SPECS = list(SPEC_FILES.values())

FORMAT = """\
format small {
  bos = "<s>"
  tokens = ["<|start|>", "<|end|>", "<think>", "</think>", "<call>", "</call>"]
}
"""
USER = 'turn user { "<|start|>user {content}<|end|>" }\n'
ASSISTANT = 'turn assistant { "<|start|>assistant " sampled { "{content}" close "<|end|>" } }\n'


def spec(*pieces: str) -> str:
    """A whole spec: what a piece declares is not added, the rest is."""
    text = "".join(pieces)
    unmarked = text.replace("⟦", "").replace("⟧", "")
    out = [] if "format " in text else [FORMAT]
    out.append(text if text.endswith("\n") else text + "\n")
    if "turn user" not in unmarked:
        out.append(USER)
    if not re.search(r"turn [\w |]*assistant", unmarked):
        out.append(ASSISTANT)
    if "{reasoning}" in text and "reasoning from" not in text:
        out.append("reasoning from reasoning_content\n")
    return "".join(out)


def findings(text: str, **bases: str) -> list[Diagnostic]:
    tree, problems = resolve(Source("test.chatspec", text), lambda name: Source(name, bases[name]))
    return problems + (check(tree) if tree is not None else [])


def turn(body: str, role: str = "assistant") -> str:
    return f"turn {role} {{\n  {body}\n}}\n"


def sampled(body: str) -> str:
    return turn(f'"<|start|>assistant " sampled {{ {body} close "<|end|>" }}')


# name: (code, spec). The code is None where nothing may be found.
CASES: dict[str, tuple[str | None, str]] = {
    "nothing": (None, ""),
    # ---- names
    "name": ("unknown-name", turn('"{⟦contant⟧}"', "user")),
    "rule": ("unknown-name", turn("⟦manuel⟧", "user") + 'rule manual { "x" }\nhead { manual }'),
    "data as a rule": ("unknown-name", turn("⟦content⟧", "user")),
    "rule as data": ("unknown-name", turn('manual when ⟦manual⟧ { "x" }', "user") + 'rule manual { "x" }'),
    "mark": ("unknown-name", 'mark query = last user\nturn user { when after(⟦qeury⟧) { "x" } "{content}" }'),
    "filter": ("unknown-name", turn('"{content | ⟦stirp⟧}"', "user")),
    "filter in a condition": ("unknown-name", turn('when content | ⟦up⟧ == "A" { "x" }', "user")),
    "rule in a slot": ("rule-in-slot", turn('"{⟦shown(content)⟧ | strip}"', "user") + 'rule shown(x) { "({x})" }'),
    "rule in a record": ("rule-in-slot", turn("json { a: ⟦shown(name)⟧ }", "user") + 'rule shown(x) { "({x})" }'),
    "rule as a choice": ("rule-in-slot", turn('"{name or ⟦shown(name)⟧}"', "user") + 'rule shown(x) { "({x})" }'),
    "rule as an argument": (
        "rule-in-slot",
        turn("shown(⟦shown(name)⟧)", "user") + 'rule shown(x) { "({x})" }',
    ),
    "rule in a condition that is an argument": (
        None,
        turn('shown(shown(name) == "(a)")', "user") + 'rule shown(x) { "({x})" }',
    ),
    "rule in a condition": (None, turn('when shown(name) == "(a)" { "a" }', "user") + 'rule shown(x) { "({x})" }'),
    "rule in a refusal": (None, turn('reject "no {shown(name)}"', "user") + 'rule shown(x) { "({x})" }'),
    "mark that is found later": (
        "unknown-name",
        "mark a = last user where not after(⟦b⟧)\nmark b = last user where content\n"
        'turn user { when after(a) { "x" } "{content}" }',
    ),
    "mark that asks for itself": (
        "unknown-name",
        'mark a = last user where not after(⟦a⟧)\nturn user { when after(a) { "x" } "{content}" }',
    ),
    "mark of an earlier one": (
        None,
        "mark b = last user where content\nmark a = last user where not after(b)\n"
        'turn user { when after(a) { "x" } "{content}" }',
    ),
    "function": ("unknown-name", turn('when ⟦start⟧(content, "x") { "x" }', "user")),
    "key of a message": ("unknown-name", turn('"{prev.⟦contents⟧}"', "user")),
    "declared key of a message": (None, 'field prefix: bool\nturn user { when prev.prefix { "x" } }'),
    "key of a call": (None, sampled('each call in tool_calls { "<call>{call.anything}</call>" }')),
    "message in the head": ("unknown-name", 'head { "{⟦content⟧}" }'),
    "message in a part": ("unknown-name", 'part text { "{⟦content⟧}" }'),
    "role in a part": (None, 'part text { when role == "user" { "{part.text}" } }'),
    "message in a refusal": ("unknown-name", 'reject "no" when ⟦role⟧ == "user"'),
    "position in the head": ("unknown-name", 'head { when ⟦first⟧ { "x" } }'),
    "position in a loop of the head": (None, 'head { each tool in tools { when not first { "," } "{tool | json}" } }'),
    "prev in a loop of the head": ("unknown-name", 'head { each tool in tools { when ⟦prev⟧ { "," } } }'),
    "message in a rule of the head": ("unknown-name", 'head { manual }\nrule manual { "{⟦content⟧}" }'),
    "message in a rule of turns": (None, turn("shown", "user") + 'rule shown { "{content}" }'),
    "loop variable in a rule": (
        "unknown-name",
        'head { each tool in tools { one } }\nrule one { "{⟦tool⟧ | json}" }',
    ),
    "loop variable after its loop": ("unknown-name", 'head { each tool in tools { "x" } "{⟦tool⟧ | json}" }'),
    "message of a run": ("unknown-name", 'turn tool+ { "{⟦content⟧}" each m in run { "{m.content}" } }'),
    "message inside a run": (None, 'turn tool+ { "x" each m in run { "{content}" } }'),
    "head binds": (None, 'head takes first system { "{system.content}" }'),
    "head does not bind": ("unknown-name", 'head { "{⟦system⟧.content}" }'),
    "role": ("unknown-name", turn('when prev is ⟦assitant⟧ { "x" }', "user")),
    "role of no turn": ("unknown-name", turn('when prev is ⟦critic⟧ { "x" }', "user")),
    "role of any turn": (None, turn('when prev is critic { "x" }', "user") + 'turn * { "y" }'),
    "role of prev": ("unknown-name", turn('when prev(⟦asistant⟧) { "x" }', "user")),
    "turn of a mistyped role": ("unknown-name", turn('"x"', "⟦asistant⟧")),
    "close by next": ("unknown-name", turn('sampled { "{content}" close by next user | ⟦tols⟧ }')),
    "test": ("unknown-name", turn('when content is ⟦txt⟧ { "x" }', "user")),
    "bos": ("unknown-name", 'format small { tokens = ["<|end|>", "<|start|>"] }\nhead { ⟦bos⟧ }'),
    "close eos": ("unknown-name", turn('sampled { "{content}" close ⟦eos⟧ }')),
    "close what": ("unknown-name", turn('sampled { "{content}" close ⟦eoss⟧ }')),
    "true": ("unknown-name", 'option on: bool = true\nturn user { when on == ⟦true⟧ { "x" } }'),
    "reader": ("unknown-name", 'head { value(tools) }\nrule value(x) reads ⟦jsn⟧ { "{x | json}" }'),
    "type": ("unknown-name", "option on: ⟦boool⟧ = true"),
    "default": ("unknown-name", "option on: bool = ⟦ture⟧"),
    "default without quotes": ("unknown-name", "option who: text = ⟦me⟧"),
    "default of a later option": ("unknown-name", "option a: bool = ⟦b⟧\noption b: bool = true"),
    "default of an earlier option": (None, "option a: bool = true\noption b: bool = a"),
    "tools": ("unknown-name", "tools from ⟦custom_tools⟧ | tools"),
    "ids": ("unknown-name", 'ids "functions.⟦{nam}⟧:{index}"'),
    "answers": ("unknown-name", "answers by ⟦name⟧"),
    "setting": ("unknown-name", 'format small { tokens = ["<|end|>", "<|start|>"] ⟦tokns⟧ = [] }'),
    "normal form": ("unknown-name", "content | ⟦stripp⟧"),
    # ---- types
    "bool default": ("wrong-type", "option on: bool = ⟦1⟧"),
    "text default": ("wrong-type", "option on: text = ⟦true⟧"),
    "int default": ("wrong-type", 'option on: int = ⟦"1"⟧'),
    "date default": ("wrong-type", 'option on: date = ⟦"2031-02-03"⟧'),
    "date of other words": ("wrong-type", 'option on: date = ⟦"%d %A"⟧'),
    "spelling of a date": (None, 'option on: date = "the %d of %B, %Y"'),
    "choice default": ("unknown-name", "option on: low | high = ⟦hihg⟧"),
    "text of a choice": (None, 'option on: low | high = "high"'),
    "list default": ("wrong-type", "option on: list of a | b = [a, ⟦c⟧]"),
    "default of another type": ("wrong-type", "option a: bool = true\noption b: text = ⟦a⟧"),
    "type in a choice": ("wrong-type", "option on: low | ⟦text⟧ = low"),
    "bool of": ("wrong-type", "option on: ⟦bool⟧ of a | b"),
    "list in tokens": ("wrong-type", 'format small { tokens = ["<|end|>", "<|start|>"] models = [⟦["a"]⟧] }'),
    "text for tokens": ("wrong-type", 'format small { tokens = ["<|end|>", "<|start|>"] models = ⟦"a"⟧ }'),
    "name in tokens": ("wrong-type", 'format small { tokens = ["<|end|>", "<|start|>", ⟦end⟧] }'),
    "empty token": ("wrong-type", 'format small { tokens = ["<|end|>", "<|start|>", ⟦""⟧] }'),
    "filter argument": ("wrong-type", turn('"{content⟦ | strip spaces⟧}"'.replace("⟦ ", " ⟦"), "user")),
    "json indent": ("wrong-type", 'head { "{tools ⟦| json indent two⟧}" }'),
    "strip of a list": ("wrong-type", 'head { "{tools | ⟦strip⟧}" }'),
    "arguments of a rule": ("wrong-type", 'head { ⟦pair⟧(tools) }\nrule pair(a, b) { "{a | json}{b | json}" }'),
    "arguments of a rule in a condition": (
        "wrong-type",
        'head { when ⟦pair⟧(tools) == "x" { "y" } }\nrule pair(a, b) { "{a | json}{b | json}" }',
    ),
    "arguments of a function": ("wrong-type", turn('when ⟦starts⟧(content) { "x" }', "user")),
    "mark without name": ("wrong-type", turn('when ⟦after⟧("x") { "x" }', "user")),
    "each over a text": ("wrong-type", turn('each x in ⟦"abc"⟧ { "x" }', "user")),
    "each over an option": ("wrong-type", 'option on: bool = true\nhead { each x in ⟦on⟧ { "x" } }'),
    "each over a message": ("wrong-type", turn('each x in ⟦prev⟧ { "x" }', "user")),
    "first of what is left": (None, 'head { each t in tools where first { "{t.name}" } }'),
    "first among others": ("wrong-type", 'head { each t in tools where t.name and ⟦first⟧ { "{t.name}" } }'),
    "last of what is left": ("wrong-type", 'head { list(tools) }\nrule list(x) { each t in x where ⟦last⟧ { "{t}" } }'),
    "last of what is left, in a turn": ("wrong-type", turn('each t in tools where not ⟦last⟧ { "{t.name}" }', "user")),
    "items called first": (None, 'head { each first in tools where first.name { "{first.name}" } }'),
    "two names over a list": ("wrong-type", turn('each k, ⟦v⟧ in ["a", "b"] { "{k}" }', "user")),
    "two names over calls": ("wrong-type", sampled('each k, ⟦v⟧ in tool_calls { "<call>{k}</call>" }')),
    "three names": ("wrong-type", turn('each a, b, ⟦c⟧ in name { "x" }', "user")),
    "slot of a message": ("wrong-type", turn('"{⟦prev⟧}"', "user")),
    "slot of calls": ("wrong-type", turn('"{⟦tool_calls⟧}"', "user")),
    "slot of calls as json": (None, turn('"{tool_calls | json}"', "user")),
    "slot of a position": ("wrong-type", turn('"{⟦last⟧}"', "user")),
    "key of a list": ("wrong-type", 'head takes all system { "{system.⟦content⟧}" }'),
    "key of a bool": ("wrong-type", 'option on: bool = true\nhead { "{on.⟦off⟧}" }'),
    "less than a text": ("wrong-type", turn('when length(content) > ⟦"5"⟧ { "x" }', "user")),
    "number is a text": ("wrong-type", turn('when ⟦length(content) == "5"⟧ { "x" }', "user")),
    "word of a choice": ("wrong-type", 'option e: low | high = low\nhead { when e == ⟦"lo"⟧ { "x" } }'),
    "word of a list": ("wrong-type", 'option e: list of low | high\nhead { when ⟦"lo"⟧ in e { "x" } }'),
    "in a bool": ("wrong-type", 'option on: bool = true\nhead { when "x" in ⟦on⟧ { "x" } }'),
    "position is": ("wrong-type", turn('when last is ⟦given⟧ { "x" }', "user")),
    "message is text": ("wrong-type", turn('when prev is ⟦text⟧ { "x" }', "user")),
    "message is a role": (None, 'turn tool+ { "x" each m in run { when first { "{m.content}" } } }'),
    "spread": ("wrong-type", sampled("json { ...⟦role⟧ }")),
    "run without a loop": ("wrong-type", '⟦turn⟧ tool+ { "x" }'),
    "run with two loops": ("wrong-type", 'turn tool+ { each m in run { "x" } ⟦each⟧ m in run { "y" } }'),
    "lossy normal form": ("wrong-type", "content | ⟦upper⟧"),
    # ---- duplicates
    "rule twice": ("duplicate", 'head { a }\nrule a { "x" }\nrule ⟦a⟧ { "y" }'),
    "token twice": ("duplicate", 'format small { tokens = ["<|end|>", "<|start|>", ⟦"<|end|>"⟧] }'),
    "setting twice": (
        "duplicate",
        'format small { tokens = ["<|end|>", "<|start|>"] ⟦tokens⟧ = ["<|end|>", "<|start|>"] }',
    ),
    "parameters": ("duplicate", 'head { a(tools, tools) }\nrule a(x, ⟦x⟧) { "{x | json}" }'),
    "record keys": ("duplicate", sampled("json { a: content, ⟦a⟧: role }")),
    "loop names": (
        "duplicate",
        'head { each x, ⟦x⟧ in bos { "x" } }'.replace("bos", "thing.x") + "\noption thing: date",
    ),
    "argument of rendering": ("duplicate", "option ⟦view⟧: bool = false"),
    "prompt as an option": ("duplicate", "option ⟦add_generation_prompt⟧: bool = false"),
    "role in two turns": ("duplicate", USER + 'turn tool | ⟦user⟧ { "x" }'),
    "text twice with a comment": (
        "duplicate",
        'format small { tokens = ["<|start|>", // "<|end|>"\n  "<|end|>", ⟦"<|end|>"⟧] }',
    ),
    "field twice": (
        "duplicate",
        "reasoning from reasoning_content | // thinking comes second\n  thinking | ⟦thinking⟧",
    ),
    "head and a mark": ("duplicate", 'head takes first system { "x" }\nmark ⟦system⟧ = last user'),
    "declaration of a turn twice": ("duplicate", USER + 'turn ⟦user⟧ { "x" }'),
    "rule called rule": ("unused-rule", 'rule ⟦rule⟧ { "x" }'),
    "type called type": ("unknown-name", "option type: ⟦type⟧ = true"),
    "reader called as a parameter": ("unknown-name", 'head { r(tools) }\nrule r(x) reads ⟦x⟧ { "{x | json}" }'),
    "empty tag of reasoning": ("wrong-type", 'reasoning from reasoning else inline ⟦""⟧ "</think>" at last'),
    "empty second tag of reasoning": ("wrong-type", "reasoning from reasoning else inline \"<think>\" ⟦''⟧ at last"),
    "key like its object": ("unknown-name", turn('"{prev.prev.⟦contents⟧}"'.replace("prev.prev", "prev"), "user")),
    "role twice": ("duplicate", 'turn tool | ⟦tool⟧ { "x" }'),
    "choice twice": ("duplicate", "option e: low | high | ⟦low⟧ = low"),
    "part twice": ("duplicate", 'part image { "x" }\npart video | ⟦image⟧ { "x" }'),
    "option named as data": ("duplicate", "option ⟦content⟧: text"),
    "mark named as an option": ("duplicate", "option query: bool = true\nmark ⟦query⟧ = last user"),
    "rule named as a function": ("duplicate", 'head { length }\nrule ⟦length⟧ { "x" }'),
    # ---- branches
    "constant": ("unreachable-branch", turn('when ⟦"abc"⟧ { "x" }', "user")),
    "same condition": ("unreachable-branch", turn('when name { "x" } else when ⟦name⟧ { "y" }', "user")),
    "excluded branch": (
        "unreachable-branch",
        turn('when name or last { "x" } else when ⟦name and first⟧ { "y" }', "user"),
    ),
    "covered else": ("unreachable-branch", turn('when name { "x" } else when not name { "y" } else ⟦{⟧ "z" }', "user")),
    "contradiction": ("unreachable-branch", turn('when ⟦name and not name⟧ { "x" }', "user")),
    "nested": ("unreachable-branch", turn('when name { when ⟦not name⟧ { "x" } }', "user")),
    "first and prev": ("unreachable-branch", turn('when ⟦first and prev is assistant⟧ { "x" }', "user")),
    "ending and next": ("unreachable-branch", turn('when ⟦ending and next⟧ { "x" }', "user")),
    "first of a loop and prev": (None, sampled('each c in tool_calls { when first and prev { "<call>" } "</call>" }')),
    "two roles": ("unreachable-branch", turn('when ⟦prev is user and prev is assistant⟧ { "x" }', "user")),
    "two types": ("unreachable-branch", turn('when ⟦content is text and content is list⟧ { "x" }', "user")),
    "after and before": (
        "unreachable-branch",
        'mark query = last user\nturn user { when ⟦after(query) and before(query)⟧ { "x" } }',
    ),
    "role of the turn": ("unreachable-branch", turn('when ⟦role == "tool"⟧ { "x" }', "user")),
    "role of the run": (
        "unreachable-branch",
        'turn (tool | developer)+ { each m in run { when ⟦m is user⟧ { "x" } } }',
    ),
    "after reject": (
        "unreachable-branch",
        turn('when name { reject "no" ⟦"x"⟧ }'.replace('⟦"x"⟧', "⟦shown⟧"), "user") + 'rule shown { "x" }',
    ),
    "turn and skip": ("unreachable-branch", 'turn ⟦tool⟧ { "x" }\nskip tool'),
    "turn * and skip *": ("unreachable-branch", 'turn ⟦*⟧ { "x" }\nskip *'),
    "turn and head": ("unreachable-branch", 'head takes all system { "x" }\nturn ⟦system⟧ { "x" }'),
    "turn and head of the first": (None, 'head takes first system { "x" }\nturn system { "x" }'),
    "prefill": (
        "unreachable-branch",
        "option think: bool = true\n" + sampled('when think { prefill when ⟦not think⟧ { "<think>" } } "{content}"'),
    ),
    "after a text in a slot": ("unreachable-branch", turn("\"{⟦'x'⟧ or name}\"", "user")),
    # ---- the text of the model
    "no close": ("missing-close", turn('⟦sampled⟧ { "{content}" }')),
    "close in one branch": ("missing-close", turn('⟦sampled⟧ { when name { "{content}" close "<|end|>" } }')),
    "close in both branches": (
        None,
        turn('sampled { "{content}" when name { close "<|end|>" } else { close "<|start|>" } }'),
    ),
    "close under opposite conditions": (
        None,
        turn('sampled { "{content}" when name { close "<|end|>" } when not name { close "<|start|>" } }'),
    ),
    "close in a rule": (None, turn('sampled { "{content}" ended }') + 'rule ended { close "<|end|>" }'),
    "close in a loop": ("missing-close", turn('⟦sampled⟧ { each c in tool_calls { close "<|end|>" } }')),
    "text after close": (
        "text-after-close",
        turn('sampled { "{content}" close "<|end|>" ⟦shown⟧ }') + 'rule shown { "x" }',
    ),
    "two closers": ("text-after-close", turn('sampled { "{content}" close "<|end|>" ⟦close⟧ "<|start|>" }')),
    "sampled of the user": ("sampled-outside-assistant", turn('⟦sampled⟧ { "{content}" close "<|end|>" }', "user")),
    "sampled in the head": ("sampled-outside-assistant", 'head { ⟦sampled⟧ { "x" close "<|end|>" } }'),
    "sampled in a rule of the user": (
        "sampled-outside-assistant",
        turn("said", "user") + 'rule said { ⟦sampled⟧ { "{content}" close "<|end|>" } }',
    ),
    "sampled in sampled": (
        "sampled-outside-assistant",
        turn('sampled { "x" ⟦sampled⟧ { "{content}" close "<|end|>" } close "<|end|>" }'),
    ),
    "prefill outside": ("outside-sampled", turn('⟦prefill⟧ { "<think>" } sampled { "{content}" close "<|end|>" }')),
    "close outside": ("outside-sampled", turn('sampled { "{content}" close "<|end|>" } ⟦close⟧ "<|end|>"')),
    "prefill of a rule outside": (
        "outside-sampled",
        turn('opened sampled { "{content}" close "<|end|>" }') + 'rule opened { ⟦prefill⟧ { "<think>" } }',
    ),
    "fresh outside": (None, turn('fresh { "<think>" } sampled { "{content}" close "<|end|>" }')),
    "lossy": ("lossy-in-sampled", sampled('"{content | ⟦upper⟧}"')),
    "lossy in a rule": ("lossy-in-sampled", sampled("shown") + 'rule shown { "{content | ⟦upper⟧}" }'),
    "lossy in a rule that reads": (
        None,
        sampled('"<call>" shown(content) "</call>"') + 'rule shown(x) reads json_or_text { "{x | text}" }',
    ),
    "lossy in the past": (None, sampled('fresh { "{content}" } past { "{content | upper}" }')),
    "lossy in a condition": (None, sampled('when content | upper == "A" { "x" } "{content}"')),
    "lossy in a loop": ("lossy-in-sampled", sampled('each k, v in content.x | ⟦upper⟧ { "<call>{k}</call>" }')),
    "lossy outside": (None, turn('"{content | upper}"', "user")),
    # ---- tokens
    "token": ("undeclared-token", turn('"⟦<|begin|>⟧{content}"', "user")),
    "token after an escape": ("undeclared-token", turn('"\\n\\"\\t⟦<|begin|>⟧{content}"', "user")),
    "token after a slot": ("undeclared-token", turn('"<|end|>{content}\\n⟦<|begin|>⟧"', "user")),
    "token within a declared one": ("undeclared-token", turn('"<|start|>⟦<|start>⟧{content}"', "user")),
    "token in raw text": ("undeclared-token", turn("'a\\⟦<|begin|>⟧'", "user")),
    "token with a quote": ("undeclared-token", turn('"⟦<|a\\"b|>⟧"', "user")),
    "separator after a text": ("undeclared-token", turn('join "⟦<|sep|>⟧" { "a" "b" }', "user")),
    "token with a slip": ("undeclared-token", turn('"⟦<|satrt|>⟧{content}"', "user")),
    "tag with a slip": ("undeclared-token", sampled('"<think>x⟦</thnik>⟧{content}"')),
    "tag": (None, turn('"<tools>{content}</tools>"', "user")),
    "plural of a tag": (None, turn('"<calls>{content}</calls>"', "user")),
    "full width": ("undeclared-token", turn('"⟦<｜User｜>⟧{content}"', "user")),
    "one-sided": ("undeclared-token", turn('"⟦<|turn>⟧{content}"', "user")),
    "bracketed": ("undeclared-token", turn('"⟦[INST]⟧{content}"', "user")),
    "brackets": (None, turn('"[DONE]{content}"', "user")),
    "short": ("undeclared-token", turn('"⟦</s>⟧{content}"', "user")),
    "bos in quotes": (None, turn('"<s>{content}"', "user")),
    "separator": ("undeclared-token", turn('each m in messages sep "⟦<|sep|>⟧" { "x" }', "user")),
    "stop": (
        "undeclared-token",
        'format small { tokens = ["<|end|>", "<|start|>"] stops = ["<eot>"] }\nturn user { "⟦<eot>⟧" }',
    ),
    "closer": ("undeclared-token", turn('sampled { "{content}" close ⟦"\\n"⟧ }')),
    "closer with more": ("undeclared-token", turn('sampled { "{content}" close ⟦"<|end|>\\n"⟧ }')),
    "past of a closer": ("undeclared-token", turn('sampled { "{content}" close "<|end|>" past "⟦<|over|>⟧" }')),
    "manual": (None, 'head {\n  """\n  Write <|begin|>.\n  """\n}'),
    "refusal": (None, turn('when name { reject "no <|begin|> here" }', "user")),
    # ---- text that is not meant
    "slot between apostrophes": ("printed-as-written", turn("'U: ⟦{content}⟧'", "user")),
    "slot with keys, alternatives and filters": (
        "printed-as-written",
        turn("'⟦{message.name or role | strip newlines}⟧'", "user"),
    ),
    "slot with two braces": ("printed-as-written", turn("'⟦{{ content }}⟧'", "user")),
    "slot in a block string": ("printed-as-written", 'head {\n  """\n  On ⟦{day}⟧\n  """\n}\noption day: text'),
    "slot in a refusal": ("printed-as-written", turn("reject 'no ⟦{role}⟧'", "user")),
    "slot in a separator": ("printed-as-written", turn('join \'⟦{role}⟧\' { "a" "b" }', "user")),
    "placeholder of a manual": (None, 'head {\n  """\n  {name} {"content": 1} {function-name}\n  """\n}'),
    "escaped slot": (None, turn('"\\{content}"', "user")),
    "escape between apostrophes": ("printed-as-written", turn("'user⟦\\n⟧'", "user")),
    "escape after JSON": ("printed-as-written", turn("'{\"a\": 1}⟦\\t⟧'", "user")),
    "escape inside JSON": (None, turn('\'{"a": "x\\n"}\'', "user")),
    "dollar before a slot": ("printed-as-written", turn('"cost \\"⟦$⟧{content}"', "user")),
    "dollar before text": (None, turn('"$5 {content}"', "user")),
    "dollar alone": (None, turn('"$" "{content}"', "user")),
    # ---- text of the model that it did not write
    "neighbour in sampled": ("foreign-in-sampled", sampled('"{⟦prev.content⟧}x{content}"')),
    "neighbour of a role in sampled": ("foreign-in-sampled", sampled('"{⟦prev(user).content⟧}x{content}"')),
    "neighbour with a filter in sampled": ("foreign-in-sampled", sampled('"{⟦next.content⟧ | strip}x{content}"')),
    "neighbour as a choice in sampled": ("foreign-in-sampled", sampled('"{content or ⟦prev.content⟧}"')),
    "neighbour in a record": ("foreign-in-sampled", sampled("json { a: ⟦prev.content⟧ }")),
    "message of the head in sampled": (
        "foreign-in-sampled",
        "head takes first system { }\n" + sampled('"{⟦system.content⟧}x{content}"'),
    ),
    "messages in sampled": ("foreign-in-sampled", sampled('each m in messages sep "," { "{⟦m.content⟧}" }')),
    "messages that the head takes in sampled": (
        "foreign-in-sampled",
        "head takes all system { }\n" + sampled('each m in system sep "," { "{⟦m.content⟧}" }'),
    ),
    "calls of a neighbour in sampled": (
        "foreign-in-sampled",
        sampled('each c in prev.tool_calls sep "," { "{⟦c.name⟧}" }'),
    ),
    "results in sampled": ("foreign-in-sampled", sampled('each r in results sep "," { "{⟦r.content⟧}" }')),
    "neighbour in a rule": ("foreign-in-sampled", sampled("earlier") + 'rule earlier { "{⟦prev.content⟧}" }'),
    "neighbour as an argument": (
        "foreign-in-sampled",
        sampled('shown(prev.content) "x{content}"') + 'rule shown(x) { "{⟦x⟧}" }',
    ),
    "own content as an argument": (None, sampled("shown(content)") + 'rule shown(x) { "{x}" }'),
    "parameter called prev": (None, sampled("shown(content)") + 'rule shown(prev) { "{prev}" }'),
    "item called next": (None, sampled('each next in tool_calls sep "," { "{next.name}" }')),
    "neighbour in a condition": (None, sampled('when prev is user { "x" } "{content}"')),
    "neighbour in the past": (None, sampled('fresh { "{content}" } past { "{prev.content}" }')),
    "neighbour before sampled": (None, turn('"{prev.content}" sampled { "{content}" close "<|end|>" }')),
    "own messages of a run": (
        None,
        'turn assistant+ { "x" each m in run { sampled { "{m.content}" close "<|end|>" } } }',
    ),
    "closer in a text": ("closer-in-sampled", sampled('"x\\n⟦<|end|>⟧{content}"')),
    "closer in a rule": ("closer-in-sampled", sampled('over "{content}"') + 'rule over { "⟦<|end|>⟧" }'),
    "closer of a rule": (
        "closer-in-sampled",
        turn('sampled { "{content}⟦<|end|>⟧" over }') + 'rule over { close "<|end|>" }',
    ),
    "closer of another branch": (
        "closer-in-sampled",
        turn('sampled { "{content}⟦<|end|>⟧" when name { close "<|end|>" } else { close "<|start|>" } }'),
    ),
    "closer as a separator": ("closer-in-sampled", sampled('each c in tool_calls sep "⟦<|end|>⟧" { "{c.name}" }')),
    "closer by its name": (
        "closer-in-sampled",
        'format small { eos = "</s>" tokens = ["<|start|>", "<|end|>"] }\n'
        + turn('sampled { "{content}" ⟦eos⟧ close eos }'),
    ),
    "closer in the past": (None, sampled('fresh { "{content}" } past { "<|end|>" }')),
    "closer before sampled": (None, turn('"<|end|>" sampled { "{content}" close "<|end|>" }')),
    "token that closes nothing": (None, sampled('"<|start|>{content}"')),
    "nothing sampled": ("missing-sampled", '⟦turn⟧ assistant { "{content}" }'),
    "nothing sampled in a turn of two roles": ("missing-sampled", '⟦turn⟧ user | assistant { "{content}" }'),
    "sampled in a rule": (None, turn("said") + 'rule said { sampled { "{content}" close "<|end|>" } }'),
    "reasoning without a field": (
        "unknown-name",
        turn('when ⟦reasoning⟧ { "x" } sampled { "{content}" close "<|end|>" }'),
    ),
    "reasoning of a neighbour without a field": ("unknown-name", turn('when prev.⟦reasoning⟧ { "x" }', "user")),
    "inline without tags": (
        "unknown-name",
        "reasoning from reasoning_content\n" + sampled('when ⟦inline⟧ { "x" } "{content}"'),
    ),
    "inline of the message without tags": ("unknown-name", sampled('when message.⟦inline⟧ { "x" } "{content}"')),
    "parameter called reasoning": (None, sampled("shown(content)") + 'rule shown(reasoning) { "{reasoning}" }'),
    "item called inline": (None, sampled('each inline in tool_calls sep "," { "{inline.name}" }')),
    "mistyped field of reasoning": ("unknown-name", "reasoning from ⟦reasoning_contents⟧"),
    "second field of reasoning": ("unknown-name", "reasoning from reasoning_content | ⟦thinkin⟧"),
    "declared field of reasoning": (None, "field reasoning_text: text\nreasoning from reasoning_text"),
    "other field of reasoning": (None, "reasoning from scratchpad"),
    "role with a capital": ("unknown-name", turn('"x"', "⟦User⟧")),
    # ---- rules
    "unused": ("unused-rule", 'rule ⟦manual⟧ { "x" }'),
    "used by an unused one": ("unused-rule", 'rule ⟦a⟧ { b }\nrule ⟦b⟧ { "x" }'),
    "itself": ("endless-recursion", 'head { a }\nrule a { "x" ⟦a⟧ }'),
    "itself with the same": ("endless-recursion", 'head { a(tools) }\nrule a(x) { "{x | json}" ⟦a⟧(x) }'),
    "itself with a part": (None, 'head { a(tools) }\nrule a(x) { "{x | json}" a(x.items) }'),
    "itself with an item": (None, 'head { a(tools) }\nrule a(x) { "[" each y in x { a(y) } "]" }'),
    "itself in a condition": ("endless-recursion", 'head { a(tools) }\nrule a(x) { when ⟦a⟧(x) == "y" { "x" } }'),
    "exchanged arguments": (
        "endless-recursion",
        'head { a(tools, tools) }\nrule a(x, y) { "{x | json}{y | json}" ⟦a⟧(y, x) }',
    ),
    "one of two gets smaller": (
        None,
        'head { a(tools, tools) }\nrule a(x, y) { "{x | json}{y | json}" when x { a(y, x.z) } }',
    ),
    "each other": ("endless-recursion", 'head { a(tools) }\nrule a(x) { ⟦b⟧(x) }\nrule b(y) { "{y | json}" ⟦a⟧(y) }'),
    "each other with a part": (None, 'head { a(tools) }\nrule a(x) { b(x) }\nrule b(y) { "{y | json}" a(y.z) }'),
    # ---- slots
    "adjacent": ("ambiguous-slot", sampled('"{reasoning}⟦{content}⟧"')),
    "adjacent terms": ("ambiguous-slot", sampled('"{reasoning}" "⟦{content}⟧"')),
    "adjacent through a condition": (
        "ambiguous-slot",
        sampled('"{reasoning}" when name { "</think>" } "⟦{content}⟧"'),
    ),
    "apart whenever both are there": (None, sampled('"{reasoning}" when reasoning { "</think>" } "{content}"')),
    "exclusive": (None, sampled('when name { "{reasoning}" } else { "{content}" }')),
    "exclusive in two": (None, sampled('when name { "{reasoning}" } when not name { "{content}" }')),
    "apart by prefill": (
        None,
        sampled('prefill { "<think>" } "{reasoning}" prefill when name { "</think>" } "{content}"'),
    ),
    "option between": (None, 'option x: text = "y"\n' + sampled('"{reasoning}{x}{content}"')),
    "joined": (None, sampled('join "\\n" { "{reasoning}" "{content}" }')),
    "joined by nothing": ("ambiguous-slot", sampled('join "" { "{reasoning}" "⟦{content}⟧" }')),
    "loop": ("ambiguous-slot", sampled('each call in tool_calls { "⟦{call.name}⟧" }')),
    "loop with a separator": (None, sampled('each call in tool_calls sep "," { "{call.name}" }')),
    "loop with a separator of its own": (
        None,
        sampled('each call in tool_calls { when not first { "," } "{call.name}" }'),
    ),
    "loop after a slot": ("ambiguous-slot", sampled('"{content}" each c in tool_calls sep "," { "⟦{c.name}⟧" }')),
    "loop within a join": (None, sampled('join "," { "{content}" each c in tool_calls { "{c.name}" } }')),
    "maybe": (
        "ambiguous-slot",
        sampled('"{reasoning}" maybe { "{name}\\n" } "⟦{content}⟧"'.replace("{name}", "x{name}")),
    ),
    "past is not read": (None, sampled('fresh { "{content}" } past { "{reasoning}{content}" }')),
    "adjacent through a rule": ("ambiguous-slot", sampled('"{reasoning}" shown') + 'rule shown { "⟦{content}⟧" }'),
    "rule of constants": (
        None,
        sampled('"{reasoning}" quoted(content, "\'")') + 'rule quoted(x, q) { "{q}{x}{q}" }',
    ),
    "rule of an empty constant": (
        "ambiguous-slot",
        sampled('"{reasoning}" quoted(content, "")') + 'rule quoted(x, q) { "{q}⟦{x}⟧{q}" }',
    ),
    "rule that reads": (
        "ambiguous-slot",
        sampled('"{reasoning}" ⟦value⟧(content)') + 'rule value(x) reads json_or_text { "<call>{x | text}" }',
    ),
    "adjacent outside": (None, turn('"{name}{content}"', "user")),
}


def split(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """A spec without its markers, and the places between them."""
    text, spans = "", []
    while "⟦" in marked:
        before, _, rest = marked.partition("⟦")
        inner, _, marked = rest.partition("⟧")
        text += before
        spans.append((len(text), len(text) + len(inner)))
        text += inner
    return text + marked, spans


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    code, marked = CASES[name]
    text, spans = split(spec(marked))
    found = findings(text)
    assert [(d.code, text[slice(*d.span)]) for d in found] == [(code, text[slice(*span)]) for span in spans if code]
    assert [tuple(d.span) for d in found] == (spans if code else [])


# label: (code, a spec with the label between ⟪ and ⟫).
LABELS: dict[str, list[tuple[str, str]]] = {
    "first here": [
        ("duplicate", 'head { a(tools, tools) }\nrule a(⟪x⟫, x) { "{x | json}" }'),
        ("duplicate", 'turn user | ⟪tool⟫ { "x" }\nturn tool { "x" }'),
        ("duplicate", 'head { a }\nrule ⟪a⟫ { "x" }\nrule a { "y" }'),
        ("duplicate", "option ⟪query⟫: bool = true\nmark query = last user"),
        ("duplicate", 'head takes first ⟪system⟫ { "x" }\nmark system = last user'),
        ("duplicate", 'format small { ⟪tokens⟫ = ["<|end|>", "<|start|>"] tokens = ["<|end|>", "<|start|>"] }'),
        ("duplicate", 'format small { tokens = [⟪"<|end|>"⟫, "<|start|>", "<|end|>"] }'),
        ("duplicate", sampled("json { ⟪a⟫: content, a: role }")),
        ("unreachable-branch", turn('when ⟪name⟫ { "x" } else when name { "y" }', "user")),
    ],
    "declared here": [
        ("wrong-type", 'head { pair(tools) }\nrule ⟪pair⟫(a, b) { "{a | json}{b | json}" }'),
        ("endless-recursion", 'head { a(tools) }\nrule a(x) { b(x) }\nrule ⟪b⟫(y) { "{y | json}" a(y) }'),
    ],
    "printed from here": [
        ("outside-sampled", turn('⟪opened⟫ sampled { "x" close "<|end|>" }') + 'rule opened { prefill { "<think>" } }')
    ],
    "printed by the model here": [("lossy-in-sampled", sampled("⟪shown⟫") + 'rule shown { "{content | upper}" }')],
    "taken here": [("unreachable-branch", 'turn tool | user { "x" }\nskip ⟪tool⟫')],
    "the conversation is refused here": [
        ("unreachable-branch", turn('when name { ⟪reject⟫ "no" shown }', "user") + 'rule shown { "x" }')
    ],
    "no `close` when this holds": [
        ("missing-close", turn('sampled { "x" when ⟪name⟫ { "y" } else { close "<|end|>" } }'))
    ],
    "no `close` in this branch": [
        ("missing-close", turn('sampled { "x" when name { close "<|end|>" } else ⟪{⟫ "y" } }'))
    ],
    "no `close` when no branch of this is taken": [
        ("missing-close", turn('sampled { "x" ⟪when⟫ name { close "<|end|>" } }'))
    ],
    "the model stops here": [("text-after-close", turn('sampled { "x" ⟪close⟫ "<|end|>" "y" }'))],
    "the slot before it": [("ambiguous-slot", sampled('"⟪{reasoning}⟫{content}"'))],
    "used where there is no message": [("unknown-name", 'head { ⟪manual⟫ }\nrule manual { "{content}" }')],
}


@pytest.mark.parametrize("label", LABELS)
def test_a_label_underlines_its_place(label: str) -> None:
    for code, marked in LABELS[label]:
        text, (span,) = split(spec(marked).replace("⟪", "⟦").replace("⟫", "⟧"))
        found = [(d.code, at.text, at.span) for d in findings(text) for at in d.labels]
        assert (code, label, span) in found


def test_every_label_is_tested() -> None:
    """The labels of all other cases are of the same kinds."""
    found = {at.text for name in CASES for d in findings(split(spec(CASES[name][1]))[0]) for at in d.labels}
    assert found <= set(LABELS)


def commented(text: str) -> tuple[str, Callable[[Span], Span]]:
    """A spec with a comment of all its words between any two tokens, and the new span of an old one."""
    words = " ".join(dict.fromkeys(re.findall(r"\w+|\*", text)))
    out, starts, moves, last, length = [], [], [], 0, 0
    for token in scan(text).tokens:
        unindented = token.start == 0 or text[token.start - 1] == "\n"
        added = text[last : token.start] + ("" if unindented or token.kind == "comment" else f" // {words}\n  ")
        starts.append(token.start)
        moves.append(length + len(added) - token.start)
        out += [added, text[token.start : token.end]]
        length += len(added) + token.end - token.start
        last = token.end

    def moved(span: Span) -> Span:
        first, final = (bisect.bisect_right(starts, offset) - 1 for offset in (span.start, span.end - 1))
        return Span(span.start + moves[first], span.end + moves[final])

    return "".join([*out, text[last:]]), moved


@pytest.mark.parametrize("name", CASES)
def test_a_word_in_a_comment_is_never_underlined(name: str) -> None:
    text, _ = split(spec(CASES[name][1]))
    longer, moved = commented(text)
    wanted = [(d.code, moved(d.span), [moved(label.span) for label in d.labels]) for d in findings(text)]
    assert [(d.code, d.span, [label.span for label in d.labels]) for d in findings(longer)] == wanted


def test_all_findings_in_one_run() -> None:
    text = spec('turn user { "{contant}" manuel "<|begin|>" }\nrule left { "x" }\nturn assistant { sampled { "x" } }')
    codes = [d.code for d in findings(text)]
    assert codes == ["unknown-name", "unknown-name", "undeclared-token", "unused-rule", "missing-close"]


def test_findings_of_a_base_point_into_the_base() -> None:
    base = spec(turn('"{contant}"', "user")).replace("format small", "format base")
    (found,) = findings("format small extends base { }\noption x: bool = true\n", base=base)
    assert (found.code, found.source.name) == ("unknown-name", "base")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_library_is_clean(path: Path) -> None:
    tree, problems = resolve(Source(path.name, path.read_text(encoding="utf-8")), shipped)
    assert tree is not None
    assert problems + check(tree) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'turn user { each m in tools { when loop.last { "x" } } "{content}" }',
            "first and last are about the loop",
        ),
        ('head { "{system.content}" }', "head takes first system { … }"),
        ('head { when developer { "x" } }', "head takes first developer { … }"),
        (
            CASES["rule in a slot"][1].replace("⟦", "").replace("⟧", ""),
            "as a term, outside the string: shown(content)",
        ),
    ],
)
def test_what_helps(text: str, said: str) -> None:
    (found,) = findings(spec(text))
    assert found.help is not None and said in found.help
