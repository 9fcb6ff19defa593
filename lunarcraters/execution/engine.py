"""The engine: tasks spread over Dask workers, each of which loads the model once."""

import ctypes
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import cv2
from dask import config
from distributed import (
    CancelledError,
    Client,
    KilledWorker,
    LocalCluster,
    WorkerPlugin,
    as_completed,
    get_worker,
)
from distributed.comm import CommClosedError

from lunarcraters.errors import CratersError, RunError
from lunarcraters.execution.head_start import METHOD, head_start
from lunarcraters.machine import cores
from lunarcraters.network.model_file import read_eight_bit, read_info
from lunarcraters.network.startup import start_tensorflow
from lunarcraters.raster.reading import forget_datasets

T = TypeVar("T")
R = TypeVar("R")

_IN_FLIGHT = 3  # tasks at a worker: one that runs, others that wait, so that it never idles
_PLUGIN = "lunarcraters"
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
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_KEPT_BYTES = 256 * 1024 * 1024
_MAPPED_BYTES = 32 * 1024 * 1024  # the largest that glibc takes


class SearchPlugin(WorkerPlugin):
    """What a worker needs for every task: where pixels come from, and the model.

    The scheduler gives it to workers that join later too. The model is loaded at the first task;
    TensorFlow starts only then, where it is needed.
    """

    name = _PLUGIN

    def __init__(
        self,
        source: Any,
        model: Path,
        precision: str,
        workers_by_host: dict[str, int],
        *,
        mirrored: bool = False,
    ) -> None:
        self.source = source
        self.content = model.read_bytes()
        self.precision = precision
        self.mirrored = mirrored
        self.workers_by_host = workers_by_host
        self.versions = versions()
        self.loaded: Any = None

    def detector(self) -> Any:
        """The network, loaded once.

        Raises:
            RunError: Other versions are installed here than where the run was begun.
            ModelError: The model cannot be used.
        """
        if self.loaded is None:
            _check_versions(self.versions)
            _keep_memory()
            forget_datasets()  # a cluster's worker may have read the same paths for another run
            neighbours = self.workers_by_host.get(_host(get_worker().address), 1)
            threads = max(cores() // neighbours, 1)
            cv2.setNumThreads(threads)
            if self.precision != "int8":
                start_tensorflow(threads, self.precision)
            from lunarcraters.network.inference import Detector

            with TemporaryDirectory() as folder:
                path = Path(folder) / "model.keras"
                path.write_bytes(self.content)
                self.loaded = Detector(
                    path, precision=self.precision, mirrored=self.mirrored, threads=threads
                )
        return self.loaded


def versions() -> dict[str, str]:
    """What results depend on that is installed here."""
    found = {}
    networks = ("tensorflow", "tensorflow-cpu", "keras", "ai-edge-litert")
    for name in ("lunarcraters", *networks, "numpy"):
        with suppress(PackageNotFoundError):
            found[name.removesuffix("-cpu")] = version(name)
    return found


def _keep_memory() -> None:
    """Let the C library keep what arrays gave back, for the next.

    Dask's workers have it return all at once to the kernel, which then clears every page anew: a
    sixth of a run's time. (glibc; other libraries know no `mallopt`.)
    """
    with suppress(OSError, AttributeError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)


def _check_versions(wanted: dict[str, str]) -> None:
    here = versions()
    differing = [name for name in wanted if here.get(name) != wanted[name]]
    if differing:
        listed = ", ".join(f"{n} {here.get(n, 'not installed')} ({wanted[n]})" for n in differing)
        raise RunError(
            f"the worker {get_worker().address} has other versions than the client (in brackets): "
            f"{listed}: install the same there, and restart it"
        )


def worker_state() -> SearchPlugin:
    """What the worker that a task runs on was given."""
    plugin: SearchPlugin = get_worker().plugins[_PLUGIN]
    return plugin


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
    plugin = partial(SearchPlugin, source, model, precision, mirrored=mirrored)
    with config.set(_CONFIG), _dask_silent():
        if scheduler is not None:
            try:
                with _connect(scheduler) as client:
                    _give(client, plugin(_workers_by_host(client)))
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
            _give(client, plugin(_workers_by_host(client)))
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


def _workers_by_host(client: Client) -> dict[str, int]:
    """How many share the cores of a host."""
    return dict(Counter(map(_host, client.scheduler_info(n_workers=-1)["workers"])))


def _host(address: str) -> str:
    """The host of an address such as tcp://10.0.0.7:4000."""
    return address.rpartition(":")[0]


def _give(client: Client, plugin: SearchPlugin) -> None:
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


def _attempt(work: Callable[[T], R], task: T) -> R | CratersError:
    """Do a task; an error of ours is its result, lest the worker print it with a traceback."""
    try:
        return work(task)
    except CratersError as error:
        return type(error)(*error.args)  # bare: GDAL's errors, its causes, cannot travel


def run_tasks(client: Client, work: Callable[[T], R], tasks: Sequence[T]) -> Iterator[R]:
    """Run tasks on the cluster, a few at a time, yielding results as they come.

    Raises:
        CratersError: The first that a task raised.
        RunError: The workers of a task died, time and again.
    """
    waiting = iter(tasks)
    limit = _IN_FLIGHT * max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)

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
