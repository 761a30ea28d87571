"""Encoding data sets: stopped anywhere and begun again, by any number of workers, the output is the same bytes."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import tokenizers
from encode_jobs import TOKENIZER, encoded, files, lines, renderer, row, rows, write_lines

import chatwright
from chatwright.encode import EncodeError, Progress, Settings, encode_dataset, ledger, shards
from chatwright.tokens.masks import last_message

pytestmark = pytest.mark.slow

SETTINGS: dict[str, Any] = {"rows_per_shard": 20, "packing": 600}
HELLO = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]


def with_bad(count: int) -> list[Any]:
    """Rows of which some are rejected, twenty of them in a row."""
    return [{"messages": 3} if number % 17 == 5 or 40 <= number < 60 else row(number) for number in range(count)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("resume")


@pytest.fixture(scope="module")
def source(folder: Path) -> Path:
    return write_lines(folder / "rows.jsonl", with_bad(75))


@pytest.fixture(scope="module")
def reference(folder: Path, source: Path) -> dict[str, bytes]:
    """What a job writes that nobody stopped."""
    encoded(source, folder / "reference", **SETTINGS)
    found = files(folder / "reference")
    assert sorted(found) == [
        *(f"data/shard-{number:06d}.parquet" for number in (0, 1, 3)),
        "rejects.jsonl",
        "summary.json",
    ]
    return found


# ---- killed at every step ----------------------------------------------------------------------------------------


def killed_at(step: int, source: Path, out: Path, bound: Any) -> bool:
    """Run a job in a fork that is killed before its so many-th look at the disk. Whether it came so far."""
    child = os.fork()
    if child == 0:
        left = step

        def dying(real: Any) -> Any:
            def call(*arguments: Any) -> Any:
                nonlocal left
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*arguments)

            return call

        try:
            for name in ("replace", "fsync"):
                setattr(shards.os, name, dying(getattr(os, name)))
            shards.ShardWriter.write = dying(shards.ShardWriter.write)  # type: ignore[method-assign]
            encode_dataset(source, bound, out, Settings(**SETTINGS), workers=1)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
    return os.WIFSIGNALED(status)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the operating system has no fork")
def test_killed_before_any_step_a_job_goes_on(source: Path, tmp_path: Path, reference: dict[str, bytes]) -> None:
    """Before every write, every fsync, every rename. What has a shard's name is whole at any time."""
    # `tokenizers` by itself, which starts no thread that a fork would lack.
    bound = chatwright.load("qwen3").bind(tokenizers.Tokenizer.from_file(str(TOKENIZER)), backend="tokenizers")
    bound.render(HELLO)
    step = 1
    while killed_at(step, source, out := tmp_path / str(step), bound):
        for path in out.glob("data/*"):
            assert path.read_bytes() == reference[f"data/{path.name}"]
        before = len(list((out / ".chatwright" / "records").glob("*")))
        summary = encode_dataset(source, bound, out, Settings(**SETTINGS), workers=1)
        assert (summary.new, summary.blocks) == (4 - before, 4)
        assert files(out) == reference
        assert not list((out / ".chatwright" / "unfinished").iterdir())
        step += 1
    assert files(out) == reference
    assert step > 30


# ---- killed at any time ------------------------------------------------------------------------------------------


#: The command, which waits after some blocks until its standard input is closed. Its workers do not run this.
HOLDING = """
import sys
from chatwright.cli import encode_job, main

count = int(sys.argv.pop(1))
tell = encode_job.Lines.tell

def holding(lines, progress):
    tell(lines, progress)
    if progress.shards == count:
        print("holding", flush=True)
        sys.stdin.read()

encode_job.Lines.tell = holding
sys.exit(main(sys.argv[1:]))
"""


class Held:
    """The command in a process of its own, which does some blocks and waits: it cannot end before the test acts."""

    def __init__(self, source: Path, out: Path, *words: str) -> None:
        self.out = out
        self.words = ["encode", str(source), "--format", "qwen3", "--tokenizer", str(TOKENIZER), "--out", str(out)]
        self.words += ["--rows-per-shard", "20", "--packing", "600", *words]

    def after(self, blocks: int) -> subprocess.Popen[bytes]:
        """The process, once it has done so many blocks more. `communicate` lets it go on."""
        line = [sys.executable, "-c", HOLDING, str(blocks), *self.words]
        process = subprocess.Popen(line, stdin=-1, stdout=-1, stderr=-1, start_new_session=True)
        assert process.stdout is not None
        assert process.stdout.readline() == b"holding\n", process.communicate()
        return process

    def records(self) -> int:
        return len(list((self.out / ".chatwright" / "records").glob("*")))

    def finish(self) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([sys.executable, "-m", "chatwright", *self.words], capture_output=True, check=False)


def children(parent: int) -> list[int]:
    """The processes that a process began, as long as it lives."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(path.parent.name))
    return found


@pytest.fixture(scope="module")
def long(folder: Path) -> Path:
    return write_lines(folder / "long.jsonl", with_bad(2000))


@pytest.fixture(scope="module")
def long_reference(folder: Path, long: Path) -> dict[str, bytes]:
    encoded(long, folder / "long", **SETTINGS)
    return files(folder / "long")


needs_proc = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="processes are found in /proc and waited for")


@needs_proc
def test_killed_with_its_workers_at_work(long: Path, tmp_path: Path, long_reference: dict[str, bytes]) -> None:
    job = Held(long, tmp_path / "out", "--workers", "2")
    for count in (3, 27):
        process = job.after(count)
        workers = [os.pidfd_open(child) for child in children(process.pid)]
        assert len(workers) >= 2
        process.kill()
        process.communicate()
        for worker in workers:
            # A process file can be read from once the process has ended; the time only keeps a fault from hanging.
            assert select.select([worker], [], [], 60)[0], "a worker outlives the process that started it"
            os.close(worker)
    assert job.records() < 100
    done = job.finish()
    assert done.returncode == 0, done.stderr
    assert "written before" in done.stdout.decode()
    assert files(tmp_path / "out") == long_reference


@needs_proc
def test_a_killed_worker_ends_the_job_with_a_message(
    long: Path, tmp_path: Path, long_reference: dict[str, bytes]
) -> None:
    job = Held(long, tmp_path / "out", "--workers", "2")
    process = job.after(3)
    for child in children(process.pid):
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
            os.kill(child, signal.SIGKILL)
            break
    _, err = process.communicate()
    assert process.returncode == 2
    assert err.decode().startswith(
        "chatwright: a worker was killed, perhaps because memory ran out; finished shards are kept"
    )
    assert b"Traceback" not in err
    assert job.finish().returncode == 0
    assert files(tmp_path / "out") == long_reference


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="the operating system has no groups of processes")
def test_stopped_by_hand(long: Path, tmp_path: Path, long_reference: dict[str, bytes]) -> None:
    """Control-C reaches the workers as well: they leave it to the process that started them."""
    job = Held(long, tmp_path / "out", "--workers", "2")
    process = job.after(3)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert err.decode() == "stopped; the same command resumes from here\n"
    assert job.finish().returncode == 0
    assert files(tmp_path / "out") == long_reference


# ---- workers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [2, 3])
def test_any_number_of_workers_writes_the_same(
    workers: int, source: Path, tmp_path: Path, reference: dict[str, bytes]
) -> None:
    told: list[Progress] = []
    summary = encode_dataset(
        source, renderer(), tmp_path / "out", Settings(**SETTINGS), workers=workers, progress=told.append
    )
    assert files(tmp_path / "out") == reference
    assert [one.shards for one in told] == [0, 1, 2, 3, 4]
    assert (told[-1].done, told[-1].total) == (source.stat().st_size, source.stat().st_size)
    assert (told[-1].rows, told[-1].tokens, told[-1].rejects) == (summary.rows, summary.tokens, summary.rejects)


def test_a_fault_of_a_worker_is_the_fault_of_the_job(tmp_path: Path) -> None:
    given = [[*HELLO[:1], {**HELLO[1], "weight": 0.5}]]
    source = write_lines(tmp_path / "rows.jsonl", given)
    from chatwright.tokens.selecting import selector_of

    settings = Settings(select=selector_of("sampled() * by_message()"))
    with pytest.raises(EncodeError, match=r"row 0 of rows.jsonl has a token of weight 0\.5"):
        encode_dataset(source, renderer(), tmp_path / "out", settings, workers=2)


# ---- what is there already ---------------------------------------------------------------------------------------


@pytest.fixture
def done(source: Path, tmp_path: Path) -> Path:
    encoded(source, tmp_path / "out", **SETTINGS)
    return tmp_path / "out"


def test_a_job_that_is_done_does_nothing(source: Path, done: Path, reference: dict[str, bytes]) -> None:
    before = {path: path.stat().st_mtime_ns for path in done.glob("data/*")}
    summary = encoded(source, done, **SETTINGS)
    assert summary.new == 0 and files(done) == reference
    assert before == {path: path.stat().st_mtime_ns for path in done.glob("data/*")}


@pytest.mark.parametrize("what", ["shard", "short shard", "record", "damaged record", "rejects"])
def test_what_was_lost_is_written_again(what: str, source: Path, done: Path, reference: dict[str, bytes]) -> None:
    places = ledger.Places(done)
    match what:
        case "shard":
            places.shard_of(1).unlink()
        case "short shard":
            places.shard_of(1).write_bytes(places.shard_of(1).read_bytes()[:-1])
        case "record":
            places.record_of(1).unlink()
        case "damaged record":
            places.record_of(1).write_bytes(b"{")
        case "rejects":
            places.rejects_of(1).unlink()
    assert encoded(source, done, **SETTINGS).new == 1
    assert files(done) == reference


def others() -> Iterator[Any]:
    small = renderer().encoder
    yield pytest.param({"packing": 601}, None, "packing was 600, is now 601", id="packing")
    yield pytest.param({"rows_per_shard": 21}, None, "rows_per_shard was 20, is now 21", id="rows_per_shard")
    yield pytest.param({"max_length": 9}, None, "max_length was None, is now 9", id="max_length")
    yield pytest.param({"overflow": "cut-end"}, None, "overflow was 'reject', is now 'cut-end'", id="overflow")
    yield pytest.param({"split": True}, None, "split was False, is now True", id="split")
    yield pytest.param({"view": "training"}, None, "view was 'history', is now 'training'", id="view")
    yield pytest.param({"weights": True}, None, "weights was False, is now True", id="weights")
    yield pytest.param({"messages": "chat"}, None, "messages was 'messages', is now 'chat'", id="messages")
    told = "select was 'sampled()', is now \"last_message('assistant')\""
    yield pytest.param({"select": last_message()}, None, told, id="select")
    load = chatwright.load
    yield pytest.param({}, load("qwen3_2507").bind(small), "format was 'qwen3@", id="format")
    yield pytest.param({}, load("qwen3").bind(small, tokenization="as_sampled"), "tokenization was", id="tokenization")
    yield pytest.param({}, load("qwen3").bind(small, content_specials="parse"), "content_specials was", id="specials")
    yield pytest.param({}, load("qwen3").bind(small, enable_thinking=False), "options was", id="options")
    tokenizer = tokenizers.Tokenizer.from_file(str(TOKENIZER))
    tokenizer.add_tokens(["abc"])
    yield pytest.param({}, load("qwen3").bind(tokenizer), "tokenizer was", id="tokenizer")


@pytest.mark.parametrize(("settings", "bound", "says"), list(others()))
def test_a_job_does_not_go_on_as_another(settings: Any, bound: Any, says: str, source: Path, done: Path) -> None:
    before = files(done)
    with pytest.raises(EncodeError) as caught:
        encoded(source, done, bound, **{**SETTINGS, **settings})
    assert says in str(caught.value) and "choose another folder" in str(caught.value)
    assert files(done) == before


def test_a_job_does_not_go_on_with_another_input(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "rows.jsonl", rows(5))
    encoded(source, tmp_path / "out")
    write_lines(source, rows(6))
    with pytest.raises(EncodeError, match="the input has changed"):
        encoded(source, tmp_path / "out")


def test_an_input_that_changes_meanwhile_is_told(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "rows.jsonl", rows(5))

    def change(progress: Progress) -> None:
        if progress.shards:
            os.utime(source, (0, 0))

    with pytest.raises(EncodeError, match=r"rows.jsonl was changed while it was encoded"):
        encode_dataset(source, renderer(), tmp_path / "out", workers=1, progress=change)


def test_other_folders_are_left_alone(source: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(EncodeError, match=r"contains mine.txt and no job; choose an empty folder"):
        encoded(source, tmp_path)
    with pytest.raises(EncodeError, match="is a file"):
        encoded(source, tmp_path / "mine.txt")
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_two_processes_do_not_write_to_one_folder(source: Path, tmp_path: Path) -> None:
    with ledger.alone(ledger.Places(tmp_path / "out")):
        with pytest.raises(EncodeError, match="another process writes to"):
            encoded(source, tmp_path / "out")
    encoded(source, tmp_path / "out")


def test_a_full_disk_leaves_what_is_done(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: dict[str, bytes]
) -> None:
    real, left = shards.ShardWriter.write, [2]

    def full(self: Any, table: Any) -> None:
        left[0] -= 1
        if not left[0]:
            raise OSError(28, "No space left on device")
        real(self, table)

    monkeypatch.setattr(shards.ShardWriter, "write", full)
    with pytest.raises(OSError, match="No space left"):
        encoded(source, tmp_path / "out", **SETTINGS)
    assert sorted(path.name for path in (tmp_path / "out").glob("data/*")) == ["shard-000000.parquet"]
    assert not list((tmp_path / "out" / ".chatwright" / "unfinished").iterdir())
    assert encoded(source, tmp_path / "out", **SETTINGS).new == 3
    assert files(tmp_path / "out") == reference


# ---- memory ------------------------------------------------------------------------------------------------------


def test_nothing_grows_with_the_number_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held at once: so many rows as are encoded together, so many tokens as are written together."""
    from chatwright.encode import block as work

    monkeypatch.setattr(work, "GROUP_TOKENS", 20_000)
    held = []
    real = work._Work._flush

    def flush(self: Any) -> None:
        held.append((len(self.waiting), self.waiting_tokens))
        real(self)

    monkeypatch.setattr(work._Work, "_flush", flush)
    source = write_lines(tmp_path / "rows.jsonl", rows(3000))
    encoded(source, tmp_path / "out", rows_per_shard=3000)
    longest = max(len(one["input_ids"]) for one in lines(tmp_path / "out"))
    assert len(held) > 10
    assert max(tokens for _, tokens in held) < 20_000 + work.BATCH * longest
    groups = pyarrow.parquet.ParquetFile(tmp_path / "out" / "data" / "shard-000000.parquet").metadata.num_row_groups
    assert groups >= len(held) - 1


def test_records_say_what_the_summary_sums(done: Path) -> None:
    places = ledger.Places(done)
    records = [json.loads(places.record_of(number).read_bytes()) for number in range(4)]
    summary = json.loads(places.summary.read_bytes())
    for name in ("rows", "blank", "samples", "lines", "tokens", "trained", "cut", "rejects"):
        assert summary[name] == sum(record[name] for record in records)
    assert records[2]["lines"] == 0 and records[2]["rejects"] == 20
