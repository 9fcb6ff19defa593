"""Preloading: the modules that workers need are imported once, while the client imports its own.

Workers are forks of a process that has imported them (Python's fork server). This process starts
before the client has loaded a library, so that a run begins two seconds earlier and a worker that
died is replaced at once.
"""

import multiprocessing
import os
import sys
from pathlib import Path

from lunarcraters.errors import RunError
from lunarcraters.process import keeping_environment

_PRELOADED = "lunarcraters.detection.search.preloaded"
_ENVIRONMENT = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONSAFEPATH"), "1"
)
"""NumPy's own threads would not outlive a fork, so that Dask does the same for workers that it
spawns. No module comes from the working directory, where a user may have a `statistics.py`."""

METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
"""Method by which worker processes start; Windows has no fork."""


def preload(*modules: str) -> None:
    """Begin to import the modules that workers need, in a process of its own; once is enough.

    Ctrl-C does not reach this process and its forks: the client stops them.

    Args:
        modules: Modules that tasks need beside those of every search.

    Raises:
        RunError: The working directory, which workers begin in, was removed.
    """
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise RunError(
            "the working directory was removed, and worker processes need one: change to another"
        ) from error
    if METHOD != "forkserver":
        return
    import signal
    from multiprocessing import forkserver, resource_tracker

    forkserver.set_forkserver_preload([_PRELOADED, *modules])
    resource_tracker.ensure_running()  # first: it lets signals through again
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    new = _ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)}  # modules are those of here
    try:
        with keeping_environment(new):
            os.environ.update(new)
            forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
