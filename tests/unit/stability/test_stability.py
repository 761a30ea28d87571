"""Stability of small specs: each kind of dependence on later messages, alone; and the command that tells of it."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cases.small import call, result, says, small

from chatwright.cli import main
from chatwright.cli.facts_shown import report
from chatwright.runtime.errors import ChatwrightError
from chatwright.spec import Spec, format_of
from chatwright.stability.verdict import Stability


def model(body: str, before: str = "", behind: str = "") -> str:
    return f'turn assistant {{ {before} "<|start|>assistant " sampled {{ {body} close "<|end|>" }} {behind} }}'


TOOL = 'turn tool { "<|start|>tool {content}<|end|>" }'
PLAIN = '"{content}"'
THINKS = 'when reasoning { "<think>{reasoning}</think>" }'


class Kind(NamedTuple):
    """A spec, the roles that may be appended to a rendering, and behind what the model wrote; a word of the line."""

    spec: tuple[str, ...]
    render: str
    sampled: str
    line: str = ""


ALL = "user tool assistant"
KINDS = {
    "nothing": Kind((TOOL, model(PLAIN)), ALL, ALL),
    "first": Kind((TOOL, model(f'when first {{ "first " }} {PLAIN}')), ALL, ALL),
    "number": Kind(
        (TOOL, model(f'"{{number}} " when index > 1 {{ "late " }} {PLAIN}'), 'turn user { "{index} {content}" }'),
        ALL,
        ALL,
    ),
    "number of results": Kind(
        (TOOL, model(PLAIN, behind='"{length(results)}"')), "user assistant", ALL, "length(results)"
    ),
    "prev": Kind((TOOL, model(f'when prev is user {{ "asked " }} {PLAIN}')), ALL, ALL),
    "last": Kind((TOOL, model(f'when last {{ "last " }}\n  {PLAIN}')), "", "", "when last"),
    "ending": Kind((TOOL, model(f'when ending {{ "ending " }}\n  {PLAIN}')), "", "", "when ending"),
    "last of others": Kind(
        (TOOL, 'turn user { "<|start|>user {content}"\n  when last { " last" } "<|end|>" }', model(PLAIN)),
        "user tool",
        "",
        "when last",
    ),
    "next": Kind(
        (TOOL, model(PLAIN, behind='\n  when next is user { "bye" }')), "tool assistant user", "tool assistant user"
    ),
    "next before text": Kind(
        (TOOL, model(f'when next is user {{ "bye " }}\n  {PLAIN}')), "tool assistant", "tool assistant", "next is user"
    ),
    "mark": Kind(
        (
            "reasoning from reasoning_content",
            "mark query = last user",
            TOOL,
            model(f"when after(query) {{\n  {THINKS} }} {PLAIN}"),
        ),
        "tool assistant",
        "tool assistant",
        "when after(query)",
    ),
    "mark with where": Kind(
        (
            "reasoning from reasoning_content",
            "mark final = last assistant where not tool_calls else start",
            TOOL,
            model(f"when tool_calls and not before(final) {{\n  {THINKS} }} {PLAIN}"),
        ),
        "user tool",
        "",
        "before(final)",
    ),
    "mark of the first": Kind(
        ("mark used = first tool", TOOL, model(f'when used {{ "used " }}\n  {PLAIN}')),
        "user assistant",
        "user assistant",
        "used",
    ),
    "mark that lies at the end": Kind(
        ("mark query = last tool else end", TOOL, model(f'when before(query) {{ "before " }}\n  {PLAIN}')),
        "",
        "",
        "before(query)",
    ),
    "equal": Kind(
        (
            "mark newest = last user",
            TOOL,
            'turn user { "<|start|>user {content}"\n  when equal(newest) { "!" } "<|end|>" }',
            model(PLAIN),
        ),
        "tool assistant",
        "tool assistant",
        "equal(newest)",
    ),
    "results": Kind(
        ("skip tool", model(PLAIN, behind='when results { each m in results { "[{m.content}]" } }')), ALL, ALL
    ),
    "results before text": Kind(
        ("skip tool", model(PLAIN, behind='when results { each m in results { "[{m.content}]" } }\n  "\\n"')),
        "user assistant",
        ALL,
        "when results",
    ),
    "taken by the head": Kind(
        ('head takes all system {\n  each m in system { "{m.content}" } }', TOOL, model(PLAIN)), ALL, ALL
    ),
    "a head that ends": Kind(
        ('head takes first system {\n  "{system.content}"\n  when ending { "." } }', TOOL, model(PLAIN)),
        "user tool",
        ALL,
        "when ending",
    ),
    "run of the model": Kind(
        (
            TOOL,
            'turn assistant+ { each message in run { sampled { "{message.content}" close "<|end|>" } }\n  "." }',
        ),
        "user tool",
        ALL,
        "each message in run",
    ),
    "run of others": Kind(
        ('turn tool+ { "<|start|>tool" each m in run { "[{m.content}]" } "<|end|>" }', model(PLAIN)), ALL, ALL
    ),
    "past": Kind(
        (
            "reasoning from reasoning_content",
            TOOL,
            model(f'fresh {{ "<think>{{reasoning}}</think>" }}\n  past {{ }} {PLAIN}'),
        ),
        ALL,
        "",
        "fresh",
    ),
    "past of the same text": Kind((TOOL, model('fresh { "{content}" } past { "{content}" }')), ALL, ALL),
    "closer": Kind(
        (
            TOOL,
            'turn assistant { "<|start|>" sampled { "{content}"\n  close "<|end|>" past when not ending "<call>" } }',
        ),
        "",
        "",
        "past when not ending",
    ),
    "closer of history": Kind(
        (TOOL, 'turn assistant { "<|start|>" sampled { "{content}"\n  close "<|end|>" past "<call>" } }'),
        ALL,
        "",
        "past",
    ),
    "closed by next": Kind(
        (
            'format small { tokens = ["<u>", "<a>", "<t>", "<s>"] }',
            'turn user { "<u>{content}" }',
            'turn tool { "<t>{content}" }',
            'turn assistant { "<a>" sampled { "{content}"\n  close by next user } }',
        ),
        ALL,
        "user assistant",
        "close by next",
    ),
    "refused behind": Kind(
        (
            'turn tool { when not prev.tool_calls { reject "no call" } "<|start|>tool {content}<|end|>" }',
            model(f'when last and not tool_calls {{ "last " }}\n  {PLAIN}'),
        ),
        "tool",
        "tool",
        "when last",
    ),
    "prompt that no history shows": Kind(
        (TOOL, model(PLAIN, behind="").replace('"<|start|>assistant "', 'fresh { "<|start|>" }\n  "a "')),
        ALL,
        "",
        "fresh",
    ),
}


def lines(spec: Spec, found: Stability) -> set[str]:
    """The lines of the spec that are said to cause a change."""
    findings = [*found.render.findings.values(), *found.sampled.findings.values()]
    changes = [change for finding in findings for change in finding.changes]
    text = format_of(spec).compiled.tree.sources[0].text.split("\n")
    assert all(text[change.cause.line - 1].strip() == change.cause.text for change in changes)
    return {change.cause.text for change in changes}


@pytest.mark.parametrize("name", KINDS)
def test_kinds(name: str) -> None:
    kind = KINDS[name]
    spec = small(*kind.spec)
    found = spec.stability()
    for roles, stable in ((found.render, kind.render), (found.sampled, kind.sampled)):
        for role in ("user", "tool", "assistant"):
            want = "stable" if role in stable.split() else "unstable"
            assert roles[role].verdict == want, (role, roles[role])
            for change in roles[role].changes:
                shown = change.witness
                assert shown is not None and not shown.after.startswith(shown.before)
                assert spec.text([*shown.messages, *shown.appended], tools=shown.tools) == shown.after
    if kind.line:
        assert any(kind.line in line for line in lines(spec, found)), lines(spec, found)
    stable = all(found.render[role].verdict == "stable" for role in ("user", "tool", "assistant"))
    assert spec.is_prefix_stable() == found.is_prefix_stable == stable


POOL = [
    {"role": "user", "content": "a"},
    result("a"),
    says("a"),
    says("", call()),
    says("a", call(), reasoning_content="b"),
]


def rendered(spec: Spec, messages: tuple[dict[str, Any], ...]) -> str | None:
    try:
        return spec.text(messages)
    except ChatwrightError:
        return None


@pytest.mark.parametrize("name", KINDS)
def test_stable_withstands_all_small_conversations(name: str) -> None:
    spec = small(*KINDS[name].spec)
    found = spec.stability()
    roles = set(found.render.stable)
    texts = {
        m: rendered(spec, tuple(POOL[i] for i in m)) for size in (1, 2, 3, 4) for m in product(range(5), repeat=size)
    }
    for whole, after in texts.items():
        for cut in range(1, len(whole)):
            before = texts[whole[:cut]]
            if before is None or after is None:
                continue
            last, more = POOL[whole[cut - 1]]["role"], [POOL[i]["role"] for i in whole[cut:]]
            if last == "assistant" and set(more) <= roles - {"assistant"}:
                assert after.startswith(before), whole
            if more == ["assistant"] and "assistant" in roles:
                assert after.startswith(before), whole


def test_a_head_that_takes_all_moves_text() -> None:
    found = small(*KINDS["taken by the head"].spec).stability()
    for roles in (found.render, found.sampled):
        change = roles["system"].changes[0]
        assert roles["system"].verdict == "unstable" and change.cause.text.startswith("each m in system")
        assert change.witness is not None and change.witness.message == 0


def test_options_decide() -> None:
    spec = small("option keep: bool = false", TOOL, model(f'when last or keep {{ "last " }} {PLAIN}'))
    assert not spec.is_prefix_stable() and spec.is_prefix_stable(keep=True)
    off, on = spec.stability_table()
    assert off.asked == {"keep": False} and not off.render.stable
    assert on.asked == {"keep": True} and on.render.stable == ("user", "tool", "assistant")


def test_an_option_with_many_values_is_left_open() -> None:
    spec = small("option word: text", TOOL, model(f'when last and word is given {{ "{{word}} " }} {PLAIN}'))
    assert not spec.is_prefix_stable() and not spec.is_prefix_stable(word="x")
    assert spec.stability().render.stable and not spec.stability(word="x").render.stable


def test_roles_that_are_stable_alone_need_not_be_together() -> None:
    spec = small(
        "mark used = last tool",
        TOOL,
        model(f'when next is user and before(used) {{ "both " }} {PLAIN}'),
    )
    found = spec.stability()
    assert found.render["user"].verdict == "stable"
    change = found.render["tool"].changes[0]
    assert found.render["tool"].verdict == "unstable" and change.witness is not None
    assert [message["role"] for message in change.witness.appended] == ["user", "tool"]


def test_a_role_that_is_refused() -> None:
    found = small(TOOL, 'turn system { reject "no" }', model(PLAIN)).stability()
    assert found.render["system"].verdict == found.sampled["system"].verdict == "refused"
    assert "system" not in found.render.stable


def test_what_is_not_shown_is_not_called_unstable() -> None:
    """The texts differ for no conversation, which is more than the proof can see."""
    body = 'when last { "{content | strip}" } else { "{content | strip | strip}" }'
    found = small(TOOL, model(body)).stability()
    assert found.render["user"].verdict == "unproven"
    change = found.render["user"].changes[0]
    assert change.witness is None and "when last" in change.cause.text


def test_facts_are_shown(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    spec = tmp_path / "mine.chatspec"
    spec.write_text(
        'format mine {\n  tokens = ["<|a|>", "<|b|>"]\n}\n\ndeviation odd "It is odd."\n\n'
        'option keep: bool = false\n\nturn user { "<|a|>{content}<|b|>" }\n\n'
        'turn assistant {\n  "<|a|>"\n  sampled {\n    when last or keep { "!" }\n    "{content}"\n'
        '    close "<|b|>"\n  }\n}\n',
        encoding="utf-8",
    )
    assert main(["facts", str(spec)]) == 0
    shown = capfd.readouterr().out
    for piece in (
        "'<|a|>'",
        "'<|b|>'",
        "keep=false",
        "keep=true",
        "unstable",
        "mine.chatspec:14",
        "It is odd.",
        "when last or",
    ):
        assert piece in shown
    assert main(["facts", str(spec), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["prompts"] == [{"behind": ["user"], "options": {}, "text": "<|a|>"}]
    assert [loss["text"] for loss in told["lossy"]] == [
        "The format does not write reasoning.",
        "The format does not write calls.",
    ]
    assert told["dropped"] == [] and told["portability"] == [] and told["response_template"] == []
    assert told["stops"] == ["<|b|>"] and told["deviations"] == {"odd": "It is odd."}
    assert told["reads"] == {"user": ["content"], "assistant": ["content"]}
    assert [row["is_prefix_stable"] for row in told["stability"]] == [False, True]
    assert told["stability"][0]["render"]["findings"]["user"]["changes"][0]["cause"]["line"] == 14


@pytest.mark.slow
def test_facts_tell_what_is_dropped_lost_and_asked_of_engines() -> None:
    qwen3 = report("qwen3")
    assert {(drop.role, drop.fields) for drop in qwen3.dropped} == {("user", ("reasoning",))}
    assert "The ids of calls are not written." in [loss.text for loss in qwen3.lossy]
    assert {loss.spec for loss in qwen3.lossy} == {"qwen3.chatspec", None}
    assert {demand.what for demand in qwen3.portability} >= {"tojson", "strip", "lstrip"}
    assert report("qwen3_2507").dropped == ()
    assert {drop.options.get("preserve_thinking") for drop in report("kimi_k2_6").dropped} == {False}
    assert "tojson(separators)" in {demand.what for demand in report("kimi_k2_6").portability}
    assert "strftime_now" in {demand.what for demand in report("gpt_oss").portability}
    assert report("qwen3_5").response_template[0].startswith("Arguments are read as texts")
