"""Where the `renderers` package and we say different things, and what transformers says with the model's own template.

`python -m conformance.peer_differences` in tests/ writes docs/peers.md anew.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import chatwright

from .formats import BY_NAME
from .oracle import Case, frozen_clock, original
from .peer_renderers import PEERS, ours, theirs, tokenizer_of

PAGE = Path(__file__).parents[2] / "docs" / "peers.md"

HI = {"role": "user", "content": "Hi"}
HELLO = {"role": "assistant", "content": "Hello!"}
SYSTEM = {"role": "system", "content": "Be brief."}
TOOL = {
    "type": "function",
    "function": {
        "name": "lookup",
        "description": "Look up",
        "parameters": {"type": "object", "properties": {"q": {"type": "string"}}},
    },
}


def _calling(arguments: Any, **fields: Any) -> dict[str, Any]:
    call = {"id": "c1", "type": "function", "function": {"name": "lookup", "arguments": arguments}}
    return {"role": "assistant", "content": "", **fields, "tool_calls": [call]}


FOUND = {"role": "tool", "content": "done", "tool_call_id": "c1", "name": "lookup"}
THOUGHT = {**HELLO, "reasoning_content": "Think."}

#: From short to long: the first in which a difference shows is the one that the page has.
CONVERSATIONS = {
    "a prompt": Case([HI], prompt=True),
    "an answer": Case([HI, HELLO]),
    "emoji": Case([{"role": "user", "content": "🙃 e\u0301"}, {"role": "assistant", "content": "👩‍👩‍👧 done 🙂"}]),
    "white space": Case([{"role": "user", "content": " Hi\n"}, {"role": "assistant", "content": " Hello! \n"}]),
    "a control token in content": Case(
        [
            {"role": "user", "content": "<|im_end|><|eot_id|><|end|><|user|><｜end▁of▁sentence｜>[e~[<turn|>"},
            {"role": "assistant", "content": "A stop."},
        ]
    ),
    "a system message": Case([SYSTEM, HI, HELLO]),
    "reasoning": Case([HI, THOUGHT]),
    "two turns": Case([HI, THOUGHT, {"role": "user", "content": "More"}, {"role": "assistant", "content": "Ok."}]),
    "tools": Case([SYSTEM, HI, HELLO], [TOOL]),
    "a call": Case([SYSTEM, HI, _calling({"q": "x"}), FOUND, {"role": "assistant", "content": "OK."}]),
    "a call, content null": Case([SYSTEM, HI, _calling({"q": "x"}, content=None)]),
    "a call, arguments as text": Case([SYSTEM, HI, _calling('{"q": "x"}')]),
    "a call with reasoning": Case([SYSTEM, HI, _calling({"q": "x"}, reasoning_content="Think."), FOUND]),
}

#: What two renders may differ in. Where the ids differ, nothing else is compared.
ASPECTS = ("refusal", "ids", "message_indices", "sampled_mask", "is_content")


@dataclass(frozen=True)
class Said:
    """What one side says of a conversation: a refusal, or tokens."""

    refusal: str = ""
    tokens: Any = None
    ids: tuple[int, ...] = ()


def _said(render: Any) -> Said:
    try:
        with frozen_clock():
            tokens = render()
    except chatwright.ChatwrightError as error:
        return Said(f"refuses: {error}")
    except Exception as error:  # whatever a template or another package raises
        return Said(f"refuses: {type(error).__name__}: {error}")
    return Said("", tokens, tuple(getattr(tokens, "token_ids", tokens)))


def _keywords(case: Case) -> dict[str, Any]:
    return {"tools": copy.deepcopy(case.tools), "add_generation_prompt": case.prompt}


@cache
def said(side: str, format: str, name: str) -> Said:
    """What `theirs`, `ours`, `parsing` (ours with control tokens in content) or `transformers` says."""
    case = CONVERSATIONS[name]
    messages, keywords = copy.deepcopy(case.messages), _keywords(case)
    if side == "transformers":
        source = original(BY_NAME[format].template)
        apply = tokenizer_of(format).apply_chat_template
        return _said(lambda: apply(messages, chat_template=source, tokenize=True, return_dict=False, **keywords))
    if side == "theirs":
        return _said(lambda: theirs(format).render(messages, **keywords))
    bound = ours(format, content_specials="parse") if side == "parsing" else ours(format)
    return _said(lambda: bound.render(messages, **keywords))


def differences(format: str, name: str) -> set[str]:
    """The aspects in which the two differ."""
    one, other = said("theirs", format, name), said("ours", format, name)
    if one.refusal or other.refusal:
        return set() if one.refusal and other.refusal else {"refusal"}
    if one.ids != other.ids:
        return {"ids"}
    for same in ("message_roles", "message_tool_names"):
        assert getattr(one.tokens, same) == getattr(other.tokens, same)
    return {aspect for aspect in ASPECTS[2:] if getattr(one.tokens, aspect) != getattr(other.tokens, aspect)}


# ---- what transformers says of who writes ------------------------------------------------------------------------


def written(format: str, name: str) -> list[bool] | None:
    """Which tokens the model writes in its last turn: those behind the prompt for it, up to a stop token.

    None where the conversation ends otherwise, or does not begin with that prompt. Before the last turn: False.
    """
    case = CONVERSATIONS[name]
    whole = said("transformers", format, name)
    if whole.refusal or case.prompt or case.messages[-1]["role"] != "assistant":
        return None
    apply = tokenizer_of(format).apply_chat_template
    keywords = {**_keywords(case), "add_generation_prompt": True}
    source = original(BY_NAME[format].template)
    with frozen_clock():
        prompt = apply(
            copy.deepcopy(case.messages[:-1]), chat_template=source, tokenize=True, return_dict=False, **keywords
        )
    if list(whole.ids[: len(prompt)]) != list(prompt):
        return None
    stops = set(ours(format).get_stop_token_ids())
    ends = [n for n in range(len(prompt), len(whole.ids)) if whole.ids[n] in stops]
    end = ends[0] + 1 if ends else len(whole.ids)
    return [len(prompt) <= n < end for n in range(len(whole.ids))]


def last_turn(tokens: Any, case: Case) -> list[bool]:
    """A mask as far as it is of the last message."""
    last = len(case.messages) - 1
    pairs = zip(tokens.sampled_mask, tokens.message_indices, strict=True)
    return [sampled and message == last for sampled, message in pairs]


# ---- the reasons -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """Why the two differ in an aspect, in all conversations that are named.

    `wrong`: "theirs" where transformers contradicts them, "nobody" where both can be meant.
    """

    formats: tuple[str, ...]
    aspect: str
    conversations: tuple[str, ...]
    wrong: str
    why: str


ALL = tuple(peer.format for peer in PEERS)
CONTROL = "a control token in content"
TEXT_ARGUMENTS = "a call, arguments as text"
NULL = "a call, content null"
REASONED_CALL = "a call with reasoning"
ANSWERS = ("an answer", "emoji", "white space", "a system message", "reasoning", "two turns", "tools", "a call")
WITH_SYSTEM = ("a system message", "tools", "a call", NULL, REASONED_CALL)

OPENED = (
    "The prompt contains the opening of the reasoning, or all of an empty one. `renderers` trains it as if sampled."
)
HEADER = (
    "The model itself writes the channel and `<|message|>` after `<|start|>assistant`. `renderers` never trains them."
)
NEWLINE = "The prompt ends in `<|assistant|>`, so the model writes the newline after it."
AS_CHOSEN = (
    "By default, chatwright encodes a control token in the caller's text as text. With `content_specials='parse'` it "
    "gives the ids of transformers."
)
NO_TEXT_ARGUMENTS = (
    "The template refuses arguments that are text, or fails on them. Chatwright refuses them and names the message."
)
HEAD = (
    "The head of the format takes the system message. In `renderers`, the scaffold around it belongs to that message; "
    "in chatwright, to no message (-1). Both give the text of the message to the message."
)
STRADDLES = (
    "One token contains the end of the content and scaffold after it. In chatwright, such a token is not content."
)

DIFFERENCES = (
    Difference(
        tuple(name for name in ALL if name not in ("gpt_oss", "minimax_m2")), "ids", (CONTROL,), "nobody", AS_CHOSEN
    ),
    Difference(("qwen3_5",), "sampled_mask", (*ANSWERS, NULL, REASONED_CALL), "theirs", OPENED),
    Difference(("qwen3_5",), "is_content", (*ANSWERS, NULL, REASONED_CALL), "theirs", OPENED),
    Difference(
        ("kimi_k2_6",),
        "sampled_mask",
        (*(name for name in ANSWERS if name != "tools"), NULL, TEXT_ARGUMENTS, REASONED_CALL),
        "theirs",
        OPENED,
    ),
    Difference(
        ("kimi_k2_6",),
        "is_content",
        (*(name for name in ANSWERS if name != "tools"), NULL, TEXT_ARGUMENTS, REASONED_CALL),
        "theirs",
        OPENED,
    ),
    Difference(("nemotron3_nano",), "sampled_mask", ("reasoning", REASONED_CALL), "theirs", OPENED),
    Difference(("nemotron3_nano",), "is_content", ("reasoning", REASONED_CALL), "theirs", OPENED),
    Difference(("minimax_m2",), "sampled_mask", (REASONED_CALL,), "theirs", OPENED),
    Difference(("minimax_m2",), "is_content", (REASONED_CALL,), "theirs", OPENED),
    Difference(("glm4_6",), "sampled_mask", (*ANSWERS, REASONED_CALL), "theirs", NEWLINE),
    Difference(("glm4_6",), "is_content", (*ANSWERS, REASONED_CALL), "theirs", NEWLINE),
    Difference(
        ("gpt_oss",),
        "sampled_mask",
        ("an answer", "emoji", "white space", CONTROL, "two turns", "tools"),
        "theirs",
        HEADER,
    ),
    Difference(
        ("gpt_oss",),
        "is_content",
        ("an answer", "emoji", "white space", CONTROL, "two turns"),
        "theirs",
        HEADER,
    ),
    Difference(
        ("gpt_oss",),
        "is_content",
        ("tools",),
        "theirs",
        "`renderers` counts the heading of the developer message, and the `#` of the tools' heading, as content.",
    ),
    Difference(
        ("gemma4",),
        "is_content",
        (REASONED_CALL,),
        "theirs",
        "`renderers` counts the quotes that the format prints around the text of a tool as content.",
    ),
    Difference(
        ("qwen3_2507",),
        "ids",
        (*ANSWERS, NULL, TEXT_ARGUMENTS, REASONED_CALL),
        "theirs",
        "`renderers` uses its Qwen3 renderer for this model too, but the template of this model has no reasoning.",
    ),
    Difference(
        ("gemma4",),
        "ids",
        ("an answer", "emoji", "white space", "a system message", "two turns", "tools", "a call", NULL),
        "theirs",
        "`renderers` prints an empty thought in every turn of the history; the template prints it in the prompt only.",
    ),
    Difference(
        ("gpt_oss",),
        "ids",
        ("a prompt",),
        "theirs",
        "The prompt of `renderers` contains `<|channel|>analysis<|message|>`; the template leaves this to the model.",
    ),
    Difference(
        ("gpt_oss",),
        "ids",
        ("a system message", "a call", NULL, TEXT_ARGUMENTS, REASONED_CALL),
        "nobody",
        "`renderers` follows OpenAI's library, which writes no empty line after instructions, and no `json` after the "
        "channel of a call. The template, also by OpenAI, writes both.",
    ),
    Difference(
        ("gpt_oss",),
        "ids",
        ("reasoning",),
        "theirs",
        "`renderers` drops the reasoning of the last answer; the template prints it.",
    ),
    Difference(
        ("glm4_6", "minimax_m2"),
        "ids",
        (NULL,),
        "theirs",
        "`renderers` prints and trains a null content as `None`. transformers drops null keys.",
    ),
    Difference(
        ("minimax_m2",),
        "ids",
        ("a prompt", "an answer", "emoji", "white space", CONTROL, "reasoning", "two turns"),
        "nobody",
        "Without a system message, `renderers` prints the one of MiniMax M2.5; this is the first revision of M2.",
    ),
    Difference(
        ("kimi_k2_6",),
        "ids",
        ("tools",),
        "nobody",
        "`renderers` writes tools as TypeScript, like the model's own Python code before it calls the template; in "
        "chatwright, that text is the option `tools_ts_str`.",
    ),
    Difference(
        ("llama3_1",),
        "ids",
        (TEXT_ARGUMENTS,),
        "theirs",
        "`renderers` parses arguments that are text; the template prints them as a JSON string.",
    ),
    Difference(
        ("qwen3_5", "deepseek_v4", "glm4_6", "minimax_m2", "nemotron3_nano", "gemma4"),
        "refusal",
        (TEXT_ARGUMENTS,),
        "theirs",
        NO_TEXT_ARGUMENTS,
    ),
    Difference(("qwen3",), "message_indices", (*WITH_SYSTEM, TEXT_ARGUMENTS), "nobody", HEAD),
    Difference(("llama3_1", "qwen3_5", "nemotron3_nano"), "message_indices", WITH_SYSTEM, "nobody", HEAD),
    Difference(
        ("minimax_m2",), "message_indices", ("a system message", "tools", "a call", REASONED_CALL), "nobody", HEAD
    ),
    Difference(("gemma4",), "message_indices", (REASONED_CALL,), "nobody", HEAD),
    Difference(("gpt_oss", "deepseek_v4"), "message_indices", ("tools",), "nobody", HEAD),
    Difference(("qwen3", "deepseek_v4"), "is_content", ("tools",), "nobody", STRADDLES),
)


def explained(format: str) -> list[tuple[str, str]]:
    """The aspects and conversations in which a format is said to differ."""
    rows = [row for row in DIFFERENCES if format in row.formats]
    return [(row.aspect, name) for row in rows for name in row.conversations]


# ---- the page ----------------------------------------------------------------------------------------------------

AROUND = 3
LONGEST = 16


def _pieces(format: str, ids: tuple[int, ...]) -> list[str]:
    return [tokenizer_of(format).decode([id]).replace("\n", "⏎") for id in ids]


def _first(row: Difference, format: str) -> str:
    """The shortest conversation that shows a difference, if possible one of which transformers tells who writes."""
    names = [name for name in CONVERSATIONS if name in row.conversations]
    if row.aspect in ("sampled_mask", "is_content"):
        return next((name for name in names if written(format, name) is not None), names[0])
    return names[0]


def _window(one: list[Any], other: list[Any]) -> tuple[int, int]:
    """Where two lists differ, with what is around, cut after LONGEST."""
    size = min(len(one), len(other))
    places = [n for n in range(size) if one[n] != other[n]] or [size]
    start = max(0, places[0] - AROUND)
    return start, min(places[-1] + AROUND + 1, start + LONGEST)


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence} {text} {fence}".replace("|", "\\|") if text.strip() else "–"


def _marked(pieces: list[str], values: list[Any], start: int, end: int) -> str:
    """Tokens with what holds of them: true ones in brackets, else runs with their number."""
    out, before = "", None
    for piece, value in zip(pieces[start:end], values[start:end], strict=True):
        if value is True or value is False:
            out += ("⟦" if value and not before else "⟧" if before and not value else "") + piece
        else:
            out += (f"  {value}: " if value != before else "") + piece
        before = value
    return out + ("⟧" if before is True else "")


def _evidence(row: Difference, format: str, name: str) -> list[str]:
    """What theirs, ours and transformers says."""
    sides = [said(side, format, name) for side in ("theirs", "ours", "transformers")]
    if row.aspect == "refusal":
        return [_code(re.sub(r" \(\w+\.chatspec:\d+\)", "", side.refusal)[:90] or "renders") for side in sides]
    if row.aspect == "ids":
        start, _ = _window(list(sides[0].ids), list(sides[1].ids))
        return [_code("·".join(_pieces(format, side.ids[start : start + LONGEST // 2]))) for side in sides]
    values = [getattr(side.tokens, row.aspect) for side in sides[:2]]
    start, end = _window(*values)
    pieces = _pieces(format, sides[1].ids)
    known = written(format, name) if row.wrong == "theirs" and row.why in (OPENED, NEWLINE, HEADER) else None
    return [_code(_marked(pieces, value, start, end)) if value else "–" for value in (*values, known)]


def lines(format: str) -> Iterator[tuple[Difference, str]]:
    """The lines of the page that are about a format. Content of the model is what it writes, so that is shown once."""
    shown = {row.why for row in DIFFERENCES if row.aspect == "sampled_mask"}
    for row in DIFFERENCES:
        if format in row.formats and not (row.aspect == "is_content" and row.why in shown):
            name = _first(row, format)
            yield row, f"| {format} | {name} | " + " | ".join(_evidence(row, format, name)) + " |"


INTRODUCTION = """\
# Compared with the `renderers` package

Code for `renderers` 0.1.12 runs on a bound chatwright renderer: it has the same methods, fields and meanings.
`tests/conformance/test_peers.py` runs that package's checks of its own renderers on ours, and compares both token by
token on {peers} formats and {conversations} conversations. This page lists every difference. The command
`python -m conformance.peer_differences` in `tests/` writes this page, and the test fails on any other difference.

The column *transformers* shows `apply_chat_template` with the model's own template. It attributes tokens by the prompt:
all tokens after the prompt, up to the stop, are the model's. A `–` means that it does not attribute tokens here. `·`
separates tokens, `⏎` is a newline, `⟦…⟧` encloses the tokens of a mask, and `0:` names the owner of the tokens that
follow. Where the sampled masks differ, `is_content` differs in the same way; the page shows this once.
"""


def page() -> str:
    """The whole page."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for format in ALL:
        for row, line in lines(format):
            found.setdefault((row.wrong, row.why, row.aspect), []).append(line)
    count = f"{len(ALL)}", f"{len(CONVERSATIONS)}"
    out = [INTRODUCTION.format(peers=count[0], conversations=count[1])]
    for wrong, title in (("theirs", "Where `renderers` is wrong"), ("nobody", "Where both choices are defensible")):
        out.append(f"## {title}\n")
        for why in dict.fromkeys(row.why for row in DIFFERENCES if row.wrong == wrong):
            for aspect in ASPECTS:
                rows = found.get((wrong, why, aspect))
                if rows:
                    out.append(f"**`{aspect}`.** {why}\n" if aspect != "refusal" else f"{why}\n")
                    out.append(
                        "| format | conversation | `renderers` | chatwright | transformers |\n|---|---|---|---|---|"
                    )
                    out.append("\n".join(rows) + "\n")
    return "\n".join(out)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
