"""Tasks: batches of tiles sent to a cluster, a few at a time, in the order given."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from distributed import (
    Client,
    KilledWorker,
    as_completed,
)

from lunarcraters.detection.search.worker import worker_state
from lunarcraters.errors import CratersError, RunError
from lunarcraters.network.inference import Detector
from lunarcraters.tiling.source import TileSource

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[Detector, TileSource, T], R]
"""Function of the worker's network, its tile source and a task."""


_WAITING = 2  # tasks at a worker beside those that run, so that it never idles


def _attempt(work: Work[T, R], task: T) -> R | CratersError:
    """Do a task; an error of ours is its result, lest the worker print it with a traceback."""
    try:
        worker = worker_state()
        return work(worker.detector(), worker.source, task)
    except CratersError as error:
        return type(error)(*error.args)  # bare: GDAL's errors, its causes, cannot travel


def run_tasks(client: Client, work: Work[T, R], tasks: Sequence[T]) -> Iterator[R]:
    """Run tasks on the cluster, a few at a time, yielding results as they come.

    Raises:
        CratersError: The first that a task raised.
        RunError: The workers of a task died, time and again.
    """
    waiting = iter(tasks)
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    limit = max(sum(worker["nthreads"] + _WAITING for worker in workers), 1)

    def submit(task: T) -> Any:
        return client.submit(_attempt, work, task, pure=False)

    running = as_completed([submit(task) for task in islice(waiting, limit)])
    for future in running:
        try:
            result = future.result()
        except (KilledWorker, MemoryError) as error:
            raise RunError(
                "workers died at their work, most often for want of memory: run the same command "
                "again, with fewer --workers, and it goes on where it stopped"
            ) from error
        if isinstance(result, CratersError):
            raise result
        yield result
        future.release()
        following = next(waiting, None)
        if following is not None:
            running.add(submit(following))
