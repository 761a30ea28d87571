"""Sends blocks to the cores of this machine: one process each. No process outlives its parent."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from chatwright.encode.block import Worker
from chatwright.encode.job import Job
from chatwright.encode.settings import Block, EncodeError, Record

#: Each worker has one core, so encoders must not start threads.
ONE_CORE = {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}

_worker: list[Worker] = []


def run_local(job: Job, blocks: Iterator[Block], workers: int) -> Iterator[Record]:
    """The records of blocks, in the order in which they are done. One worker means this process."""
    if workers == 1:
        worker = Worker(job)
        yield from map(worker.encode, blocks)
        return
    yield from _pooled(job, blocks, workers)


def _pooled(job: Job, blocks: Iterator[Block], workers: int) -> Iterator[Record]:
    with _environment():
        pool = ProcessPoolExecutor(
            workers, multiprocessing.get_context("spawn"), initializer=_start, initargs=(job.to_bytes(),)
        )
        waiting: set[Future[Record]] = set()
        try:
            for block in itertools.islice(blocks, 2 * workers):
                waiting.add(pool.submit(_encode, block))
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for block in itertools.islice(blocks, len(done)):
                    waiting.add(pool.submit(_encode, block))
                for future in done:
                    yield future.result()
        except BrokenProcessPool:
            raise EncodeError(
                "a worker was killed, perhaps because memory ran out; finished shards are kept. Run the same command "
                "again to resume, with fewer --workers if needed"
            ) from None
        finally:
            if waiting:
                _end_workers(pool)
            pool.shutdown(cancel_futures=True)


def _end_workers(pool: ProcessPoolExecutor) -> None:
    """End the workers at once. Their blocks are encoded again in the next run."""
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.terminate()


class _environment:
    """Sets the environment of workers while they start."""

    def __enter__(self) -> None:
        self.before = {name: os.environ.get(name) for name in ONE_CORE}
        os.environ.update(ONE_CORE)

    def __exit__(self, *_: object) -> None:
        for name, value in self.before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


# ---- in a worker -------------------------------------------------------------------------------------------------


def _start(data: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker.append(ready(data))


def ready(data: bytes) -> Worker:
    """A worker for a job, in a process of its own."""
    import gc

    import pyarrow

    pyarrow.set_cpu_count(1)
    worker = Worker(Job.from_bytes(data))
    # Formats and vocabularies stay; searching them for garbage again and again takes longer than encoding.
    gc.collect()
    gc.freeze()
    return worker


def _end_with_parent() -> None:
    """End this process with its parent; it would wait for work forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _encode(block: Block) -> Record:
    return _worker[0].encode(block)
