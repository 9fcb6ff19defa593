"""The worker: a process that holds the model and runs tasks."""

import ctypes
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import cv2
from distributed import (
    WorkerPlugin,
    get_worker,
)

from lunarcraters.errors import RunError
from lunarcraters.mosaic.reading import forget_datasets
from lunarcraters.network.startup import start_tensorflow
from lunarcraters.process import cores
from lunarcraters.tiling.source import TileSource

if TYPE_CHECKING:
    from lunarcraters.network.inference import Detector

_PLUGIN = "lunarcraters"

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h

_KEPT_BYTES = 256 * 1024 * 1024

_MAPPED_BYTES = 32 * 1024 * 1024  # the largest that glibc takes


class DetectionPlugin(WorkerPlugin):
    """What a worker needs for every task: where pixels come from, and the model.

    The scheduler gives it to workers that join later too. The model is loaded at the first task;
    TensorFlow starts only then, where it is needed.
    """

    name = _PLUGIN

    def __init__(
        self,
        source: TileSource,
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
        self.loaded: Detector | None = None

    def detector(self) -> "Detector":
        """The network, loaded once.

        Raises:
            RunError: Other versions are installed here than where the run was begun.
            ModelError: The model cannot be used.
        """
        if self.loaded is None:
            _check_versions(self.versions)
            _keep_memory()
            forget_datasets()  # a cluster's worker may have read the same paths for another run
            neighbours = self.workers_by_host.get(host_of(get_worker().address), 1)
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


def worker_state() -> DetectionPlugin:
    """What the worker that a task runs on was given."""
    plugin: DetectionPlugin = get_worker().plugins[_PLUGIN]
    return plugin


def host_of(address: str) -> str:
    """The host of an address such as tcp://10.0.0.7:4000."""
    return address.rpartition(":")[0]
