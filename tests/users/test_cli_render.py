"""The command line: render, as text, as segments and as the transcript of who wrote what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import CHAT, HELLO, OWN, Run
from conformance.formats import FIRST

import chatwright
from chatwright.cli import transcript
from chatwright.runtime.rendered import Segment
from chatwright.runtime.view import VIEWS


def test_render_prints_the_text_exactly(run: Run) -> None:
    chat = json.loads(CHAT.read_text(encoding="utf-8"))
    for name in [fmt.name for fmt in FIRST]:
        wanted = chatwright.load(name).text(chat["messages"], tools=chat["tools"], add_generation_prompt=True)
        given = run("render", name, CHAT, "-g")
        if "current_date" not in chatwright.load(name).options:
            assert given == (0, wanted, "")


@pytest.mark.parametrize("words", [(), ("-",)])
def test_render_reads_standard_input(run: Run, words: tuple[str, ...]) -> None:
    wanted = chatwright.load("qwen3").text(HELLO)
    assert run("render", "qwen3", *words, stdin=json.dumps(HELLO)) == (0, wanted, "")
    assert run("render", "qwen3", *words, stdin=b"\xef\xbb\xbf" + json.dumps(HELLO).encode()) == (0, wanted, "")


def test_render_takes_options_of_every_type(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "types.chatspec"
    spec.write_text(
        "format types {\n}\n\noption a: bool = false\n\noption b: int = 1\n\noption c: text\n\n"
        "option d: low | high = low\n\noption e: list of x | y\n\noption f: date\n\n"
        'turn user { "{a}/{b}/{c}/{d}/{f}/" each k in e { "{k}," } "{content}" }\n',
        encoding="utf-8",
    )
    words = ["a=true", "b=-7", "c=x=1 ü", "d=high", 'e=["y","x"]', "f=2026-03-12"]
    options = [part for word in words for part in ("--option", word)]
    ran = run("render", spec, *options, stdin='[{"role": "user", "content": "!"}]')
    assert ran == (0, "True/-7/x=1 ü/high/2026-03-12/y,x,!", "")


def test_the_command_line_wins_over_the_file(run: Run, tmp_path: Path) -> None:
    spec = chatwright.load("qwen3")
    tools = json.loads(CHAT.read_text(encoding="utf-8"))["tools"]
    file = tmp_path / "tools.json"
    file.write_text(json.dumps(tools[:1]), encoding="utf-8")
    given = {"messages": HELLO, "tools": tools, "add_generation_prompt": True, "enable_thinking": False}
    stdin = json.dumps(given)
    own = spec.text(HELLO, tools=tools, add_generation_prompt=True, enable_thinking=False)
    assert run("render", "qwen3", stdin=stdin).out == own
    words = ["--tools", file, "--no-generation-prompt", "--option", "enable_thinking=true"]
    assert run("render", "qwen3", *words, stdin=stdin).out == spec.text(HELLO, tools=tools[:1])
    words = ["--tools", CHAT]  # an object that holds tools
    assert run("render", "qwen3", *words, stdin=json.dumps(HELLO)).out == spec.text(HELLO, tools=tools)


def test_render_of_json_lines_prints_json_lines(run: Run, tmp_path: Path) -> None:
    spec = chatwright.load("qwen3")
    one, two = HELLO, {"messages": HELLO[:1], "add_generation_prompt": True}
    texts = [spec.text(HELLO), spec.text(HELLO[:1], add_generation_prompt=True)]
    lines = f"{json.dumps(one)}\n\n{json.dumps(two)}\n"
    path = tmp_path / "chats.jsonl"
    path.write_text(lines, encoding="utf-8")
    for ran in (run("render", "qwen3", path), run("render", "qwen3", stdin=lines)):
        assert ran.status == 0 and [json.loads(line)["text"] for line in ran.out.splitlines()] == texts
    ran = run("render", "qwen3", path, "--json")
    assert ["".join(s["text"] for s in json.loads(line)) for line in ran.out.splitlines()] == texts
    path.write_text(f"{json.dumps(one)}\n", encoding="utf-8")
    assert json.loads(run("render", "qwen3", path).out) == {"text": texts[0]}


def test_segments_are_those_of_the_spec(run: Run) -> None:
    chat = json.loads(CHAT.read_text(encoding="utf-8"))
    wanted = chatwright.load("qwen3").segments(chat["messages"], tools=chat["tools"])
    ran = run("render", "qwen3", CHAT, "--json")
    assert ran.status == 0 and [Segment(**entry) for entry in json.loads(ran.out)] == wanted
    assert len(ran.out.splitlines()) == len(wanted) + 2


THOUGHT = [
    {"role": "user", "content": "2 + 2?"},
    {"role": "assistant", "reasoning_content": "Four.", "content": "4"},
    {"role": "user", "content": "Sure?"},
    {"role": "assistant", "reasoning_content": "Yes.", "content": "Yes"},
]


def test_the_view_of_training_keeps_what_was_thought(run: Run) -> None:
    spec = chatwright.load("qwen3")
    for view in VIEWS:
        ran = run("render", "qwen3", "--view", view, stdin=json.dumps(THOUGHT))
        assert ran == (0, spec.text(THOUGHT, view=view), "")
        ran = run("render", "qwen3", "--view", view, "--json", stdin=json.dumps(THOUGHT))
        assert [Segment(**entry) for entry in json.loads(ran.out)] == spec.segments(THOUGHT, view=view)
    assert "Four." in spec.text(THOUGHT, view="training") and "Four." not in spec.text(THOUGHT)


MASK = """\
0 user      wrap      ┆ <|im_start|>user↵
            content   │ ·two··→sp\\x1baces·↵
                      │ \\xa0\\u200b
            wrap      ┆ <|im_end|>↵
1 assistant wrap      ┆ <|im_start|>assistant↵
            wrap      ┇ <think>↵
            reasoning ┃ words that do not fit in so little room, and\x20
                      ┃ so they go on below, as\x20
                      ┃ 東京東京東京東京東京東京東京東京東京東京東京
                      ┃ 東京東京東京東京東京東京東京東京東京東京東京
            wrap      ┇ ↵
                      ┇ </think>↵
            content   ┃ 42
            closer    █ <|im_end|>
            wrap      ┆ ↵
— assistant prompt    ┆ <|im_start|>assistant↵

given    ┆ scaffold 73   │ body 18    ░ closer 0     91 characters
sampled  ┇ scaffold 18   ┃ body 115   █ closer 10   143 characters
         ↵ newline   → tab   · space   — of no message
"""


def test_mask_shows_who_wrote_what_without_colours(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    thought = "words that do not fit in so little room, and so they go on below, as " + "東京" * 22
    messages = [
        {"role": "user", "content": " two  \tsp\x1baces \n\xa0\u200b"},
        {"role": "assistant", "reasoning_content": thought, "content": "42"},
    ]
    ran = run("render", OWN, "--show", "mask", "-g", stdin=json.dumps(messages))
    assert ran.status == 0 and "\x1b" not in ran.out
    assert ran.out == MASK


def test_mask_has_colours_unless_they_are_not_wanted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    words = ["render", OWN, "--show", "mask"]
    coloured = run(*words, stdin=json.dumps(HELLO)).out
    for code in ("90", "36", "32", "1;32", "1;35"):
        assert f"\x1b[{code}m" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    plain = run(*words, stdin=json.dumps(HELLO)).out
    assert not any(f"\x1b[{code}m" in plain for code in ("90", "36", "32", "1;32", "1;35"))
    assert "Hoi 🧀" in plain


def test_the_mask_loses_no_text() -> None:
    chat = json.loads(CHAT.read_text(encoding="utf-8"))
    for name in [fmt.name for fmt in FIRST]:
        segments = chatwright.load(name).segments(chat["messages"], tools=chat["tools"])
        shown = "".join(transcript.visible_lines("".join(s.text for s in segments), 40))
        wanted = "".join(s.text for s in segments).replace("\n", "↵")
        assert shown.replace("·", " ") == wanted
        pieces = transcript.pieces(segments)
        assert "".join(piece.text for piece in pieces) == "".join(s.text for s in segments)
        assert {(p.kind, p.sampled) for p in pieces} == {
            (transcript.kind_of(s.part, s.body), s.sampled) for s in segments
        }


def test_masks_of_json_lines_stand_under_their_lines(run: Run) -> None:
    lines = f"{json.dumps(HELLO)}\n{json.dumps(HELLO)}\n"
    ran = run("render", OWN, "--show", "mask", stdin=lines)
    assert ran.out.startswith("standard input, line 1\n\n0 user") and "\n\nstandard input, line 2\n\n0 user" in ran.out
    assert ran.out.count("given  ") == 1


def test_a_role_cannot_reach_into_the_terminal(run: Run) -> None:
    ran = run("render", "qwen2_5", "--show", "mask", stdin='[{"role": "user", "content": "\\u001b[2J\\r\\u0007"}]')
    assert ran.status == 0 and "\\x1b[2J\\r\\x07" in ran.out and not {"\x1b", "\r", "\x07"} & set(ran.out)
