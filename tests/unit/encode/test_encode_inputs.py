"""Encoding data sets: JSON lines, Parquet, saved data sets; every row of them is in the shards or rejected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow
import pyarrow.parquet
import pytest
from encode_jobs import TOOL, encoded, files, lines, rejects, renderer, row, rows, table, write_lines

import chatwright
from chatwright.encode import EncodeError, Settings
from chatwright.encode.arrow import values
from chatwright.encode.sources import blocks_of, files_of
from chatwright.tokens.bound import binding_of

pytestmark = pytest.mark.slow

ROWS = rows(130)
POLITE = """format polite {
  tokens = ["<|im_start|>", "<|im_end|>"]
}

option polite: bool = false

turn user { "<|im_start|>" when polite { "Dear model, " } "{content}<|im_end|>" }

turn assistant { sampled { "{content}" close "<|im_end|>" } }
"""
HELLO = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]


def ids(out: Path) -> list[Any]:
    return [(one["row"], one["input_ids"], one["labels"]) for one in lines(out)]


def of_lines(tmp_path: Path, given: list[Any]) -> list[Any]:
    """What JSON lines of some rows give."""
    out = tmp_path / "of_lines"
    encoded(write_lines(tmp_path / "of_lines.jsonl", given), out)
    return ids(out)


# ---- lines -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_shard", [1, 7, 64, 130, 1000])
@pytest.mark.parametrize("ending", ["\n", ""])
def test_blocks_of_lines_have_every_line_once(per_shard: int, ending: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    texts = [json.dumps(one, ensure_ascii=False) for one in ROWS]
    texts[40] = texts[41] = " "
    path.write_bytes(("\r\n".join(texts) + ending).encode())
    blocks = list(blocks_of(files_of(path), per_shard))
    data = path.read_bytes()
    assert b"".join(data[block.start : block.end] for block in blocks) == data
    assert [block.first for block in blocks] == list(range(0, len(ROWS), per_shard))
    assert sum(block.rows for block in blocks) == len(ROWS)
    if per_shard in (7, 1000):
        summary = encoded(path, tmp_path / "out", rows_per_shard=per_shard)
        assert (summary.rows, summary.blank, summary.rejects) == (128, 2, 0)
        assert [one["row"] for one in lines(tmp_path / "out")] == [n for n in range(130) if n not in (40, 41)]


def test_lines_longer_than_what_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatwright.encode.lines.CHUNK", 100)
    path = write_lines(tmp_path / "rows.jsonl", ROWS)
    data = path.read_bytes()
    for per_shard in (1, 3, 50):
        blocks = list(blocks_of(files_of(path), per_shard))
        assert [data[block.start : block.end].count(b"\n") for block in blocks] == [block.rows for block in blocks]
        assert b"".join(data[block.start : block.end] for block in blocks) == data


def test_an_empty_file_has_no_blocks(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(b"")
    assert list(blocks_of(files_of(tmp_path / "rows.jsonl"), 10)) == []


BAD: list[tuple[Any, str, int | None, str | None]] = [
    ("{oops", "is not JSON: expecting property name enclosed in double quotes at column 2", None, None),
    ('{"messages": [{"role": "user", "content": "\\ud800"}]}', "half of a surrogate pair", None, None),
    ('{"messages": NaN}', "NaN is not a JSON number", None, None),
    ("[" * 100_000, "nested too deeply", None, None),
    (3, "a conversation is a list of messages or an object with messages, not a number", None, None),
    ({}, "the field messages is missing", None, None),
    ({"role": "user", "content": "Hi"}, "the field messages is missing; put a single message into a list", None, None),
    ({"chat": HELLO}, "the field messages is missing; --messages chat reads that field", None, None),
    ({"messages": None}, "the field messages is missing", None, None),
    ({"messages": {}}, "messages: must be a list of messages, not an object", None, "messages"),
    ({"messages": "Hi"}, "messages: is text but not JSON; pass a list of messages", None, "messages"),
    ({"messages": []}, "there are no messages to render; give at least one", None, None),
    ({"messages": ["Hi"]}, "message 0: a message is an object with a role, not a text", 0, None),
    ({"messages": [*HELLO, {"content": "x"}]}, "message 2, role: is missing; give the message a role", 2, "role"),
    ({"messages": [{"role": "user", "content": 3}]}, "message 0, content: must be a text", 0, "content"),
    ({"messages": HELLO[:1]}, "none of its", None, None),
    (
        {"messages": HELLO, "tools": {"name": "f"}},
        "tools: must be a list of JSON schemas, not an object",
        None,
        "tools",
    ),
    ({"messages": HELLO, "tools": [3]}, "tools[0]: must be an object with a JSON schema", None, "tools[0]"),
    ({"messages": HELLO, "chat_template_kwargs": [1]}, "must be an object of options", None, "chat_template_kwargs"),
    ({"messages": HELLO, "chat_template_kwargs": {"enable_thonking": True}}, "enable_thinking", None, None),
    (
        {"messages": HELLO, "chat_template_kwargs": {"add_generation_prompt": True}},
        "add_generation_prompt is not an option",
        None,
        "chat_template_kwargs",
    ),
    ({"prompt": "Hi", "completion": "Hello"}, "prompt: is text but not JSON; pass a list of messages", None, "prompt"),
    ({"prompt": HELLO[:1]}, "the field messages is missing", None, None),
]


def test_bad_rows_are_rejected_and_say_why(tmp_path: Path) -> None:
    given = [one for bad, *_ in BAD for one in (bad, {"messages": HELLO})]
    source = write_lines(tmp_path / "rows.jsonl", given)
    summary = encoded(source, tmp_path / "out", rows_per_shard=9)
    found = rejects(tmp_path / "out")
    assert [one["row"] for one in found] == list(range(0, 2 * len(BAD), 2))
    for one, (_, says, message, field) in zip(found, BAD, strict=True):
        assert says in one["reason"]
        assert (one["source"], one["message"], one["field"], one["sample"]) == ("rows.jsonl", message, field, None)
        assert "internal error" not in one["reason"]
    assert [one["row"] for one in lines(tmp_path / "out")] == list(range(1, 2 * len(BAD), 2))
    assert (summary.rows, summary.samples, summary.rejects) == (2 * len(BAD), len(BAD), len(BAD))


def test_bytes_that_are_not_utf_8_are_one_bad_row(tmp_path: Path) -> None:
    good = json.dumps({"messages": HELLO}).encode()
    (tmp_path / "rows.jsonl").write_bytes(b"\n".join([good, good.replace(b"Hi", b"\xff"), good]))
    encoded(tmp_path / "rows.jsonl", tmp_path / "out")
    (bad,) = rejects(tmp_path / "out")
    assert (bad["row"], bad["reason"]) == (1, "is not JSON: it is not UTF-8: byte 0xff at byte 43 of the line")


def test_a_fault_of_ours_costs_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = chatwright.load("qwen3").bind(renderer().encoder)
    binding = binding_of(bound)
    real = binding.lay_out

    def faulty(messages: Any, *rest: Any) -> Any:
        if messages[0]["content"] == "3":
            raise KeyError("oops")
        return real(messages, *rest)

    monkeypatch.setattr(binding, "lay_out", faulty)
    given = [[{"role": "user", "content": str(n)}, HELLO[1]] for n in range(6)]
    encoded(write_lines(tmp_path / "rows.jsonl", given), tmp_path / "out", bound)
    (bad,) = rejects(tmp_path / "out")
    assert bad["row"] == 3 and bad["reason"].startswith("internal error: KeyError: 'oops' (test_encode_inputs.py:")
    assert [one["row"] for one in lines(tmp_path / "out")] == [0, 1, 2, 4, 5]


# ---- the fields of a row -----------------------------------------------------------------------------------------


def test_rows_are_spelled_in_several_ways(tmp_path: Path) -> None:
    one = row(5)
    spelled = [
        one,
        {**one, "messages": json.dumps(one["messages"]), "tools": json.dumps(one["tools"])},
        {"chat": one["messages"], "tools": one["tools"]},
    ]
    found = [encoded_ids(tmp_path / str(n), given, "chat" if n == 2 else "messages") for n, given in enumerate(spelled)]
    assert found[0] == found[1] == found[2]
    plain = row(4)["messages"]
    assert encoded_ids(tmp_path / "list", plain) == encoded_ids(tmp_path / "object", {"messages": plain})


def encoded_ids(folder: Path, given: Any, field: str = "messages") -> Any:
    folder.mkdir()
    encoded(write_lines(folder / "rows.jsonl", [given]), folder / "out", messages=field)
    return ids(folder / "out")


def test_options_of_a_row_go_before_those_of_the_job(tmp_path: Path) -> None:
    (tmp_path / "polite.chatspec").write_text(POLITE)
    bound = chatwright.load(tmp_path / "polite.chatspec").bind(renderer().encoder, polite=True)
    given = [{"messages": HELLO}, {"messages": HELLO, "chat_template_kwargs": {"polite": False}}]
    encoded(write_lines(tmp_path / "rows.jsonl", given), tmp_path / "out", bound)
    found = [bound.encoder.decode(one["input_ids"]) for one in lines(tmp_path / "out")]
    assert found == ["<|im_start|>Dear model, Hi<|im_end|>Hello<|im_end|>", "<|im_start|>Hi<|im_end|>Hello<|im_end|>"]


@pytest.mark.parametrize("split", [False, True])
def test_of_prompt_and_completion_the_completion_is_trained(split: bool, tmp_path: Path) -> None:
    messages = row(3)["messages"]
    given = {"prompt": messages[:-1], "completion": messages[-1:]}
    encoded(write_lines(tmp_path / "rows.jsonl", [given]), tmp_path / "out", split=split)
    (found,) = lines(tmp_path / "out")
    tokens = renderer().render(messages, view="fresh" if split else "history")
    assert found["input_ids"] == tokens.token_ids
    last = (tokens.messages == len(messages) - 1) & tokens.sampled
    assert [label != -100 for label in found["labels"]] == last.tolist()
    assert last.sum() < tokens.sampled.sum() or split


# ---- Parquet and saved data sets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("group", [10, 64, 1000])
@pytest.mark.parametrize("per_shard", [7, 40, 1000])
def test_parquet_gives_what_lines_give(group: int, per_shard: int, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path, row_group_size=group)
    summary = encoded(path, tmp_path / "out", rows_per_shard=per_shard)
    assert summary.rows == len(ROWS) and summary.rejects == 0
    assert ids(tmp_path / "out") == of_lines(tmp_path, ROWS)
    assert set(table(tmp_path / "out")["source"].to_pylist()) == {"rows.parquet"}


def test_a_large_row_group_is_divided_but_not_too_often(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"messages": ["[]"] * 5000}), path, row_group_size=5000)
    blocks = list(blocks_of(files_of(path), 10))
    assert len(blocks) == 16
    assert [block.first for block in blocks] == [block.skip for block in blocks]
    assert sum(block.rows for block in blocks) == 5000


def test_saved_data_sets_give_what_lines_give(tmp_path: Path) -> None:
    data = datasets.Dataset.from_list(ROWS)
    data.save_to_disk(tmp_path / "saved", num_shards=3)
    encoded(tmp_path / "saved", tmp_path / "out", rows_per_shard=17)
    found = [(one["source"], one["row"], one["input_ids"], one["labels"]) for one in lines(tmp_path / "out")]
    assert [tuple(one[2:]) for one in found] == [one[1:] for one in of_lines(tmp_path, ROWS)]
    sizes = [sum(one[0] == f"data-{n:05d}-of-00003.arrow" for one in found) for n in range(3)]
    assert sizes == [44, 43, 43]
    assert [one[1] for one in found] == [number for size in sizes for number in range(size)]


def test_arguments_of_any_shape_survive_a_saved_data_set(tmp_path: Path) -> None:
    """As plain columns, all rows have the fields of all; as JSON, each has its own, null among them."""

    def call(arguments: Any) -> Any:
        calls = [{"type": "function", "function": {"name": "f", "arguments": arguments}}]
        tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "x": [1, None, "a"]}}}
        messages = [HELLO[0], {"role": "assistant", "content": "", "tool_calls": calls}]
        return {"messages": messages, "tools": [tool]}

    given = [call({"a": 1}), call({"b": {"c": [1, 2]}}), call({})]
    plain = [{**one, "tools": [TOOL]} for one in given]
    datasets.Dataset.from_list(plain).save_to_disk(tmp_path / "plain")
    encoded(tmp_path / "plain", tmp_path / "out")
    assert ids(tmp_path / "out") == of_lines(tmp_path, plain)

    function = {"name": datasets.Value("string"), "arguments": datasets.Json()}
    message = {
        "role": datasets.Value("string"),
        "content": datasets.Value("string"),
        "tool_calls": datasets.List({"type": datasets.Value("string"), "function": function}),
    }
    shape = datasets.Features({"messages": datasets.List(message), "tools": datasets.List(datasets.Json())})
    given.append(call({"a": None, "d": 1.5}))
    (tmp_path / "more").mkdir()
    datasets.Dataset.from_list(given, features=shape).save_to_disk(tmp_path / "json")
    encoded(tmp_path / "json", tmp_path / "json_out")
    assert ids(tmp_path / "json_out") == of_lines(tmp_path / "more", given)


def test_values_are_those_of_arrow_without_nulls() -> None:
    given: list[Any] = [
        {"a": ["x", None, "yé"], "b": {"c": 1, "d": None}, "e": None, "f": 1.5},
        None,
        {"a": None, "b": None, "e": [[1], [], None], "f": None},
        {"a": [], "b": {"c": None, "d": True}, "e": [], "f": -2.0},
    ]
    array = pyarrow.array(given)

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: bare(inner) for name, inner in value.items() if inner is not None}
        return [bare(inner) for inner in value] if isinstance(value, list) else value

    assert values(array) == bare(given)
    assert values(array[1:3]) == bare(given[1:3])
    coded = pyarrow.array(["a", None, "a"]).dictionary_encode()
    assert values(coded) == ["a", None, "a"]
    large = pyarrow.array([["a"], None], pyarrow.large_list(pyarrow.large_string()))
    assert values(large) == [["a"], None]
    pairs = pyarrow.array([[("a", 1)], None], pyarrow.map_(pyarrow.string(), pyarrow.int32()))
    assert values(pairs) == [{"a": 1}, None]


def test_a_folder_is_read_by_the_names_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "rows" / "b").mkdir(parents=True)
    write_lines(tmp_path / "rows" / "z.jsonl", ROWS[:3])
    write_lines(tmp_path / "rows" / "b" / "a.ndjson", ROWS[3:5])
    write_lines(tmp_path / "rows" / ".hidden.jsonl", ROWS[5:6])
    (tmp_path / "rows" / "info.json").write_text("{}")
    encoded(tmp_path / "rows", tmp_path / "out")
    found = [(one["source"], one["row"]) for one in lines(tmp_path / "out")]
    assert found == [("b/a.ndjson", 0), ("b/a.ndjson", 1), *(("z.jsonl", n) for n in range(3))]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("rows.jsonl.gz", b"", "is compressed"),
        ("rows.csv", b"a,b", "ends in .csv; encode takes"),
        ("rows.json", b'[\n{"messages": []}\n]', "jq -c '.[]'"),
        ("rows.parquet", b"PAR1 no", "cannot be read: "),
        ("rows.arrow", b"none", "cannot be read: "),
        ("absent.jsonl", None, "does not exist; encode takes"),
        ("folder/readme.md", b"", "there is no .jsonl"),
        (
            "folder/dataset_dict.json",
            b'{"splits": ["train", "test"]}',
            "the splits train, test; name one, such as",
        ),
    ],
)
def test_inputs_that_are_not_taken(name: str, data: bytes | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(EncodeError) as caught:
        encoded(path.parent if "/" in name else path, tmp_path / "out")
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_of_two_kinds_is_not_taken(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", [])
    pyarrow.parquet.write_table(pyarrow.table({"a": [1]}), tmp_path / "a.parquet")
    with pytest.raises(EncodeError, match="both Parquet and JSON lines"):
        encoded(tmp_path, tmp_path / "out")


def test_parquet_without_any_column_that_is_read_rejects_its_rows(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.table({"a": [1, 2]}), tmp_path / "a.parquet")
    summary = encoded(tmp_path / "a.parquet", tmp_path / "out")
    assert (summary.rows, summary.rejects, summary.shards) == (2, 2, 0)
    assert [one["reason"] for one in rejects(tmp_path / "out")] == ["the field messages is missing"] * 2
    assert set(files(tmp_path / "out")) == {"rejects.jsonl", "summary.json"}


@pytest.mark.parametrize("name", ["max_length", "packing", "rows_per_shard"])
def test_settings_that_make_no_sense(name: str, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "rows.jsonl", ROWS[:1])
    with pytest.raises(EncodeError, match=f"{name} must be at least 1, not 0"):
        encoded(source, tmp_path / "out", **{name: 0})
    assert Settings().longest is None
