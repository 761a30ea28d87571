"""Constructs of the language in combinations that no shipped format has, and what both back ends must print.

`emitter` and `template` are what they print today where that is wrong: each is a FIXME. "refused: …" is how an
outcome that is no text begins. Turns of `user` that are not shown print their content, those of `assistant` too.
"""

from __future__ import annotations

from textwrap import dedent
from typing import Any, NamedTuple

from cases.small import HI, call, says

USER = 'turn user { "{content};" }\n'
ASSISTANT = 'turn assistant { "<|start|>" sampled { "{content}" close "<|end|>" } }\n'
FLAWED = "refused: this cannot be rendered: "


class Construct(NamedTuple):
    declarations: str
    messages: list[Any]
    want: str
    tools: list[Any] | None = None
    options: dict[str, Any] = {}  # noqa: RUF012
    emitter: str | None = None
    template: str | None = None

    @property
    def spec(self) -> str:
        """The declarations with the turns that they lack."""
        text = dedent(self.declarations).strip() + "\n"
        roles = [line.split("{")[0] for line in text.split("\n") if line.startswith("turn")]
        added = [turn for turn in (USER, ASSISTANT) if not any(turn.split()[1] in line for line in roles)]
        return text + "".join(added)


def user(content: Any = "Hi", **fields: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **fields}


def tools(*made: dict[str, Any]) -> list[Any]:
    return list(made)


SYSTEM = {"role": "system", "content": "s"}
NOTE = {"role": "note", "content": "n"}

OPTIONS: dict[str, Construct] = {
    "list": Construct(
        """
        option words: list of a | b
        head { each x in words where x != "a" sep "," { "{x}" } }
        """,
        HI,
        "b,cHi;",
        options={"words": ["a", "b", "c"]},
    ),
    "list that is absent": Construct(
        """
        option words: list of a | b
        head { each x in words { "{x}" } }
        """,
        HI,
        "Hi;",
    ),
    "list that is absent, in a rule": Construct(
        """
        option words: list of a | b
        head { listed(words) }
        rule listed(xs) { each x in xs { "{x}" } when xs is given { "g" } when xs is list { "l" } "{xs | text}." }
        """,
        HI,
        ".Hi;",
    ),
    "as an argument": Construct(
        """
        option t: text
        option n: int = 2
        head { shown(t) shown(n) }
        rule shown(x) { when x is given { "g" } when x is null { "n" } "({x})" }
        """,
        HI,
        "()g(2)Hi;",
    ),
    "in conditions": Construct(
        """
        option words: list of a | b
        option n: int = 0
        head {
          when words { "W" }
          when words is given { "G" }
          when "a" in words { "A" }
          when n { "N" }
          when n is given { "n" }
        }
        """,
        HI,
        "nHi;",
    ),
    "printed": Construct(
        """
        option flag: bool = false
        option n: int = 2
        option t: text = " a "
        head { "{flag}{n}{t | strip}{t | upper}{t | without 'a'}{t}." }
        """,
        HI,
        "False2a A    a .Hi;",
    ),
    "named as a constant of the template": Construct(
        """
        option none: bool = false
        head { when none { "x" } }
        """,
        HI,
        "Hi;",
        template="refused: can't assign to 'const'",
    ),
}

STATES: dict[str, Construct] = {
    "reasoning": Construct(
        """
        reasoning from reasoning_content
        turn assistant {
          "<|start|>"
          sampled {
            when reasoning is given { "g" }
            when reasoning is blank { "b" }
            when reasoning { "f" }
            "{content}"
            close "<|end|>"
          }
        }
        """,
        [says(reasoning_content="r"), says(reasoning_content=" "), says(reasoning_content=""), says()],
        "<|start|>gf<|end|><|start|>gbf<|end|><|start|>gb<|end|><|start|>b<|end|>",
    ),
    "key as an argument": Construct(
        """
        head { each tool in tools { shown(tool.x) "," } }
        rule shown(x) { when x is given { "g" } when x is null { "n" } when x { "f" } }
        """,
        HI,
        ",gn,g,gf,Hi;",
        tools({"name": "f"}, {"name": "f", "x": None}, {"name": "f", "x": ""}, {"name": "f", "x": "v"}),
        emitter=",n,g,gf,Hi;",
    ),
    "absent field as an argument": Construct(
        """
        turn user { shown(name) "{content};" }
        rule shown(x) { when x is given { "g" } when x is null { "n" } "({x})" }
        """,
        [user(), user(name="a")],
        "()Hi;g(a)Hi;",
    ),
    "fields of absent messages as arguments": Construct(
        """
        head takes first system { shown(system.name) }
        turn user { shown(prev.name) shown(prev(user).name) "{content};" }
        rule shown(x) { when x is given { "g" } when x is list { "l" } when x { "f" } "({x})" }
        """,
        [user(name="a"), user(), says("x", name="b"), user()],
        "()()()Hi;gf(a)gf(a)Hi;<|start|>x<|end|>gf(b)()Hi;",
    ),
    "absent content as an argument": Construct(
        """
        turn user { shown(content) ";" }
        rule shown(x) { when x is given { "g" } when x is text { "t" } "({x})" }
        """,
        [user(), user(None), user("")],
        "gt(Hi);();gt();",
    ),
    "absent content and an absent name as arguments of one rule": Construct(
        """
        turn user { shown(content) shown(name) ";" }
        rule shown(x) { when x is given { "g" } when x is list { "l" } "({x})" }
        """,
        [user(None), user("a", name="b")],
        "()();g(a)g(b);",
    ),
    "absent content as an argument that is asked for null": Construct(
        """
        turn user { shown(content) ";" }
        rule shown(x) { when x is null { "n" } else { "({x})" } }
        """,
        [user("a"), user(None)],
        "(a);();",
        emitter="(a);n;",
        template="(a);n;",
    ),
    "absent reasoning as an argument": Construct(
        """
        reasoning from reasoning_content
        turn assistant { "<|start|>" shown(reasoning) sampled { "{content}" close "<|end|>" } }
        rule shown(x) { when x is given { "g" } when x { "f" } "({x})" }
        """,
        [says("a"), says("b", reasoning_content=""), says("c", reasoning_content="r")],
        "<|start|>()a<|end|><|start|>g()b<|end|><|start|>gf(r)c<|end|>",
    ),
    "messages as values": Construct(
        """
        field thinking: text
        turn user { when thought(messages) == "tq" { "T" } "{messages | json}{content};" }
        turn assistant { "<|start|>{thinking}" sampled { "{content}" close "<|end|>" } }
        rule thought(ms) { each m in ms { "{m.reasoning_content}" when m.name is given { "g" } } }
        """,
        [user(name=None), says("x", thinking="t"), says("y", reasoning="q")],
        'T[{"role": "user", "content": "Hi"}, '
        '{"thinking": "t", "role": "assistant", "content": "x", "reasoning_content": "t"}, '
        '{"thinking": "q", "role": "assistant", "content": "y", "reasoning": "q", "reasoning_content": "q"}]Hi;'
        "<|start|>tx<|end|><|start|>qy<|end|>",
    ),
    "content as an argument": Construct(
        """
        part image { "<img>" }
        turn user { shown(content) }
        rule shown(x) { when x is list { "l" } when x is text { "t{x}" } }
        """,
        [user(), user([{"type": "image"}])],
        "tHil",
    ),
    "types": Construct(
        """
        head {
          each tool in tools {
            each k, v in tool {
              when v is text { "t" }
              when v is object { "o" }
              when v is list { "l" }
              when v is number { "n" }
              when v is bool { "b" }
              when v is null { "0" }
            }
          }
        }
        """,
        HI,
        "tnb0lonHi;",
        tools({"name": "f", "a": 1, "b": True, "c": None, "d": [], "e": {}, "g": 1.5}),
    ),
    "numbers": Construct(
        """
        head {
          each tool in tools {
            when tool.n > 3 { ">" }
            when tool.n < 3 { "<" }
            when tool.n == 3 { "=" } else { "!" }
          }
        }
        """,
        HI,
        "<!=>!Hi;",
        tools({"n": 1}, {"n": 3}, {"n": 5.5}),
    ),
    "equal to what is absent": Construct(
        'turn user { when name == "x" { "=" } when name != "x" { "!" } "{content};" }',
        [user(), user(name="x")],
        "!Hi;=Hi;",
    ),
    "in what is absent": Construct(
        'head { each tool in tools { when "n" in tool { "i" } when "n" not in tool.p { "o" } "," } }',
        HI,
        "io,,Hi;",
        tools({"name": "f", "n": 1}, {"name": "g", "p": {"n": 1}}),
    ),
    "length": Construct(
        'turn user { when length(content) > 2 { "long " } when length(name) > 2 { "name " } "{content};" }',
        [user(), user("Hello", name="Ada")],
        "Hi;long name Hello;",
    ),
}

SLOTS: dict[str, Construct] = {
    "numbers and truth values": Construct(
        'head { each tool in tools { "{tool.x}," } }',
        HI,
        "1e+22,True,None,,Hi;",
        tools({"x": 1e22}, {"x": True}, {"x": None}, {}),
    ),
    "list": Construct(
        'head { each tool in tools { "{tool.x}" } }',
        HI,
        "refused: a text is needed here, not a list",
        tools({"x": [1]}),
        template="[1]Hi;",
    ),
    "field in capitals": Construct(
        'turn user { "{name | upper}{content};" }',
        [user(), user(name="a")],
        "Hi;AHi;",
    ),
    "field that is no text": Construct(
        """
        field prefix: bool
        turn user { when prefix { "P" } "{prefix}{content};" }
        """,
        [user(prefix=True), user(prefix=False), user()],
        "PTrueHi;FalseHi;Hi;",
        emitter=FLAWED + "TypeError",
        template="PTrueHi;Hi;Hi;",
    ),
    "strip": Construct(
        'turn user { "{content | lstrip newlines}|{content | rstrip}|{content | strip newlines}|{content | strip};" }',
        [user("\n a \n")],
        " a \n|\n a| a |a;",
    ),
    "keys that are methods": Construct(
        'head { each tool in tools { "{tool.keys}" each k, v in tool.items { "{k}" } } }',
        HI,
        "KaHi;",
        tools({"keys": "K", "items": {"a": 1}}),
    ),
    "absent keys that are methods": Construct(
        'head { each tool in tools { when tool.items { "I" } "." } }',
        HI,
        ".Hi;",
        tools({"name": "f"}),
    ),
    "record": Construct(
        """
        turn assistant {
          "<|start|>"
          sampled {
            each call in tool_calls { json { name: call.name, arguments: call.arguments, id?: call.id } }
            close "<|end|>"
          }
        }
        """,
        [says("", call(ident="1")), says("", {"name": "bare", "arguments": {}})],
        '<|start|>{"name": "f", "arguments": {"a": 1}, "id": "1"}<|end|>'
        '<|start|>{"name": "bare", "arguments": {}, "id": ""}<|end|>',
    ),
    "record around an object": Construct(
        "head { each tool in tools { json { ...tool.p, name: tool.name } } }",
        HI,
        '{"a": 1, "name": "f"}{"name": "g"}Hi;',
        tools({"name": "f", "p": {"a": 1}}, {"name": "g", "p": {}}),
        emitter='{"a": 1, "name": "f"}{, "name": "g"}Hi;',
        template='{"a": 1, "name": "f"}{, "name": "g"}Hi;',
    ),
}

RULES: dict[str, Construct] = {
    "over a call": Construct(
        """
        turn assistant {
          "<|start|>"
          sampled {
            each call in tool_calls { one(call) }
            close "<|end|>"
          }
        }
        rule one(c) { "<call>{c.name}:" when c.arguments.a { "A" } "</call>" }
        """,
        [says("", call(), {"name": "g", "arguments": {}})],
        "<|start|><call>f:A</call><call>g:</call><|end|>",
    ),
    "that prints itself": Construct(
        """
        head { each tool in tools { value(tool.p) } }
        rule value(v) {
          when v is object { "(" each k, x in v sep "," { "{k}:" value(x) } ")" }
          else when v is list { "[" each x in v { value(x) } "]" }
          else { "{v | json}" }
        }
        """,
        HI,
        '(a:[1(b:null)],c:"x")Hi;',
        tools({"p": {"a": [1, {"b": None}], "c": "x"}}),
    ),
    "the parts of a content, asked by a condition": Construct(
        """
        turn user { when kinds(content) == "ab" { "both;" } else { "{content};" } }
        part * { }
        rule kinds(x) { when x is list { each piece in x { "{piece.type}" } } }
        """,
        [user([{"type": "a"}, {"type": "b"}]), user([{"type": "a"}]), user("ab")],
        "both;;ab;",
    ),
    "over null tools": Construct(
        """
        head { named(tools) }
        turn user { "{content};" named(tool_calls) }
        rule named(xs) { each x in xs { "{x.name}" } when xs is given { "g" } when xs { "f" } "." }
        """,
        [user(), user(tool_calls=[call()])],
        ".Hi;.Hi;fgf.",
    ),
    "as a text": Construct(
        """
        head { when length(names(tools)) > 3 { "long" } when names(tools) == "f" { "f" } }
        rule names(x) { each t in x { "{t.name}" } }
        """,
        HI,
        "fHi;",
        tools({"name": "f"}),
    ),
    "named as a keyword of the template": Construct(
        """
        head { each tool in tools { add_generation_prompt(tool) } }
        rule add_generation_prompt(x) { "{x.name}" }
        """,
        HI,
        "fHi;",
        tools({"name": "f"}),
        template="fHi;<|start|>",
    ),
    "with names that mean something to the back ends": Construct(
        """
        option o_flag: bool = false
        mark out = last user
        mark ns = first user
        head { each loop in tools { content_of(loop) } }
        rule content_of(function) { "{function.name}" }
        turn user { when after(out) { ">" } when equal(ns) { "=" } when o_flag { "m" } "{content};" }
        """,
        [user("a"), user("b")],
        "f=ma;mb;",
        tools({"name": "f"}),
        options={"o_flag": True},
    ),
}
