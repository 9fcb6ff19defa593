"""Tasks: batches of tiles sent to a cluster, a few at a time, in the order given."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar

from distributed import (
    Client,
    KilledWorker,
    as_completed,
)
from distributed.comm import CommClosedError

from lunarcraters.detection.search.worker import get_worker_state
from lunarcraters.errors import CratersError, RunError
from lunarcraters.network.inference import Detector
from lunarcraters.tiling.source import TileSource

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[Detector, TileSource, T], R]
"""Function of the worker's network, its tile source and a task."""


_WAITING = 2  # tasks at a worker beside those that run, so that it never idles
_RECOUNT_S = 1.0  # between counts of the workers, some of which may come and go


def _attempt(run: str, work: Work[T, R], task: T) -> R | CratersError:
    """Do a task; an error of ours is its result, lest the worker print it with a traceback."""
    try:
        worker = get_worker_state(run)
        return work(worker.detector(), worker.source, task)
    except CratersError as error:
        return type(error)(*error.args)  # bare: GDAL's errors, its causes, cannot travel


def run_tasks(client: Client, work: Work[T, R], tasks: Sequence[T]) -> Iterator[R]:
    """Run tasks on the cluster, a few at a time, yielding results as they come.

    Workers that join in between get tasks too, soon after the next result.

    Raises:
        CratersError: The first that a task raised.
        RunError: The workers of a task died, time and again.
        CancelledError, CommClosedError: The connection to the scheduler was lost.
    """
    waiting, submit = iter(tasks), partial(client.submit, _attempt, client.id, work, pure=False)
    limit, counted_at = _count_wanted(client), time.monotonic()
    running = as_completed([submit(task) for task in islice(waiting, limit)])
    under_way = min(limit, len(tasks))
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
        under_way -= 1
        if time.monotonic() - counted_at > _RECOUNT_S:
            limit, counted_at = _count_wanted(client), time.monotonic()
        for task in islice(waiting, max(limit - under_way, 0)):
            running.add(submit(task))
            under_way += 1


def _count_wanted(client: Client) -> int:
    """Count the tasks that the workers have at the same time, at work and waiting.

    Raises:
        CommClosedError: The scheduler does not answer any more.
    """
    try:
        threads = client.nthreads().values()
    except (OSError, AttributeError) as error:  # the latter once the client has given it up
        raise CommClosedError(str(error)) from error
    return max(sum(number + _WAITING for number in threads), 1)
