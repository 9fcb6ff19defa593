"""The cluster: Dask workers on this machine or elsewhere, each of which loads the model once."""

import logging
import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path

from dask import config
from distributed import (
    CancelledError,
    Client,
    LocalCluster,
)
from distributed.comm import CommClosedError
from distributed.comm.registry import get_backend
from distributed.security import Security
from distributed.versions import VersionMismatchWarning

from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.search.preload import METHOD, preload
from lunarcraters.detection.search.worker import DetectionPlugin, list_runs
from lunarcraters.errors import RunError
from lunarcraters.network.model_file import read_info, read_int8
from lunarcraters.process import (
    LateInterrupt,
    SharedState,
    cpu_count,
    keeping_environment,
    suppress_warnings,
)
from lunarcraters.tiling.source import TileSource

_CONNECT_TIMEOUT_S = 20
_TASKS_AT_ONCE = 2  # of a worker, each on a core of its own: less memory than two workers
_TLS_VARIABLES = [
    f"DASK_DISTRIBUTED__COMM__TLS__{name}" for name in ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY")
]
_CONFIG = {
    # A worker that loads TensorFlow or runs the network is not "unresponsive": no warnings of it.
    "distributed.admin.tick.limit": "1 h",
    # Watching itself, up to a hundred times a second, costs a twentieth of two cores.
    "distributed.admin.tick.interval": "10 s",
    "distributed.admin.system-monitor.interval": "10 s",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.multiprocessing-method": METHOD,
}

_users: list[int] = []  # the process that uses Dask, of which this one may be a fork
_SPAWNED = "distributed.nanny.pre-spawn-environ"  # variables that a setting of Dask names
_SET_BY_DASK = ("PYTHONHASHSEED", "__DASK_PARENT_PID")  # and those that none does


@contextmanager
def cluster(
    source: TileSource, model: Path, options: DetectOptions, *, tasks: int
) -> Iterator[Client]:
    """Open a Dask client whose workers have the source of the tiles and the model.

    Args:
        source: Tile source, picklable, with no open files; its tiles may be left out.
        model: Model file; its content travels to workers elsewhere.
        options: Options of the search; `precision` is not "auto".
        tasks: Number of tasks to come; no more processes are started.

    Raises:
        RunError: The cluster does not answer, or no longer, or this process is a fork without the
            threads of Dask.
        ModelError: The model file cannot be read, or has no int8 form where that is asked for.
    """
    _refuse_fork()
    (read_int8 if options.precision == "int8" else read_info)(model)
    plugin = partial(DetectionPlugin, source, model, options)
    with _DASK.held():
        if options.scheduler is None:
            with _local_cluster(count_workers(options.workers, tasks)) as client:
                _register(client, plugin(client.id, is_local=True))
                yield client
            return
        try:
            with _connect(options.scheduler) as client:
                _forget_runs(client)
                with _registered(client, plugin(client.id)):
                    yield client
        except (CancelledError, CommClosedError) as error:
            raise RunError(
                f"the connection to the Dask scheduler at {options.scheduler} was lost: if it "
                "died, start it and its workers anew; run the same command again to resume"
            ) from error


def _refuse_fork() -> None:
    """Refuse a fork of a process that has used Dask: it would wait for threads that it lacks."""
    if any(pid != os.getpid() for pid in _users):
        raise RunError(
            "this process is a fork of one that has searched a mosaic before, and the search needs "
            "threads that a fork does not have: use a concurrent.futures.ProcessPoolExecutor with "
            'mp_context=multiprocessing.get_context("spawn")'
        )
    _users[:] = [os.getpid()]


@contextmanager
def _local_cluster(workers: int) -> Iterator[Client]:
    """Start worker processes on this machine, which serve loopback alone.

    Ctrl-C waits until they have started: half of a cluster cannot be closed.
    """
    preload()
    with ExitStack() as opened:
        with LateInterrupt():
            try:
                local = opened.enter_context(_start_workers(workers))
            except RuntimeError as error:
                raise RunError(f"worker processes did not start ({error}): {_advise()}") from error
            client = opened.enter_context(Client(local))
        yield client


def _advise() -> str:
    """Say what to do where worker processes do not start."""
    if multiprocessing.current_process().daemon:
        return (
            "this process is a worker of multiprocessing.Pool or of Dask, which starts no other: "
            "call craters in the main process, or by concurrent.futures.ProcessPoolExecutor"
        )
    script = getattr(sys.modules["__main__"], "__file__", None)
    if script is not None and not Path(script).is_file():
        return f"they read the script again, which is no file but {script}: save it as a file"
    return 'in a script, call craters under if __name__ == "__main__":'


def _start_workers(workers: int) -> LocalCluster:
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=count_tasks_at_once(workers),
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",  # any free port; None would ask for 8787
        scheduler_kwargs={"dashboard": False},
        memory_limit=None,
        env=dict(os.environ),  # which may have changed since the preloading began
        silence_logs=logging.CRITICAL,  # of the workers
    )


@contextmanager
def _quiet_dask() -> Iterator[None]:
    """Keep Dask's log from stderr, since errors that matter are raised.

    Dask also prints tracebacks of lost connections and of heartbeats that its own closing cuts
    short. The levels of its loggers are set, because TensorFlow may have given the root logger a
    handler.
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


def _prepare_dask() -> ExitStack:
    with ExitStack() as stack:
        # Of two clients at once, the one that closes last leaves the scheduler of the other.
        scheduler = config.get("scheduler", None)
        stack.enter_context(config.set({**_CONFIG, "scheduler": scheduler}))
        stack.enter_context(_quiet_dask())
        stack.enter_context(keeping_environment((*config.get(_SPAWNED), *_SET_BY_DASK)))
        return stack.pop_all()


_DASK = SharedState(_prepare_dask, ExitStack.close)
"""Dask's settings, log and environment, while any thread of the process has a cluster."""


def _forget_runs(client: Client) -> None:
    """Let workers forget the runs of clients that were killed: they would keep their networks."""
    listed = client.run(list_runs, on_error="ignore")
    for name in set().union(*listed.values()):
        events = client.get_events(name)  # of a client; those of one that has left end with that
        if not events or events[-1][1].get("action") == "remove-client":
            _forget(client, name)


def _forget(client: Client, name: str) -> None:
    """Let workers forget a run, if the connection holds and no other client did it.

    A worker that could not load the run does not know it: KeyError.
    """
    with suppress(OSError, ValueError, KeyError):
        client.unregister_worker_plugin(name)


@contextmanager
def _registered(client: Client, plugin: DetectionPlugin) -> Iterator[None]:
    """Give workers the source and the model, and let them forget both in the end."""
    try:
        _register(client, plugin)
        yield
    finally:
        if client.status == "running":  # otherwise the next run has it forgotten
            _forget(client, plugin.name)


def _register(client: Client, plugin: DetectionPlugin) -> None:
    try:
        client.register_plugin(plugin)
    except Exception as error:
        # Dask's scheduler has them as text, in an exception of no kind.
        if not any(kind.__name__ in repr(error) for kind in (ImportError, ModuleNotFoundError)):
            raise
        raise RunError(
            f"a worker cannot import what the run needs ({error}): install lunarcraters "
            f"{version('lunarcraters')} in the Python of every worker"
        ) from error


def count_workers(workers: int | None, tasks: int) -> int:
    """Count the worker processes on this machine.

    Args:
        workers: Number asked for; None for one for two cores, up to 8.
        tasks: Number of tasks; no more processes are started.
    """
    return max(min(workers or min(-(-cpu_count() // _TASKS_AT_ONCE), 8), tasks), 1)


def count_tasks_at_once(workers: int) -> int:
    """Count the tasks that each of some worker processes on this machine does at the same time."""
    return min(-(-cpu_count() // workers), _TASKS_AT_ONCE)


def _check_connection(scheduler: str) -> None:
    """Refuse an address to which this Python can make no connection.

    A client that cannot make one would stay Dask's default client.
    """
    kind = scheduler.partition("://")[0]
    try:
        get_backend(kind).get_connector()
    except ValueError:
        return  # no kind of its own
    except TypeError as error:  # it is not installed
        raise RunError(
            f"no connection to {scheduler} can be made from this Python ({error}): give an "
            "address that begins with tcp:// or tls://"
        ) from error
    if kind == "tls" and Security().get_connection_args("client")["ssl_context"] is None:
        raise RunError(
            f"{scheduler} needs the certificates with which the scheduler was started: give their "
            f"files in {', '.join(_TLS_VARIABLES[:2])} and {_TLS_VARIABLES[2]}"
        )


@contextmanager
def _connect(scheduler: str) -> Iterator[Client]:
    """Connect to a cluster that runs, and has a worker."""
    _check_connection(scheduler)
    try:
        with suppress_warnings(VersionMismatchWarning):  # what matters of it is raised later
            client = Client(scheduler, timeout=_CONNECT_TIMEOUT_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise RunError(
            f"no Dask scheduler answers at {scheduler}: start one with `dask scheduler`, and its "
            "workers with `dask worker`, or leave --scheduler out"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_CONNECT_TIMEOUT_S)
        except TimeoutError as error:
            raise RunError(
                f"the Dask scheduler at {scheduler} answers, but has no worker yet: start one with "
                f"`dask worker {scheduler}`, or run the same command again when it has one"
            ) from error
        yield client
