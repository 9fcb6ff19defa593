"""The engine: tasks spread over Dask workers, each of which loads the model once."""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dask import config
from distributed import (
    CancelledError,
    Client,
    LocalCluster,
)
from distributed.comm import CommClosedError

from lunarcraters.detection.preload import METHOD, head_start
from lunarcraters.detection.worker import DetectionPlugin, host_of
from lunarcraters.errors import RunError
from lunarcraters.network.model_file import read_eight_bit, read_info
from lunarcraters.process import cores

_CONNECT_TIMEOUT_S = 20
_CONFIG = {
    # A worker that loads TensorFlow or runs the network is not "unresponsive": no warnings of it.
    "distributed.admin.tick.limit": "1 h",
    # Watching itself, up to a hundred times a second, costs a twentieth of two cores.
    "distributed.admin.tick.interval": "10 s",
    "distributed.admin.system-monitor.interval": "10 s",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.multiprocessing-method": METHOD,
}


@contextmanager
def cluster(
    source: Any,
    model: Path,
    precision: str,
    workers: int | None,
    scheduler: str | None,
    *,
    tasks: int,
    mirrored: bool = False,
) -> Iterator[Client]:
    """A Dask client whose workers have the source of pixels and the model.

    Args:
        source: Where pixels come from: picklable, with no open files.
        model: Model file; its content travels to the workers.
        precision: Of the network, `float32`, `bfloat16` or `int8`.
        workers: Processes on this machine, by default one a core up to 8.
        scheduler: Address of a running cluster to use instead.
        tasks: Number of tasks to come: no more processes are started than there are.
        mirrored: Whether the network sees the mirror images of tiles too.

    Raises:
        RunError: The cluster does not answer, or no longer.
        ModelError: The model file cannot be read, or has no 8-bit form where that is asked for.
    """
    (read_eight_bit if precision == "int8" else read_info)(model)
    count = worker_count(workers, tasks)
    plugin = partial(DetectionPlugin, source, model, precision, mirrored=mirrored)
    with config.set(_CONFIG), _dask_silent():
        if scheduler is not None:
            try:
                with _connect(scheduler) as client:
                    _give(client, plugin(_workers_byhost_of(client)))
                    yield client
            except (CancelledError, CommClosedError) as error:
                raise RunError(
                    f"the connection to the Dask scheduler at {scheduler} was lost: if it died, "
                    "start it and its workers anew; the same command goes on where it stopped"
                ) from error
            return
        head_start()
        with (
            LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # any free port; None would ask for 8787
                scheduler_kwargs={"dashboard": False},
                memory_limit=None,
                env=dict(os.environ),  # which may have changed since the head start
                silence_logs=logging.CRITICAL,  # of the workers
            ) as local,
            Client(local) as client,
        ):
            _give(client, plugin(_workers_byhost_of(client)))
            yield client


@contextmanager
def _dask_silent() -> Iterator[None]:
    """Keep Dask's own words from stderr: what matters is raised, yet it prints tracebacks too.

    Of connections that are lost, and of heartbeats that its own closing of a cluster cut short. By
    the level of its loggers: TensorFlow may have given the root logger a handler of its own.
    """
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _workers_byhost_of(client: Client) -> dict[str, int]:
    """How many share the cores of a host."""
    return dict(Counter(map(host_of, client.scheduler_info(n_workers=-1)["workers"])))


def _give(client: Client, plugin: DetectionPlugin) -> None:
    try:
        client.register_plugin(plugin)
    except ImportError as error:
        raise RunError(
            f"a worker cannot import what the run needs ({error}): install lunarcraters "
            f"{version('lunarcraters')} in the Python of every worker"
        ) from error


def worker_count(workers: int | None, tasks: int) -> int:
    """Processes on this machine: those asked for, or one a core up to 8; no more than tasks."""
    return max(min(workers or min(cores(), 8), tasks), 1)


def _connect(scheduler: str) -> Client:
    try:
        client = Client(scheduler, timeout=_CONNECT_TIMEOUT_S)
        client.wait_for_workers(1, timeout=_CONNECT_TIMEOUT_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise RunError(
            f"no Dask cluster with a worker answers at {scheduler}: start one with "
            "`dask scheduler` and `dask worker`, or leave --scheduler out"
        ) from error
    return client
