"""More constructs: loops, turns, runs, results. See constructs.py."""

from __future__ import annotations

from cases import constructs
from cases.constructs import FLAWED, NOTE, SYSTEM, Construct, tools, user
from cases.constructs_of_parts import PARTS
from cases.small import HI, call, result, says

LOOPS: dict[str, Construct] = {
    "text": Construct(
        'head { each tool in tools { each x in tool.x { "{x}" } } }',
        HI,
        "refused: a list is needed here, not a text",
        tools({"x": "ab"}),
        template="abHi;",
    ),
    "absent list": Construct('head { each tool in tools { each x in tool.x { "{x}" } } }', HI, "Hi;", tools({})),
    "absent object": Construct(
        'head { each tool in tools { each k, v in tool.x { "{k}" } } }',
        HI,
        "Hi;",
        tools({}),
    ),
    "absent object in a rule": Construct(
        """
        head { each tool in tools { keys(tool.x) } }
        rule keys(o) { each k, v in o { "{k}" } each x in o { "{x}" } when o is list { "l" } }
        """,
        HI,
        "Hi;",
        tools({}),
    ),
    "null object": Construct(
        'head { each tool in tools { each k, v in tool.x { "{k}" } } }',
        HI,
        "refused: an object is needed here, not null",
        tools({"x": None}),
        template="refused: Can only get item pairs from a mapping.",
    ),
    "null list": Construct(
        'head { each tool in tools { each x in tool.x { "{x}" } } }',
        HI,
        "refused: a list is needed here, not null",
        tools({"x": None}),
        emitter="Hi;",
        template="refused: 'NoneType' object is not iterable",
    ),
    "sorted": Construct(
        'head { each tool in tools { each k, v in tool | sorted { "{k}" } } }',
        HI,
        "aABbnameHi;",
        tools({"name": 1, "B": 1, "a": 2, "A": 3, "b": 4}),
    ),
    "field": Construct(
        """
        field tags: list
        turn user { each t in tags sep "," { "{t}" } "{content};" }
        """,
        [user(tags=["a", "b"]), user()],
        "a,bHi;Hi;",
    ),
    "all messages": Construct(
        """
        head { each m in messages where m is system sep "," { "{m.content}" } ";" }
        turn system { }
        """,
        [SYSTEM, user(), SYSTEM],
        "s,s;Hi;",
    ),
    "positions in nested ones": Construct(
        """
        head {
          each tool in tools {
            each x in tool.l { when first { "^" } "{x}" when last { "$" } }
            when last { "." }
          }
        }
        """,
        HI,
        "^12$.Hi;",
        tools({"l": [1, 2]}, {"l": []}),
    ),
    "positions among what is left": Construct(
        """
        head {
          each tool in tools where tool.name != "g" sep "," { when first { "^" } "{tool.name}" when last { "$" } }
        }
        """,
        HI,
        "^a,b$Hi;",
        tools({"name": "g"}, {"name": "a"}, {"name": "g"}, {"name": "b"}, {"name": "g"}),
    ),
    "only the first": Construct(
        'head { each tool in tools where first sep "," { "{tool.name}" } }',
        HI,
        "aHi;",
        tools({"name": "a"}, {"name": "b"}),
    ),
    "position of the turn": Construct(
        """
        mark query = last user
        turn assistant {
          "<|start|>"
          sampled {
            each call in tool_calls {
              when ending { "E" }
              when after(query) { ">" }
              when before(query) { "<" }
              "<call>{call.name}</call>"
            }
            close "<|end|>"
          }
        }
        """,
        [says("", call()), *HI, says("", call(), call("g"))],
        "<|start|><<call>f</call><|end|>Hi;<|start|>E><call>f</call>E><call>g</call><|end|>",
    ),
    "neighbours of the turn": Construct(
        """
        turn assistant {
          "<|start|>"
          sampled {
            each call in tool_calls {
              when prev is user { "u" }
              when next is tool { "t" }
              "<call>{call.name}</call>"
            }
            close "<|end|>"
          }
        }
        turn tool { "{content};" }
        """,
        [*HI, says("", call(), call("g")), result("1")],
        "Hi;<|start|>ut<call>f</call>ut<call>g</call><|end|>1;",
    ),
    "join of items": Construct(
        'head { join "," { "{tools | json}" each tool in tools { "{tool.name}" } when tools { "z" } } }',
        HI,
        '[{"name": "a"}, {"name": "b"}],a,b,zHi;',
        tools({"name": "a"}, {"name": "b"}),
    ),
    "join of a rule over a field": Construct(
        """
        turn user { join "," { "{content}" one(tool_calls) "{name}" } ";" }
        rule one(cs) { each c in cs where c.name != "h" { "<call>{c.name}</call>" } }
        """,
        [user("a"), user("", tool_calls=[call(), call("g")], name="n"), user("b", tool_calls=[call("h")], name="n")],
        "a;<call>f</call><call>g</call>,n;b,n;",
    ),
    "join of what differs in history": Construct(
        """
        reasoning from reasoning_content
        turn assistant {
          "<|start|>"
          sampled { join "|" { thought "{content}" } close "<|end|>" }
        }
        rule thought { fresh { "<think>{reasoning}" } past when not last { when name { "{name}" } } }
        """,
        [says("x", reasoning_content="r"), says("y", name="n"), says("", name="n"), says("z", reasoning_content="r")],
        "<|start|>x<|end|><|start|>n|y<|end|><|start|>n<|end|><|start|><think>r|z<|end|>",
    ),
    "join of fields": Construct(
        'turn user { join "," { "{name}" "{content}" when tool_call_id { "!" } } ";" }',
        [user("", name="a"), user("c", name="a"), user("c", tool_call_id="x"), user("")],
        "a;a,c;c,!;;",
    ),
    "maybe": Construct('turn user { maybe { "({content | strip})" } ";" }', [user(" "), user("c ")], ";(c);"),
}

TURNS: dict[str, Construct] = {
    "marks that name marks": Construct(
        """
        mark on = last user where "+" in content
        mark off = last user where "-" in content and not before(on)
        mark same = first user where equal(on) or after(off)
        turn user { when after(on) { ">" } when equal(off) { "=" } when before(same) { "<" } "{content};" }
        """,
        [user("-"), user("+"), user("-"), user("x")],
        "=<-;+;>=-;>x;",
    ),
    "marks that name marks, between skipped messages": Construct(
        """
        skip note
        mark on = last user where "+" in content
        mark off = last user where "-" in content and not before(on)
        turn user { when off { "off" } "{content};" }
        """,
        [NOTE, user("-"), NOTE, user("+")],
        "-;+;",
    ),
    "skipped roles": Construct(
        """
        skip note
        turn user {
          when first { "1" }
          when last { "L" }
          when prev is user { "P" }
          when next is user { "N" }
          "{content};"
        }
        """,
        [NOTE, user("a"), NOTE, user("b"), NOTE],
        "1Na;LPb;",
    ),
    "taken roles": Construct(
        """
        head takes all system | note { each m in system sep "," { "{m.content}" } "|" }
        turn user { when last { "L" } "{content};" }
        """,
        [user("a"), SYSTEM, user("b"), NOTE],
        "s,n|a;Lb;",
    ),
    "the list of what is taken": Construct(
        'head takes all system { "{system | json}" }',
        [SYSTEM, *HI],
        '[{"role": "system", "content": "s"}]Hi;',
    ),
    "what is taken, in turns": Construct(
        """
        head takes first system { "h" }
        turn user { when system { "{system.content}" } else { "-" } "{system.name or 'x'}{content};" }
        """,
        [SYSTEM, user("a"), user("b")],
        "hsxa;sxb;",
    ),
    "nothing to take": Construct(
        """
        head takes first system { "h" }
        turn user { when system { "{system.content}" } else { "-" } "{system.name or 'x'}{content};" }
        """,
        HI,
        "h-xHi;",
    ),
    "what follows the head": Construct(
        'head takes first system { when next is user { "U" } when not next { "0" } }', [SYSTEM, *HI], "UHi;"
    ),
    "a head that ends": Construct('head takes first system { "{system.content}" when ending { "." } }', [SYSTEM], "s."),
    "a head that ends, between skipped messages": Construct(
        'skip note\nhead takes all system { each m in system { "{m.content}" } when ending { "." } }',
        [SYSTEM, NOTE],
        "s.",
    ),
    "a head that does not end": Construct(
        'skip note\nhead takes all system { each m in system { "{m.content}" } when ending { "." } }',
        [SYSTEM, NOTE, *HI],
        "sHi;",
    ),
    "nothing follows the head": Construct(
        'head takes first system { when next is user { "U" } when not next { "0" } }', [SYSTEM], "0"
    ),
    "earlier messages": Construct(
        """turn user { "{prev.content or '-'}{prev(assistant).content or '-'}{content};" }""",
        [user("a"), says("b"), user("c"), user("d")],
        "--a;<|start|>b<|end|>bbc;cbd;",
    ),
    "earlier reasoning": Construct(
        """
        reasoning from reasoning_content
        turn user { when prev.reasoning { "!" } "{content};" }
        """,
        [says("x", reasoning_content="r"), *HI],
        "<|start|>x<|end|>!Hi;",
    ),
    "reasoning of others": Construct(
        """
        head takes first system { "{system.reasoning}" each m in messages { "[{m.reasoning}]" } }
        reasoning from reasoning_content or thoughts
        field thoughts: text
        turn user {
          when next.reasoning is given { "+" }
          shown(prev.reasoning)
          "({prev.reasoning},{next.reasoning},{prev(assistant).reasoning})"
          when "r" in prev.reasoning { "!" }
          "{content};"
        }
        rule shown(x) { when x is given { "g" } else { "-" } }
        """,
        [user(), says("x", reasoning_content="", thoughts="r"), *HI, says("y", reasoning_content="s")],
        "[][r][][s]+-(,r,)Hi;<|start|>x<|end|>+g(r,s,r)!Hi;<|start|>y<|end|>",
    ),
    "the next message": Construct(
        """
        head { "{next.name}" when next.name { "." } }
        turn user {
          "{next.name}{next.content}"
          when next.name is given { "g" }
          when "x" in next.content { "x" }
          each x in messages where first { "{next.name or '-'}{prev.name or '-'}" }
          ";"
        }
        """,
        [user(name="a"), user("x", name="b"), user()],
        "a.bxgxb-;Hi-a;-b;",
    ),
    "the next message, between skipped ones": Construct(
        """
        skip note
        head { "{next.name}" }
        turn user { "{next.name}{next.content}" when next.name == "b" { "!" } ";" }
        """,
        [NOTE, user(name="a"), {**NOTE, "name": "n"}, user("x", name="b"), NOTE],
        "abx!;;",
    ),
    "the list of turns": Construct(
        """
        head takes first system { "{turns | json}{length(turns)}" each m in turns sep "," { "{m.content}" } "|" }
        """,
        [SYSTEM, *HI, user("x", name=None)],
        '[{"role": "user", "content": "Hi"}, {"role": "user", "content": "x"}]2Hi,x|Hi;x;',
    ),
    "the list of turns, between skipped messages": Construct(
        """
        skip note
        head takes all system { "{turns | json}" when length(turns) > 1 { "!" } each m in turns { "{m.content}" } "|" }
        """,
        [SYSTEM, NOTE, *HI, SYSTEM, user("x")],
        '[{"role": "user", "content": "Hi"}, {"role": "user", "content": "x"}]!Hix|Hi;x;',
    ),
    "the list of turns, where others are skipped": Construct(
        'skip *\nhead { "{turns | json}{length(messages)}" }', [NOTE, *HI], '[{"role": "user", "content": "Hi"}]2Hi;'
    ),
    "the number of results": Construct(
        """
        skip tool
        turn assistant {
          when results and length(results) != length(tool_calls) { "!" }
          "<|start|>"
          sampled { "{content}" close "<|end|>" }
          "{length(results)}{results | json}"
        }
        """,
        [says("", call()), result("x"), says("", call(), call("g")), {"role": "tool", "content": "y"}, says("z")],
        '<|start|><|end|>1[{"role": "tool", "content": "x", "tool_call_id": "call00001"}]'
        '!<|start|><|end|>1[{"role": "tool", "content": "y"}]<|start|>z<|end|>0[]',
    ),
    "runs": Construct(
        'turn tool+ { "[" each m in run sep "+" { when first { "^" } "{m.content}" when last { "$" } } "]" }',
        [result("1"), result("2"), *HI, result("3")],
        "[^1+2$]Hi;[^3$]",
    ),
    "runs of several roles": Construct(
        """
        skip note
        turn (tool | user)+ {
          "["
          when prev is assistant { "a" }
          each m in run { when m is tool { "t" } "{m.content}" }
          when next is assistant { "A" }
          "]"
        }
        """,
        [user("1"), NOTE, result("2"), says("x"), result("3")],
        "[1t2A]<|start|>x<|end|>[at3]",
    ),
    "results": Construct(
        """
        skip tool
        turn assistant {
          "<|start|>"
          sampled { "{content}" close "<|end|>" }
          each m in results sep "," { "{m.answers.name or '?'}={m.content}" }
        }
        """,
        [says("", call("f", ident="1"), call("g", ident="2")), result("x", "2"), result("y", "1"), result("z", "9")],
        "<|start|><|end|>g=x,f=y,?=z",
    ),
    "result of no call": Construct(
        """
        skip tool
        turn assistant {
          "<|start|>"
          sampled { "{content}" close "<|end|>" }
          each m in results { "{m.answers.name}={m.content}" }
        }
        """,
        [says("", call()), result("z", "9")],
        "<|start|><|end|>=z",
        emitter=FLAWED + "TypeError",
    ),
    "rounds": Construct(
        """
        turn user {
          "[{index}|{number}] {content};"
          when number > 1 { "!" }
          each x in messages where first { "{index}" }
        }
        turn assistant {
          "{number} {index}<|start|>"
          sampled { "{content}" close "<|end|>" }
        }
        turn tool+ { "(" each m in run sep "," { "{number}" } ")" }
        turn * { shown "{index or '-'};" }
        part image { "<{index}>" }
        rule shown { "{number}" }
        """,
        [
            *HI,
            says("x"),
            result(),
            result(),
            NOTE,
            user([{"type": "image"}, {"type": "image"}]),
            NOTE,
            result(),
            says("y"),
        ],
        "[0|1] Hi;01 0<|start|>x<|end|>(1,2)1-;[1|2] <0><1>;!121;(3)2 1<|start|>y<|end|>",
    ),
}


CONSTRUCTS: dict[str, Construct] = {
    f"{group}: {name}": construct
    for group, found in (
        ("option", constructs.OPTIONS),
        ("state", constructs.STATES),
        ("slot", constructs.SLOTS),
        ("loop", LOOPS),
        ("turn", TURNS),
        ("part", PARTS),
        ("rule", constructs.RULES),
    )
    for name, construct in found.items()
}
