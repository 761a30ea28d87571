"""Encoding data sets on a Ray cluster, here one of this machine: the same bytes, and it resumes what others began."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import ray
from encode_jobs import TOKENIZER, encoded, files, renderer, row, write_lines

from chatwright.encode import EncodeError, Progress, Settings, encode_dataset, ledger
from chatwright.tokens.selecting import selector_of

pytestmark = pytest.mark.slow


def test_a_cluster_writes_what_one_process_writes(tmp_path: Path) -> None:
    given = [{"messages": 3} if number % 17 == 5 else row(number) for number in range(75)]
    source = write_lines(tmp_path / "rows.jsonl", given)
    settings = Settings(rows_per_shard=20, packing=600)
    encoded(source, tmp_path / "here", rows_per_shard=20, packing=600)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        told: list[Progress] = []
        out = tmp_path / "out"
        summary = encode_dataset(source, renderer(), out, settings, engine="ray", progress=told.append)
        assert files(out) == files(tmp_path / "here")
        assert [one.shards for one in told] == [0, 1, 2, 3, 4] and told[-1].rows == summary.rows == 75
        assert ray.is_initialized(), "a cluster that somebody else started is theirs"

        ledger.Places(out).record_of(2).unlink()
        assert encode_dataset(source, renderer(), out, settings, engine="ray").new == 1
        assert encode_dataset(source, renderer(), out, settings, engine="ray").new == 0
        assert files(out) == files(tmp_path / "here")

        weighed = Settings(select=selector_of("sampled() * 0.5"))
        with pytest.raises(EncodeError, match=r"row 0 of rows.jsonl has a token of weight 0\.5"):
            encode_dataset(source, renderer(), tmp_path / "weighed", weighed, engine="ray")
    finally:
        ray.shutdown()


def test_the_command_starts_a_cluster_of_its_own(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "rows.jsonl", [row(number) for number in range(30)])
    encoded(source, tmp_path / "here", rows_per_shard=10)
    words = ["encode", str(source), "--format", "qwen3", "--tokenizer", str(TOKENIZER), "--out", str(tmp_path / "out")]
    line = [sys.executable, "-m", "chatwright", *words, "--rows-per-shard", "10", "--engine", "ray", "-j", "1"]
    done = subprocess.run(line, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert files(tmp_path / "out") == files(tmp_path / "here")
