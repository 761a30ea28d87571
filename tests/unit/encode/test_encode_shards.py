"""Encoding data sets: what stands in shards is what the renderer says, token for token, run for run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from conformance.real_tokenizers import encoder
from encode_jobs import encoded, lines, rejects, renderer, row, rows, table, write_lines

import chatwright
from chatwright.encode import EncodeError, runs_of_row
from chatwright.encode.packing import packed
from chatwright.tokens import masks
from chatwright.tokens.samples import Sample
from chatwright.tokens.selecting import MaskError, selector_of

pytestmark = pytest.mark.slow

ROWS = rows(300)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lines(tmp_path_factory.mktemp("rows") / "rows.jsonl", ROWS)


def wanted(given: dict[str, Any], bound: Any, select: Any = None) -> Sample:
    return chatwright.sample(bound, given["messages"], tools=given.get("tools"), select=select)


def same(found: dict[str, Any], sample: Sample, metadata: dict[bytes, bytes]) -> None:
    assert found["input_ids"] == sample.token_ids
    assert found["labels"] == sample.labels().tolist()
    assert runs_of_row(found, metadata) == sample.runs()


@pytest.mark.parametrize(
    ("name", "tokenization"),
    [
        ("qwen3", "whole"),
        ("qwen3", "as_sampled"),
        ("llama3_1", "whole"),
        ("gpt_oss", "whole"),
        ("mistral_v0_3", "whole"),
    ],
)
def test_rows_are_samples(name: str, tokenization: str, source: Path, tmp_path: Path) -> None:
    """With the models' own tokenizers, also where the first token of a text is not declared."""
    bound = chatwright.load(name).bind(encoder(name), tokenization=tokenization)
    summary = encoded(source, tmp_path / "out", bound, rows_per_shard=120)
    metadata = pyarrow.parquet.read_schema(tmp_path / "out" / "data" / "shard-000000.parquet").metadata
    bad = {one["row"] for one in rejects(tmp_path / "out")}
    good = [number for number in range(len(ROWS)) if number not in bad]
    found = lines(tmp_path / "out")
    assert [one["row"] for one in found] == good
    assert len(good) > 200
    for one in found:
        same(one, wanted(ROWS[one["row"]], bound), metadata)
    for number in bad:
        with pytest.raises(chatwright.ChatwrightError):
            wanted(ROWS[number], bound)
    assert (summary.rows, summary.samples, summary.rejects) == (300, len(good), len(bad))
    assert summary.tokens == sum(len(one["input_ids"]) for one in found)
    assert summary.trained == sum(label != -100 for one in found for label in one["labels"])


SELECTORS = [
    "sampled() & ~part('reasoning')",
    "sampled() | content() & role('tool')",
    "sampled() & last_turn() | closers('last')",
    "content() & role('user', 'system')",
    "everything() * 1",
    "messages(0, -1) & ~empty_reasoning()",
]


@pytest.mark.parametrize("text", SELECTORS)
def test_masks_select_what_they_select(text: str, source: Path, tmp_path: Path) -> None:
    select = selector_of(text)
    encoded(source, tmp_path / "out", select=select, weights=True)
    bad = {one["row"] for one in rejects(tmp_path / "out")}
    found = lines(tmp_path / "out")
    assert len(found) + len(bad) == len(ROWS) and found
    for one in found:
        sample = wanted(ROWS[one["row"]], renderer(), select)
        assert one["weights"] == sample.weights.tolist()
        assert one["labels"] == sample.labels().tolist()
    for number in bad:
        with pytest.raises(chatwright.NothingTrained):
            wanted(ROWS[number], renderer(), select)


def test_weights_of_messages(tmp_path: Path) -> None:
    given = [row(number) for number in range(12)]
    for number, one in enumerate(given):
        one["messages"][-1]["weight"] = 0.5 if number % 2 else 1
    given[7]["messages"][-1]["weight"] = "much"
    source = write_lines(tmp_path / "rows.jsonl", given)
    select = selector_of("sampled() * by_message()")
    encoded(source, tmp_path / "out", select=select, weights=True)
    found = lines(tmp_path / "out")
    assert [one["row"] for one in found] == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]
    for one in found:
        assert one["weights"] == wanted(given[one["row"]], renderer(), select).weights.tolist()
    (bad,) = rejects(tmp_path / "out")
    last = len(given[7]["messages"]) - 1
    assert (bad["row"], bad["message"], bad["field"]) == (7, last, "weight")
    assert bad["reason"] == f"message {last}, weight: must be a number or a truth value, not 'much'"
    with pytest.raises(EncodeError, match=r"row 1 of rows.jsonl has a token of weight 0\.5, .*--weights"):
        encoded(source, tmp_path / "labels", select=select)


@pytest.mark.parametrize(("overflow", "side"), [("cut-end", "right"), ("cut-start", "left")])
def test_long_samples_are_cut(overflow: str, side: Any, source: Path, tmp_path: Path) -> None:
    summary = encoded(source, tmp_path / "out", max_length=150, overflow=overflow)
    metadata = pyarrow.parquet.read_schema(tmp_path / "out" / "data" / "shard-000000.parquet").metadata
    found = {one["row"]: one for one in lines(tmp_path / "out")}
    bad = {one["row"]: one for one in rejects(tmp_path / "out")}
    cut = 0
    for number, given in enumerate(ROWS):
        sample = wanted(given, renderer())
        short = sample.truncated(150, side)
        if not short.trained:
            assert "none of its 150 tokens is trained" in bad[number]["reason"]
            continue
        cut += len(short) < len(sample)
        same(found[number], short, metadata)
    assert summary.cut == cut > 50


def test_long_samples_are_rejected_unless_told_otherwise(source: Path, tmp_path: Path) -> None:
    encoded(source, tmp_path / "out", max_length=150)
    lengths = [len(wanted(given, renderer())) for given in ROWS]
    assert [one["row"] for one in lines(tmp_path / "out")] == [n for n, length in enumerate(lengths) if length <= 150]
    bad = rejects(tmp_path / "out")
    assert [one["row"] for one in bad] == [n for n, length in enumerate(lengths) if length > 150]
    assert bad[0]["reason"] == (
        f"it has {lengths[bad[0]['row']]} tokens, and 150 are allowed; --overflow cut-end or cut-start would cut it"
    )


def test_split_gives_each_turn_as_it_was_written(source: Path, tmp_path: Path) -> None:
    """Qwen3 drops the thoughts of earlier turns: a conversation of four turns gives more than one sample."""
    bound = renderer()
    summary = encoded(source, tmp_path / "out", bound, split=True)
    metadata = pyarrow.parquet.read_schema(tmp_path / "out" / "data" / "shard-000000.parquet").metadata
    found = lines(tmp_path / "out")
    at = 0
    for number, given in enumerate(ROWS):
        for index, sample in enumerate(chatwright.split(bound, given["messages"], tools=given.get("tools"))):
            assert (found[at]["row"], found[at]["sample"]) == (number, index)
            same(found[at], sample, metadata)
            at += 1
    assert at == len(found) == summary.samples > 1.5 * len(ROWS)


@pytest.mark.parametrize("select", [None, masks.sampled() & masks.last_turn()])
def test_the_training_view_shows_turns_as_they_were_written(select: Any, source: Path, tmp_path: Path) -> None:
    """In one text: the ids and the mask that the training template gives."""
    encoded(source, tmp_path / "out", view="training", select=select)
    metadata = pyarrow.parquet.read_schema(tmp_path / "out" / "data" / "shard-000000.parquet").metadata
    found = lines(tmp_path / "out")
    assert len(found) == len(ROWS)
    for one, given in zip(found, ROWS, strict=True):
        tools = given.get("tools")
        same(
            one, chatwright.sample(renderer(), given["messages"], tools=tools, select=select, view="training"), metadata
        )
    assert sum(len(one["input_ids"]) for one in found) > sum(len(wanted(given, renderer())) for given in ROWS)


def test_split_needs_no_view(source: Path, tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match="split shows each turn as the model wrote it and excludes view"):
        encoded(source, tmp_path / "out", split=True, view="training")


def test_a_turn_that_is_too_long_takes_no_other_with_it(source: Path, tmp_path: Path) -> None:
    encoded(source, tmp_path / "out", split=True, max_length=200)
    kept = {(one["row"], one["sample"]) for one in lines(tmp_path / "out")}
    bad = {(one["row"], one["sample"]) for one in rejects(tmp_path / "out")}
    every = {
        (number, index)
        for number, given in enumerate(ROWS)
        for index, _ in enumerate(chatwright.split(renderer(), given["messages"], tools=given.get("tools")))
    }
    assert kept | bad == every and not kept & bad
    assert {row for row, _ in kept} & {row for row, _ in bad}


# ---- packing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", [False, True])
def test_packed_rows_hold_every_sample_once(split: bool, source: Path, tmp_path: Path) -> None:
    encoded(source, tmp_path / "plain", split=split, weights=True)
    summary = encoded(source, tmp_path / "out", packing=2048, split=split, weights=True)
    plain = {(one["row"], one["sample"]): one for one in lines(tmp_path / "plain")}
    schema = pyarrow.parquet.read_schema(tmp_path / "out" / "data" / "shard-000000.parquet").metadata
    own = pyarrow.parquet.read_schema(tmp_path / "plain" / "data" / "shard-000000.parquet").metadata
    seen = []
    for line in lines(tmp_path / "out"):
        size = len(line["input_ids"])
        assert size == sum(line["seq_lengths"]) == len(line["labels"]) == len(line["position_ids"]) <= 2048
        runs, at = runs_of_row(line, schema), 0
        for place, length in enumerate(line["seq_lengths"]):
            key = (line["rows"][place], line["samples"][place])
            one = plain[key]
            seen.append(key)
            assert line["sources"][place] == "rows.jsonl"
            for column in ("input_ids", "labels", "weights"):
                assert line[column][at : at + length] == one[column]
            assert line["position_ids"][at : at + length] == list(range(length))
            assert line["message_roles"][place] == one["message_roles"]
            inside = [run for run in runs if at <= run.start < at + length]
            moved = [(run.start - at, run.end - at, run.message, run.role, run.part, run.line) for run in inside]
            assert moved == [(r.start, r.end, r.message, r.role, r.part, r.line) for r in runs_of_row(one, own)]
            at += length
    assert sorted(seen) == sorted(plain)
    assert summary.lines == table(tmp_path / "out").num_rows
    assert summary.filled is not None and summary.filled > 0.9


def test_packing_is_best_fit() -> None:
    assert packed([], 10) == []
    assert packed([10, 5, 5, 9, 1], 10) == [[0], [1, 2], [3, 4]]
    assert packed([3, 3, 3, 7], 10) == [[0, 3], [1, 2]]
    choice = np.random.default_rng(0)
    for _ in range(50):
        lengths = choice.integers(1, 65, 200).tolist()
        found = packed(lengths, 64)
        assert sorted(index for row in found for index in row) == list(range(200))
        assert all(sum(lengths[index] for index in row) <= 64 for row in found)
        assert found == sorted(found) and all(row == sorted(row) for row in found)
        # No two rows could be one: each sample went where there was room for it.
        sums = sorted(sum(lengths[index] for index in row) for row in found)
        assert len(sums) < 2 or sums[0] + sums[1] > 64


def test_a_sample_longer_than_a_packed_row_is_too_long(source: Path, tmp_path: Path) -> None:
    summary = encoded(source, tmp_path / "out", packing=150, max_length=4096)
    assert summary.rejects == sum(len(wanted(given, renderer())) > 150 for given in ROWS) > 0


# ---- control tokens in what callers say --------------------------------------------------------------------------


def test_typed_control_tokens_are_text(source: Path, tmp_path: Path) -> None:
    encoded(source, tmp_path / "text")
    encoded(source, tmp_path / "parse", renderer(content_specials="parse"))
    encoded(source, tmp_path / "error", renderer(content_specials="error"))
    typed = [number for number in range(len(ROWS)) if number % 11 == 3]
    text, parsed = lines(tmp_path / "text"), lines(tmp_path / "parse")
    differ = [one["row"] for one, other in zip(text, parsed, strict=True) if one["input_ids"] != other["input_ids"]]
    assert differ == typed
    bad = rejects(tmp_path / "error")
    assert [one["row"] for one in bad] == typed
    assert all(one["field"] == "content" and "<|im_end|>" in one["reason"] for one in bad)


# ---- masks as text -----------------------------------------------------------------------------------------------


def test_masks_are_read_as_they_are_written() -> None:
    for text in [*SELECTORS, "sampled() * 0.5 | role('tool') * by_message([0, 1])", "~(sampled() & closers())"]:
        repr(eval(text, dict(vars(masks))))
        assert repr(selector_of(text)) == repr(eval(text, dict(vars(masks))))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sampled", "sampled is written sampled()"),
        ("samples()", "there is no selector samples; did you mean sampled?"),
        ("sampled() + role('a')", "a mask consists of selectors, &, |, ~ and *"),
        ("sampled() &", "is malformed"),
        ("0.5 * sampled()", "at '0.5'"),
        ("3", "selects nothing"),
        ("part(open('x'))", "plain numbers and texts"),
        ("__import__('os')", "there is no selector __import__"),
        ("sampled(1)", "argument"),
        ("sampled().weights", "a mask consists of"),
        ("(" * 500 + ")" * 500, "is malformed"),
        ("\0", "is malformed"),
    ],
)
def test_what_is_no_mask_is_told(text: str, says: str) -> None:
    with pytest.raises(MaskError) as caught:
        selector_of(text)
    assert says in str(caught.value)
