"""Sends blocks to a Ray cluster through Ray Data, with the same output. All nodes need both folders."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Iterator
from typing import Any

from chatwright.encode.job import Job
from chatwright.encode.optional_packages import needed
from chatwright.encode.pool import ONE_CORE, ready
from chatwright.encode.settings import Block, EncodeError, Record
from chatwright.runtime.errors import ChatwrightError


def run_on_ray(job: Job, blocks: Iterator[Block], workers: int | None) -> Iterator[Record]:
    """The records of blocks, in the order in which they are done, by actors with one core each.

    It takes the cluster that Ray is connected to, or that RAY_ADDRESS names; else it starts one on this machine.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray = needed("ray", "ray")
    data = needed("ray.data", "ray")
    for name in ("ray.data", "ray"):
        logging.getLogger(name).setLevel(logging.ERROR)
    todo = [{"block": pickle.dumps(block)} for block in blocks]
    if not todo:
        return
    own = not ray.is_initialized()
    if own:
        ray.init(log_to_driver=False, include_dashboard=False, logging_level="ERROR")
    try:
        yield from _records(data, job, todo, workers or int(ray.cluster_resources().get("CPU", 1)))
    except ray.exceptions.RayError as error:
        raise EncodeError(
            f"Ray stopped: {str(error).splitlines()[0]}; finished work is kept, and the same command resumes the job"
        ) from error
    finally:
        if own:
            ray.shutdown()


def _records(data: Any, job: Job, todo: list[dict[str, bytes]], workers: int) -> Iterator[Record]:
    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    actors = data.ActorPoolStrategy(size=min(workers, len(todo)))
    found = data.from_items(todo, override_num_blocks=len(todo)).map(
        RayWorker, fn_constructor_args=(job.to_bytes(),), num_cpus=1, compute=actors
    )
    for row in found.iter_rows():
        result = pickle.loads(row["record"])
        if isinstance(result, Exception):
            raise result
        yield result


class RayWorker:
    """An actor that encodes blocks."""

    def __init__(self, job: bytes) -> None:
        os.environ.update(ONE_CORE)  # before what starts threads is loaded
        self.worker = ready(job)

    def __call__(self, row: dict[str, bytes]) -> dict[str, bytes]:
        result: Record | Exception
        try:
            result = self.worker.encode(pickle.loads(row["block"]))
        except (ChatwrightError, OSError) as error:
            result = error  # as it is, and not in a wrapping of Ray's
        return {"record": pickle.dumps(result)}
