"""Calls that no control token opens: read where they fit as a whole, and else content to the last byte."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from transformers.utils.chat_parsing import parse_response
from transformers.utils.chat_parsing.response_templates import load_response_template

import chatwright
from chatwright.completion.losses import lossy
from chatwright.completion.message import ParsedResponse
from chatwright.spec import format_of
from chatwright.verify.case import Case
from chatwright.verify.originals import Original
from chatwright.verify.reading import Readings
from chatwright.verify.run import Plan, verify

RECORD = "json { name: call.name, arguments: call.arguments }"
LIST = f'"[" each call in tool_calls sep ", " {{ {RECORD} }} "]"'
#: What the model's turn samples before its closer.
FORMATS = {
    "list": f'when tool_calls {{ {LIST} }} else {{ "{{content}}" }}',
    "words": f'when tool_calls {{ "CALLS: [" each call in tool_calls sep "; " {{ {RECORD} }} "] END" }}'
    ' else { "{content}" }',
    "records": f'when tool_calls {{ each call in tool_calls sep "\\n" {{ {RECORD} }} }} else {{ "{{content}}" }}',
    "close": f'when tool_calls {{ each call in tool_calls {{ {RECORD} }} }} else {{ "{{content}}" }}',
    "brackets": f'when tool_calls {{ each call in tool_calls {{ "[" {RECORD} "]" }} }} else {{ "{{content}}" }}',
    "python": 'when tool_calls { each call in tool_calls sep "\\n" { "{call.name}({call.arguments | json})" } }'
    ' else { "{content}" }',
    "behind": f'"{{content}}" when tool_calls {{ "\\n" {LIST} }}',
    "joined": f'"{{content}}" when tool_calls {{ {LIST} }}',
    "before": f'when tool_calls {{ {LIST} "\\n" }} "{{content}}"',
    "unasked": f'"Answer: " each call in tool_calls sep ", " {{ {RECORD} }} "." ',
    "empty": f'when tool_calls {{ {LIST} }} else when content {{ "{{content}}" }} else {{ "[]\\n" }}',
}
CALL = '{"name": "f", "arguments": {"a": "]; , {"}}'
OTHER = '{"name": "g", "arguments": {"b": [{"name": "f", "arguments": {}}]}}'
F: tuple[str, Any] = ("f", {"a": "]; , {"})
G: tuple[str, Any] = ("g", {"b": [{"name": "f", "arguments": {}}]})
# format, completion, content, calls
READ: list[tuple[str, str, str, list[tuple[str, Any]]]] = [
    ("list", f"[{CALL}]", "", [F]),
    ("list", f"[{CALL}, {OTHER}, {CALL}]", "", [F, G, F]),
    ("list", f"\n[\n {CALL},{OTHER}\n]\n", "", [F, G]),
    ("list", '[{"arguments": {}, "name": "f"}]', "", [("f", {})]),
    ("words", f"CALLS: [{CALL}; {OTHER}] END", "", [F, G]),
    ("records", CALL, "", [F]),
    ("records", f"{CALL}\n{OTHER}", "", [F, G]),
    ("close", f"{CALL}{OTHER}", "", [F, G]),
    ("brackets", f"[{CALL}][{OTHER}]", "", [F, G]),
    ("python", 'f({"a": ")"})\ng({})', "", [("f", {"a": ")"}), ("g", {})]),
    ("behind", f"Hi.\n[{CALL}, {OTHER}]", "Hi.", [F, G]),
    ("behind", f"[1] and [2]\n[{CALL}]", "[1] and [2]", [F]),
    ("behind", f"\n[{CALL}]", "", [F]),
    ("joined", f"Hi [{CALL}]", "Hi ", [F]),
    ("joined", f'[{{"name": [{CALL}]', '[{"name": ', [F]),
    ("before", f"[{CALL}, {OTHER}]\nHi [1].", "Hi [1].", [F, G]),
    ("before", f"[{CALL}]\n", "", [F]),
    ("empty", f"[{CALL}]", "", [F]),
    ("unasked", f"Answer: {CALL}, {OTHER}.", "", [F, G]),
]
TEXTS = [
    "[1] is a footnote.",
    "[",
    "[]",
    "[] a",
    "[{",
    '[{"name"',
    '[{"name": "f"',
    '[{"name": "f", "arguments": 3}]',
    '[{"name": 3, "arguments": {}}]',
    '[{"name": "", "arguments": {}}]',
    '[{"name": "f", "arguments": {}, "more": 1}]',
    f"[{CALL}",
    f"[{CALL}, ",
    f"[{CALL} {OTHER}]",
    f"[{CALL}, 3]",
    f"[{CALL}, [{CALL}]]",
    f"[{CALL}] is how I would call it.",
    f"{CALL} is how I would call it.",
    "CALLS: [none] END",
    "CALL",
    "f(x) is a function, f({}) a call.",
    "{",
    "{}",
    "[[[[{{{{",
    "a\n[b",
    "é [",
]


def spec_of(folder: Path, name: str) -> chatwright.Spec:
    path = folder / f"{name}.chatspec"
    path.write_text(
        f'format {name} {{ tokens = ["<|a|>", "<|u|>", "<|end|>"] }}\n'
        f'turn assistant {{ "<|a|>" sampled {{ {FORMATS[name]} close "<|end|>" }} }}\n'
        'turn user { "<|u|>{content}<|end|>" }\n',
        "utf-8",
    )
    return chatwright.load(path)


def readings(spec: chatwright.Spec, text: str) -> list[ParsedResponse]:
    """What is read of a text with and without the stop: at once, by single characters, and in two at every place."""
    parser = spec.parser()
    out = []
    for stop in ("<|end|>", ""):
        whole = text + stop
        out.append(parser.parse(whole))
        pieces = [list(whole), *([whole[:n], whole[n:]] for n in range(0, len(whole), 3))]
        for several in pieces:
            stream = parser.stream()
            told = [event for piece in several for event in stream.feed(piece)]
            told += stream.close()
            out.append(stream.finish())
            deltas = "".join(event.text for event in told if type(event).__name__ == "ContentDelta")
            assert deltas == out[-1].content
    return out


@pytest.mark.parametrize(("name", "text", "content", "calls"), READ)
def test_what_fits_as_a_whole_is_calls(
    tmp_path: Path, name: str, text: str, content: str, calls: list[tuple[str, Any]]
) -> None:
    for found in readings(spec_of(tmp_path, name), text):
        assert (found.content, [(c.name, c.arguments) for c in found.tool_calls]) == (content, calls)
        assert all(c.raw in text and c.status == "ok" for c in found.tool_calls)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "unasked"])
def test_everything_else_is_content_to_the_last_byte(tmp_path: Path, name: str) -> None:
    spec = spec_of(tmp_path, name)
    for text in TEXTS:
        for whole in (text, f"x {text}", f"{text}\nx"):
            for found in readings(spec, whole):
                if found.tool_calls:
                    back = spec.text([{"role": "user", "content": "?"}, found.message()])
                    assert back.endswith(f"<|a|>{whole}<|end|>"), (name, whole, found)
                else:
                    assert (found.content, found.rest) == (whole, ""), (name, whole)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "unasked"])
def test_what_is_printed_is_read_back(tmp_path: Path, name: str) -> None:
    reading = Readings(spec_of(tmp_path, name), {})
    calls = [{"type": "function", "function": {"name": n, "arguments": a}} for n, a in (F, G, F)]
    for content in ("", "Hi [1]", '{"a": 1}', "[]", "f(x)"):
        for some in (calls, calls[:1], None):
            last = {"role": "assistant", "content": content, **({"tool_calls": some} if some else {})}
            assert reading.fault(Case([{"role": "user", "content": "?"}, last])) is None


def test_a_text_is_given_back_as_soon_as_it_cannot_be_calls(tmp_path: Path) -> None:
    stream = spec_of(tmp_path, "list").parser().stream()
    assert stream.feed("[") == []
    told = stream.feed("1] is")
    assert "".join(event.text for event in told) == "[1] is"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "unasked"])
def test_the_response_template_reads_calls_or_says_that_it_does_not(tmp_path: Path, name: str) -> None:
    spec = spec_of(tmp_path, name)
    template = load_response_template(spec.response_template())
    said = " ".join(spec.response_notes)
    for case, text, content, calls in READ:
        if (
            case == name
            and not text[:1].isspace()
            and (len(calls) == 1 or "More than one call is an error" not in said)
        ):
            try:
                found = parse_response(text + "<|end|>", template, prefix="<|a|>")
            except ValueError:
                assert text.count("[{") > 1 and "begins like a call but is not one is an error" in said
                continue
            read = [(c["function"]["name"], c["function"]["arguments"]) for c in found.get("tool_calls", [])]
            if read or name in ("list", "empty"):
                assert (found.get("content", ""), read) == (content, calls), text
            else:
                assert "stay in the content" in said, (text, found)
    text = "[1] is a footnote."
    assert parse_response(text + "<|end|>", template, prefix="<|a|>")["content"] == text


@pytest.mark.slow
def test_verify_tells_what_is_not_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of(tmp_path, "list")
    original = Original("theirs", spec.jinja())
    assert [note for note in verify(spec, original, Plan(examples=0)).notes if note.about == "reading"] == []
    monkeypatch.setattr("chatwright.completion.call_texts.CallReader.bare", lambda *_: None)
    found = verify(spec, original, Plan(examples=0))
    (note,) = [note for note in found.notes if note.about == "reading"]
    assert not found.same and not found.differences
    assert note.text.startswith(
        "the parser does not return the model's last message in "
        '[{"role": "user"}, {"role": "assistant", "tool_calls": [{'
    )
    assert "calls [], not [('" in note.text and len(note.text) < 500


def test_that_calls_are_told_by_their_text_is_told(tmp_path: Path) -> None:
    kinds = {
        name: {loss.kind for loss in lossy(format_of(spec_of(tmp_path, name)).compiled.program)} for name in FORMATS
    }
    assert all("content-as-calls" in found for found in kinds.values())
    assert "content-as-calls" not in {loss.kind for loss in lossy(format_of(chatwright.load("qwen3")).compiled.program)}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["list", "behind", "records", "python"])
@pytest.mark.parametrize(
    "unit", ["[", "{", f"[{CALL}, ", f"{CALL}\n", '[{"name": "', '[{"name": "f", "arguments": {"a": ', "\n[", "f({}) "]
)
def test_the_cost_is_linear(tmp_path: Path, name: str, unit: str) -> None:
    """Sixteen times the text may cost at most fifty times the time: a square would cost 256 times."""
    parser = spec_of(tmp_path, name).parser()

    def taken(count: int) -> float:
        start = time.process_time()
        parser.parse(unit * count)
        return time.process_time() - start

    small, large = (min(taken(count) for _ in range(3)) for count in (1_000, 16_000))
    assert large < 50 * max(small, 0.0005)
