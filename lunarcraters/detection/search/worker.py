"""The worker: a process that holds the model and runs tasks."""

import ctypes
import threading
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import cv2
from distributed import WorkerPlugin, get_worker

from lunarcraters.detection.options import DetectOptions
from lunarcraters.errors import RunError
from lunarcraters.mosaic.handles import close_datasets, forget_datasets
from lunarcraters.network.model_file import hash_model
from lunarcraters.network.startup import Precision, start_keras
from lunarcraters.process import cpu_count
from lunarcraters.tiling.source import TileSource

if TYPE_CHECKING:
    from lunarcraters.network.inference import Detector

_loading = threading.Lock()
_started: list[str] = []  # the precision of Keras in this process, once it has started
_CLOSING_S = 1.0
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_KEPT_BYTES = 256 * 1024 * 1024
_MAPPED_BYTES = 32 * 1024 * 1024  # the largest that glibc takes


class DetectionPlugin(WorkerPlugin):
    """The state of a worker in one run: the source of the tiles and the model.

    The scheduler gives it to workers that join later too. They load the model at once, beside the
    task that they wait for; TensorFlow starts only then, where it is needed. A worker has one for
    each run that is under way.

    Attributes:
        name: Identifier of the client whose run it is.
        source: Tile source.
        model: Model file, where the workers can read it.
        content: Content of the model file; None where they can.
        digest: SHA-256 of the model file.
        options: Options of the search; `precision` is not "auto".
        versions: Versions of the libraries of the client.
        address: Address of the worker.
        tasks: Number of tasks that the worker does at the same time.
        sharing: Number of tasks that share the CPU cores of its host, when it began the run.
        loaded: Network; None before the first task.
    """

    def __init__(
        self,
        source: TileSource,
        model: Path,
        options: DetectOptions,
        name: str,
        *,
        is_local: bool = False,
    ) -> None:
        self.name = name
        self.source = source
        self.model = model.absolute()
        self.content = None if is_local else model.read_bytes()
        self.digest = hash_model(model)
        self.options = options
        self.versions = list_versions()
        self.loaded: Detector | None = None
        self.address, self.tasks, self.sharing = "", 1, 1

    async def setup(self, worker: Any) -> None:
        """Begin to load the network; what fails is raised by the first task."""
        self.address, self.tasks = worker.address, worker.state.nthreads
        tasks_by_worker = {self.address: self.tasks, **await worker.scheduler.ncores()}
        host = _host_of(self.address)
        self.sharing = sum(n for at, n in tasks_by_worker.items() if _host_of(at) == host)

        def load() -> None:
            with suppress(Exception):
                self.detector()

        threading.Thread(target=load, daemon=True).start()

    def teardown(self, worker: Any) -> None:
        """Let go of the network, and of the files that threads have open if they are idle."""
        self.loaded = None
        together = threading.Barrier(self.tasks)

        def close() -> None:
            with suppress(threading.BrokenBarrierError):
                together.wait(_CLOSING_S)  # so that every thread has one of these
            close_datasets()

        for _ in range(self.tasks):
            worker.executor.submit(close)

    def detector(self) -> "Detector":
        """Load the network once, and return it.

        Raises:
            RunError: Other versions are installed here than where the run was begun, or the model
                file was replaced meanwhile.
            ModelError: The model cannot be used.
        """
        with _loading:
            if self.loaded is None:
                self.loaded = self._load()
        return self.loaded

    def _load(self) -> "Detector":
        _check_versions(self.versions, self.address)
        _keep_memory()
        forget_datasets()  # a cluster's worker may have read the same paths for another run
        threads = max(cpu_count() // self.sharing, 1)
        cv2.setNumThreads(threads)
        precision = self.options.precision
        assert precision != "auto", "the plan of a run has chosen it"
        if precision != "int8":
            self._start_keras(threads * self.tasks, precision)
        from lunarcraters.network.inference import Detector
        from lunarcraters.network.looks import DEFAULT_LOOKS

        with TemporaryDirectory() as folder:
            path, looks = self.model, self.options.looks
            if self.content is not None:
                path = Path(folder) / "model.keras"
                path.write_bytes(self.content)
            detector = Detector(
                path,
                precision=precision,
                tta=self.options.tta,
                looks=DEFAULT_LOOKS if looks is None else looks,
                threads=threads,
            )
            require_model(path, self.digest)
            return detector

    def _start_keras(self, threads: int, wanted: Precision) -> None:
        if any(precision != wanted for precision in _started):
            raise RunError(
                f"the worker {self.address} has computed in {_started[0]}, and TensorFlow keeps to "
                f"one precision: give --precision {_started[0]}, or restart the worker"
            )
        start_keras(threads, wanted)
        _started[:] = [wanted]


def require_model(path: Path, digest: str) -> None:
    """Refuse a model file that was replaced after a run began to use it.

    Raises:
        RunError: Its SHA-256 is another.
        ModelError: It is no model file any more.
    """
    if hash_model(path) != digest:
        raise RunError(
            f"{path} was replaced while it was used: run the same command again when no other one "
            "writes it, with --overwrite if the run is to have the new model"
        )


def list_versions() -> dict[str, str]:
    """List the versions of the installed packages that results depend on, by name."""
    versions = {}
    networks = ("tensorflow", "tensorflow-cpu", "keras", "ai-edge-litert")
    for name in ("lunarcraters", *networks, "numpy"):
        with suppress(PackageNotFoundError):
            versions[name.removesuffix("-cpu")] = version(name)
    return versions


def _keep_memory() -> None:
    """Let the C library keep the memory of arrays that are gone, for the next arrays.

    Dask's workers make it return all memory to the kernel at once, which then clears every page
    anew: this takes a sixth of a run's time. Only glibc has `mallopt`.
    """
    with suppress(OSError, AttributeError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)


def _check_versions(wanted: dict[str, str], address: str) -> None:
    here = list_versions()
    differing = [name for name in wanted if here.get(name) != wanted[name]]
    if differing:
        listed = ", ".join(f"{n} {here.get(n, 'not installed')} ({wanted[n]})" for n in differing)
        raise RunError(
            f"the worker {address} has other versions than the client (in brackets): "
            f"{listed}: install the same there, and restart it"
        )


def get_worker_state(name: str) -> DetectionPlugin:
    """Return the state, in one run, of the worker that the calling task runs on.

    Args:
        name: Identifier of the client whose run it is.

    Raises:
        RunError: The worker does not know the run any more.
    """
    worker = get_worker()
    plugin: DetectionPlugin | None = worker.plugins.get(name)
    if plugin is None:
        raise RunError(
            f"the worker {worker.address} took the run for one that was given up, as it lost "
            "its connection: run the same command again to resume"
        )
    return plugin


def list_runs(dask_worker: Any) -> list[str]:
    """List the runs that a worker has the state of, by the identifiers of their clients."""
    plugins = dask_worker.plugins.items()
    return [name for name, plugin in plugins if isinstance(plugin, DetectionPlugin)]


def _host_of(address: str) -> str:
    """Host of an address such as tcp://10.0.0.7:4000."""
    return address.rpartition(":")[0]
