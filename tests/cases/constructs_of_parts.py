"""More constructs: the parts of a content. See constructs.py."""

from __future__ import annotations

from cases.constructs import Construct, user
from cases.small import says

PARTS: dict[str, Construct] = {
    "parts by kind": Construct(
        """
        turn * { "{role}:{content};" }
        part image { when role == "user" { "u" } "<{number}>" }
        part video { "[{number}]" }
        """,
        [
            {"role": "critic", "content": [{"type": "image"}, {"type": "text", "text": "x"}, {"type": "video"}]},
            {"role": "critic", "content": [{"type": "image"}]},
        ],
        "critic:<1>x[1];critic:<2>;",
    ),
    "parts that history does not print": Construct(
        'turn assistant { sampled { fresh { "{content}" close "<|end|>" } } }',
        [user(), says([{"type": "text", "text": "x"}]), user()],
        "Hi;Hi;",
    ),
    "part by part": Construct(
        """
        part image { "<img>" }
        turn user { each part in content sep "," { "{part}" } ";" }
        """,
        [user([{"type": "image"}, {"type": "text", "text": "x"}])],
        "<img>,x;",
    ),
    "numbers of parts, part by part": Construct(
        """
        part image { "<{number}>" }
        turn user { each part in content sep "," { "{part}" } ";" }
        """,
        [user([{"type": "image"}, {"type": "image"}])],
        "<1>,<2>;",
        emitter="<0>,<0>;",
        template="<0>,<0>;",
    ),
    "a text that must be there, of a content that is one": Construct(
        'part text { "[{part.text!}]" }',
        [user("x"), user([{"type": "text", "text": "y"}])],
        "[x];[y];",
    ),
    "parts of a content that is absent, in a rule": Construct(
        """
        part * { }
        turn user { "<" listed(message.content) ">;" }
        rule listed(content) { each part in content where part is object { "{part.text}" } }
        """,
        [{"role": "user"}, user([{"type": "text", "text": "y"}])],
        "<>;<y>;",
    ),
}
